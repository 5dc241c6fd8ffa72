public import Engine

/// How a member stands, for metrics and health.
public struct KafkaFigures: Sendable {
    public struct Lane: Sendable {
        public var partition: Partition
        /// Offset of the next record to read, and before which all is durable; nil before the first.
        public var position: Int64?
        public var durable: Int64?
        /// Where the partition ends, as the last answer of its broker said; nil before the first.
        public var end: Int64?

        /// Records that are there and not durable here yet; nil where that is not known.
        public var lag: Int64? {
            guard let end else { return nil }
            // What was read and is in no flush yet is not taken for durable.
            guard let durable else { return end == 0 ? 0 : nil }
            return max(0, end - durable)
        }
    }

    /// What is assigned, by topic and partition.
    public var lanes: [Lane]
    /// Whether the group has shared out the partitions, which may have left none for this member.
    public var hasAssignment: Bool
    /// No broker can be reached.
    public var isCutOff: Bool
    public var rebalances: Int
    public var commits: Int
    public var commitFailures: Int
    public var statistics: KafkaStatistics?
    /// Milliseconds since the client's thread last looked at the group.
    public var silence: Int64
}

extension KafkaSource {
    /// From any thread. Cost: a look at each partition.
    public var figures: KafkaFigures {
        let now = monotonicMilliseconds()
        let client = client
        let (lanes, hasAssignment, figures) = state.withLock { state in
            let lanes = state.lanes.values.sorted { $0.index < $1.index }.map { lane in
                (lane.topic, lane.partition, state.partitions[lane.index], state.standing[lane.index])
            }
            return (lanes, state.hasAssignment, state.figures)
        }
        return KafkaFigures(
            lanes: lanes.map { topic, number, partition, standing in
                KafkaFigures.Lane(
                    partition: partition, position: standing?.position, durable: standing?.durable,
                    end: client?.end(of: topic, number))
            },
            hasAssignment: hasAssignment, isCutOff: figures.isCutOff, rebalances: figures.rebalances,
            commits: figures.commits, commitFailures: figures.commitFailures, statistics: figures.statistics,
            silence: figures.polledAt == 0 ? 0 : max(0, now - figures.polledAt))
    }
}
