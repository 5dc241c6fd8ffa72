import CZstd
import ContactCenter
import JSON
import Lattice
import Platform
import TestSupport
import Testing

@testable import Storage

/// The attribute `registers` in all its formats.
@Suite("registers of a row", .limited(minutes: 5))
struct RegistersTests {
    /// Bytes that entities of the tests have much of.
    private let dictionary: RowDictionary

    init() throws { dictionary = try #require(RowDictionary(entity(1, size: 4_000))) }

    private var codings: [(RegistersCoding, isPart: Bool, format: RegistersFormat)] {
        [
            (RegistersCoding(), false, .plain), (RegistersCoding(), true, .zlib), (RegistersCoding(dictionary), false, .zstd),
            (RegistersCoding(dictionary), true, .zstd),
        ]
    }

    /// Of the rows that are written and read.
    private static let contact = key("c-1")

    /// Appends behind bytes that were there.
    private func written(_ entity: [UInt8], _ coding: RegistersCoding, isPart: Bool) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.append("before")
        RegistersTests.contact.withUnsafeBytes { key in
            entity.withUnsafeBytes { coding.append($0, key: key, isPart: isPart, to: &buffer) }
        }
        return Array(buffer.array.dropFirst(6))
    }

    /// What a reader makes of them; throws as it does.
    private func read(_ registers: [UInt8], _ reader: RegistersReader) throws -> [UInt8] {
        var text = ByteBuffer()
        text.append("\"")
        registers.withUnsafeBytes { text.appendBase64($0) }
        text.append("\"")
        let parser = JSONParser()
        var buffer = ByteBuffer()
        RegistersTests.contact.withUnsafeBytes { buffer.append($0) }
        let start = buffer.count
        try withExtendedLifetime(parser) {
            try reader.append(parser.parse(text.bytes).root, of: "t", key: 0..<start, to: &buffer)
        }
        #expect(buffer.array.starts(with: RegistersTests.contact))
        return Array(buffer.array.dropFirst(start))
    }

    @Test("any entity comes back byte for byte, in every format, from a writer and a reader that go on")
    func roundTrip() {
        let reader = RegistersReader(RowDictionaries([dictionary]))
        let codings = self.codings
        forAll(2_000) { dice in
            let told = dice.chance(3) ? entity(dice.below(50), size: 2 + dice.below(5_000)) : dice.registers()
            for (coding, isPart, format) in codings {
                let registers = written(told, coding, isPart: isPart)
                try demand(registers[0] == format.rawValue, "format \(registers[0])")
                try demand(try read(registers, reader) == told, "\(told) came back as another one in format \(format)")
            }
        }
    }

    @Test(
        "a row of format 3 is its format, what its dictionary's id begins with, and a frame of zstd without its magic number and with its size alone in its header"
    )
    func layout() {
        let registers = written(entity(1), RegistersCoding(dictionary), isPart: false)
        #expect(registers[0] == 3)
        var id = ByteBuffer()
        registers[1...8].withUnsafeBytes { id.appendHex($0) }
        #expect(id.bytes.text == String(dictionary.id.prefix(16)))
        // A single segment with a size of one byte; no checksum, no id of a dictionary.
        var packer = EntityPacker()
        let isPacked = RegistersTests.contact.withUnsafeBytes { key in entity(1).withUnsafeBytes { packer.pack($0, key: key) } }
        #expect(isPacked && registers[9] == 0x20 && Int(registers[10]) == packer.content.count)
    }

    @Test("an entity that cannot be packed is compressed as it is")
    func unpacked() throws {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        writer.lastWriterWins(&buffer, "a\u{1}", stamp: Stamp(time: .earliest), value: StaticString("1").view)
        writer.finish(&buffer)
        let registers = written(buffer.array, RegistersCoding(dictionary), isPart: false)
        #expect(registers[0] == 3 && Int(registers[10]) == buffer.count)
        let reader = RegistersReader(RowDictionaries([dictionary]))
        #expect(try read(registers, reader) == buffer.array)
        #expect(throws: DynamoDBRow.Unreadable.self) { try read(registers + [0], reader) }
    }

    @Test("without a dictionary it is the format of today, byte for byte")
    func old() {
        let told = entity(3, size: 500)
        #expect(written(told, RegistersCoding(), isPart: false) == [1] + told)
        #expect(written(told, RegistersCoding(), isPart: true).starts(with: [2, 0x78, 0x01]))
    }

    @Test("what a dictionary has much of takes a fraction, and the wrong dictionary does no harm but for the room")
    func room() throws {
        let told = entity(1, size: 3_000)
        let right = written(told, RegistersCoding(dictionary), isPart: false)
        let wrong = try #require(RowDictionary(entity(2, size: 4_000)))
        #expect(right.count < 200)
        let other = written(told, RegistersCoding(wrong), isPart: false)
        #expect(other.count > 1_500)
        #expect(try read(other, RegistersReader(RowDictionaries([wrong]))) == told)
    }

