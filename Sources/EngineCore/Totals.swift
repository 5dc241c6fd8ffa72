import ContactCenter
import Observability

/// What a run has come to so far.
public struct Totals: Sendable {
    /// Records read, whatever they held.
    public var records = 0
    /// Bytes of records, as decoded from their files.
    public var bytes = 0
    /// By ``EventType``.
    public var events = [Int](repeating: 0, count: EventType.allCases.count)
    /// JSON objects of no known shape.
    public var unknown = 0
    /// The same by kind (``UnknownObjects``), of which at most ``UnknownObjects/kindsMax`` are told apart.
    public private(set) var unknownKinds: [String: Int] = [:]
    /// Phone numbers, e-mail addresses and chat identities of customers that have no alias, as they have no normal form.
    public var withoutAlias = 0
    /// By ``RejectionReason``; what the skew guard held back is among them, and so are samples of unknown objects.
    public var deadLetters: [String: Int] = [:]
    /// Events that changed nothing: duplicates, or older than what was there.
    public var unchanged = 0
    /// Contests of registers.
    public var merges = Shard.Counts()
    /// Flushes that are over, and the bytes of rows in them; a refused row counts each time it is handed over.
    public var flushes = 0
    public var flushedBytes = 0
    /// Rows that a shared store did not write, and steps of flushes and commits that failed and were tried again.
    public var rowsRefused = 0
    public var flushRetries = 0
    /// Of each flush: bytes of rows, and milliseconds from its beginning until they are durable.
    public var flushSizes = Histogram()
    public var flushTimes = Histogram()
    /// Milliseconds between an event's own time and its merge, where a clock was given; events without a time are left out.
    public var eventLags = Histogram()
    /// Milliseconds between a record's arrival at its broker and the end of the flush by which it is durable, where both are known; too
    /// great rather than too small (``ArrivalRuns``).
    public var endToEndLags = Histogram()

    public init() {}

    package mutating func addUnknown(_ kind: UnknownObjects.Kind) {
        let isNew = unknownKinds[kind.name] == nil
        let name = isNew && unknownKinds.count >= UnknownObjects.kindsMax ? UnknownObjects.otherKinds : kind.name
        unknownKinds[name, default: 0] += kind.count
    }

    /// Events of all types.
    public var eventCount: Int { events.reduce(0, +) }
    /// Events that the skew guard held back.
    public var quarantined: Int { deadLetters[RejectionReason.skew.rawValue] ?? 0 }
    /// Dead letters of all reasons.
    public var deadLetterCount: Int { deadLetters.values.reduce(0, +) }
}
