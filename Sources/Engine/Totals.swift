import ContactCenter

/// What a run has come to so far.
public struct Totals: Sendable {
    public var records = 0
    /// Bytes of records, as decoded from their files.
    public var bytes = 0
    public var events = [Int](repeating: 0, count: EventType.allCases.count)
    public var unknown = 0
    /// By ``RejectionReason``; what the skew guard held back is among them.
    public var deadLetters: [String: Int] = [:]
    /// Events that changed nothing: duplicates, or older than what was there.
    public var unchanged = 0
    public var merges = Shard.Counts()
    public var flushes = 0
    public var flushedBytes = 0

    public init() {}

    public var eventCount: Int { events.reduce(0, +) }
    public var quarantined: Int { deadLetters[RejectionReason.skew.rawValue] ?? 0 }
    public var deadLetterCount: Int { deadLetters.values.reduce(0, +) }
}
