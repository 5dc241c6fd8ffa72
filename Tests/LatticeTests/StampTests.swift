import Lattice
import Platform
import TestSupport
import Testing

@Suite(.limited) struct StampTests {
    private func compare(_ a: ModelStamp, _ b: ModelStamp) -> Int {
        a.withStamp { a in b.withStamp { b in a.compare(b).signum() } }
    }

    @Test("stamps have a total order, equal to the model's")
    func total() {
        forAll { random in
            let (a, b, c) = (random.stamp(), random.stamp(), random.stamp())
            try demand(compare(a, b) == order(a, b), "\(a) \(b)")
            try demand(compare(a, b) == -compare(b, a), "not antisymmetric: \(a) \(b)")
            try demand(compare(a, a) == 0, "not reflexive: \(a)")
            try demand((compare(a, b) == 0) == (a == b), "equal without being the same: \(a) \(b)")
            if compare(a, b) <= 0, compare(b, c) <= 0 { try demand(compare(a, c) <= 0, "not transitive: \(a) \(b) \(c)") }
        }
    }

    @Test("two stamps are equal exactly if their encodings are equal")
    func equalBytes() {
        forAll { random in
            let (a, b) = (random.stamp(), random.stamp())
            let bytes = [a, b].map { encode(["p": .lastWriterWins($0, "1")]) }
            try demand((compare(a, b) == 0) == (bytes[0] == bytes[1]), "\(a) \(b)")
        }
    }
}

@Suite(.limited) struct EventIDTests {
    private func pack(_ text: String) -> (form: EventID.Form, bytes: [UInt8]) {
        var buffer = ByteBuffer(capacity: 16)
        buffer.append("before")
        let form = text.withView { EventID.pack($0, into: &buffer) }
        return (form, Array(buffer.array.dropFirst(6)))
    }

    private func withID<R>(_ text: String, _ body: (EventID) -> R) -> R {
        let packed = pack(text)
        return packed.bytes.withUnsafeBytes { body(EventID(form: packed.form, bytes: $0)) }
    }

    /// UUIDs and digests, whole or with a character or two changed, in both cases, and short text.
    private func randomID(_ random: inout Dice) -> String {
        let hex = Array("0123456789abcdef".utf8)
        var text: [UInt8]
        switch random.below(4) {
        case 0: text = (0..<36).map { [8, 13, 18, 23].contains($0) ? 0x2D : hex[random.below(16)] }
        case 1: text = (0..<64).map { _ in hex[random.below(16)] }
        case 2: text = Array(random.pick(Dice.ids).utf8)
        default: text = (0..<random.below(300)).map { _ in UInt8(0x20 + random.below(95)) }
        }
        if !text.isEmpty, random.chance(3) { text[random.below(text.count)] = random.pick(Array("-gGA:/@`0af".utf8)) }
        let id = String(decoding: text, as: UTF8.self)
        return random.chance(4) ? id.uppercased() : id
    }

    @Test("an id is read back as the text it was made from, and is compared as text")
    func textOrder() {
        forAll(20_000) { random in
            let (a, b) = (randomID(&random), randomID(&random))
            let (x, y) = (withID(a, \.text), withID(b, \.text))
            if a.utf8.count <= 255 { try demand(x == a, "\(a) reads back as \(x)") }
            let compared = withID(a) { a in withID(b) { b in a.compare(b).signum() } }
            try demand(compared == order(x, y), "\(a) \(b)")
            try demand((pack(a).form == pack(b).form && pack(a).bytes == pack(b).bytes) == (x == y), "\(a) \(b)")
        }
    }

    @Test(
        "an id is stored in its shortest form",
        arguments: [
            ("", EventID.Form.text, 0), ("e1", .text, 2),
            ("0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7", .uuid, 16), ("0190A1B2-C3D4-7E5F-8091-A2B3C4D5E6F7", .text, 36),
            ("0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6fg", .text, 36), ("0190a1b2c-3d4-7e5f-8091-a2b3c4d5e6f7", .text, 36),
            ("g190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7", .text, 36),
            (String(repeating: "0a", count: 32), .digest, 32), (String(repeating: "0A", count: 32), .text, 64),
            (String(repeating: "x", count: 255), .text, 255), (String(repeating: "x", count: 256), .digest, 32),
        ])
    func forms(_ text: String, _ form: EventID.Form, _ length: Int) {
        let packed = pack(text)
        #expect(packed.form == form)
        #expect(packed.bytes.count == length)
    }

    @Test("an id longer than 255 bytes is replaced by its SHA-256")
    func longText() {
        // sha256sum of a thousand times `a`.
        #expect(
            withID(String(repeating: "a", count: 1000), \.text)
                == "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3")
    }
}
