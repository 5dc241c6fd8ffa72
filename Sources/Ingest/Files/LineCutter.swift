import EngineCore
import HTTPClient
import Platform

/// How far a cutter came in a block's text.
struct Cut {
    /// Everything before is records and separators; what follows belongs to a record that is not complete.
    var consumed: Int
    /// Lines, or records where there are no lines, in what was consumed.
    var ordinals: Int
    /// Whether the record that begins at ``consumed`` is longer than the limit.
    var isTooLong = false
    /// Whether the file ended inside a record, or in a line that has no line break yet.
    var isOpen = false
}

/// Cuts lines: every line that is not blank is a record, without its line break.
struct LineCutter {
    /// The first byte to look at; what comes before is a byte order mark.
    var start: Int
    /// Bytes at the start of the text in which there is no line feed.
    var searched: Int
    let recordBytesMax: Int

    /// Appends the complete lines of the block's text to its records. The last line needs no line break at the end.
    @inline(__always)
    mutating func cut(_ block: RecordBlock, linesBefore: Int, isEnd: Bool) -> Cut {
        let text = block.text.bytes
        var cut = Cut(consumed: 0, ordinals: 0)
        var from = max(start, searched)
        while let lineBreak = text.firstOffset(of: UInt8(ascii: "\n"), from: from) {
            guard append(text, to: lineBreak, &cut, block, linesBefore) else { return cut }
            cut.consumed = lineBreak + 1
            start = cut.consumed
            from = start
        }
        searched = text.count
        if isEnd, start < text.count {
            guard append(text, to: text.count, &cut, block, linesBefore) else { return cut }
            start = text.count
            cut.isOpen = true
        }
        if isEnd { cut.consumed = text.count }
        cut.isTooLong = text.count - start > recordBytesMax
        return cut
    }

    /// Makes a record of the line from ``start`` to `end`. False where it is too long.
    @inline(__always)
    private func append(_ text: ByteView, to end: Int, _ cut: inout Cut, _ block: RecordBlock, _ linesBefore: Int) -> Bool {
        var length = end - start
        if length > 0, text[end - 1] == UInt8(ascii: "\r") { length -= 1 }
        if length > recordBytesMax {
            cut.isTooLong = true
            return false
        }
        cut.ordinals += 1
        if length == 0 { return true }
        // Only a line that starts blank can be blank.
        if text[start].isBlank, text.startOfBlank(before: end, after: start) == start { return true }
        block.records.append(RecordBlock.Record(offset: start, length: length, ordinal: linesBefore + cut.ordinals))
        return true
    }
}
