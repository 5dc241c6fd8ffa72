import ContactCenter
import Engine
import Ingest
import Operations
import Storage

/// `converge run`: the worker, until it is told to end.
enum Run: Subcommand {
    static let command = Command(
        "run", usage: "--config FILE",
        summary: "Reads events from Kafka and keeps the converged state, until it is told to end.",
        flags: [
            Flag("config", "FILE", "the configuration file, YAML; without it there are flags and environment alone")
        ] + ConfigurationSchema.worker.flags,
        notes: """
            SIGTERM or SIGINT: reads nothing more, makes everything durable, commits, leaves the group and exits 0, or 1 where that takes
            longer than --drain-timeout; a second one exits at once. SIGHUP opens the log anew. Exit codes: 0 done, 1 failed,
            2 the configuration is wrong. docs/run.md tells more.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.isEmpty else { throw UsageError("converge run: takes no PATH; events come from Kafka") }
        RunMemory.giveBackEarly()
        // Before any thread is there: those that come take it over.
        RunSignals.block()
        let configuration: Configuration
        let kafka: KafkaSettings
        do {
            configuration = try Config.load(options)
            kafka = try KafkaSettings(configuration)
        } catch let error as ConfigurationError {
            writeError("\(error)\n")
            return 2
        }
        let log = try RunLog(configuration)
        defer { log.end() }
        let worker: RunWorker
        do {
            worker = try RunWorker(configuration, kafka, log.log)
        } catch let error as KafkaError {
            if case .option(let name, let reason) = error {
                writeError("kafka.options.\(name): \(reason)\n")
                return 2
            }
            throw error
        }
        // Its thread may outlive the run by half a second: were it to hold the worker, it would close the store while the process exits.
        let signals = RunSignals(
            log: log, drainMilliseconds: configuration.milliseconds("drain-timeout") ?? 30_000,
            drain: { [weak pipeline = worker.pipeline] in pipeline?.drain() },
            tick: { [weak capture = worker.capture] in capture?.tick() })
        guard let signals else { throw WorkerError.noThread }
        defer { signals.end() }
        return worker.run() ? 0 : 1
    }
}

/// Everything that a worker is made of.
final class RunWorker: Sendable {
    let pipeline: Pipeline
    let source: KafkaSource
    let capture: CaptureWriter?
    private let deadLetters: any DeadLetterSink
    private let letterTopic: KafkaDeadLetters?
    private let server: HTTPServer
    private let span = RunSpan()
    private let log: Log

    init(_ configuration: Configuration, _ kafka: KafkaSettings, _ log: Log) throws {
        self.log = log
        let metrics = Metrics()
        try metrics.observeProcess(version: Converge.version)
        let observer: @Sendable (KafkaEvent) -> Void = { [span] event in
            if case .assigned = event { span.assigned() }
            log.tell(event)
        }

        // Options are looked at before anything is made on disk.
        let decoder = DecoderOptions(configuration)
        let positions = RunPositions(from: KafkaStart(configuration), log)
        let source = try KafkaSource(kafka, start: { try positions.start($0, $1, $2) }, observer: observer)
        self.source = source

        let (store, path, mayHoldRows) = try RunWorker.store(configuration, decoder)
        let measured = try MeasuredStore(store, metrics, span)
        positions.open(measured)
        let letters: any DeadLetterSink
        (letters, letterTopic) = try RunWorker.deadLetters(configuration, kafka, statePath: path, observer)
        let capture = try CaptureWriter(configuration, log)
        self.capture = capture
        deadLetters = capture.map { CapturingSink(letters, after: $0) } ?? letters
        let reading: any Source = capture.map { CapturingSource(source, to: $0) } ?? source

        let options = WorkerOptions(configuration, decoder)
        pipeline = Pipeline(
            source: reading, store: measured, storeMayHoldRows: mayHoldRows, deadLetters: deadLetters, options: options,
            clock: systemTime)
        let health = RunHealth(source, readyLag: configuration.integer("kafka.ready-lag") ?? 0)
        try RunMetrics.observe(pipeline, source, in: metrics)
        if let capture { try RunMetrics.observe(capture, in: metrics) }
        var router = HTTPRouter()
        router.addOperations(metrics: metrics, live: { health.live }, ready: { health.ready })
        router.addState(measured) { log.error("http.state", "\($0)") }
        server = try HTTPServer(
            address: configuration.text("http.address") ?? "127.0.0.1", port: configuration.integer("http.port") ?? 0,
            router: router)
        log.info(
            "run.start", "the worker starts",
            [
                "version": .text(Converge.version), "group": .text(kafka.group),
                "topics": .text(kafka.topics.joined(separator: ",")), "store": .text(path ?? "memory"),
                "shards": .integer(options.shards), "http": .text("\(server.address):\(server.port)"),
            ])
    }

    /// Where records go that cannot be merged, and the producer to be closed in the end where that is a topic.
    static func deadLetters(
        _ configuration: Configuration, _ kafka: @autoclosure () throws -> KafkaSettings, statePath: String?,
        _ observer: @escaping @Sendable (KafkaEvent) -> Void
    ) throws -> (sink: any DeadLetterSink, topic: KafkaDeadLetters?) {
        if configuration.text("dead-letters.kind") == "kafka" {
            let topic = try KafkaDeadLetters(
                topic: configuration.text("dead-letters.topic") ?? "", kafka(), observer: observer)
            return (topic, topic)
        }
        let path =
            configuration.text("dead-letters.path") ?? statePath.map { $0 + "/dead-letters.jsonl" } ?? "dead-letters.jsonl"
        return (DeadLetterFile(path: path), nil)
    }

    /// The state directory is bound to what its rows mean, as by `replay`.
    static func store(
        _ configuration: Configuration, _ decoder: DecoderOptions
    ) throws -> (store: any Store, path: String?, mayHoldRows: Bool) {
        let expiry = configuration.milliseconds("store.retain-contacts").map { Expiry(retention: $0) }
        guard configuration.text("store.kind") == "embedded", let path = configuration.text("store.path") else {
            return (MemoryStore(expiry: expiry), nil, false)
        }
        let store = try EmbeddedStore(path: path, mode: .createOrOpen, expiry: expiry)
        try DecodingFlags.bind(decoder, to: store, at: path)
        return (store, path, try !store.isEmpty)
    }

    /// Until it is told to end, or has read all where that was the wish. Whether everything went well.
    func run() -> Bool {
        var failure: (any Error)?
        do { try pipeline.run() } catch { failure = error }
        letterTopic?.close()
        server.stop()
        let totals = pipeline.progress
        let fields: KeyValuePairs<String, LogValue> = [
            "records": .integer(totals.records), "events": .integer(totals.eventCount),
            "dead-letters": .integer(totals.deadLetterCount), "flushes": .integer(totals.flushes),
            "seconds": .number(span.seconds),
        ]
        guard let failure else {
            log.info("run.end", "everything that was read is durable; the worker ends", fields)
            return true
        }
        log.error("run.failed", "\(failure)", fields)
        return false
    }
}
