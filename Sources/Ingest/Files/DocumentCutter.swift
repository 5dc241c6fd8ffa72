import EngineCore
import HTTPClient
import Platform

/// Cuts JSON objects out of text without lines: concatenated, pretty-printed, or the elements of an array.
///
/// White space, byte order marks, commas and square brackets between objects are separators. Everything else between them is garbage: one
/// record up to the next brace. An object that turns out broken (``ObjectWalker``) ends before the first place inside it that
/// looks like the start of another one, and is a record too; the decoder says what is wrong with it. So nothing is lost,
/// and one broken object costs its neighbour at worst.
struct DocumentCutter {
    private enum Mode {
        case between
        /// Inside the object that began at ``start``.
        case object
        /// Inside something that began at ``start`` and goes up to the next brace.
        case garbage
        /// Inside an object that began at ``start`` and is broken, up to a brace that looks like the next one's.
        case broken
    }

    private enum Step {
        case record(Int, Int)
        case more
        case tooLong
    }

    private let isArray: Bool
    private let recordBytesMax: Int
    private var mode = Mode.between
    private var start: Int
    /// The next byte to look at, outside of objects.
    private var at: Int
    private var walker = ObjectWalker(at: 0)
    /// Whether the text ended inside of something.
    private var endsOpen = false

    init(isArray: Bool, from start: Int, recordBytesMax: Int) {
        self.isArray = isArray
        self.recordBytesMax = recordBytesMax
        self.start = start
        at = start
    }

    /// Appends the complete records of the block's text to its records. Goes on where it stopped when the text has grown.
    mutating func cut(_ block: RecordBlock, recordsBefore: Int, isEnd: Bool) -> Cut {
        var cut = Cut(consumed: 0, ordinals: 0)
        loop: while true {
            switch next(block.text.bytes, isEnd: isEnd) {
            case .record(let offset, let length):
                cut.ordinals += 1
                block.records.append(
                    RecordBlock.Record(offset: offset, length: length, ordinal: recordsBefore + cut.ordinals))
            case .more: break loop
            case .tooLong:
                cut.isTooLong = true
                break loop
            }
        }
        cut.consumed = mode == .between ? at : start
        cut.isOpen = endsOpen
        return cut
    }

    private mutating func next(_ text: ByteView, isEnd: Bool) -> Step {
        while true {
            switch mode {
            case .between:
                while at < text.count {
                    if isSeparator(text[at]) {
                        at += 1
                    } else if text[at] == 0xEF, at + 3 > text.count, !isEnd {
                        return .more
                    } else if case let mark = Framing.byteOrderMarkLength(text.slice(at, text.count - at)), mark > 0 {
                        at += mark
                    } else {
                        break
                    }
                }
                guard at < text.count else { return .more }
                begin(text)
            case .object:
                if let step = nextInObject(text, isEnd: isEnd) { return step }
            case .garbage, .broken:
                if let step = nextInGarbage(text, isEnd: isEnd) { return step }
            }
        }
    }

    @inline(__always)
    private func isSeparator(_ byte: UInt8) -> Bool {
        byte.isBlank || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
    }

    private mutating func begin(_ text: ByteView) {
        start = at
        if text[at] == UInt8(ascii: "{") {
            mode = .object
            walker = ObjectWalker(at: at)
        } else {
            mode = .garbage
        }
    }

    /// Walks on in the object. Nil where it is broken, which ``mode`` then says.
    private mutating func nextInObject(_ text: ByteView, isEnd: Bool) -> Step? {
        let verdict = walker.walk(text)
        let isTooLong = walker.at - start > recordBytesMax
        switch verdict {
        case .closed where !isTooLong:
            at = walker.at
            mode = .between
            return .record(start, at - start)
        case .more where !isTooLong && !isEnd: return .more
        case .broken:
            at = firstObjectAtLineStart(text, through: walker.at) ?? walker.at
            mode = .broken
            return nil
        case .closed, .more:
            let cut = firstObjectAtLineStart(text, through: walker.at - 1)
            if cut == nil, isTooLong { return .tooLong }
            at = cut ?? text.count
            mode = .broken
            return nil
        }
    }

    /// Looks for the brace that ends the garbage. Nil where the garbage was blank.
    private mutating func nextInGarbage(_ text: ByteView, isEnd: Bool) -> Step? {
        var end: Int?
        while end == nil, let brace = text.firstOffset(of: UInt8(ascii: "{"), from: at) {
            if mode == .garbage || beginsObject(text, brace) { end = brace }
            at = end ?? brace + 1
        }
        if end == nil { at = text.count }
        // Garbage has no right to be whole: over the limit it becomes several records.
        if at - start > recordBytesMax {
            defer { start += recordBytesMax }
            return .record(start, recordBytesMax)
        }
        guard end != nil || isEnd else { return .more }
        if end == nil { endsOpen = true }
        mode = .between
        let length = text.startOfBlank(before: at, after: start) - start
        return length > 0 ? .record(start, length) : nil
    }

    /// Where inside the object, up to and with `last`, a line starts with a brace: the mark of the next document in
    /// pretty-printed and in concatenated text alike.
    private func firstObjectAtLineStart(_ text: ByteView, through last: Int) -> Int? {
        var from = start
        while let lineBreak = text.firstOffset(of: UInt8(ascii: "\n"), from: from), lineBreak < last {
            if lineBreak + 1 < text.count, text[lineBreak + 1] == UInt8(ascii: "{") { return lineBreak + 1 }
            from = lineBreak + 1
        }
        return nil
    }

    /// Whether the brace looks like the start of an object of its own: it is the first byte of its line, or the one before it
    /// closed and no comma is between them. Between the elements of an array there is one.
    private func beginsObject(_ text: ByteView, _ brace: Int) -> Bool {
        if brace > 0, text[brace - 1] == UInt8(ascii: "\n") || text[brace - 1] == UInt8(ascii: "\r") { return true }
        var before = text.startOfBlank(before: brace, after: start)
        if isArray, before > start, text[before - 1] == UInt8(ascii: ",") {
            before = text.startOfBlank(before: before - 1, after: start)
        }
        return before > start && text[before - 1] == UInt8(ascii: "}")
    }
}
