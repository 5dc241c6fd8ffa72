import Platform

/// Walks one JSON object from its opening brace to the closing one, over text that may grow between calls.
///
/// It checks just enough grammar to notice soon that an object was cut off: where a string must not go on over a line break,
/// and what may follow a brace, a comma, a value. What it closes may still be no JSON. Cost: one look at each byte,
/// eight at a time inside strings.
///
/// Invariant: `depth` brackets are open before `at`, of which bit `i` of `objects` says whether the i-th is a brace.
struct ObjectWalker {
    enum Verdict {
        /// The byte before ``ObjectWalker/at`` closes the object.
        case closed
        /// The byte at ``ObjectWalker/at`` cannot follow in any object, or nests too deep.
        case broken
        /// The text ends inside the object.
        case more
    }

    /// What may come next, outside of strings.
    private enum Expectation {
        case value
        case firstKey
        case key
        case scalar
        case separator
    }

    /// What a JSON parser of this program accepts as well.
    private static let depthMax = 512

    private(set) var at: Int
    private var depth = 0
    private var isInObject = false
    private var isInString = false
    private var expectation = Expectation.value
    private var objects = [UInt64](repeating: 0, count: depthMax / 64)

    init(at opening: Int) { at = opening }

    mutating func walk(_ text: ByteView) -> Verdict {
        // In registers for the loop: `self` is memory.
        var at = at
        var expectation = expectation
        defer {
            self.at = at
            self.expectation = expectation
        }
        while true {
            if isInString {
                if let verdict = walkString(text, &at) { return verdict }
                isInString = false
                expectation = .separator
            }
            guard at < text.count else { return .more }
            let byte = text[at]
            switch byte {
            case UInt8(ascii: "\""):
                if expectation == .separator || expectation == .scalar { return .broken }
                isInString = true
            case UInt8(ascii: ":"):
                if expectation == .key || expectation == .firstKey { return .broken }
                expectation = .value
            case UInt8(ascii: ","):
                if expectation == .key || expectation == .firstKey { return .broken }
                expectation = isInObject ? .key : .value
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                if expectation == .scalar { expectation = .separator }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard expectation == .value, depth < Self.depthMax else { return .broken }
                enter(isObject: byte == UInt8(ascii: "{"))
                expectation = isInObject ? .firstKey : .value
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard expectation != .key, isInObject == (byte == UInt8(ascii: "}")) else { return .broken }
                leave()
                expectation = .separator
                if depth == 0 {
                    at += 1
                    return .closed
                }
            default:
                guard expectation == .value || expectation == .scalar else { return .broken }
                expectation = .scalar
            }
            at += 1
        }
    }

    /// Moves behind the closing quote and returns nil, or says why not.
    @inline(__always)
    private func walkString(_ text: ByteView, _ at: inout Int) -> Verdict? {
        while true {
            at = endOfPlain(text, at)
            guard at < text.count else { return .more }
            switch text[at] {
            case UInt8(ascii: "\""):
                at += 1
                return nil
            case UInt8(ascii: "\\"):
                guard at + 1 < text.count else { return .more }
                if text[at + 1] == UInt8(ascii: "\n") { return .broken }
                at += 2
            default: return .broken
            }
        }
    }

    /// The offset of the next quote, backslash or line feed, or of the end.
    @inline(__always)
    private func endOfPlain(_ text: ByteView, _ start: Int) -> Int {
        var at = start
        while at + 8 <= text.count {
            let word = text.integer(at: at, as: UInt64.self)
            let hits = bytes(of: word, equalTo: 0x22) | bytes(of: word, equalTo: 0x5C) | bytes(of: word, equalTo: 0x0A)
            if hits != 0 { return at + (hits.trailingZeroBitCount >> 3) }
            at += 8
        }
        while at < text.count, text[at] != 0x22, text[at] != 0x5C, text[at] != 0x0A { at += 1 }
        return at
    }

    private mutating func enter(isObject: Bool) {
        let bit = UInt64(1) << UInt64(depth & 63)
        if isObject { objects[depth >> 6] |= bit } else { objects[depth >> 6] &= ~bit }
        depth += 1
        isInObject = isObject
    }

    private mutating func leave() {
        depth -= 1
        isInObject = depth > 0 && objects[(depth - 1) >> 6] >> UInt64((depth - 1) & 63) & 1 == 1
    }
}

/// The high bit of each byte that equals `byte`; bytes above the lowest such one may be marked wrongly.
@inline(__always)
private func bytes(of word: UInt64, equalTo byte: UInt8) -> UInt64 {
    let difference = word ^ (0x0101_0101_0101_0101 &* UInt64(byte))
    return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
}
