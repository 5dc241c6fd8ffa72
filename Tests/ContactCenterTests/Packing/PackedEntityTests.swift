import ContactCenter
import Lattice
import Platform
import Simulation
import TestSupport
import Testing

/// Entities as rows hold them before compression.
@Suite("packed entities", .limited(minutes: 5))
struct PackedEntityTests {
    private static let bytesMax = 1 << 20

    @Test(
        "any entity that is packed comes back byte for byte, from a packer and an unpacker that go on; only one with control characters is not packed"
    )
    func roundTrip() {
        let rig = Rig()
        var packed = 0
        forAll(20_000) { dice in
            let key = dice.key()
            let entity = dice.entity()
            let isPlain = entity.texts.allSatisfy { $0.allSatisfy { $0 >= 0x20 } }
            guard rig.pack(entity.bytes, key) else { return try demand(!isPlain, "not packed: \(entity.bytes)") }
            packed += 1
            try demand(isPlain, "packed though it has control characters: \(entity.bytes)")
            try demand(try rig.unpacked(key) == entity.bytes, "\(entity.bytes) came back as another one")
        }
        #expect(packed > 15_000)
    }

    @Test("rows of generated traffic come back, and take a third less than they are long")
    func traffic() throws {
        let rig = Rig()
        var (plain, content) = (0, 0)
        var failed: String?
        GeneratedEntities(events: 2_000).forEach { key, entity in
            guard failed == nil else { return }
            guard rig.pack(entity, key) else { return failed = "\(key) is not packed" }
            plain += entity.count
            content += rig.packedBytes
            if (try? rig.unpacked(key)) != entity { failed = "\(key) came back as another one" }
        }
        #expect(failed == nil)
        #expect(plain > 1_000_000 && content * 3 < plain * 2, "\(content) of \(plain)")
    }

    /// What stands for itself must not be taken for what is packed.
    @Test(
        "texts that are nearly a UUID or a time stay as they are",
        arguments: [
            "0D825A9B-99C3-4179-9AFB-8BDDA131E94F", "0d825a9b-99c3-4179-9afb-8bdda131e94",
            "0d825a9b-99c3-4179-9afb-8bdda131e94g",
            "0d825a9b_99c3-4179-9afb-8bdda131e94f", "2026-02-29T00:00:00.000Z", "2026-03-02T14:08:12.51Z",
            "2026-03-02t14:08:12.516Z",
            "2026-03-02T14:08:60.000Z", "2026-03-02T14:08:60Z", "2026-03-02 14:08:12.516Z", "2026-03-02T24:00:00Z",
            "2026-03-02",
            "9999-12-31T23:59:59.999Z", "0000-01-01T00:00:00.000Z", "-", "--------------------------------------", "%2f", "%2",
            "2026-03-02T14:08:12.516Z2026-03-02T14:08:12Z-0d825a9b-99c3-4179-9afb-8bdda131e94f0d825a9b-99c3-4179-9afb-8bdda131e94f",
            "111122223333:instance/0d825a9b-99c3-4179-9afb-8bdda131e94f111122223333:instance/0d825a9b-99c3-4179-9afb-8bdda131e94f",
        ])
    func texts(text: String) throws {
        let rig = Rig()
        let key = Array("\u{1}111122223333/0d825a9b-99c3-4179-9afb-8bdda131e94f/x".utf8)
        for told in [text, "\"\(text)\"", text + text, "x" + text + "-"] {
            let entity = entity(path: told, value: told)
            #expect(rig.pack(entity, key))
            #expect(try rig.unpacked(key) == entity)
        }
    }

