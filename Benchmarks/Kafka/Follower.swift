import Engine
import EngineCore
import Glibc
import Ingest
import Measuring
import Observability
import Platform
import Storage
import Synchronization

/// The worker as `converge run` puts it together, with its defaults, over a store that looks at the clock when a write is durable.
enum Follower {
    static func run(
        broker: String, topic: String, _ schedule: Schedule, state: String, options: [(name: String, value: String)]
    ) throws {
        var settings = KafkaSettings(brokers: [broker], group: "worker", topics: [topic])
        settings.options =
            [
                ("partition.assignment.strategy", "roundrobin"), ("auto.offset.reset", "error"),
                ("statistics.interval.ms", "5000"),
            ] + options.filter { $0.name != "flush-interval" }
        let interval = options.last { $0.name == "flush-interval" }.flatMap { Int64($0.value) }
        let source = try KafkaSource(settings, start: { _, _, _ in .offset(0) })
        let store = WatchedStore(try EmbeddedStore(path: state, mode: .createOrOpen), schedule)
        let pipeline = Pipeline(
            source: source, store: store, storeMayHoldRows: false,
            deadLetters: DeadLetterFile(path: state + "/dead-letters.jsonl"),
            options: WorkerOptions(
                shards: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
                planner: FlushPlanner(flushBytes: 128 << 20, dirtyBytesMax: 256 << 20, flushInterval: interval ?? 2)))
        store.whenComplete { pipeline.drain() }
        try pipeline.run()
        print(store.json(flushes: pipeline.progress.flushes))
    }
}

/// A store, and the time at which the events before its checkpoints were durable.
private final class WatchedStore: Store {
    private struct Watch {
        var lag: LagCount
        var writes = LogLinearHistogram(valueMax: 60_000_000)
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
            watch.writes.record(Int((now - start) / 1000))
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
            return watch.lag.json(
                ",\"flushes\":\(flushes),\"write50\":\(writes.quantile(0.5) ?? 0),\"write99\":\(writes.quantile(0.99) ?? 0)"
                    + ",\"writeMax\":\(writes.max)")
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
