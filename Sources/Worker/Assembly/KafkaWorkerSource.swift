import API
import Engine
import EngineCore
import Ingest
import Observability
import Platform

/// Kafka as a worker sees it.
struct KafkaWorkerSource: WorkerSource {
    private let kafka: KafkaSource
    let summary: String
    private let redriver: KafkaRedriver
    private let readyLag: Int

    /// Milliseconds: a rebalance may hold the thread for the time that a revoked partition is flushed, and a broker asked for a start.
    private static let silenceMax: Int64 = 180_000

    init(_ settings: KafkaSourceSettings, _ positions: WorkerPositions, _ reports: WorkerReports) throws {
        let (span, log) = (reports.span, reports.log)
        kafka = try KafkaSource(
            KafkaSettings(settings.client), start: { try positions.start($0, $1, $2) },
            observer: { event in
                if case .assigned = event { span.assigned() }
                log.tell(event)
            })
        redriver = KafkaRedriver(settings.client, reports.log)
        summary = "kafka topics \(settings.client.topics.joined(separator: ",")) as group \(settings.client.group)"
        readyLag = settings.readyLag
    }

    var source: any Source { kafka }

    var live: HealthReport {
        let silence = kafka.figures.silence
        return HealthReport([
            HealthReport.Check(
                "kafka.polled", isHealthy: silence < KafkaWorkerSource.silenceMax, "last poll \(silence) ms ago")
        ])
    }

    var unread: Int64? {
        let (figures, now, time) = (kafka.figures, monotonicMilliseconds(), Timestamp.now)
        let ages = figures.lanes.map { $0.unreadAge(isCutOff: figures.isCutOff, now: now, time: time) }
        // Nobody knows of partitions that the group has not shared out.
        guard !ages.isEmpty || figures.hasAssignment else { return nil }
        return ages.contains(nil) ? nil : ages.compactMap { $0 }.max() ?? 0
    }

    func redrive(_ record: [UInt8], _ letter: Letter) throws { try redriver.put(record, letter) }

    func streams(_ status: PipelineStatus) -> ProcessStanding.Streams {
        let (figures, now, time) = (kafka.figures, monotonicMilliseconds(), Timestamp.now)
        return ProcessStanding.Streams(
            source: "kafka",
            shards: figures.lanes.map { lane in
                ProcessStanding.Shard(
                    stream: lane.partition.stream, name: lane.partition.name,
                    lag: lane.unreadAge(isCutOff: figures.isCutOff, now: now, time: time),
                    unread: lane.lag(settled: status.settled[lane.index]), position: lane.position.map { "\($0)" },
                    durable: lane.durable.map { "\($0)" },
                    trouble: figures.isCutOff
                        ? "no broker can be reached" : lane.silence.map { "its broker has not answered for \($0 / 1000) s" },
                    since: lane.silence.map { timeOfDay(now - $0, now: now, time: time) })
            }, areAllRead: figures.isCutOff ? nil : figures.hasAssignment)
    }

    func ready(_ status: PipelineStatus) -> [HealthReport.Check] {
        let figures = kafka.figures
        let known = figures.lanes.compactMap { $0.lag(settled: status.settled[$0.index]) }
        let lag = known.reduce(0, +)
        let isKnown = known.count == figures.lanes.count
        // Where not all is read, the client may ask for nothing more, as its queue is full.
        let silence = figures.lanes.filter { $0.position ?? 0 >= $0.end ?? .max }.compactMap(\.silence)
        let (now, time) = (monotonicMilliseconds(), Timestamp.now)
        return [
            HealthReport.Check(
                "kafka.reachable", isHealthy: !figures.isCutOff && silence.isEmpty,
                figures.isCutOff
                    ? "no broker can be reached"
                    : silence.isEmpty ? "" : "the brokers of \(silence.count) partitions do not respond",
                since: figures.isCutOff ? nil : silence.max().map { timeOfDay(now - $0, now: now, time: time) }),
            HealthReport.Check(
                "kafka.topics", isHealthy: figures.missingTopics.isEmpty,
                figures.missingTopics.isEmpty
                    ? ""
                    : "these topics do not exist, or this user may not describe them: \(figures.missingTopics.joined(separator: ", ")); create them, or correct kafka.topics"
            ),
            HealthReport.Check(
                "kafka.assigned", isHealthy: figures.hasAssignment,
                figures.hasAssignment ? "\(figures.lanes.count) partitions" : "the group has not yet assigned its partitions"),
            HealthReport.Check(
                "kafka.caught-up", isHealthy: isKnown && lag <= Int64(readyLag),
                isKnown ? "\(lag) records behind, \(readyLag) allowed" : "lag not yet known"),
        ]
    }
}

extension KafkaWorkerSource {
    func observe(_ pipeline: Pipeline, in metrics: Metrics) throws(MetricsError) {
        let labels = ["topic", "partition"]
        try metrics.observe("converge_kafka_assigned_partitions", "Partitions assigned to this member.") {
            [MetricReading(Double(kafka.figures.lanes.count))]
        }
        try metrics.observe(
            "converge_kafka_lag_records",
            "Records in the partition that are not yet durable here; without refreshes that wait on purpose.",
            labels: labels
        ) {
            let settled = pipeline.status.settled
            return lanes { $0.lag(settled: settled[$0.index]) }
        }
        try metrics.observe("converge_kafka_position", "Offset of the next record to read.", labels: labels) {
            lanes { $0.position }
        }
        try metrics.observe("converge_kafka_durable_position", "Offset before which everything is durable.", labels: labels) {
            lanes { $0.durable }
        }
        try metrics.observe(
            "converge_kafka_rebalances_total", "Rebalances: how often the group assigned or revoked partitions."
        ) {
            [MetricReading(Double(kafka.figures.rebalances))]
        }
        try metrics.observe("converge_kafka_commits_total", "Commits of the consumer group.") {
            [MetricReading(Double(kafka.figures.commits))]
        }
        try metrics.observe("converge_kafka_commit_failures_total", "Commits that were refused or got no response.") {
            [MetricReading(Double(kafka.figures.commitFailures))]
        }
        try metrics.observe(
            "converge_kafka_queued_bytes", "Bytes in the client's queue, by partition.", labels: labels
        ) {
            (kafka.figures.statistics?.lanes ?? []).map {
                MetricReading(Double($0.queuedBytes), labels: [$0.topic, $0.partition])
            }
        }
        try metrics.observe("converge_kafka_broker_up", "1 if the broker is connected, otherwise 0.", labels: ["broker"]) {
            (kafka.figures.statistics?.brokers ?? []).map {
                MetricReading($0.state == "UP" ? 1 : 0, labels: [$0.name])
            }
        }
        try metrics.observe(
            "converge_kafka_round_trip_seconds", "Mean round-trip time of requests in the last interval, by broker.",
            labels: ["broker"]
        ) {
            (kafka.figures.statistics?.brokers ?? []).map {
                MetricReading(Double($0.roundTripMicroseconds) * 1e-6, labels: [$0.name])
            }
        }
    }

    private func lanes(_ value: (KafkaFigures.Lane) -> Int64?) -> [MetricReading] {
        kafka.figures.lanes.compactMap { lane in
            value(lane).map { MetricReading(Double($0), labels: [lane.partition.stream, lane.partition.name]) }
        }
    }
}
