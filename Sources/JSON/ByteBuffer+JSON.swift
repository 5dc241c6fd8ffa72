import Platform

extension ByteBuffer {
    /// A JSON string: quotes around, and the least escaping that RFC 8259 allows: `"`, `\` and control characters, the
    /// latter by their short names where they have one and as lower-case `\u00xx` otherwise. Everything else stays UTF-8.
    public mutating func appendJSONString(_ text: ByteView) {
        if text.plainJSONEnd(from: 0) == text.count, let from = text.baseAddress {
            let out = extend(by: text.count + 2)
            out.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
            (out + 1).copyMemory(from: from, byteCount: text.count)
            out.storeBytes(of: UInt8(ascii: "\""), toByteOffset: text.count + 1, as: UInt8.self)
            return
        }
        append(UInt8(ascii: "\""))
        appendJSONEscaped(text)
        append(UInt8(ascii: "\""))
    }

    /// A JSON string of Swift text. Off the hot path only.
    public mutating func appendJSONString(_ text: String) {
        var text = text
        text.withUTF8 { appendJSONString(ByteView($0)) }
    }

    /// What ``appendJSONString(_:)-(ByteView)`` writes between the quotes.
    public mutating func appendJSONEscaped(_ text: ByteView) {
        var clean = 0
        var at = text.plainJSONEnd(from: 0)
        while at < text.count {
            let byte = text[at]
            defer { at += 1 }
            guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
            append(text.slice(clean, at - clean))
            clean = at + 1
            switch byte {
            case 0x22: append("\\\"")
            case 0x5C: append("\\\\")
            case 0x08: append("\\b")
            case 0x09: append("\\t")
            case 0x0A: append("\\n")
            case 0x0C: append("\\f")
            case 0x0D: append("\\r")
            default:
                append("\\u00")
                append(byte >> 4 == 0 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
                let low = byte & 15
                append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
            }
        }
        if clean < text.count { append(text.slice(clean, text.count - clean)) }
    }
}

extension UnsafeRawBufferPointer {
    /// Up to where bytes from `start` need no escape in JSON: by words, so that it may stop up to eight bytes too early.
    public func plainJSONEnd(from start: Int) -> Int {
        var at = start
        while at &+ 8 <= count {
            if needsEscape(integer(at: at, as: UInt64.self)) { return at }
            at &+= 8
        }
        // The last eight bytes, some of them for the second time.
        return at &- start >= 8 && !needsEscape(integer(at: count &- 8, as: UInt64.self)) ? count : at
    }

    /// Whether any of eight bytes is a quote, a backslash, or below a space.
    @inline(__always)
    private func needsEscape(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // A byte's top bit is set in these where the byte is what is looked for.
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let low = (word &- ones &* 0x20) & ~word
        return ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | low) & (ones &* 0x80) != 0
    }
}
