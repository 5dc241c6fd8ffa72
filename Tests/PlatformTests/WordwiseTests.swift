import Platform
import TestSupport
import Testing

/// What goes over text eight bytes at a time, against what goes byte by byte.
@Suite(.limited) struct WordwiseTests {
    @Test("hexadecimal text written by words equals the text written byte by byte, at any length")
    func hex() {
        let digits = Array("0123456789abcdef".utf8)
        forAll(2000) { random in
            let bytes = random.bytes(random.below(71))
            var buffer = ByteBuffer(capacity: 16)
            buffer.append(UInt8(ascii: "-"))
            bytes.withUnsafeBytes { buffer.appendHex($0) }
            let plain = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
            try demand(buffer.array == [UInt8(ascii: "-")] + plain, "\(bytes) is \(buffer.bytes.text)")
        }
    }

    @Test("short bytes of any length are appended in place like any others, even to a buffer that they fill exactly")
    func short() {
        for length in 0...70 {
            let bytes = (0..<length).map { UInt8($0) }
            var buffer = ByteBuffer(capacity: 16)
            for _ in 0..<3 { bytes.withUnsafeBytes { buffer.appendShort($0) } }
            #expect(buffer.array == bytes + bytes + bytes)
        }
    }

    @Test("a packed UUID is written as 4, 2, 2, 2 and 6 hexadecimal bytes with hyphens between them")
    func uuid() {
        forAll(2000) { random in
            let bytes = random.bytes(16)
            var buffer = ByteBuffer(capacity: 16)
            var plain = ByteBuffer()
            bytes.withUnsafeBytes { bytes in
                buffer.appendUUID(bytes)
                for (offset, length) in [(0, 4), (4, 2), (6, 2), (8, 2), (10, 6)] {
                    if offset > 0 { plain.append(UInt8(ascii: "-")) }
                    plain.appendHex(bytes.slice(offset, length))
                }
            }
            try demand(buffer.array == plain.array, "\(plain.bytes.text) is \(buffer.bytes.text)")
        }
    }

    @Test(
        "a timestamp with any byte at any place is read like by the reader that goes byte by byte",
        arguments: ["2024-02-29T23:59:58.987Z", "2023-04-30T00:00:00Z"])
    func times(_ usual: String) {
        let text = Array(usual.utf8)
        for place in 0..<(text.count - 1) {
            for byte in UInt8.min...UInt8.max {
                var other = text
                other[place] = byte
                let read = other.withUnsafeBytes { Timestamp($0) }
                let plain = (other.dropLast() + Array("+00:00".utf8)).withUnsafeBytes { Timestamp($0) }
                if read != plain { Issue.record("byte \(byte) at \(place) of \(usual): \(String(describing: read))") }
            }
        }
    }
}
