import EngineCore
import Observability
import Platform

/// A store, how long it takes, and what goes wrong with it.
final class MeasuredStore: Store {
    private let store: any Store
    private let span: WorkerSpan
    private let log: Log
    private let seconds: MetricHistogram
    private let errors: MetricFamily<MetricCounter>

    init(_ store: any Store, _ reports: WorkerReports) throws(MetricsError) {
        self.store = store
        log = reports.log
        span = reports.span
        seconds = try reports.metrics.histogram(
            "converge_store_write_seconds", "Duration of a flush's write to the store.",
            bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
        errors = try reports.metrics.counters(
            "converge_store_errors_total", "Failed calls of the store, by call.", labels: ["call"])
    }

    func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError) {
        try counted("read") { () throws(StoreError) in try store.read(keys, found) }
    }

    func write(_ flush: Flush) throws(StoreError) -> RowBatch? {
        let start = ContinuousClock.now
        let refused = try counted("write") { () throws(StoreError) in try store.write(flush) }
        let end = ContinuousClock.now
        for (_, why) in refused?.refusals ?? [:] {
            log.error(
                "row.refused", "\(why); the complete row was written to the dead letters; the worker continues",
                key: "row.refused")
        }
        seconds.observe((end - start).seconds)
        span.wrote(at: end)
        return refused
    }

    func checkpoints() throws(StoreError) -> [Checkpoint] { try store.checkpoints() }
    func epoch() throws(StoreError) -> String? { try counted("epoch") { () throws(StoreError) in try store.epoch() } }

    func scan(from first: ByteView, _ body: (_ key: ByteView, _ entity: ByteView) throws -> Bool) throws {
        do { try store.scan(from: first, body) } catch {
            if error is StoreError { errors.with("scan").add() }
            throw error
        }
    }

    func metadata(_ name: String) throws(StoreError) -> String? { try store.metadata(name) }
    func setMetadata(_ name: String, _ value: String) throws(StoreError) { try store.setMetadata(name, value) }

    private func counted<Result>(_ call: String, _ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        do throws(StoreError) { return try body() } catch {
            errors.with(call).add()
            log.warning("store.trouble", "\(error)", key: call, ["call": .text(call)])
            throw error
        }
    }
}
