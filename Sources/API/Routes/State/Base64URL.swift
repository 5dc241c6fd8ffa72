import Platform

/// Bytes as text that nobody has to escape: base64url without padding (RFC 4648 section 5).
enum Base64URL {
    static func text(of bytes: [UInt8]) -> String {
        var buffer = ByteBuffer()
        bytes.withUnsafeBytes { buffer.appendBase64($0) }
        return buffer.bytes.text.reduce(into: "") { text, digit in
            switch digit {
            case "+": text.append("-")
            case "/": text.append("_")
            case "=": break
            default: text.append(digit)
            }
        }
    }

    /// Nil where the text is none that ``text(of:)`` writes.
    static func bytes(of text: String) -> [UInt8]? {
        let digits = text.utf8.map { digit in
            switch digit {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: digit
            }
        }
        var bytes = ByteBuffer()
        guard digits.withUnsafeBytes({ bytes.appendBase64Decoded($0) }), Base64URL.text(of: bytes.array) == text else {
            return nil
        }
        return bytes.array
    }
}
