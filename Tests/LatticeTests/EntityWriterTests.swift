import Lattice
import Platform
import TestSupport
import Testing

@Suite(.limited) struct EntityWriterTests {
    @Test("registers written in any order give the same bytes, equal to the model's")
    func anyOrder() {
        forAll { random in
            let facts = random.facts(upTo: 12)
            let bytes = encode(facts)
            try demand(encode(facts.shuffled(using: &random)) == bytes, "order matters: \(json(bytes))")
            try demand(encode(facts + facts) == bytes, "repetition matters: \(json(bytes))")
            try demand(try decode(bytes) == model(facts), "\(json(bytes)) is not \(model(facts))")
        }
    }

    @Test("a decoded entity equals the encoded one")
    func roundTrip() {
        forAll { random in
            let entity = model(random.facts())
            let bytes = encode(entity)
            try demand(try decode(bytes) == entity, "\(json(bytes)) is not \(entity)")
            try demand(encode(try decode(bytes)) == bytes, "a second encoding differs")
        }
    }

    @Test("a thousand registers written in descending order of path are sorted")
    func manyRegisters() throws {
        let facts = (0..<1000).map { Fact(path: "p\(9999 - $0)", register: .lastWriterWins(ModelStamp(time: 1), "\($0)")) }
        #expect(try decode(encode(facts)) == model(facts))
    }

    @Test(
        "a slash or a percent sign in a path segment is percent-encoded",
        arguments: [
            ("plain", "plain"), ("a/b", "a%2Fb"), ("50%", "50%25"), ("%2F", "%252F"), ("", ""), ("ü/ü", "ü%2Fü"),
            ("us-east-1", "us-east-1"), ("12345678", "12345678"), ("/2345678", "%2F2345678"), ("1234567%", "1234567%25"),
            ("12345678/", "12345678%2F"), ("1234567890123456", "1234567890123456"), ("1234567/90123456", "1234567%2F90123456"),
            ("12345678%0123456", "12345678%250123456"), ("123456789012345/", "123456789012345%2F"),
            ("1234567890123456/", "1234567890123456%2F"),
        ])
    func segments(_ segment: String, _ encoded: String) throws {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        #expect(writer.isEmpty)
        segment.withView {
            writer.lastWriterWins(
                &buffer, "variable/", segment: $0, stamp: Stamp(time: Timestamp(milliseconds: 0)), value: StaticString("1").view
            )
        }
        writer.finish(&buffer)
        #expect(!writer.isEmpty)
        #expect(EntityView(buffer.bytes).map(\.path.text) == ["variable/" + encoded])
        #expect(("variable/" + encoded).withView { EntityView(buffer.bytes).register($0) != nil })
        #expect(EntityView(buffer.bytes).register("variable/none") == nil)
    }

    @Test("two registers are in order of path, whichever comes first and however the paths are put together")
    func ordersOfTwo() throws {
        let prefixes: [StaticString] = ["a", "a/", "a/b", "a/b/", "ab", "b/"]
        let parts = prefixes.flatMap { prefix in [nil, "", "0", "b", "b0", "us-east-1"].map { (prefix: prefix, segment: $0) } }
        for first in parts {
            for second in parts {
                var buffer = ByteBuffer()
                var writer = EntityWriter(&buffer)
                for (prefix, segment) in [first, second] {
                    let stamp = Stamp(time: Timestamp(milliseconds: 0))
                    let value = StaticString("1").view
                    if let segment {
                        segment.withView { writer.lastWriterWins(&buffer, prefix, segment: $0, stamp: stamp, value: value) }
                    } else {
                        writer.lastWriterWins(&buffer, prefix, stamp: stamp, value: value)
                    }
                }
                writer.finish(&buffer)
                try EntityView.validate(buffer.bytes)
                let paths = Set([first, second].map { "\($0.prefix)" + ($0.segment ?? "") })
                #expect(EntityView(buffer.bytes).map(\.path.text) == paths.sorted(), "\(first) and \(second)")
            }
        }
    }

    @Test("every byte at every place of a path segment is copied or percent-encoded")
    func everySegment() {
        forAll(20_000) { random in
            var segment = random.bytes(random.below(71))
            for _ in 0..<random.below(4) where !segment.isEmpty {
                segment[random.below(segment.count)] = random.pick(Array("/%.0$&/%".utf8))
            }
            var plain: [UInt8] = Array("variable/".utf8)
            for byte in segment {
                switch byte {
                case UInt8(ascii: "/"): plain += Array("%2F".utf8)
                case UInt8(ascii: "%"): plain += Array("%25".utf8)
                default: plain.append(byte)
                }
            }
            var buffer = ByteBuffer(capacity: 16)
            var writer = EntityWriter(&buffer)
            segment.withUnsafeBytes {
                writer.tombstone(&buffer, "variable/", segment: $0, stamp: Stamp(time: Timestamp(milliseconds: 0)))
            }
            writer.finish(&buffer)
            try demand(EntityView(buffer.bytes).map { Array($0.path) } == [plain], "\(segment)")
        }
    }

    @Test("a register copied from another entity gives the same bytes as a written one")
    func copies() {
        forAll(2000) { random in
            let a = random.entity()
            let b = random.entity()
            var buffer = ByteBuffer(capacity: 16)
            var writer = EntityWriter(&buffer)
            for source in [b, a] {
                source.withUnsafeBytes { source in
                    for register in EntityView(source) { writer.copy(&buffer, register) }
                }
            }
            writer.finish(&buffer)
            try demand(buffer.array == join(a, b).bytes, "\(json(a))\n\(json(b))")
        }
    }

    @Test("an entity's latest time is that of its newest stamp")
    func latest() {
        forAll(2000) { random in
            let bytes = random.entity()
            let times = try decode(bytes).values.map { register in
                switch register {
                case .lastWriterWins(let stamp, _), .max(_, let stamp, _), .min(_, let stamp, _), .sketch(let stamp, _):
                    stamp.time
                case .union(_, let members): members.values.map(\.time).max() ?? 0
                }
            }
            let latest = bytes.withUnsafeBytes { EntityView($0).latest?.milliseconds }
            try demand(latest == times.max(), "\(json(bytes))")
        }
    }
}