    @Test("times at the ends of 64 bits come back, or the entity is not packed", arguments: [Int64.min, -1, 0, .max])
    func times(time: Int64) throws {
        let rig = Rig()
        for measure in [Int64.min, -1, 0, 1_772_460_000_000, .max] {
            var buffer = ByteBuffer()
            var writer = EntityWriter(&buffer)
            writer.extremum(
                &buffer, "a", rule: .min, measure: measure, stamp: Stamp(time: Timestamp(milliseconds: time)),
                value: StaticString("null").view)
            writer.finish(&buffer)
            if rig.pack(buffer.array, [1]) { #expect(try rig.unpacked([1]) == buffer.array) }
        }
    }

    @Test("more stamps, times, UUIDs and Regions than are looked for come back")
    func many() throws {
        let rig = Rig()
        for count in [63, 64, 65, 300] {
            var dice = Dice(seed: UInt64(count))
            let regions = (0..<64).map { Array("region-\($0)".utf8) }
            var buffer = ByteBuffer()
            var writer = EntityWriter(&buffer)
            for number in 0..<count {
                let value = Array("\"\(dice.uuid()) \(Timestamp(milliseconds: Int64(dice.below(1 << 40))))\"".utf8)
                let path = Array("p/\(1000 + number)".utf8)
                path.withUnsafeBytes { path in
                    regions[number % 64].withUnsafeBytes { region in
                        writer.beginRegister(
                            &buffer, encodedPath: path, rule: .lastWriterWins,
                            stamp: Stamp(time: Timestamp(milliseconds: Int64(dice.below(1 << 40))), region: region))
                        value.withUnsafeBytes { buffer.append($0) }
                        writer.endRegister(&buffer)
                    }
                }
            }
            writer.finish(&buffer)
            #expect(rig.pack(buffer.array, [1]))
            #expect(try rig.unpacked([1]) == buffer.array)
        }
    }

    @Test("any flipped bit, cut and byte too many is an error or gives an entity that can be checked")
    func hostile() {
        let rig = Rig()
        forAll(150) { dice in
            let key = dice.key()
            guard rig.pack(dice.entity().bytes, key) else { return }
            let (content, tail) = (rig.content, rig.tail)
            func unpack(_ content: [UInt8], _ tail: [UInt8]) throws -> Bool {
                guard let found = try? Rig.unpacked(content, tail, key) else { return false }
                // It does not trap.
                _ = found.withUnsafeBytes { EntityView.isValid($0) }
                return true
            }
            for at in content.indices {
                try demand(!unpack(Array(content[..<at]), tail), "cut at \(at): \(content)")
                for bit in 0..<8 {
                    var flipped = content
                    flipped[at] ^= 1 << bit
                    _ = try unpack(flipped, tail)
                }
            }
            try demand(!unpack(content + [0], tail), "a byte too many: \(content)")
            try demand(!unpack(content, tail + [0]), "a byte too many behind \(content)")
            if !tail.isEmpty { try demand(!unpack(content, tail.dropLast()), "a byte too few behind \(content)") }
        }
    }

    @Test("paths out of order and paths that come twice are errors, before anything is joined")
    func order() {
        // A stamp without Region and id; unions without members, and tombstones.
        for (first, second, end): ([UInt8], [UInt8], [UInt8]) in [
            ([], [], [0x13, 1, 0]), ([0x61], [0x61], [0x13, 1, 0]), ([0x62], [0x61], [0x14]), ([0x61], [0x61], [0x14]),
        ] {
            func content(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
                [0, 1, 1, 2] + first + end + second + end + [0, 0, 0, 0, 0, 0]
            }
            #expect(throws: EntityUnpacker.Damaged.self) { try Rig.unpacked(content(first, second), [], [1]) }
            #expect(throws: Never.self) { try Rig.unpacked(content([0x61], [0x62]), [], [1]) }
        }
    }

    @Test("what would become larger than it may is an error")
    func bounded() {
        // A register whose value is 100,000 times its key's instance.
        let key = Array("\u{1}\(String(repeating: "a", count: 500))/\(String(repeating: "b", count: 500))".utf8)
        let content: [UInt8] =
            [0, 1, 1, 1] + Array("p".utf8) + [0x10, 0, 0, 0, 0, 0] + [UInt8](repeating: 6, count: 100_000) + [0]
        #expect(throws: EntityUnpacker.Damaged.self) { try Rig.unpacked(content, [], key) }
        let few = Array(content.dropLast(99_001)) + [0]
        #expect(throws: Never.self) { try Rig.unpacked(few, [], key) }
    }

    /// Packs and unpacks, with memory that is kept.
    private final class Rig {
        private var packer = EntityPacker()
        private var unpacker = EntityUnpacker()

        var content: [UInt8] { packer.content.array }
        var tail: [UInt8] { packer.tail.array }
        var packedBytes: Int { packer.content.count + packer.tail.count }

        func pack(_ entity: [UInt8], _ key: [UInt8]) -> Bool {
            key.withUnsafeBytes { key in entity.withUnsafeBytes { packer.pack($0, key: key) } }
        }

        func unpacked(_ key: [UInt8]) throws -> [UInt8] { try Rig.unpack(&unpacker, content, tail, key) }

        static func unpacked(_ content: [UInt8], _ tail: [UInt8], _ key: [UInt8]) throws -> [UInt8] {
            var unpacker = EntityUnpacker()
            return try unpack(&unpacker, content, tail, key)
        }

        private static func unpack(
            _ unpacker: inout EntityUnpacker, _ content: [UInt8], _ tail: [UInt8], _ key: [UInt8]
        ) throws -> [UInt8] {
            var buffer = ByteBuffer(capacity: 1)
            key.withUnsafeBytes { buffer.append($0) }
            try content.withUnsafeBytes { content in
                try tail.withUnsafeBytes {
                    try unpacker.unpack(content, tail: $0, key: 0..<key.count, bytesMax: bytesMax, to: &buffer)
                }
            }
            return Array(buffer.array.dropFirst(key.count))
        }
    }

    private func entity(path: String, value: String) -> [UInt8] {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        Array(path.utf8).withUnsafeBytes { path in
            writer.beginRegister(&buffer, encodedPath: path, rule: .lastWriterWins, stamp: Stamp(time: .earliest))
            Array(value.utf8).withUnsafeBytes { buffer.append($0) }
            writer.endRegister(&buffer)
        }
        writer.finish(&buffer)
        return buffer.array
    }
}

/// Entities of generated traffic, each as it is after every event that tells of it.
private struct GeneratedEntities {
    let events: Int

