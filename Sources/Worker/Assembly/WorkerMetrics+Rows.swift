import ContactCenter
import EngineCore
import Observability
import Storage

/// What rows in DynamoDB take.
extension WorkerMetrics {
    static func observeRows(_ store: DynamoDBStore, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_dynamodb_write_units_total",
            "Write units of rows, as DynamoDB reports them, by table and by why the row was written: it was the first one, it changed, it was only refreshed, or another writer was ahead with it.",
            labels: ["table", "write"]
        ) {
            let writes = store.currentFigures.writes
            return EntityKind.allCases.flatMap { kind in
                WriteFigures.Cause.allCases.map { MetricReading(writes.units(kind, $0), labels: ["\(kind.name)", "\($0)"]) }
            }
        }
        try metrics.observe(
            "converge_dynamodb_rows_by_units_total", "Rows written, by the write units that each took.", labels: ["units"]
        ) {
            let writes = store.currentFigures.writes
            return zip(WriteFigures.Size.allCases, ["1", "2", "3-4", "5+"]).map {
                MetricReading(Double(writes.rows($0)), labels: [$1])
            }
        }
        try metrics.observe(
            "converge_dynamodb_registers_bytes_total",
            "Bytes of the registers of rows written, before compression and as written; their ratio is the compression.",
            labels: ["form"]
        ) {
            let writes = store.currentFigures.writes
            return [
                MetricReading(Double(writes.entityBytes), labels: ["encoded"]),
                MetricReading(Double(writes.registersBytes), labels: ["written"]),
            ]
        }
        try metrics.observe(
            "converge_dynamodb_row_format",
            "1 for the format and the dictionary that rows are written with now; the dictionary by the beginning of its id, empty in the old format.",
            labels: ["format", "dictionary"]
        ) {
            let dictionary = store.dictionary
            let format = dictionary == nil ? FormatRow.old : FormatRow.newest
            return [MetricReading(1, labels: ["\(format)", dictionary.map { String($0.prefix(16)) } ?? ""])]
        }
        try metrics.observe(
            "converge_dynamodb_dictionary_saving_ratio",
            "Share of write units that a dictionary trained on this worker's own rows would save; absent until it was measured, which is at most once a day."
        ) {
            store.currentFigures.advice.map { [MetricReading($0.saving)] } ?? []
        }
        try metrics.observe(
            "converge_dynamodb_dictionary_saving_measured_timestamp_seconds", "When that was measured, in seconds since 1970."
        ) {
            store.currentFigures.advice.map { [MetricReading(Double($0.at) / 1000)] } ?? []
        }
    }
}
