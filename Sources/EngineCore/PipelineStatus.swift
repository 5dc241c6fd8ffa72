public import Platform

/// How a worker stands with what it has read: how old what is not durable is, and what keeps it from becoming so.
///
/// A value of one moment, judged at any later one: nothing in it looks better for being old. Times are of ``monotonicMilliseconds()``
/// where nothing else is said.
public struct PipelineStatus: Equatable, Sendable {
    /// Whoever a flush or a commit waits for.
    public enum Keeper: Equatable, Sendable {
        case store, deadLetters
        /// Where positions are committed: the group, the lease table.
        case positions
    }

    /// What keeps things from becoming durable.
    public struct Obstacle: Equatable, Sendable {
        public var keeper: Keeper
        public var since: Int64
        /// For people.
        public var reason: String

        public init(_ keeper: Keeper, since: Int64, _ reason: String) {
            self.keeper = keeper
            self.since = since
            self.reason = reason
        }
    }

    /// What a flush or a commit is at.
    public struct Step: Equatable, Sendable {
        /// Whom it waits for, and since when without any progress.
        public var keeper: Keeper
        public var since: Int64
        /// What failed in it, and since when.
        public var failure: Obstacle?

        init(_ keeper: Keeper, since: Int64) {
            self.keeper = keeper
            self.since = since
        }

        mutating func failed(_ error: any Error, now: Int64) {
            failure = Obstacle(keeper, since: failure?.since ?? now, "\(error)")
        }

        /// Where it has neither worked nor failed for too long.
        fileprivate func stuck(now: Int64) -> Obstacle? {
            guard now - since > PipelineStatus.stuckMilliseconds else { return nil }
            let reason =
                switch keeper {
                case .store: "no row is read or written: the calls hang, or all rows are throttled"
                case .deadLetters: "dead letters are not made durable"
                case .positions: "positions are not committed"
                }
            return Obstacle(keeper, since: since, reason)
        }
    }

    /// A step of a flush or a commit that has neither worked nor failed for so long is an obstacle.
    public static let stuckMilliseconds: Int64 = 10_000

    /// When the oldest record that was read and is not durable arrived, in milliseconds since 1970; where nobody says so, when it was read.
    /// Refreshes that wait on purpose are left out. Nil: there is none, or no clock.
    public var oldestArrival: Int64?
    /// Since when the oldest refresh waits on purpose (``PipelineOptions/refreshInterval``).
    public var refreshesSince: Int64?
    /// Entities whose refreshes wait on purpose and are in no flush, as of the last block or flush of each shard.
    public var refreshes = 0
    /// Since when refreshes wait that were to be durable by then.
    public var overdueSince: Int64?
    /// What the flush under way is at; nil where there is none.
    public var flush: Step?
    /// What the commit under way is at; nil where there is none.
    public var commit: Step?
    /// Since when the oldest dead letter waits for the sink to take it.
    public var buryingSince: Int64?
    /// When positions were last committed; nil before the first time, or without a clock.
    public var committedAt: Timestamp?
    /// Why the run is over, or about to be.
    public var end: String?
    /// By partition, up to where everything is durable but for refreshes that wait on purpose.
    public var settled: [Int: Position] = [:]

    public init() {}

    /// The age of the oldest event that was read and is not durable, in milliseconds; 0 where there is none. `time`: the time of day.
    public func lag(now: Int64, time: Timestamp) -> Int64 {
        let since = [overdueSince, buryingSince].compactMap { $0 }.map { now - $0 }
        return max(0, oldestArrival.map { time.milliseconds - $0 } ?? 0, since.max() ?? 0)
    }

    /// How long the oldest refresh has waited on purpose, in milliseconds; 0 where none does.
    public func refreshesAge(now: Int64) -> Int64 { refreshesSince.map { max(0, now - $0) } ?? 0 }

    /// What keeps things from becoming durable or committed: what has failed and has not worked since, else what has not answered for
    /// ``stuckMilliseconds``. The first is what is said first; a keeper may be there twice.
    public func obstacles(now: Int64) -> [Obstacle] {
        var obstacles = [flush?.failure, commit?.failure].compactMap(\.self)
        if let buryingSince, now - buryingSince > PipelineStatus.stuckMilliseconds {
            obstacles.append(Obstacle(.deadLetters, since: buryingSince, "a dead letter is waiting to be accepted"))
        }
        for step in [flush, commit].compactMap(\.self) where step.failure == nil {
            if let stuck = step.stuck(now: now) { obstacles.append(stuck) }
        }
        return obstacles
    }
}