    func forEach(_ body: (_ key: [UInt8], _ entity: [UInt8]) -> Void) {
        var model = TrafficModel(TrafficOptions(events: events, agents: 100, seed: 3, eventsPerSecond: 83))
        let decoder = RecordDecoder()
        let batch = MutationBatch(sliceCount: 1)
        var rows: [[UInt8]: [UInt8]] = [:]
        var line: [UInt8] = []
        while let arrival = model.next(into: &line) {
            batch.removeAll()
            line.withUnsafeBytes { decoder.decode($0, arrival: Timestamp(milliseconds: arrival), index: 0, into: batch) }
            line.removeAll(keepingCapacity: true)
            batch.forEachMutation(ofSlice: 0) { mutation in
                let key = [UInt8](mutation.key)
                var joined = ByteBuffer()
                let row = rows[key] ?? EntityView.emptyEncoding
                row.withUnsafeBytes { row in
                    if !Join.join(EntityView(row), mutation.entity, into: &joined).changed { joined.append(row) }
                }
                rows[key] = joined.array
                body(key, joined.array)
            }
        }
    }
}

/// An entity, and the texts in it that are not an id of sixteen bytes or 32.
private struct ToldEntity {
    var bytes: [UInt8] = []
    var texts: [[UInt8]] = []
}

extension Dice {
    fileprivate mutating func uuid() -> String {
        var text = ByteBuffer()
        bytes(16).withUnsafeBytes { text.appendUUID($0) }
        return text.bytes.text
    }

    fileprivate mutating func key() -> [UInt8] {
        [UInt8(1 + below(8))]
            + Array(
                pick([
                    "", "a", "/", "a/b", "111122223333/\(known(0))/\(known(1))", "111122223333/inst/\(known(1))", "\(known(2))",
                    "\(known(0))/\(known(0))//",
                ]).utf8)
    }

    /// One of a few UUIDs that come again in all entities and keys.
    fileprivate func known(_ number: Int) -> String { "0000000\(number)-1111-4222-8333-abcdef00000\(number)" }

