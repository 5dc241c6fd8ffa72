import EngineCore
import Ingest
import Measuring
import Observability
import Platform
import Synchronization
import Worker

/// The worker that `converge run` runs, with its defaults, over a store that looks at the clock when a write is durable.
enum Follower {
    /// `options`: as ``WorkerFlags`` has them.
    static func run(broker: String, topic: String, _ schedule: Schedule, state: String, options: [String]) throws {
        WorkerMemory.giveBackEarly()
        let settings = try WorkerSettings(
            flags: WorkerFlags.reading(topic, of: broker, as: "worker", options)
                + ["--store-path", state, "--kafka-auto-offset-reset", "error"])
        guard case .kafka(let kafka) = settings.source else { throw BenchmarkError("the worker does not read from Kafka") }
        let log = try WorkerLog(settings.log)
        defer { log.end() }
        let reports = try WorkerReports(version: "benchmark", log.log)
        var store = try WorkerStore(settings, log.log)
        let watched = WatchedStore(store.store, schedule)
        store.store = watched
        let worker = try Worker(settings, kafka: kafka, store, reports)
        watched.whenComplete { worker.pipeline.drain() }
        guard worker.run() else { throw BenchmarkError("the worker failed; the last line before this one says why") }
        print(watched.json(flushes: worker.pipeline.progress.flushes), terminator: "")
    }
}

/// A store, and the time at which the events before its checkpoints were durable.
private final class WatchedStore: Store {
    private struct Watch {
        var lag: LagCount
        var writes = Histogram(precisionBits: 7)
        var end: (@Sendable () -> Void)?
    }

    private let store: any Store
    private let watch: Mutex<Watch>

    init(_ store: any Store, _ schedule: Schedule) {
        self.store = store
        watch = Mutex(Watch(lag: LagCount(schedule)))
    }

    func whenComplete(_ body: @escaping @Sendable () -> Void) { watch.withLock { $0.end = body } }

    func write(_ flush: Flush) throws(StoreError) -> RowBatch? {
        let start = nanoseconds()
        let refused = try store.write(flush)
        let now = nanoseconds()
        let end = watch.withLock { watch in
            watch.writes.add((now - start) / 1000)
            for checkpoint in flush.checkpoints {
                guard let partition = Int(checkpoint.partition.name) else { continue }
                watch.lag.reach(partition: partition, offset: Int(checkpoint.position.kafkaOffset), at: now)
            }
            return watch.lag.isComplete ? watch.end : nil
        }
        end?()
        return refused
    }

    func json(flushes: Int) -> String {
        watch.withLock { watch in
            let writes = watch.writes
            return watch.lag.json { json in
                json.member("flushes", flushes)
                json.member("write50", writes.quantile(0.5) ?? 0)
                json.member("write99", writes.quantile(0.99) ?? 0)
                json.member("writeMax", writes.max)
            }
        }
    }

    func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError) { try store.read(keys, found) }
    func checkpoints() throws(StoreError) -> [Checkpoint] { try store.checkpoints() }

    func scan(from first: ByteView, _ body: (_ key: ByteView, _ entity: ByteView) throws -> Bool) throws {
        try store.scan(from: first, body)
    }

    func metadata(_ name: String) throws(StoreError) -> String? { try store.metadata(name) }
    func setMetadata(_ name: String, _ value: String) throws(StoreError) { try store.setMetadata(name, value) }
}
