/// What came of reading a shard.
package enum FeedAnswer: Sendable {
    /// Records in order, and whether they are its last.
    case records([FeedRecord], isEnd: Bool)
    /// What lies behind the place was trimmed, or the shard is no more.
    case gone
    /// It did not answer, or what it answered cannot be read yet.
    case failed
}

/// One version of a row, as a stream has it.
package struct FeedRecord: Sendable {
    package var sequence: String
    /// When it was written, in milliseconds since 1970, as exactly as the service says.
    package var created: Int64
    /// What it tells (``FeedEntry/entries(key:row:old:new:joined:)``).
    package var entries: [FeedEntry]

    package init(sequence: String, created: Int64, entries: [FeedEntry]) {
        self.sequence = sequence
        self.created = created
        self.entries = entries
    }
}
