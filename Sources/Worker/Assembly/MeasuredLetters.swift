import EngineCore
import Observability

/// A dead-letter sink whose letters are counted by reason and source, and told of in the log, a line a reason and source in ten seconds.
final class MeasuredLetters: DeadLetterSink {
    /// Further pairs of reason and source are counted together.
    private static let seriesMax = 256

    private let sink: any DeadLetterSink
    private let log: Log
    private let counts: MetricCounters

    init(_ sink: any DeadLetterSink, _ reports: WorkerReports) throws(MetricsError) {
        self.sink = sink
        log = reports.log
        counts = try reports.metrics.counters(
            "converge_dead_letters_total",
            "Records that could not be merged, by reason and by topic or stream.",
            labels: ["reason", "source"], seriesMax: MeasuredLetters.seriesMax)
    }

    func append(_ letter: DeadLetter) throws {
        try sink.append(letter)
        counts.with(letter.reason, letter.partition.stream).add()
        // What it holds is not told: it may be personal.
        log.warning(
            "dead-letter", "a record could not be merged; it was written to the dead letters",
            key: "\(letter.reason) \(letter.partition.stream)",
            [
                "reason": .text(letter.reason), "source": .text(letter.partition.stream),
                "partition": .text(letter.partition.name), "position": .text(letter.position),
            ])
    }

    func makeDurable() throws { try sink.makeDurable() }
}
