import AWS
import Engine
import EngineCore
import Ingest
import Observability
import Worker

/// A source as `run` sees it: what it is called, what is told of it, and whether it works.
struct RunFeed: Sendable {
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

extension RunFeed {
    /// Checks what is configured, before anything is made on disk, and returns what makes the feed once the store's epoch is known.
    static func prepare(
        _ configuration: Configuration, _ positions: RunPositions, _ span: RunSpan, _ log: Log
    ) throws -> (_ epoch: String?) throws -> RunFeed {
        guard configuration.text("source.kind") == "kinesis" else {
            let feed = try RunFeed(configuration, kafka: KafkaSettings(configuration), positions) { event in
                if case .assigned = event { span.assigned() }
                log.tell(event)
            }
            return { _ in feed }
        }
        let session = try AWSSession()
        var settings = KinesisSettings(configuration, region: try session.region())
        return { epoch in
            settings.epoch = epoch
            settings.tables = epoch.flatMap { _ in configuration.text("store.prefix") }
            return try RunFeed(configuration, kinesis: settings, session, positions) { event in
                if case .assigned = event { span.assigned() }
                log.tell(event)
            }
        }
    }
}
