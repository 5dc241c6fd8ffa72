import AWS
import ContactCenter
import Engine
import Glibc
import Ingest
import Operations
import Storage
import Synchronization

/// Everything that a worker on one shard of KCL's is made of. What it shares with `converge run` is ``RunWorker``'s.
final class KCLWorker: Sendable {
    private let pipeline: Pipeline
    private let source: KCLSource
    private let capture: CaptureWriter?
    private let deadLetters: any DeadLetterSink
    private let letterTopic: KafkaDeadLetters?
    private let server: HTTPServer?
    private let span = RunSpan()
    private let log: Log
    private let deadline: KCLDeadline

    /// `configuration`: the shard's own. The daemon is answered nothing yet.
    init(_ configuration: Configuration, _ channel: KCLChannel, _ shard: KCLShard, _ log: Log) throws {
        self.log = log
        let drainMilliseconds = configuration.milliseconds("drain-timeout") ?? 30_000
        deadline = KCLDeadline(milliseconds: drainMilliseconds)
        let metrics = Metrics()
        try metrics.observeProcess(version: Converge.version)

        let decoder = DecoderOptions(configuration)
        let (store, path, mayHoldRows) = try KCLWorker.store(configuration, decoder, channel, log)
        let measured = try MeasuredStore(store, metrics, span)
        let epoch = try measured.epoch()
        let epochs = try epoch.flatMap { try KCLWorker.epochs(configuration, shard, $0, log) }

        let streams = configuration.list("kinesis.streams")
        let observer: @Sendable (KCLEvent) -> Void = { [span, deadline] event in
            if case .assigned = event { span.assigned() }
            if case .daemonGone = event { deadline.begin() }
            log.tell(event)
        }
        source = KCLSource(
            channel, shard, stream: streams.count == 1 ? streams[0] : "", settleMilliseconds: drainMilliseconds, epochs: epochs,
            observer: observer)
        let letters: any DeadLetterSink
        (letters, letterTopic) = try RunWorker.deadLetters(
            configuration, KafkaSettings(configuration), statePath: path, { log.tell($0) })
        let capture = try CaptureWriter(configuration, log)
        self.capture = capture
        deadLetters = capture.map { CapturingSink(letters, after: $0) } ?? letters
        let reading: any Source = if let capture { CapturingSource(source, to: capture) } else { source }
        pipeline = Pipeline(
            source: reading, store: measured, storeMayHoldRows: mayHoldRows, epoch: epoch, deadLetters: deadLetters,
            options: WorkerOptions(configuration, decoder), clock: systemTime)
        try KCLMetrics.observe(pipeline, source, shard, in: metrics)
        if let capture { try RunMetrics.observe(capture, in: metrics) }
        server = try KCLWorker.server(configuration, metrics, source, measured, log)
        log.info(
            "kcl.start", "the record processor starts",
            [
                "version": .text(Converge.version), "shard": .text(shard.id), "from": .text(shard.start),
                "store": .text(path ?? configuration.text("store.kind") ?? ""),
                "stored": .text(try KCLWorker.stored(measured, source)),
                "http": .text(server.map { "\($0.address):\($0.port)" } ?? "off"),
            ])
    }

    /// Until the daemon has the shard back, or is gone. Whether everything went well.
    func run() -> Bool {
        var failure: (any Error)?
        do { try pipeline.run() } catch { failure = error }
        letterTopic?.close()
        server?.stop()
        let totals = pipeline.progress
        let fields: KeyValuePairs<String, LogValue> = [
            "records": .integer(totals.records), "events": .integer(totals.eventCount),
            "dead-letters": .integer(totals.deadLetterCount), "flushes": .integer(totals.flushes),
            "checkpoints": .integer(source.figures.checkpoints), "seconds": .number(span.seconds),
        ]
        if let failure {
            log.error("kcl.failed", "\(failure)", fields)
            return false
        }
        log.info("kcl.end", "everything that was read is durable; the record processor ends", fields)
        return source.isReleased
    }

    /// Twice a second.
    func tick(_ log: RunLog) {
        capture?.tick()
        guard deadline.isOver else { return }
        self.log.error("kcl.broken-off", "not durable within --drain-timeout after the daemon went away; it comes again")
        log.end()
        _exit(1)
    }

    // MARK: Parts

    /// How long an embedded store is waited for: the process of the daemon that had the shard before holds it to its end.
    private static let storeMilliseconds: Int64 = 60_000

    private static func store(
        _ configuration: Configuration, _ decoder: DecoderOptions, _ channel: KCLChannel, _ log: Log
    ) throws -> (store: any Store, path: String?, mayHoldRows: Bool) {
        // The directory above that of the shard.
        if let path = configuration.text("store.path"), configuration.text("store.kind") == "embedded",
            let slash = path.lastIndex(of: "/")
        {
            mkdir(String(path[..<slash]), 0o700)
        }
        let deadline = monotonicMilliseconds() + storeMilliseconds
        while true {
            do { return try RunWorker.store(configuration, decoder) } catch let error as StoreError {
                guard case .inUse = error.reason, monotonicMilliseconds() < deadline, !channel.isClosed else { throw error }
                log.warning("kcl.store.waits", "\(error); waits for it")
                usleep(200_000)
            }
        }
    }

    /// Nil where no lease table is named. Ends the worker before it says anything to the daemon where the checkpoint is another table's.
    private static func epochs(
        _ configuration: Configuration, _ shard: KCLShard, _ epoch: String, _ log: Log
    ) throws -> KCLLeaseTable? {
        guard let name = configuration.text("kcl.lease-table") else {
            log.warning(
                "kcl.epoch.off",
                "without kcl.lease-table nobody notices that the state's table was restored, emptied or replaced: KCL's checkpoints then "
                    + "pass over what it held")
            return nil
        }
        let table = KCLLeaseTable(name, try AWSSession().client(.dynamoDB))
        try table.confirm(shard, in: epoch)
        return table
    }

    /// Where the store itself stopped in this shard, for people: behind the checkpoint, its state lacks what lies between.
    private static func stored(_ store: MeasuredStore, _ source: KCLSource) throws -> String {
        try store.checkpoints().first { $0.partition == source.partitions[0] }?.position.sequenceNumberText ?? "nothing"
    }

    /// Nil unless a port was given. One that another shard's process has is no reason to end: the daemon would end with it.
    private static func server(
        _ configuration: Configuration, _ metrics: Metrics, _ source: KCLSource, _ store: MeasuredStore, _ log: Log
    ) throws -> HTTPServer? {
        guard let port = configuration.integer("http.port") else { return nil }
        var router = HTTPRouter()
        router.addOperations(metrics: metrics, live: { HealthReport() }, ready: { KCLMetrics.ready(source) })
        router.addState(store) { log.error("http.state", "\($0)") }
        do {
            return try HTTPServer(address: configuration.text("http.address") ?? "127.0.0.1", port: port, router: router)
        } catch {
            log.warning(
                "kcl.http.off", "\(error); goes on without HTTP. With http.port 0 each shard's process has a port of its own")
            return nil
        }
    }
}

/// How long a process may outlive its daemon.
private final class KCLDeadline: Sendable {
    private let milliseconds: Int64
    private let time = Atomic<Int64>(.max)

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    func begin() { time.store(monotonicMilliseconds() + milliseconds, ordering: .relaxed) }
    var isOver: Bool { monotonicMilliseconds() >= time.load(ordering: .relaxed) }
}
