import JSON
import Platform
import TestSupport
import Testing

/// What goes over text eight bytes at a time, against what goes byte by byte.
@Suite(.limited) struct EscapeTests {
    @Test("every byte at every place of a string is itself or escaped")
    func strings() {
        forAll(20_000) { random in
            var text = (0..<random.below(71)).map { _ in UInt8(0x20 + random.below(0xE0)) }
            for _ in 0..<random.below(4) where !text.isEmpty {
                text[random.below(text.count)] =
                    random.chance(2) ? UInt8(random.below(0x20)) : random.pick(Array("\"\\!#[]".utf8))
            }
            var plain: [UInt8] = []
            for byte in text {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): plain += [UInt8(ascii: "\\"), byte]
                case 0x08: plain += Array("\\b".utf8)
                case 0x09: plain += Array("\\t".utf8)
                case 0x0A: plain += Array("\\n".utf8)
                case 0x0C: plain += Array("\\f".utf8)
                case 0x0D: plain += Array("\\r".utf8)
                case 0..<0x20: plain += Array((byte < 16 ? "\\u000" : "\\u00").utf8) + Array(String(byte, radix: 16).utf8)
                default: plain.append(byte)
                }
            }
            var buffer = ByteBuffer(capacity: 16)
            text.withUnsafeBytes { buffer.appendJSONEscaped($0) }
            try demand(buffer.array == plain, "\(text)")
            text.withUnsafeBytes { buffer.appendJSONString($0) }
            let quote = UInt8(ascii: "\"")
            try demand(buffer.array == plain + [quote] + plain + [quote], "\(text) in quotes")
        }
    }
}
