import API
import AWS
import Engine
import EngineCore
import Ingest
import Observability
import Platform

/// Kinesis as a worker sees it.
struct KinesisWorkerSource: WorkerSource {
    private let kinesis: KinesisSource
    let summary: String
    private let redriver: KinesisRedriver
    private let readyBehind: Int64

    /// Milliseconds in which the leases are looked at many times.
    private static let silenceMax: Int64 = 60_000

    /// `session`: for the streams; leases have connections of their own. `region`: the worker's own.
    init(
        _ settings: KinesisSourceSettings, _ session: AWSSession, region: String, _ positions: WorkerPositions,
        _ reports: WorkerReports
    ) throws {
        let client = KinesisSettings(settings, region: region, epoch: positions.epoch)
        // Not the reports themselves: their metrics hold the pipeline and its store, for as long as a request holds the source.
        let (span, log) = (reports.span, reports.log)
        kinesis = try KinesisSource(
            client, session: session, leases: AWSSession(),
            start: { try positions.start($0, identity: $1, leased: $2) },
            observer: { event in
                if case .assigned = event { span.assigned() }
                log.tell(event)
            })
        redriver = KinesisRedriver(session)
        summary =
            "kinesis streams \(client.streams.joined(separator: ",")) in \(client.regions.joined(separator: ",")) "
            + "as application \(client.application), worker \(client.worker)"
        readyBehind = settings.readyBehindMilliseconds
    }

    var source: any Source { kinesis }

    var live: HealthReport {
        let silence = kinesis.figures.silence
        return HealthReport([
            HealthReport.Check(
                "kinesis.leases", isHealthy: silence < KinesisWorkerSource.silenceMax,
                "last pass over the leases \(silence) ms ago")
        ])
    }

    var unread: Int64? { unread(kinesis.figures) }

    private func unread(_ figures: KinesisFigures) -> Int64? {
        let known = figures.lanes.compactMap(\.behind)
        // Nobody knows of shards that nobody reads.
        guard !figures.lanes.isEmpty || figures.hasAssignment else { return nil }
        return known.count == figures.lanes.count ? known.max() ?? 0 : nil
    }

    func redrive(_ record: [UInt8], _ letter: Letter) throws { try redriver.put(record, letter) }

    func streams(_ status: PipelineStatus) -> ProcessStanding.Streams {
        let (figures, now, time) = (kinesis.figures, monotonicMilliseconds(), Timestamp.now)
        return ProcessStanding.Streams(
            source: "kinesis",
            shards: figures.lanes.map { lane in
                ProcessStanding.Shard(
                    stream: lane.partition.stream, name: lane.partition.name, lag: lane.behind, trouble: lane.trouble?.reason,
                    since: lane.trouble.map { timeOfDay($0.since, now: now, time: time) })
            }, areAllRead: figures.isCutOff ? nil : figures.hasAssignment)
    }

    func ready(_ status: PipelineStatus) -> [HealthReport.Check] {
        let (figures, now, time) = (kinesis.figures, monotonicMilliseconds(), Timestamp.now)
        let behind = unread(figures).map { max($0, status.lag(now: now, time: time)) }
        let trouble =
            figures.trouble.map { $0.reason } ?? (figures.isCutOff ? "the streams or the lease table cannot be reached" : nil)
        let unreadable = figures.lanes.filter { $0.trouble != nil }
        let worst = unreadable.min { ($0.trouble?.since ?? 0) < ($1.trouble?.since ?? 0) }
        return [
            HealthReport.Check(
                "kinesis.reachable", isHealthy: trouble == nil, trouble ?? "",
                since: figures.trouble.map { timeOfDay($0.since, now: now, time: time) }),
            HealthReport.Check(
                "kinesis.reads", isHealthy: worst == nil,
                worst.map { "\(unreadable.count) shards cannot be read; \($0.partition.name): \($0.trouble?.reason ?? "")" }
                    ?? "",
                since: worst?.trouble.map { timeOfDay($0.since, now: now, time: time) }),
            HealthReport.Check(
                "kinesis.assigned", isHealthy: figures.hasAssignment,
                figures.hasAssignment ? "\(figures.lanes.count) shards" : "some shards are not yet read by any worker"),
            HealthReport.Check(
                "kinesis.caught-up", isHealthy: behind.map { $0 <= readyBehind } ?? false,
                behind.map { "\($0) ms behind, \(readyBehind) allowed" } ?? "lag not yet known"),
        ]
    }
}

extension KinesisWorkerSource {
    func observe(_ pipeline: Pipeline, in metrics: Metrics) throws(MetricsError) {
        let labels = ["stream", "shard"]
        try metrics.observe("converge_kinesis_held_shards", "Shards whose leases this worker owns.") {
            [MetricReading(Double(kinesis.figures.lanes.count))]
        }
        try metrics.observe(
            "converge_kinesis_behind_seconds",
            "Upper bound of the age of the oldest unread record: how far behind the end the last response was, plus the time since then.",
            labels: labels
        ) {
            kinesis.figures.lanes.compactMap { lane in
                lane.behind.map {
                    MetricReading(Double($0) * 0.001, labels: [lane.partition.stream, lane.partition.name])
                }
            }
        }
        try metrics.observe(
            "converge_kinesis_leases_total", "Leases taken, stolen and lost.", labels: ["change"]
        ) {
            let figures = kinesis.figures
            return [
                MetricReading(Double(figures.leasesTaken), labels: ["taken"]),
                MetricReading(Double(figures.leasesStolen), labels: ["stolen"]),
                MetricReading(Double(figures.leasesLost), labels: ["lost"]),
            ]
        }
        try metrics.observe("converge_kinesis_commits_total", "Checkpoints written to the lease table.") {
            [MetricReading(Double(kinesis.figures.commits))]
        }
        try metrics.observe("converge_kinesis_commit_failures_total", "Checkpoints that were refused or got no response.") {
            [MetricReading(Double(kinesis.figures.commitFailures))]
        }
    }
}
