import ContactCenter
import Engine
import Ingest
import Operations

/// What `/metrics` tells of a worker; each figure is asked for when it is scraped.
enum RunMetrics {
    static func observe(_ pipeline: Pipeline, _ source: KafkaSource, in metrics: Metrics) throws(MetricsError) {
        try observe(pipeline, in: metrics)
        try observe(source, in: metrics)
    }

    static func observe(_ pipeline: Pipeline, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe("converge_records_total", "Records read, whatever they held.") {
            [MetricReading(Double(pipeline.progress.records))]
        }
        try metrics.observe("converge_record_bytes_total", "Bytes of the records read.") {
            [MetricReading(Double(pipeline.progress.bytes))]
        }
        try metrics.observe("converge_events_total", "Events merged, by type.", labels: ["type"]) {
            let events = pipeline.progress.events
            return EventType.allCases.map { MetricReading(Double(events[$0.rawValue]), labels: [$0.name]) }
        }
        try metrics.observe("converge_events_unknown_total", "JSON objects of no known shape.") {
            [MetricReading(Double(pipeline.progress.unknown))]
        }
        try metrics.observe("converge_events_unchanged_total", "Events that changed nothing: duplicates, or older ones.") {
            [MetricReading(Double(pipeline.progress.unchanged))]
        }
        try metrics.observe("converge_dead_letters_total", "Records that could not be merged, by reason.", labels: ["reason"]) {
            pipeline.progress.deadLetters.sorted { $0.key < $1.key }.map { MetricReading(Double($1), labels: [$0]) }
        }
        try metrics.observe("converge_quarantined_total", "Events that the skew guard held back; among the dead letters.") {
            [MetricReading(Double(pipeline.progress.quarantined))]
        }
        try metrics.observe("converge_dirty_bytes", "Bytes merged and in no flush yet.") {
            [MetricReading(Double(pipeline.dirtyBytes))]
        }
        try metrics.observe("converge_flushes_total", "Flushes that were completed.") {
            [MetricReading(Double(pipeline.progress.flushes))]
        }
        try metrics.observe("converge_flushed_bytes_total", "Bytes of rows in flushes.") {
            [MetricReading(Double(pipeline.progress.flushedBytes))]
        }
        try observeMerges(pipeline, in: metrics)
        try observeTimes(pipeline, in: metrics)
    }

