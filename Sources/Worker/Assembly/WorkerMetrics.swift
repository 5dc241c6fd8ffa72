import ContactCenter
import Engine
import EngineCore
import Ingest
import Observability
import Storage

/// What `/metrics` tells of a worker; each figure is asked for when it is scraped.
enum WorkerMetrics {
    static func observe(_ pipeline: Pipeline, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe("converge_records_total", "Records read, whatever they contained.") {
            [MetricReading(Double(pipeline.progress.records))]
        }
        try metrics.observe("converge_record_bytes_total", "Bytes of the records read.") {
            [MetricReading(Double(pipeline.progress.bytes))]
        }
        try metrics.observe("converge_events_total", "Events merged, by type.", labels: ["type"]) {
            let events = pipeline.progress.events
            return EventType.allCases.map { MetricReading(Double(events[$0.rawValue]), labels: [$0.name]) }
        }
        try metrics.observe("converge_events_unknown_total", "JSON objects of unknown shape.") {
            [MetricReading(Double(pipeline.progress.unknown))]
        }
        try metrics.observe(
            "converge_events_unknown_kinds_total",
            "JSON objects of unknown shape, by their member names; at most 64 kinds, and all others as one.",
            labels: ["kind"]
        ) {
            pipeline.progress.unknownKinds.sorted { $0.key < $1.key }.map { MetricReading(Double($1), labels: [$0]) }
        }
        try metrics.observe(
            "converge_identities_without_alias_total",
            "Phone numbers, e-mail addresses and chat identities of customers that have no normal form and so no alias."
        ) {
            [MetricReading(Double(pipeline.progress.withoutAlias))]
        }
        try metrics.observe(
            "converge_events_unchanged_total", "Events that changed nothing: duplicates, or older than the state."
        ) {
            [MetricReading(Double(pipeline.progress.unchanged))]
        }
        try metrics.observe(
            "converge_quarantined_total", "Events that the skew guard quarantined; included in the dead letters."
        ) {
            [MetricReading(Double(pipeline.progress.quarantined))]
        }
        try metrics.observe("converge_dirty_bytes", "Bytes merged and not yet in a flush.") {
            [MetricReading(Double(pipeline.dirtyBytes))]
        }
        try metrics.observe("converge_flushes_total", "Completed flushes.") {
            [MetricReading(Double(pipeline.progress.flushes))]
        }
        try metrics.observe("converge_flushed_bytes_total", "Bytes of rows written by flushes.") {
            [MetricReading(Double(pipeline.progress.flushedBytes))]
        }
        try observeMerges(pipeline, in: metrics)
        try observeTimes(pipeline, in: metrics)
    }

