import Engine
import EngineCore
import Observability

/// A source as a worker sees it: what it is called, what is told of it, and whether it works.
struct WorkerSource: Sendable {
    let source: any Source
    /// For the log.
    let summary: String
    /// Adds the metrics that are its own.
    let observe: @Sendable (Metrics, Pipeline) throws(MetricsError) -> Void
    let live: @Sendable () -> HealthReport
    /// What of it is up to date and works, beside how the worker stands with what it has read.
    let ready: @Sendable (WorkerStanding) -> [HealthReport.Check]
    /// How old the oldest record that is there and was not read can be at most, in milliseconds; nil where that is not known.
    let unread: @Sendable () -> Int64?
}