    private static func observeMerges(_ pipeline: Pipeline, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_merges_total", "Registers of events that were joined: won, lost, or equal to what was there.",
            labels: ["outcome"]
        ) {
            let merges = pipeline.progress.merges
            return [("won", merges.won), ("lost", merges.lost), ("tie", merges.ties)].map {
                MetricReading(Double($1), labels: [$0])
            }
        }
        try metrics.observe(
            "converge_rows_refused_total", "Rows that a shared store did not write, and that were joined again."
        ) {
            [MetricReading(Double(pipeline.progress.rowsRefused))]
        }
        try metrics.observe("converge_flush_retries_total", "Steps of flushes that failed and were tried again.") {
            [MetricReading(Double(pipeline.progress.flushRetries))]
        }
        try metrics.observe("converge_resident_bytes", "Bytes of entities in memory.") {
            [MetricReading(Double(pipeline.resident.bytes))]
        }
        try metrics.observe("converge_resident_entities", "Entities in memory.") {
            [MetricReading(Double(pipeline.resident.entities))]
        }
    }

    /// Bounds of times: powers of two, from a millisecond to nine hours.
    private static func observeTimes(_ pipeline: Pipeline, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_flush_bytes", "Bytes of rows in a flush; 0 where positions alone moved.", exponents: 10...34, scale: 1
        ) { pipeline.progress.flushSizes }
        try metrics.observe(
            "converge_flush_seconds", "Time of a flush, from its beginning to the commit.", exponents: 0...16, scale: 0.001
        ) { pipeline.progress.flushTimes }
        try metrics.observe(
            "converge_event_lag_seconds", "Time from when an event says that it happened to its merge.", exponents: 0...25,
            scale: 0.001
        ) { pipeline.progress.eventLags }
        try metrics.observe(
            "converge_end_to_end_lag_seconds", "Time from a record's arrival at the broker until it is durable and committed.",
            exponents: 0...25, scale: 0.001
        ) { pipeline.progress.endToEndLags }
    }

    private static func observe(_ source: KafkaSource, in metrics: Metrics) throws(MetricsError) {
        let labels = ["topic", "partition"]
        try metrics.observe("converge_kafka_assigned_partitions", "Partitions that this member reads.") {
            [MetricReading(Double(source.figures.lanes.count))]
        }
        try metrics.observe(
            "converge_kafka_lag_records", "Records that are there and not durable here yet, by partition.", labels: labels
        ) { lanes(source) { $0.lag } }
        try metrics.observe("converge_kafka_position", "Offset of the next record to read.", labels: labels) {
            lanes(source) { $0.position }
        }
        try metrics.observe("converge_kafka_durable_position", "Offset before which all is durable.", labels: labels) {
            lanes(source) { $0.durable }
        }
        try metrics.observe("converge_kafka_rebalances_total", "Times that the group gave or took partitions.") {
            [MetricReading(Double(source.figures.rebalances))]
        }
        try metrics.observe("converge_kafka_commits_total", "Commits to the group.") {
            [MetricReading(Double(source.figures.commits))]
        }
        try metrics.observe("converge_kafka_commit_failures_total", "Commits that were refused or not answered.") {
            [MetricReading(Double(source.figures.commitFailures))]
        }
        try metrics.observe(
            "converge_kafka_queued_bytes", "Bytes that wait in the client, by partition.", labels: labels
        ) {
            (source.figures.statistics?.lanes ?? []).map {
                MetricReading(Double($0.queuedBytes), labels: [$0.topic, $0.partition])
            }
        }
        try metrics.observe("converge_kafka_broker_up", "1 where a broker can be spoken to.", labels: ["broker"]) {
            (source.figures.statistics?.brokers ?? []).map {
                MetricReading($0.state == "UP" ? 1 : 0, labels: [$0.name])
            }
        }
        try metrics.observe(
            "converge_kafka_round_trip_seconds", "Mean time of a request in the last interval, by broker.",
            labels: ["broker"]
        ) {
            (source.figures.statistics?.brokers ?? []).map {
                MetricReading(Double($0.roundTripMicroseconds) * 1e-6, labels: [$0.name])
            }
        }
    }

    static func observe(_ capture: CaptureWriter, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe("converge_capture_records_total", "Records written to the capture.") {
            [MetricReading(Double(capture.figures.records))]
        }
        try metrics.observe("converge_capture_missed_records_total", "Records read after the capture had failed.") {
            [MetricReading(Double(capture.figures.recordsMissed))]
        }
        try metrics.observe("converge_capture_bytes_total", "Bytes written to the capture, compressed.") {
            [MetricReading(Double(capture.figures.bytesWritten))]
        }
        try metrics.observe("converge_capture_disk_bytes", "Bytes of all files of the capture.") {
            [MetricReading(Double(capture.figures.bytesOnDisk))]
        }
        try metrics.observe("converge_capture_removed_files_total", "Files that went because all together were too large.") {
            [MetricReading(Double(capture.figures.filesRemoved))]
        }
        try metrics.observe("converge_capture_errors_total", "Failures that ended the capture.") {
            [MetricReading(Double(capture.figures.errors))]
        }
    }

    private static func lanes(_ source: KafkaSource, _ value: (KafkaFigures.Lane) -> Int64?) -> [MetricReading] {
        source.figures.lanes.compactMap { lane in
            value(lane).map { MetricReading(Double($0), labels: [lane.partition.stream, lane.partition.name]) }
        }
    }
}

/// Whether the worker works, and whether what it has is up to date.
struct RunHealth: Sendable {
    private let source: KafkaSource
    private let readyLag: Int

    /// Milliseconds: a rebalance may hold the thread for the time that a revoked partition is flushed, and a broker asked for a start.
    private static let silenceMax: Int64 = 180_000

    init(_ source: KafkaSource, readyLag: Int) {
        self.source = source
        self.readyLag = readyLag
    }

    var live: HealthReport {
        let silence = source.figures.silence
        return HealthReport([
            HealthReport.Check(
                "kafka.polled", isHealthy: silence < RunHealth.silenceMax, "\(silence) ms ago")
        ])
    }

    var ready: HealthReport {
        let figures = source.figures
        let known = figures.lanes.compactMap(\.lag)
        let lag = known.reduce(0, +)
        let isKnown = known.count == figures.lanes.count
        return HealthReport([
            HealthReport.Check(
                "kafka.reachable", isHealthy: !figures.isCutOff, figures.isCutOff ? "no broker can be reached" : ""),
            HealthReport.Check(
                "kafka.assigned", isHealthy: figures.hasAssignment,
                figures.hasAssignment ? "\(figures.lanes.count) partitions" : "the group has not shared out its partitions yet"),
            HealthReport.Check(
                "kafka.caught-up", isHealthy: isKnown && lag <= Int64(readyLag),
                isKnown ? "\(lag) records behind, \(readyLag) allowed" : "not known yet how far behind"),
        ])
    }
}
