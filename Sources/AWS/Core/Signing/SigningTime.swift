import Platform

/// A moment as Signature Version 4 spells it: `20150830T123600Z`, whole seconds.
struct SigningTime: Hashable, Sendable {
    let stamp: String
    /// The first eight digits of the stamp.
    var day: String { String(stamp.prefix(8)) }

    init(_ moment: Timestamp) {
        var spelled = ByteBuffer(capacity: 48)
        moment.append(to: &spelled)
        // YYYY-MM-DDTHH:MM:SS.mmmZ without its marks and fraction: what is kept moves down, piece by piece.
        func keep(_ offset: Int, _ length: Int, at place: Int) {
            spelled.base.advanced(by: place).copyMemory(from: spelled.base + offset, byteCount: length)
        }
        keep(5, 2, at: 4)
        keep(8, 5, at: 6)
        keep(14, 2, at: 11)
        keep(17, 2, at: 13)
        spelled.truncate(to: 15)
        spelled.append(UInt8(ascii: "Z"))
        stamp = spelled.bytes.text
    }
}
