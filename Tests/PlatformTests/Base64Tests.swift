import Platform
import TestSupport
import Testing

@Suite("Base64", .limited)
struct Base64Tests {
    private func encoded(_ text: String) -> String {
        var buffer = ByteBuffer()
        Array(text.utf8).withUnsafeBytes { buffer.appendBase64($0) }
        return buffer.bytes.text
    }

    private func decoded(_ text: String) -> String? {
        var buffer = ByteBuffer()
        buffer.append("+")
        let isValid = Array(text.utf8).withUnsafeBytes { buffer.appendBase64Decoded($0) }
        if !isValid { #expect(buffer.bytes.text == "+") }
        return isValid ? String(buffer.bytes.text.dropFirst()) : nil
    }

    /// RFC 4648 section 10.
    static let examples = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test("Base64 with and without padding is encoded as in the RFC's examples", arguments: examples)
    func vectors(_ plain: String, _ text: String) {
        #expect(encoded(plain) == text)
        #expect(decoded(text) == plain)
        #expect(decoded(String(text.prefix { $0 != "=" })) == plain)
    }

    @Test("bytes of any length are decoded to what was encoded")
    func roundTrip() {
        var dice = SystemRandomNumberGenerator()
        for length in 0..<300 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &dice) }
            var text = ByteBuffer()
            bytes.withUnsafeBytes { text.appendBase64($0) }
            #expect(text.count == (length + 2) / 3 * 4)
            var back = ByteBuffer()
            let isValid = back.appendBase64Decoded(text.bytes)
            #expect(isValid)
            #expect(back.array == bytes)
        }
    }

    @Test(
        "invalid Base64 is refused and appends nothing",
        arguments: [
            "Z", "Zm9vY", "=", "==", "====", "Zg=", "Zg===", "Z===", "Zm=v", "Zm9v\n", "Zm 9", "Zm9-", "Zm9_", "Zm9é",
            "Zg==Zg==",
        ])
    func refused(_ text: String) { #expect(decoded(text) == nil) }

    @Test("each of the 192 bytes that are not Base64 digits is refused at every place")
    func noDigit() {
        let digits = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let others = (UInt8.min...UInt8.max).filter { !digits.contains($0) }
        #expect(others.count == 192)
        let text = Array("Zm9vYmFyZm9vYmFyZm9vYmF".utf8)
        for at in text.indices {
            for byte in others {
                var wrong = text
                wrong[at] = byte
                var buffer = ByteBuffer()
                let isValid = wrong.withUnsafeBytes { buffer.appendBase64Decoded($0) }
                #expect(!isValid && buffer.count == 0, "\(byte) at \(at)")
            }
        }
    }
}
