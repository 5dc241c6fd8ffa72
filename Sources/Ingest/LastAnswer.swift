/// What is known of somebody who is asked again and again: from the last answer that could be used, and from what has failed since.
///
///     shard.answered(behind: 0, at: now)
///     shard.behind(at: now + 5_000)     // 5,000: as far as is known, whatever came since then is not read
///
/// A figure that nobody renews grows older and never better. Times are of a clock that does not jump, in milliseconds.
public struct LastAnswer: Equatable, Sendable {
    public struct Failure: Equatable, Sendable {
        public var reason: String
        public var since: Int64
        /// Whether asking again does not help: a missing permission, a stream that is not there.
        public var isFinal: Bool
    }

    /// A failure that goes on for longer is no throttle that passes.
    public static let patienceMilliseconds: Int64 = 10_000

    /// How far behind the end the answer was, in milliseconds; nil before the first one that said so.
    public private(set) var behind: Int64?
    /// When it came; before the first one, when asking began.
    public private(set) var at: Int64
    /// What has failed since, and since when; the latest reason.
    public private(set) var failure: Failure?

    public init(began: Int64) { at = began }

    /// An answer came, all of which is handed over. `behind`: nil where it did not say.
    public mutating func answered(behind: Int64?, at time: Int64) {
        self.behind = behind ?? self.behind
        at = max(at, time)
        failure = nil
    }

    public mutating func failed(_ reason: String, isFinal: Bool, at time: Int64) {
        failure = Failure(reason: reason, since: failure?.since ?? time, isFinal: isFinal)
    }

    /// How old the oldest thing that was not read can be at most, in milliseconds; nil where that was never known.
    public func behind(at now: Int64) -> Int64? { behind.map { $0 + silence(at: now) } }

    public func silence(at now: Int64) -> Int64 { max(0, now - at) }

    /// What has failed for ``patienceMilliseconds``, or for good.
    public func trouble(at now: Int64) -> Failure? {
        failure.flatMap { $0.isFinal || now - $0.since > LastAnswer.patienceMilliseconds ? $0 : nil }
    }

    /// The same of somebody who is asked every second or so: an answer that does not come is one that fails.
    public func troubleOrSilence(at now: Int64) -> Failure? {
        trouble(at: now)
            ?? (silence(at: now) > LastAnswer.patienceMilliseconds
                ? Failure(reason: "no response", since: at, isFinal: false) : nil)
    }
}
