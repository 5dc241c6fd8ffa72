import ContactCenter
import Engine
import Ingest
import Observability
import Storage

/// What `/metrics` tells of a worker; each figure is asked for when it is scraped.
enum WorkerMetrics {
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
        try metrics.observe(
            "converge_events_unknown_kinds_total",
            "The same by what their members are called; 64 kinds at most, and the others.",
            labels: ["kind"]
        ) {
            pipeline.progress.unknownKinds.sorted { $0.key < $1.key }.map { MetricReading(Double($1), labels: [$0]) }
        }
        try metrics.observe("converge_events_unchanged_total", "Events that changed nothing: duplicates, or older ones.") {
            [MetricReading(Double(pipeline.progress.unchanged))]
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

    static func observe(_ store: DynamoDBStore, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe("converge_dynamodb_rows_written_total", "Rows written to DynamoDB.") {
            [MetricReading(Double(store.currentFigures.rowsWritten))]
        }
        try metrics.observe("converge_dynamodb_rows_read_total", "Rows read from DynamoDB.") {
            [MetricReading(Double(store.currentFigures.rowsRead))]
        }
        try metrics.observe("converge_dynamodb_conflicts_total", "Rows that another writer was ahead with.") {
            [MetricReading(Double(store.currentFigures.conflicts))]
        }
        try metrics.observe("converge_dynamodb_throttles_total", "Requests that DynamoDB refused because of their rate.") {
            [MetricReading(Double(store.currentFigures.throttles))]
        }
        try metrics.observe(
            "converge_dynamodb_capacity_units_total", "Units of capacity, as DynamoDB counts them.", labels: ["kind"]
        ) {
            let figures = store.currentFigures
            return [
                MetricReading(figures.writeUnits, labels: ["write"]), MetricReading(figures.readUnits, labels: ["read"]),
            ]
        }
        try metrics.observe(
            "converge_dynamodb_requests_in_flight_max", "Requests that may be under way; fewer under throttles."
        ) {
            [MetricReading(Double(store.currentFigures.limit))]
        }
    }

    static func observe(_ expiry: ExpiryWatch, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_expired_entities_total",
            "Contacts, flows and sessions past store.retain-contacts: already when they were written, and removed from the store.",
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
            "Age of the newest row of another Region when it was first seen here; by how much at least the next one is overdue.",
            labels: labels
        ) {
            canary.links.map { MetricReading(Double($0.lagMilliseconds) * 0.001, labels: [$0.from, $0.to]) }
        }
        try metrics.observe(
            "converge_clock_offset_bound_seconds", "Bounds of how far the clock of `to` is ahead of that of `from`.",
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
}
