import ContactCenter
import EngineCore
import TestSupport
import Testing

@testable import Storage

@Suite("Rows of a state table", .limited)
struct DynamoDBRowTests {
    @Test("a row gives its entity, compressed or not, with who wrote it and when")
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

    @Test("a further part says which it is")
    func part() throws {
        var item = Item(entity(1))
        item.sk = "eu-central-1#12"
        let row = try #require(try ReadRow(item.json)).row
        #expect(row.region == "eu-central-1" && row.part == 12 && row.partCount == 1)
    }

    @Test("an id may hold anything, the mark of the kind included", arguments: ["a#b", "\"q\"\\", "ü漢🙂", "#", "\u{1}"])
    func ids(id: String) throws {
        for kind in EntityKind.allCases {
            var item = Item(entity(1))
            item.pk = "\(kind)#\(id)"
            #expect(try ReadRow(item.json)?.key == [kind.rawValue] + Array(id.utf8))
        }
    }

    @Test("the rows of the store itself are no entities, whatever they hold")
    func own() throws {
        for json in [
            #"{"pk":{"S":"converge#epoch"}}"#, #"{"pk":{"S":"converge#canary"},"sk":{"S":"us-east-1#7"},"at":{"N":"1"}}"#,
        ] {
            #expect(try ReadRow(json) == nil)
        }
    }

    @Test("a damaged row is an error that names table, pk and sk, and says what is wrong")
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
            (item { $0.parts = "x" }, "parts"), (item { $0.registers = [] }, "no bytes"),
            (item { $0.registers = [1] }, "ends early"), (item { $0.registers = [9] + told }, "use a newer program"),
            (item { $0.registers = [2] + told }, "decompressed"), (item { $0.registers[1] = 77 }, "format version 77"),
            (item { $0.registers.removeLast() }, "ends early"),
            (item { $0.registers = Item(compressing: told).registers.dropLast(5) }, "decompressed"),
            (item { $0.registers = Item(compressing: told).registers + [0] }, "decompressed"),
            (#"{"pk":{"S":"contact#c-1"},"sk":{"S":"us-east-1"},"rev":{"S":"00000000000000ff.1"}}"#, "no registers"),
            (#"{"pk":{"S":"contact#c-1"},"sk":{"S":"us-east-1"},"registers":{"B":"!"}}"#, "no bytes"),
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

    @Test("no cut or flipped byte of a row is taken for another state than one that passes for an entity")
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

    @Test("what swells beyond a bound when it is decompressed is refused")
    func bomb() throws {
        let item = Item(compressing: [UInt8](repeating: 0, count: RegistersCoding.entityBytesMax + 1))
        #expect(item.registers.count < 400_000)
        #expect(failure { _ = try ReadRow(item.json) }?.message.contains("over 64 MiB") == true)
    }
}
