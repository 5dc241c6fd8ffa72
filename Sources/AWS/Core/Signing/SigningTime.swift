import Platform

/// A moment as Signature Version 4 spells it: `20150830T123600Z`, whole seconds.
struct SigningTime: Hashable, Sendable {
    let stamp: String
    /// The first eight digits of the stamp.
    let day: String

    init(_ moment: Timestamp) {
        var spelled = ByteBuffer(capacity: 24)
        moment.append(to: &spelled)
        // YYYY-MM-DDTHH:MM:SS.mmmZ without its marks and fraction.
        var short = ByteBuffer(capacity: 16)
        for (offset, length) in [(0, 4), (5, 2), (8, 2), (10, 3), (14, 2), (17, 2)] {
            short.append(spelled.bytes.slice(offset, length))
        }
        short.append("Z")
        stamp = short.bytes.text
        day = short.bytes.slice(0, 8).text
    }
}
