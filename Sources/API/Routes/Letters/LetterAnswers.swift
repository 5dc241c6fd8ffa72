import Platform

/// What the routes of `/v1/dead-letters` ask: what a process that writes dead letters fulfils.
///
/// Called on several threads at once. No call takes anything from a worker's way: letters are read where they lie.
public protocol LetterAnswers: Sendable {
    /// The newest letters that fit, newest first.
    func page(_ wanted: LetterQuery) throws(FailoverProblem) -> LetterPage
    /// A letter whole; nil where there is none of that id.
    func letter(_ id: String) throws(FailoverProblem) -> (letter: Letter, bytes: [UInt8])?
    /// What would become of a letter now, in words, were it read again.
    func prospect(of bytes: [UInt8]) -> String
    /// Puts letters into the streams that they came from, once more, as they were. `count`: as many as the person saw; another number is 409.
    func redrive(_ choice: LetterChoice, count: Int, by person: String, why: String) throws(FailoverProblem) -> RedriveOutcome
}

/// A record that could not be merged. What it holds is not in it.
public struct Letter: Sendable, Equatable {
    /// Tells it from others of this process; no longer than 64 bytes of ASCII.
    public var id: String
    public var reason: String
    public var detail: String
    /// `kafka`, `kinesis`, ..
    public var source: String
    public var stream: String
    public var partition: String
    public var position: String
    /// When the broker took it; nil: not known.
    public var arrival: Timestamp?
    /// Bytes of the record.
    public var bytes: Int
    /// When somebody redrove it last, and who.
    public var redriven: Redriven?

    public struct Redriven: Sendable, Equatable {
        public var at: Timestamp
        public var by: String

        public init(at: Timestamp, by: String) { (self.at, self.by) = (at, by) }
    }

    public init(
        id: String, reason: String, detail: String, source: String, stream: String, partition: String, position: String,
        arrival: Timestamp?, bytes: Int, redriven: Redriven? = nil
    ) {
        (self.id, self.reason, self.detail, self.source) = (id, reason, detail, source)
        (self.stream, self.partition, self.position) = (stream, partition, position)
        (self.arrival, self.bytes, self.redriven) = (arrival, bytes, redriven)
    }
}

public struct LetterQuery: Sendable, Equatable {
    public var reason: String?
    /// By arrival; a letter of which that is not known is in no span.
    public var since: Timestamp?
    public var before: Timestamp?
    public var limit: Int
    /// Of the page before.
    public var cursor: String?

    public init(
        reason: String? = nil, since: Timestamp? = nil, before: Timestamp? = nil, limit: Int = 100, cursor: String? = nil
    ) {
        (self.reason, self.since, self.before) = (reason, since, before)
        (self.limit, self.cursor) = (limit, cursor)
    }

    /// Whether a letter fits, whatever page it is on.
    public func fits(_ letter: Letter) -> Bool {
        guard reason == nil || letter.reason == reason else { return false }
        guard since != nil || before != nil else { return true }
        guard let arrival = letter.arrival?.milliseconds else { return false }
        return arrival >= since?.milliseconds ?? .min && arrival < before?.milliseconds ?? .max
    }
}

public struct LetterPage: Sendable {
    public var letters: [Letter]
    public var next: String?
    /// How many letters there are by reason, of all that are listed.
    public var reasons: [String: Int]
    /// How many fit, redriven ones among them, and how many of these nobody has redriven.
    public var count: Int
    public var open: Int
    /// Whether there are older ones that are not listed.
    public var isCut: Bool
    /// Whether what lies there has not been read to its end yet.
    public var isPartial: Bool

    public init(
        letters: [Letter], next: String?, reasons: [String: Int], count: Int, open: Int, isCut: Bool, isPartial: Bool
    ) {
        (self.letters, self.next, self.reasons) = (letters, next, reasons)
        (self.count, self.open, self.isCut, self.isPartial) = (count, open, isCut, isPartial)
    }
}

/// Which letters are meant.
public enum LetterChoice: Sendable, Equatable {
    case ids([String])
    /// All that fit and that nobody has redriven yet.
    case open(LetterQuery)
}

public struct RedriveOutcome: Sendable, Equatable {
    /// Ids of those that are in their streams again.
    public var redriven: [String]
    /// Why each of the others is not.
    public var failed: [Failure]

    public struct Failure: Sendable, Equatable {
        public var id: String
        public var why: String

        public init(id: String, why: String) { (self.id, self.why) = (id, why) }
    }

    public init(redriven: [String], failed: [Failure]) { (self.redriven, self.failed) = (redriven, failed) }
}
