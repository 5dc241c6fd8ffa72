import Platform

/// Moves the times inside an event, on its bytes: what the event would have been had its writer's clock been off.
///
/// Taken for times are string values `yyyy-mm-ddThh:mm:ss(.fraction)Z` and numbers of 13 digits in a member `timestamp`.
/// Names, ids, other numbers and text around a time stay as they are, and so do times outside the years 2000 to 9999: the
/// service writes the start of 1970 for what has not happened.
///
/// The length never changes. A shift is undone by its opposite, where neither leaves those years.
enum ClockShift {
    private static let earliest: Int64 = 946_684_800_000
    /// `yyyy-mm-ddThh:mm:ss`.
    private static let wholeSecondLength = 19

    /// Whole seconds, because many times have no fraction. Cost: one pass.
    static func apply(seconds: Int64, to event: inout [UInt8]) {
        guard seconds != 0 else { return }
        event.withUnsafeMutableBytes { bytes in
            var at = 0
            while at < bytes.count {
                guard bytes[at] == UInt8(ascii: "\"") else {
                    at += 1
                    continue
                }
                let start = at + 1
                at = endOfString(UnsafeRawBufferPointer(bytes), from: start)
                let length = at - start
                at += 1
                var next = at
                while next < bytes.count, bytes[next] == 0x20 { next += 1 }
                if next < bytes.count, bytes[next] == UInt8(ascii: ":") {
                    if ByteView(rebasing: bytes[start..<(start + length)]).equals("timestamp") {
                        shiftNumber(UnsafeMutableRawBufferPointer(rebasing: bytes[(next + 1)...]), by: seconds)
                    }
                } else if length >= wholeSecondLength + 1, length <= wholeSecondLength + 11 {
                    shiftText(UnsafeMutableRawBufferPointer(rebasing: bytes[start..<(start + length)]), by: seconds)
                }
            }
        }
    }

    /// Where the closing quote is; the end of the bytes where there is none.
    private static func endOfString(_ bytes: ByteView, from start: Int) -> Int {
        var at = start
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(at, bytes.count)
    }

    private static func shiftText(_ text: UnsafeMutableRawBufferPointer, by seconds: Int64) {
        guard text[10] == UInt8(ascii: "T"), text[text.count - 1] == UInt8(ascii: "Z"),
            let time = Timestamp(ByteView(text))
        else { return }
        var spelled = ByteBuffer(capacity: 64)
        time.append(to: &spelled)
        let wholeSeconds = ByteView(rebasing: text[..<wholeSecondLength])
        // Other spellings of a moment (second 60) would not come back from a shift.
        guard spelled.bytes.slice(0, wholeSecondLength).equals(wholeSeconds) else { return }
        let shifted = Timestamp(milliseconds: time.milliseconds + seconds * 1000)
        guard time.milliseconds >= earliest, shifted.milliseconds >= earliest, shifted <= .latest else { return }
        spelled.removeAll()
        shifted.append(to: &spelled)
        text.copyMemory(from: spelled.bytes.slice(0, wholeSecondLength))
    }

    /// Shifts the number that `bytes` begin with, if it can be milliseconds since 1970 of these years.
    private static func shiftNumber(_ bytes: UnsafeMutableRawBufferPointer, by seconds: Int64) {
        var start = 0
        while start < bytes.count, bytes[start] == 0x20 { start += 1 }
        var end = start
        var value: Int64 = 0
        while end < bytes.count, bytes[end] >= 0x30, bytes[end] <= 0x39, end - start < 14 {
            value = value * 10 + Int64(bytes[end] - 0x30)
            end += 1
        }
        let shifted = value + seconds * 1000
        guard end - start == 13, shifted >= 1_000_000_000_000, shifted <= 9_999_999_999_999 else { return }
        if end < bytes.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[end]) { return }
        var rest = shifted
        for place in stride(from: end - 1, through: start, by: -1) {
            bytes[place] = 0x30 + UInt8(rest % 10)
            rest /= 10
        }
    }
}
