import ContactCenter
import Glibc
import Lattice
import Platform
import TestSupport
import Testing

@Suite(.limited) struct EncodingTests {
    @Test("format version 1 has not changed: a change requires a new version")
    func golden() throws {
        let uuid = "0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7"
        let bytes = encode([
            "l": .lastWriterWins(ModelStamp(time: 1, rank: 2, region: "r", id: uuid), "true"),
            "t": .lastWriterWins(ModelStamp(time: -1), nil),
            "m": .max(-2, ModelStamp(time: 3, id: "i"), "null"),
            "n": .min(2, ModelStamp(time: 3, id: "i"), "null"),
            "u": .union(
                capacity: 16, ["\"b\"": ModelStamp(time: 5), "\"a\"": ModelStamp(time: 4, rank: 1, region: "r", id: "i")]),
        ])
        let registers = [
            "01000000" + "05000000",
            "04000000" + "0100" + "00" + "02" + "0100000000000000" + "01" + "10" + "01" + "00" + "6c" + "72"
                + "0190a1b2c3d47e5f8091a2b3c4d5e6f7" + "74727565",
            "0c000000" + "0100" + "01" + "00" + "0300000000000000" + "00" + "01" + "00" + "00" + "6d" + "69"
                + "feffffffffffffff"
                + "6e756c6c",
            "0c000000" + "0100" + "02" + "00" + "0300000000000000" + "00" + "01" + "00" + "00" + "6e" + "69"
                + "0200000000000000"
                + "6e756c6c",
            "00000000" + "0100" + "00" + "00" + "ffffffffffffffff" + "00" + "00" + "00" + "01" + "74",
            "30000000" + "0100" + "03" + "00" + "0500000000000000" + "00" + "00" + "00" + "00" + "75" + "10000000" + "02000000"
                + "03000000" + "01" + "01" + "00" + "01" + "0400000000000000" + "72" + "69" + "226122"
                + "03000000" + "00" + "00" + "00" + "00" + "0500000000000000" + "226222",
        ]
        #expect(bytes.hex == registers.joined())
    }

    @Test("every encoding is valid, and no prefix of one is")
    func truncation() {
        forAll(2000) { random in
            let bytes = random.entity()
            try bytes.withUnsafeBytes { try EntityView.validate($0) }
            for length in 0..<bytes.count {
                let part = Array(bytes.prefix(length))
                try demand(part.withUnsafeBytes { isRefused($0) }, "\(length) of \(bytes.count) bytes were accepted")
            }
            try demand((bytes + [0]).withUnsafeBytes { isRefused($0) }, "a byte too many was accepted")
        }
    }

    @Test("a damaged encoding is refused, or can be read without leaving its bytes")
    func mutations() throws {
        let page = try GuardedPage()
        let intact = encode((0..<8).map { _ in Fact(path: "a", register: .lastWriterWins(ModelStamp(time: 0), "1")) })
        var accepted = 0
        forAll(20_000) { random in
            var bytes = random.entity()
            for _ in 0...random.below(3) {
                let at = random.below(bytes.count)
                switch random.below(5) {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes[at] ^= 1 << UInt8(random.below(8))
                case 2: bytes[at] = bytes[at] &+ (random.chance(2) ? 1 : 255)
                case 3: bytes.insert(0, at: at)
                default: if bytes.count > 1 { bytes.remove(at: at) }
                }
            }
            let view = page.copy(bytes)
            if isRefused(view) { return }
            accepted += 1
            var out = ByteBuffer()
            EntityView(view).appendJSON(to: &out)
            _ = EntityView(view).latest
            for side in [bytes, intact] {
                side.withUnsafeBytes { side in
                    out.removeAll()
                    _ = Join.join(EntityView(side), EntityView(view), into: &out)
                    _ = Join.join(EntityView(view), EntityView(side), into: &out)
                }
            }
        }
        // Values, ids and times may be anything: a good part of the damage cannot be seen.
        #expect(accepted > 1000)
    }

    @Test("every accepted encoding obeys the laws of the join, even if it is damaged")
    func acceptedBytesJoin() {
        forAll(20_000) { random in
            let facts = random.facts(upTo: 4)
            var bytes = encode(facts)
            let at = random.below(bytes.count)
            bytes[at] ^= 1 << UInt8(random.below(8))
            if bytes.withUnsafeBytes({ isRefused($0) }) { return }
            let other = encode(facts + random.facts(upTo: 2))
            try demand(join(bytes, other).bytes == join(other, bytes).bytes, "a+b != b+a\n\(json(bytes))\n\(json(other))")
            try demand(join(bytes, bytes).bytes == bytes, "a+a != a\n\(json(bytes))")
            try demand(join(join(bytes, other).bytes, other).bytes == join(bytes, other).bytes, "a+b+b != a+b")
        }
    }

