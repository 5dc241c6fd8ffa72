import ContactCenter
import EngineCore
import TestSupport
import Testing

@testable import Storage

@Suite("rows of a state table", .limited)
struct DynamoDBRowTests {
    @Test("a row, compressed or not, is read as its entity with its writer and revision")
    func reads() throws {
        let told = entity(7, size: 20_000)
        for var item in [Item(told), Item(compressing: told)] {
            item.parts = "3"
            let read = try #require(try ReadRow(item.json))
            #expect(read.entity == told)
            #expect(read.key == key("c-1"))
            #expect(read.row.region == "us-east-1" && read.row.part == 0 && read.row.partCount == 3)
            #expect(read.row.revision == Revision(writer: 255, count: 12))
        }
    }

    @Test("a further row part has its number")
    func part() throws {
        var item = Item(entity(1))
        item.sk = "eu-central-1#12"
        let row = try #require(try ReadRow(item.json)).row
        #expect(row.region == "eu-central-1" && row.part == 12 && row.partCount == 1)
    }

    @Test(
        "an id may contain any character, even the separator after the kind",
        arguments: ["a#b", "\"q\"\\", "ü漢🙂", "#", "\u{1}"])
    func ids(id: String) throws {
        for kind in EntityKind.allCases {
            var item = Item(entity(1))
            item.pk = "\(kind)#\(id)"
            #expect(try ReadRow(item.json)?.key == [kind.rawValue] + Array(id.utf8))
        }
    }

    @Test("the store's own rows are not entities, whatever they contain")
    func own() throws {
        for json in [
            #"{"pk":{"S":"converge#epoch"}}"#, #"{"pk":{"S":"converge#canary"},"sk":{"S":"us-east-1#7"},"at":{"N":"1"}}"#,
        ] {
            #expect(try ReadRow(json) == nil)
        }
    }

    @Test("the error for a damaged row contains table, pk, sk and the reason")
    func damaged() throws {
        let told = entity(7)
        func item(_ change: (inout Item) -> Void) -> String {
            var item = Item(told)
            change(&item)
            return item.json
        }
        let cases = [
            (item { $0.pk = "agents#1" }, "KIND#ID"), (item { $0.pk = "contact#" }, "KIND#ID"),
            (item { $0.sk = "us-east-1#0" }, "sk"), (item { $0.sk = "us-east-1#x" }, "sk"),
            (item { $0.sk = "us-east-1#02" }, "sk"), (item { $0.sk = "us-east-1#+2" }, "sk"), (item { $0.sk = "" }, "no sk"),
            (item { $0.rev = "ff.1" }, "rev"), (item { $0.rev = "00000000000000fg.1" }, "rev"),
            (item { $0.rev = "00000000000000ff." }, "rev"), (item { $0.parts = "0" }, "parts"),
            (item { $0.parts = "x" }, "parts"), (item { $0.registers = [] }, "empty or not Base64"),
            (item { $0.registers = [1] }, "ends early"), (item { $0.registers = [9] + told }, "use a newer program"),
            (item { $0.registers = [2] + told }, "decompressed"), (item { $0.registers[1] = 77 }, "format version 77"),
            (item { $0.registers.removeLast() }, "ends early"),
            (item { $0.registers = Item(compressing: told).registers.dropLast(5) }, "decompressed"),
            (item { $0.registers = Item(compressing: told).registers + [0] }, "decompressed"),
            (#"{"pk":{"S":"contact#c-1"},"sk":{"S":"us-east-1"},"rev":{"S":"00000000000000ff.1"}}"#, "no registers"),
            (#"{"pk":{"S":"contact#c-1"},"sk":{"S":"us-east-1"},"registers":{"B":"!"}}"#, "empty or not Base64"),
            (#"{"pk":{"N":"1"},"sk":{"S":"us-east-1"}}"#, "no pk"), (#"{}"#, "no pk"), ("[]", "no pk"),
        ]
        for (json, why) in cases {
            let error = failure { _ = try ReadRow(json) }
            #expect(error?.reason == .corrupt)
            let message = try #require(error?.message, "\(json) was read")
            #expect(message.contains(why), "\(message)")
            #expect(message.contains("of table converge-contact"))
        }
        let message = try #require(failure { _ = try ReadRow(item { $0.rev = "" }) }?.message)
        #expect(message.hasPrefix("cannot read the row pk contact#c-1, sk us-east-1 of table converge-contact: "))
    }

    @Test("a row with a truncated or changed byte is refused, or read as a valid entity")
    func hostile() throws {
        let packed = Item(compressing: entity(7, size: 300))
        for at in packed.registers.indices {
            var cut = packed
            cut.registers = Array(packed.registers[..<at])
            #expect(failure { _ = try ReadRow(cut.json) }?.reason == .corrupt)
            var flipped = packed
            flipped.registers[at] ^= 0x10
            // zlib's own checksum sees every change of the content.
            #expect(failure { _ = try ReadRow(flipped.json) }?.reason == .corrupt, "byte \(at)")
        }
    }

    @Test("a row that exceeds the size limit when decompressed is refused")
    func bomb() throws {
        let item = Item(compressing: [UInt8](repeating: 0, count: RegistersReader.entityBytesMax + 1))
        #expect(item.registers.count < 400_000)
        #expect(failure { _ = try ReadRow(item.json) }?.message.contains("larger than 64 MiB") == true)
    }
}
