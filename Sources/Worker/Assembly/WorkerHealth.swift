import Engine
import EngineCore
import Ingest
import Observability
import Platform

/// Whether what a worker has is up to date and whether what it needs for that works, and the figures that this is judged by.
struct WorkerHealth: Sendable {
    private let pipeline: Pipeline
    private let source: any WorkerSource
    private let capture: CaptureWriter?

    init(_ pipeline: Pipeline, _ source: any WorkerSource, _ capture: CaptureWriter?) {
        self.pipeline = pipeline
        self.source = source
        self.capture = capture
    }

    var ready: HealthReport {
        let status = pipeline.status
        let (now, time) = (monotonicMilliseconds(), Timestamp.now)
        let obstacles = status.obstacles(now: now)
        func check(_ name: String, _ keeper: PipelineStatus.Keeper) -> HealthReport.Check {
            guard let obstacle = obstacles.first(where: { $0.keeper == keeper }) else {
                return HealthReport.Check(name, isHealthy: true)
            }
            return HealthReport.Check(
                name, isHealthy: false, obstacle.reason, since: timeOfDay(obstacle.since, now: now, time: time))
        }
        var checks = [
            HealthReport.Check("worker.runs", isHealthy: status.end == nil, status.end ?? ""),
            check("store.writes", .store), check("dead-letters.writes", .deadLetters), check("positions.commits", .positions),
        ]
        if let capture {
            let failure = capture.figures.failure
            checks.append(
                HealthReport.Check(
                    "capture.writes", isHealthy: failure == nil, failure?.reason ?? "",
                    since: failure.map { timeOfDay($0.since, now: now, time: time) }))
        }
        return HealthReport(checks + source.ready(status))
    }

    /// The age of the oldest event that is there and not durable, in milliseconds, as far as is known; nil where nothing is.
    var lag: Int64? {
        source.unread.map { max($0, pipeline.status.lag(now: monotonicMilliseconds(), time: .now)) }
    }

    func observe(_ metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_oldest_event_age_seconds",
            "Upper bound of the age of the oldest event that is not durable, read or not; without refreshes that wait on purpose."
        ) { lag.map { [MetricReading(Double($0) * 0.001)] } ?? [] }
        try metrics.observe(
            "converge_waiting_refreshes_age_seconds",
            "Time that the oldest refresh, such as a heartbeat, has waited for its write."
        ) { [MetricReading(Double(pipeline.status.refreshesAge(now: monotonicMilliseconds())) * 0.001)] }
        try metrics.observe(
            "converge_waiting_refreshes", "Entities of which only a refresh, such as a heartbeat, waits for its write."
        ) { [MetricReading(Double(pipeline.status.refreshes))] }
        try metrics.observe(
            "converge_last_commit_timestamp_seconds", "Time of the last commit of positions, in seconds since 1970."
        ) {
            pipeline.status.committedAt.map { [MetricReading(Double($0.milliseconds) * 0.001)] } ?? []
        }
    }
}

/// When it was by the time of day, of a moment of the clock that does not jump.
func timeOfDay(_ moment: Int64, now: Int64, time: Timestamp) -> Timestamp {
    Timestamp(milliseconds: time.milliseconds - (now - moment))
}
