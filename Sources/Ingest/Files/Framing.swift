import HTTPClient
import Platform

/// How a file is divided into records.
enum Framing: UInt8, Sendable {
    /// Each line that is not blank is a record.
    case lines
    /// Each JSON object is a record; they follow each other with or without white space.
    case documents
    /// Each element of a JSON array of objects is a record.
    case elements
    /// The file is one record: text that is not UTF-8 and cannot be cut, which the decoder refuses.
    case whole

    /// How far into the contents (from the first byte that is not blank) an object must begin to decide.
    static let searchBytesMax = 64 << 10

    /// Decides by the start of the contents, always the same however much of them is given; nil where it takes more.
    ///
    /// The first object that closes decides: ``lines`` where it ends on the line it started on and nothing follows there,
    /// else ``documents``. So does a `[` with an object behind it: ``elements``. Lines before that are garbage.
    /// `isEnd` says that there is no more.
    static func decide(_ text: ByteView, isEnd: Bool) -> Framing? {
        guard text.count >= byteOrderMark.count || isEnd else { return nil }
        if text.isWide { return .whole }
        var at = text.endOfBlank(from: byteOrderMarkLength(text))
        let first = at
        var fallback = Framing.lines
        while at < text.count, at - first < searchBytesMax {
            switch text[at] {
            case UInt8(ascii: "{"):
                switch verdict(onObjectAt: at, in: text, isEnd: isEnd) {
                case .framing(let framing): return framing
                case .more: return nil
                case .broken(let spansLines): if spansLines { fallback = .documents }
                }
            case UInt8(ascii: "["):
                let inside = text.endOfBlank(from: at + 1)
                if inside == text.count, !isEnd { return nil }
                if inside < text.count, "[{]".utf8.contains(text[inside]) { return .elements }
            default: break
            }
            // An object behind garbage counts from the first column on only.
            repeat {
                guard let lineBreak = text.firstOffset(of: UInt8(ascii: "\n"), from: at) else {
                    return isEnd || text.count - first >= searchBytesMax ? fallback : nil
                }
                at = lineBreak + 1
            } while at < text.count && !"[{".utf8.contains(text[at]) && at - first < searchBytesMax
        }
        return isEnd || text.count - first >= searchBytesMax ? fallback : nil
    }

    private enum Verdict {
        case framing(Framing)
        case broken(spansLines: Bool)
        case more
    }

    private static func verdict(onObjectAt start: Int, in text: ByteView, isEnd: Bool) -> Verdict {
        var walker = ObjectWalker(at: start)
        switch walker.walk(text) {
        case .closed:
            if hasLineBreak(text, start, walker.at) { return .framing(.documents) }
            let after = text.endOfBlank(from: walker.at, stoppingAtLineBreak: true)
            if after == text.count { return isEnd ? .framing(.lines) : .more }
            return .framing(text[after] == UInt8(ascii: "\n") ? .lines : .documents)
        case .broken: return .broken(spansLines: hasLineBreak(text, start, walker.at))
        case .more: return isEnd ? .broken(spansLines: hasLineBreak(text, start, text.count)) : .more
        }
    }

    private static func hasLineBreak(_ text: ByteView, _ start: Int, _ end: Int) -> Bool {
        text.slice(start, end - start).firstOffset(of: UInt8(ascii: "\n")) != nil
    }

    private static let byteOrderMark: StaticString = "\u{FEFF}"

    /// Bytes of the UTF-8 byte order mark that the text starts with: 3 or 0.
    static func byteOrderMarkLength(_ text: ByteView) -> Int {
        let mark = byteOrderMark.view
        return text.count >= mark.count && text.slice(0, mark.count).equals(mark) ? mark.count : 0
    }
}

extension StaticString {
    fileprivate var count: Int { utf8CodeUnitCount }
}

extension UInt8 {
    /// White space of JSON.
    @inline(__always)
    var isBlank: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}

extension ByteView {
    /// Whether the text is UTF-16 or UTF-32, by a byte order mark or by a zero beside the first brace or bracket.
    fileprivate var isWide: Bool {
        guard count >= 2 else { return false }
        switch (self[0], self[1]) {
        case (0xFF, 0xFE), (0xFE, 0xFF), (0x7B, 0), (0x5B, 0), (0, 0x7B), (0, 0x5B): return true
        default: return false
        }
    }

    /// The offset of the first byte at or after `start` that is not white space; `count` where there is none.
    @inline(__always)
    func endOfBlank(from start: Int, stoppingAtLineBreak: Bool = false) -> Int {
        var at = start
        while at < count, self[at].isBlank, !(stoppingAtLineBreak && self[at] == UInt8(ascii: "\n")) { at += 1 }
        return at
    }

    /// The offset behind the last byte of `start..<end` that is not white space; `start` where there is none.
    @inline(__always)
    func startOfBlank(before end: Int, after start: Int) -> Int {
        var at = end
        while at > start, self[at - 1].isBlank { at -= 1 }
        return at
    }
}
