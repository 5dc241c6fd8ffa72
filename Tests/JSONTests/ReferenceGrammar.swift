/// RFC 8259 once more, by recursive descent over an array: what the index accepts is checked against this.
struct ReferenceGrammar {
    private let bytes: [UInt8]
    private var at = 0
    private let depthMax = 512

    static func accepts(_ bytes: [UInt8]) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var grammar = ReferenceGrammar(bytes: bytes)
        grammar.space()
        guard grammar.value(0) else { return false }
        grammar.space()
        return grammar.at == bytes.count
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var here: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard here == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func takeAny(_ set: String) -> Bool {
        guard let here, set.utf8.contains(here) else { return false }
        at += 1
        return true
    }

    private mutating func space() { while takeAny(" \t\n\r") {} }

    private mutating func value(_ depth: Int) -> Bool {
        switch here {
        case UInt8(ascii: "{"):
            at += 1
            return depth < depthMax && sequence("}", depth) { $0.member(depth + 1) }
        case UInt8(ascii: "["):
            at += 1
            return depth < depthMax && sequence("]", depth) { $0.value(depth + 1) }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func sequence(
        _ close: Unicode.Scalar, _ depth: Int, _ item: (inout ReferenceGrammar) -> Bool
    ) -> Bool {
        space()
        if take(close) { return true }
        while true {
            space()
            guard item(&self) else { return false }
            space()
            if take(close) { return true }
            guard take(",") else { return false }
        }
    }

    private mutating func member(_ depth: Int) -> Bool {
        guard string() else { return false }
        space()
        guard take(":") else { return false }
        space()
        return value(depth)
    }

    private mutating func word(_ word: String) -> Bool {
        for character in word.unicodeScalars where !take(character) { return false }
        return true
    }

    private mutating func digits() -> Bool {
        let start = at
        while takeAny("0123456789") {}
        return at > start
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0") { guard digits() else { return false } }
        if take(".") { guard digits() else { return false } }
        if takeAny("eE") {
            _ = takeAny("+-")
            guard digits() else { return false }
        }
        return true
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let byte = here {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"):
                if take("u") {
                    for _ in 0..<4 where !takeAny("0123456789abcdefABCDEF") { return false }
                } else if !takeAny("\"\\/bfnrt") {
                    return false
                }
            case 0..<0x20: return false
            default: break
            }
        }
        return false
    }
}
