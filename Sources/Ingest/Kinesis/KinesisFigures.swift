public import EngineCore
import Platform

/// How a worker stands with its streams, for metrics and health.
public struct KinesisFigures: Sendable {
    public struct Lane: Sendable {
        public var partition: Partition
        /// How old the oldest record that was not read can be at most, in milliseconds: how far behind the end of the shard the last
        /// answer was, and the time since; nil before the first.
        public var behind: Int64?
        /// Why the shard cannot be read, and since when (``LastAnswer/trouble(at:)``).
        public var trouble: LastAnswer.Failure?
    }

    /// The shards that are read, in the order in which they came.
    public var lanes: [Lane]
    /// Whether every shard that can be read has a worker, this one or another.
    public var hasAssignment: Bool
    /// The lease tables, or the streams, cannot be reached.
    public var isCutOff: Bool
    /// What keeps the leases, or the streams' shards, from being looked at, and since when; the longest.
    public var trouble: LastAnswer.Failure?
    /// Leases that were free or left by a worker that fell silent, and those that came from one with too many.
    public var leasesTaken: Int
    public var leasesStolen: Int
    public var leasesLost: Int
    public var commits: Int
    public var commitFailures: Int
    /// Milliseconds since the thread of the leases last looked at them.
    public var silence: Int64
}

extension KinesisSource {
    /// From any thread. Cost: a look at each shard.
    public var figures: KinesisFigures {
        let now = monotonicMilliseconds()
        let (lanes, isSettled, figures) = state.withLock { state in
            let lanes = state.lanes.values.sorted { $0.index < $1.index }.map { ($0, state.status[$0.index]) }
            return (lanes, state.isReady && state.book.isSettled, state.figures)
        }
        return KinesisFigures(
            lanes: lanes.map { lane, status in
                let last = lane.fetcher.lastAnswer
                // At its end nothing more is asked for.
                let hasEnded = status?.hasEnded ?? false
                return KinesisFigures.Lane(
                    partition: lane.partition, behind: hasEnded ? 0 : last.behind(at: now),
                    trouble: hasEnded ? nil : last.trouble(at: now))
            },
            hasAssignment: isSettled, isCutOff: figures.isCutOff, trouble: figures.trouble(at: now), leasesTaken: figures.taken,
            leasesStolen: figures.stolen,
            leasesLost: figures.lost, commits: figures.commits, commitFailures: figures.commitFailures,
            silence: figures.polledAt == 0 ? 0 : max(0, now - figures.polledAt))
    }
}

extension KinesisSource.Figures {
    fileprivate func trouble(at now: Int64) -> LastAnswer.Failure? {
        let troubles =
            [setUp?.trouble(at: now)] + lists.values.map { $0.trouble(at: now) }
            + scans.values.map { $0.troubleOrSilence(at: now) }
        return troubles.compactMap { $0 }.min { $0.since < $1.since }
    }
}