    /// A piece of a path or value.
    fileprivate mutating func piece() -> String {
        switch below(14) {
        case 0: uuid()
        case 1, 2: known(below(3))
        case 3: "\(Timestamp(milliseconds: 1_772_460_000_000 + Int64(below(100_000))))"
        case 4: "\(Timestamp(milliseconds: (Int64(below(4_000)) - 1_000) * 31_556_952_000))"
        case 5: "2026-03-0\(1 + below(9))T14:08:1\(below(10))Z"
        case 6: "%2F"
        case 7: "111122223333:instance/\(known(0))"
        case 8: "111122223333:instance/inst"
        case 9: "-"
        case 10: pick(["%", "T", "Z", ":", "2026-", "é", "サ", "\u{7f}"])
        case 11: chance(30) ? pick(["\u{0}", "\u{1}", "\u{6}", "\u{1f}"]) : "x"
        default: String(repeating: "v", count: below(30))
        }
    }

    fileprivate mutating func text() -> String { (0..<below(5)).map { _ in piece() }.joined() }

    fileprivate mutating func entity() -> ToldEntity {
        var told = ToldEntity()
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        // Few, so that stamps come again.
        let stamps = (0..<1 + below(4)).map { _ in stampParts() }
        for number in 0..<below(9) {
            let path = Array("\(number)\(text())".utf8)
            told.texts.append(path)
            let values = (0..<1 + below(3)).map { "\"\($0)\(text())\"" }.map { Array($0.utf8) }
            path.withUnsafeBytes { path in
                pick(stamps).withStamp { stamp in
                    told.texts += [[UInt8](stamp.region)] + (stamp.id.form == .text ? [[UInt8](stamp.id.bytes)] : [])
                    switch below(7) {
                    case 0:
                        writer.beginRegister(&buffer, encodedPath: path, rule: .lastWriterWins, stamp: stamp, tombstone: true)
                    case 1, 2:
                        writer.beginRegister(&buffer, encodedPath: path, rule: chance(2) ? .max : .min, stamp: stamp)
                        buffer.appendInteger(chance(3) ? stamp.time.milliseconds : Int64(below(1 << 41)))
                        values[0].withUnsafeBytes { buffer.append($0) }
                        told.texts.append(values[0])
                    case 6:
                        var buckets = SketchView.Buckets.zero
                        let few = below(40)
                        for bucket in buckets.indices where below(40) < few { buckets[bucket] = UInt8(below(16)) }
                        writer.sketch(&buffer, encodedPath: path, stamp: stamp, buckets: buckets)
                    case 3:
                        writer.beginUnion(
                            &buffer, encodedPath: path, stamp: stamp, capacity: 1 + below(500), count: values.count)
                        for value in values {
                            value.withUnsafeBytes { writer.appendMember(&buffer, stamp: stamp, value: $0) }
                            told.texts.append(value)
                        }
                    default:
                        writer.beginRegister(&buffer, encodedPath: path, rule: .lastWriterWins, stamp: stamp)
                        values[0].withUnsafeBytes { buffer.append($0) }
                        told.texts.append(values[0])
                    }
                }
            }
            writer.endRegister(&buffer)
        }
        writer.finish(&buffer)
        told.bytes = buffer.array
        return told
    }

    fileprivate mutating func stampParts() -> StampParts {
        let region = Array(pick(["", "us-east-1", "us-west-2", chance(20) ? "a\u{1}" : "eu"]).utf8)
        var id = Array(
            pick(["", "e-1", uuid(), known(0), String(repeating: "0f", count: 32), chance(20) ? "\u{2}" : "text-\(below(9))"])
                .utf8)
        var packed = ByteBuffer()
        let form = id.withUnsafeBytes { EventID.pack($0, into: &packed) }
        id = packed.array
        return StampParts(
            time: chance(50) ? Int64(bitPattern: next()) >> 3 : 1_772_460_000_000 + Int64(below(1 << 20)),
            rank: UInt8(below(256)),
            region: region, form: form, id: id)
    }
}

private struct StampParts {
    let time: Int64
    let rank: UInt8
    let region: [UInt8]
    let form: EventID.Form
    let id: [UInt8]

    func withStamp(_ body: (Stamp) -> Void) {
        region.withUnsafeBytes { region in
            id.withUnsafeBytes {
                body(
                    Stamp(
                        time: Timestamp(milliseconds: time), rank: rank, region: region, id: EventID(form: form, bytes: $0)))
            }
        }
    }
}
