/// An item of the feed: changes under one number, and how far the streams were read when they were told.
///
/// The log is written one number after the other, each where there is none yet. So two followers cannot both write a number, and numbering,
/// reading position and who follows are one atomic fact.
package struct FeedBatch: Equatable, Sendable {
    /// Bytes of entries that a batch holds, if it has more than one, before they are compressed. An item takes 400 KB.
    package static let bytesMax = 256 << 10

    package var number: UInt64
    /// Who wrote it: a random name a process.
    package var author: String
    /// When, by the author's clock, in milliseconds since 1970.
    package var time: Int64
    /// Everything that was durable before that time, in milliseconds since 1970, is in this batch or one before it, or a reset among them
    /// covers it; 0 where nobody knows. It is by the clocks of followers and of the service: right to what they lie apart. It may go back,
    /// where a shard was found late.
    package var readTo: Int64
    /// Whether changes before it may not have been told: whoever follows reads anew.
    package var isReset: Bool
    /// Whether its author follows no more.
    package var isLast: Bool
    package var cursor: FeedCursor
    package var entries: [FeedEntry]

    package init(
        number: UInt64, author: String, time: Int64, readTo: Int64 = 0, isReset: Bool = false, isLast: Bool = false,
        cursor: FeedCursor, entries: [FeedEntry] = []
    ) {
        self.number = number
        self.author = author
        self.time = time
        self.readTo = readTo
        self.isReset = isReset
        self.isLast = isLast
        self.cursor = cursor
        self.entries = entries
    }
}
