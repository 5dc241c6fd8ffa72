import EngineCore
import Observability
import Platform
import Synchronization

/// A store, how long it takes, and what goes wrong with it.
final class MeasuredStore: Store {
    /// Half a millisecond to ten seconds.
    private static let bounds: [Int64] = [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000,
        1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]

    private let store: any Store
    private let span: WorkerSpan
    private let log: Log
    /// How long the write of a flush took, in nanoseconds.
    private let writes = Mutex(Histogram(bounds: MeasuredStore.bounds))
    private let errors: MetricCounters

    init(_ store: any Store, _ reports: WorkerReports) throws(MetricsError) {
        self.store = store
        log = reports.log
        span = reports.span
        errors = try reports.metrics.counters(
            "converge_store_errors_total", "Failed calls of the store, by call.", labels: ["call"])
        try reports.metrics.observe(
            "converge_store_write_seconds", "Duration of a flush's write to the store.", bounds: MeasuredStore.bounds,
            scale: 1e-9
        ) { self.writes.withLock { $0 } }
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
        writes.withLock { $0.add(Int64((end - start).seconds * 1e9)) }
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