    private static func observeMerges(_ pipeline: Pipeline, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_merges_total", "Joined registers of events, by result: won, lost, or equal to the value in the state.",
            labels: ["outcome"]
        ) {
            let merges = pipeline.progress.merges
            return [("won", merges.won), ("lost", merges.lost), ("tie", merges.ties)].map {
                MetricReading(Double($1), labels: [$0])
            }
        }
        try metrics.observe(
            "converge_rows_refused_total",
            "Rows that a shared store refused because another writer was first, and that were joined again."
        ) {
            [MetricReading(Double(pipeline.progress.rowsRefused))]
        }
        try metrics.observe("converge_flush_retries_total", "Failed and retried steps of flushes and commits.") {
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
            "converge_flush_bytes", "Bytes of rows in a flush; 0 if only positions changed.", bounds: powersOfTwo(10...34),
            scale: 1
        ) { pipeline.progress.flushSizes }
        try metrics.observe(
            "converge_flush_seconds", "Duration of a flush: from its beginning until its rows are durable.",
            bounds: powersOfTwo(0...16),
            scale: 0.001
        ) { pipeline.progress.flushTimes }
        try metrics.observe(
            "converge_event_lag_seconds", "Time from the event's own time to its merge.",
            bounds: powersOfTwo(0...25),
            scale: 0.001
        ) { pipeline.progress.eventLags }
        try metrics.observe(
            "converge_end_to_end_lag_seconds",
            "Time from a record's arrival at the broker until what it changed is durable and readable.",
            bounds: powersOfTwo(0...25), scale: 0.001
        ) { pipeline.progress.endToEndLags }
    }

    private static func powersOfTwo(_ exponents: ClosedRange<Int64>) -> [Int64] { exponents.map { 1 << $0 } }

    static func observe(_ store: DynamoDBStore, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe("converge_dynamodb_rows_written_total", "Rows written to DynamoDB.") {
            [MetricReading(Double(store.currentFigures.rowsWritten))]
        }
        try metrics.observe("converge_dynamodb_rows_read_total", "Rows read from DynamoDB.") {
            [MetricReading(Double(store.currentFigures.rowsRead))]
        }
        try metrics.observe(
            "converge_dynamodb_conflicts_total", "Rows that were refused because another writer had changed them."
        ) {
            [MetricReading(Double(store.currentFigures.conflicts))]
        }
        try metrics.observe("converge_dynamodb_throttles_total", "Requests that DynamoDB throttled.") {
            [MetricReading(Double(store.currentFigures.throttles))]
        }
        try metrics.observe(
            "converge_dynamodb_capacity_units_total", "Consumed capacity units, as DynamoDB reports them.", labels: ["kind"]
        ) {
            let figures = store.currentFigures
            return [
                MetricReading(figures.writeUnits, labels: ["write"]), MetricReading(figures.readUnits, labels: ["read"]),
            ]
        }
        try metrics.observe(
            "converge_dynamodb_requests_in_flight_max", "Allowed number of concurrent requests; lower after throttling."
        ) {
            [MetricReading(Double(store.currentFigures.limit))]
        }
    }

    static func observe(_ expiry: ExpiryWatch, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_expired_entities_total",
            "Contacts, flows and sessions older than store.retain-contacts, by stage: already expired when written, or removed from the store.",
            labels: ["when"]
        ) {
            [
                MetricReading(Double(expiry.written), labels: ["written"]),
                MetricReading(Double(expiry.removed), labels: ["removed"]),
            ]
        }
    }

    static func observe(_ canary: ReplicationCanary, in metrics: Metrics) throws(MetricsError) {
        let labels = ["from", "to"]
        try metrics.observe(
            "converge_replication_lag_seconds",
            "Replication lag: age of another Region's newest row when it was first seen here, or the time that the next one is overdue.",
            labels: labels
        ) {
            canary.links.map { MetricReading(Double($0.lagMilliseconds) * 0.001, labels: [$0.from, $0.to]) }
        }
        try metrics.observe(
            "converge_clock_offset_bound_seconds",
            "Bounds of the clock difference: how far the clock of `to` is ahead of the clock of `from`.",
            labels: labels + ["bound"]
        ) {
            canary.links.flatMap { link in
                (link.clockOffsetMilliseconds.map { [($0.lowerBound, "lower"), ($0.upperBound, "upper")] } ?? []).map {
                    MetricReading(Double($0) * 0.001, labels: [link.from, link.to, $1])
                }
            }
        }
    }

    static func observe(_ capture: CaptureWriter, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe("converge_capture_records_total", "Records written to the capture.") {
            [MetricReading(Double(capture.figures.records))]
        }
        try metrics.observe(
            "converge_capture_missed_records_total", "Records read after the capture failed, which it does not contain."
        ) {
            [MetricReading(Double(capture.figures.recordsMissed))]
        }
        try metrics.observe("converge_capture_bytes_total", "Compressed bytes written to the capture.") {
            [MetricReading(Double(capture.figures.bytesWritten))]
        }
        try metrics.observe("converge_capture_disk_bytes", "Total size of the capture's files.") {
            [MetricReading(Double(capture.figures.bytesOnDisk))]
        }
        try metrics.observe("converge_capture_removed_files_total", "Capture files deleted because of capture.bytes.") {
            [MetricReading(Double(capture.figures.filesRemoved))]
        }
        try metrics.observe("converge_capture_errors_total", "Failures that stopped the capture.") {
            [MetricReading(Double(capture.figures.errors))]
        }
    }
}