    @Test("a coding goes over to another dictionary, and back to none")
    func changes() throws {
        let (one, two) = (dictionary, try #require(RowDictionary(entity(2, size: 4_000))))
        let coding = RegistersCoding(one)
        let told = entity(1, size: 3_000)
        let first = written(told, coding, isPart: false)
        coding.dictionary = two
        #expect(written(told, coding, isPart: false) == written(told, RegistersCoding(two), isPart: false))
        coding.dictionary = one
        #expect(written(told, coding, isPart: false) == first)
        coding.dictionary = nil
        #expect(written(told, coding, isPart: false)[0] == 1)
    }

    @Test("any flipped bit and any cut is an error or a valid entity", arguments: [20, 300, 5_000])
    func hostile(size: Int) {
        let reader = RegistersReader(RowDictionaries([dictionary]))
        let told = entity(1, size: size)
        for (coding, isPart, _) in codings {
            let registers = written(told, coding, isPart: isPart)
            for at in registers.indices {
                #expect(throws: DynamoDBRow.Unreadable.self) { try read(Array(registers[..<at]), reader) }
                for bit in 0..<8 {
                    var flipped = registers
                    flipped[at] ^= 1 << bit
                    if let found = try? read(flipped, reader) {
                        #expect(throws: Never.self) { try found.withUnsafeBytes { try EntityView.validate($0) } }
                    }
                }
            }
            #expect(throws: DynamoDBRow.Unreadable.self) { try read(registers + [0], reader) }
            #expect(throws: DynamoDBRow.Unreadable.self) { try read(registers + registers.dropFirst(9), reader) }
        }
    }

    @Test("a frame that would be too large, has no size or is followed by another one is damaged")
    func bounded() {
        let reader = RegistersReader(RowDictionaries([dictionary]))
        let head = Array(written(entity(1), RegistersCoding(dictionary), isPart: false)[0..<9])
        func why(_ registers: [UInt8]) -> String {
            do throws(any Error) {
                _ = try read(registers, reader)
                return ""
            } catch {
                return "\(error)"
            }
        }
        let zeros = [UInt8](repeating: 0, count: RegistersReader.entityBytesMax + 1)
        var bomb = [UInt8](repeating: 0, count: ZSTD_compressBound(zeros.count))
        bomb.removeLast(bomb.count - ZSTD_compress(&bomb, bomb.count, zeros, zeros.count, 1))
        #expect(bomb.count < 400_000 && bomb.starts(with: [0x28, 0xB5, 0x2F, 0xFD]))
        #expect(why(head + bomb.dropFirst(4)).contains("larger than 64 MiB"))
        // Eight bytes of size that say 64 MiB and one, or nearly all that there is, with nothing behind.
        for size in [UInt64(RegistersReader.entityBytesMax + 1), .max, .max - 1, .max - 2] {
            let frame =
                head + [0xE0] + (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + [1, 0, 0]
            #expect(why(frame).contains("64 MiB") || why(frame).contains("decompressed"))
        }
        // Of a window of 1 KB without a size; an empty frame; none.
        for frame: [UInt8] in [[0x00, 0x00, 1, 0, 0], [0x20, 0, 1, 0, 0], []] {
            #expect(!why(head + frame).isEmpty)
        }
    }

    @Test("a row whose dictionary nobody has is told as that, and as nothing else")
    func lacking() throws {
        let item = Item(entity(1), with: dictionary)
        let error = failure { _ = try ReadRow(item.json) }
        #expect(error?.reason == .incomplete)
        #expect(error?.message.contains("pk contact#c-1, sk us-east-1 of table converge-contact") == true)
        #expect(error?.message.contains(String(dictionary.id.prefix(16))) == true)
        #expect(try ReadRow(item.json, RowDictionaries([dictionary]))?.entity == entity(1))
    }

    @Test("dictionaries that are kept are bounded; those stay that were used last")
    func bound() throws {
        var made: [RowDictionary] = []
        for number in 0...RowDictionaries.knownMax {
            made.append(try #require(RowDictionary(entity(number, size: 200))))
        }
        let known = RowDictionaries(Array(made.dropLast()))
        #expect(try known.find(made[0].name, for: "t") === made[0])
        let more = RowDictionaries(made)
        #expect(try more.find(made[0].name, for: "t") == nil)
        #expect(try more.find(made[1].name, for: "t") === made[1])
    }

    @Test("bytes that are no dictionary are none")
    func dictionaries() {
        #expect(RowDictionary([]) == nil)
        #expect(RowDictionary([UInt8](repeating: 7, count: RowDictionary.bytesMax + 1)) == nil)
        // A trained one whose tables are damaged.
        #expect(RowDictionary([0x37, 0xA4, 0x30, 0xEC, 1, 2, 3, 4, 5, 6, 7, 8]) == nil)
    }
}

extension Dice {
    /// An entity of a few registers of every rule.
    fileprivate mutating func registers() -> [UInt8] {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        for path in ["a", "b", "record/1", "z"] as [StaticString] where !chance(4) {
            let stamp = Stamp(time: Timestamp(milliseconds: Int64(below(1 << 40))), rank: UInt8(below(3)))
            let value = Array("\"\(String(repeating: "v", count: below(300)))\(below(1 << 30))\"".utf8)
            value.withUnsafeBytes { value in
                switch below(5) {
                case 0: writer.tombstone(&buffer, path, stamp: stamp)
                case 1: writer.extremum(&buffer, path, rule: .max, measure: Int64(below(1 << 40)), stamp: stamp, value: value)
                case 3: writer.sketch(&buffer, path, stamp: stamp, hash: next())
                case 2: writer.unionMember(&buffer, path, capacity: 8, stamp: stamp, value: value)
                default: writer.lastWriterWins(&buffer, path, stamp: stamp, value: value)
                }
            }
        }
        writer.finish(&buffer)
        return buffer.array
    }
}
