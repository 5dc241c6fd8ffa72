import Observability

/// What every part of a worker reports to.
package struct WorkerReports: Sendable {
    /// Of this program.
    let version: String
    let log: Log
    let metrics = Metrics()
    let span = WorkerSpan()

    package init(version: String, _ log: Log) throws(MetricsError) {
        self.version = version
        self.log = log
        try metrics.observeProcess(version: version)
        try metrics.observe(
            "converge_log_lines_dropped_total",
            "Log lines that were dropped because they could not be written, or not fast enough."
        ) {
            [MetricReading(Double(log.droppedLines))]
        }
    }
}
