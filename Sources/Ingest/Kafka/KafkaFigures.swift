public import EngineCore
public import Platform

/// How a member stands, for metrics and health.
public struct KafkaFigures: Sendable {
    public struct Lane: Sendable {
        /// Index of ``KafkaSource/partition(_:)``.
        public var index: Int
        public var partition: Partition
        /// Offset of the next record to read, and before which all is durable; nil before the first.
        public var position: Int64?
        public var durable: Int64?
        /// Where the partition ends, as the last answer of its broker said; nil before the first.
        public var end: Int64?

        /// When everything that there was had been read, by a clock that does not jump, and when the last record that was read came to its
        /// broker, in milliseconds since 1970; nil where that never was.
        public var readAllAt: Int64?
        public var arrival: Int64?
        /// For how long nothing has come from its broker, which while all is read answers twice a second, in milliseconds; nil where it does, or
        /// where that is not known (``KafkaStatistics/Lane/silence``).
        public var silence: Int64?

        /// Records that are there and not durable here yet, refreshes that wait on purpose left out; nil where that is not known.
        /// `settled`: of ``PipelineStatus/settled``.
        public func lag(settled: Position?) -> Int64? {
            guard let end else { return nil }
            // What was read and is in no flush yet is not taken for durable. What is committed may be older than what is settled.
            guard let durable = [durable, settled?.kafkaOffset].compactMap({ $0 }).max() else { return end == 0 ? 0 : nil }
            return max(0, end - durable)
        }

        /// How old the oldest record that is there and was not read can be at most, in milliseconds; 0 where there is none, nil where
        /// that is not known. `isCutOff`: the end may be further than is known.
        public func unreadAge(isCutOff: Bool, now: Int64, time: Timestamp) -> Int64? {
            guard let end else { return nil }
            if !isCutOff, silence == nil, position ?? 0 >= end { return 0 }
            // Records come in order: what was not read is younger than what was, and came after all had been.
            return [readAllAt.map { now - $0 }, arrival.map { time.milliseconds - $0 }].compactMap { $0 }.min().map {
                max(0, $0)
            }
        }
    }

    /// What is assigned, by topic and partition.
    public var lanes: [Lane]
    /// Whether the group has shared out the partitions, which may have left none for this member.
    public var hasAssignment: Bool
    /// No broker can be reached.
    public var isCutOff: Bool
    /// Of the topics in the settings, those that are not there, or may not be described, as brokers last said.
    public var missingTopics: [String]
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
        let places = state.withLock { state in
            state.lanes.values.sorted { $0.index < $1.index }.map { ($0.index, $0.topic, $0.partition) }
        }
        let silence = state.withLock { $0.figures.silence(at: now) }
        // Not under the lock: the client takes its own, and under those it calls back.
        let ends = places.map { index, topic, number in (index, client?.end(of: topic, number)) }
        let (lanes, hasAssignment, figures) = state.withLock { state in
            let lanes = ends.compactMap { index, end -> KafkaFigures.Lane? in
                guard var status = state.status[index], let partition = state.lanes[index]?.place else { return nil }
                let silence = silence[[partition.stream, partition.name]]
                if let end, !state.figures.isCutOff, silence == nil, status.position ?? 0 >= end { status.readAllAt = now }
                state.status[index] = status
                return KafkaFigures.Lane(
                    index: index, partition: partition, position: status.position, durable: status.durable,
                    end: end, readAllAt: status.readAllAt, arrival: status.arrival, silence: silence)
            }
            return (lanes, state.hasAssignment, state.figures)
        }
        return KafkaFigures(
            lanes: lanes,
            hasAssignment: hasAssignment, isCutOff: figures.isCutOff, missingTopics: figures.missingTopics,
            rebalances: figures.rebalances,
            commits: figures.commits, commitFailures: figures.commitFailures, statistics: figures.statistics,
            silence: figures.polledAt == 0 ? 0 : max(0, now - figures.polledAt))
    }
}

extension KafkaSource.Figures {
    /// Of partitions whose broker has said nothing for ``LastAnswer/patienceMilliseconds``: for how long, by topic and number.
    fileprivate func silence(at now: Int64) -> [[String]: Int64] {
        let silent = (statistics?.lanes ?? []).compactMap { lane in
            lane.silence.flatMap {
                $0 > LastAnswer.patienceMilliseconds ? ([lane.topic, lane.partition], $0 + now - statisticsAt) : nil
            }
        }
        return Dictionary(silent) { max($0, $1) }
    }
}