    struct Damage: CustomTestStringConvertible {
        var testDescription: String
        var entity: ModelEntity = ["p": .lastWriterWins(ModelStamp(time: 1), "1")]
        var offset: Int
        var byte: UInt8
        var error: EncodingError
    }

    static let union: ModelEntity = ["p": .union(capacity: 2, ["1": ModelStamp(time: 1), "2": ModelStamp(time: 3)])]

    @Test(
        "validation refuses a malformed encoding",
        arguments: [
            Damage(testDescription: "a later version", offset: 0, byte: 2, error: .unknownVersion(2)),
            Damage(
                testDescription: "reserved bytes", offset: 2, byte: 1, error: .malformed("reserved bytes in use", offset: 1)),
            Damage(
                testDescription: "a wrong count", offset: 4, byte: 2, error: .malformed("register count is wrong", offset: 4)),
            Damage(testDescription: "a payload beyond the end", offset: 8, byte: 2, error: .truncated(offset: 30)),
            Damage(testDescription: "an unknown rule", offset: 14, byte: 5, error: .malformed("unknown rule 5", offset: 14)),
            Damage(
                testDescription: "a sketch without its buckets", offset: 14, byte: 4, error: .malformed("no sketch", offset: 29)
            ),
            Damage(
                testDescription: "a bucket beyond the greatest",
                entity: ["p": .sketch(ModelStamp(time: 1), [UInt8](repeating: 15, count: 64))],
                offset: 60, byte: 16, error: .malformed("no sketch", offset: 29)),
            Damage(testDescription: "an unknown id form", offset: 26, byte: 3, error: .malformed("bad event id", offset: 26)),
            Damage(testDescription: "a UUID without bytes", offset: 26, byte: 1, error: .malformed("bad event id", offset: 26)),
            Damage(testDescription: "unknown flags", offset: 27, byte: 2, error: .malformed("unknown flags", offset: 27)),
            Damage(
                testDescription: "a tombstone with a value", offset: 27, byte: 1,
                error: .malformed("tombstone with a value", offset: 27)),
            Damage(
                testDescription: "a value of no bytes", entity: ["p": .lastWriterWins(ModelStamp(time: 1), nil)], offset: 27,
                byte: 0,
                error: .malformed("no value", offset: 8)),
            Damage(testDescription: "max without a measure", offset: 14, byte: 1, error: .malformed("no measure", offset: 29)),
            Damage(
                testDescription: "a union without a header", offset: 14, byte: 3,
                error: .malformed("union without a header", offset: 29)),
            Damage(
                testDescription: "more members than capacity", entity: union, offset: 29, byte: 1,
                error: .malformed("union count is wrong", offset: 29)),
            Damage(
                testDescription: "fewer members than counted", entity: union, offset: 33, byte: 3,
                error: .malformed("union count is wrong", offset: 29)),
            Damage(
                testDescription: "members out of order", entity: union, offset: 53, byte: 0x32,
                error: .malformed("union members out of order", offset: 54)),
            Damage(
                testDescription: "a union under a stamp that is not its greatest member's", entity: union, offset: 16, byte: 1,
                error: .malformed("union stamp is not its greatest member's", offset: 8)),
        ])
    func refusals(_ damage: Damage) {
        var bytes = encode(damage.entity)
        bytes[damage.offset] = damage.byte
        #expect(throws: damage.error) { try bytes.withUnsafeBytes { try EntityView.validate($0) } }
    }

    @Test("validation refuses an id as text if it has a packed form")
    func unpackedID() {
        let uuid = "0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7"
        for id in [uuid, String(repeating: "0", count: 64)] {
            var buffer = ByteBuffer()
            var writer = EntityWriter(&buffer)
            id.withView { id in
                let stamp = Stamp(time: Timestamp(milliseconds: 0), id: EventID(form: .text, bytes: id))
                writer.lastWriterWins(&buffer, "p", stamp: stamp, value: StaticString("1").view)
            }
            writer.finish(&buffer)
            #expect(throws: EncodingError.malformed("bad event id", offset: 26)) { try EntityView.validate(buffer.bytes) }
        }
    }
}

private func isRefused(_ bytes: ByteView) -> Bool {
    do {
        try EntityView.validate(bytes)
        return false
    } catch {
        return true
    }
}
