import Engine
import Ingest
import Operations

/// A source as `run` sees it: what it is called, what is told of it, and whether it works.
struct RunFeed {
    let source: any Source
    /// For the log.
    let summary: String
    /// Adds the metrics that are its own.
    let observe: (Metrics) throws(MetricsError) -> Void
    let live: @Sendable () -> HealthReport
    let ready: @Sendable () -> HealthReport
}

extension RunFeed {
    init(_ configuration: Configuration, _ positions: RunPositions, _ span: RunSpan, _ log: Log) throws {
        self = try RunFeed(configuration, kafka: KafkaSettings(configuration), positions) { event in
            if case .assigned = event { span.assigned() }
            log.tell(event)
        }
    }
}
