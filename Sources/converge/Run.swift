import API
import ContactCenter
import Engine
import EngineCore
import HTTPServer
import Ingest
import Observability
import Platform
import Worker

/// `converge run`: the worker, until it is told to end.
enum Run: Subcommand {
    static let command = Command(
        "run", usage: "--config FILE",
        summary: "Reads events from Kafka or Kinesis and keeps the converged state, until it is told to end.",
        flags: [
            Flag("config", "FILE", "the configuration file, YAML; without it there are flags and environment alone")
        ] + ConfigurationSchema.worker.flags,
        notes: """
            SIGTERM or SIGINT: reads nothing more, makes everything durable, commits, gives its partitions up and exits 0, or 1 where
            that takes longer than --drain-timeout; a second one exits at once. SIGHUP opens the log anew. Exit codes: 0 done, 1 failed,
            2 the configuration is wrong. docs/operations.md has more.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.isEmpty else {
            throw UsageError("converge run: takes no PATH; events come from Kafka or Kinesis")
        }
        RunMemory.giveBackEarly()
        // Before any thread is there: those that come take it over.
        RunSignals.block()
        let configuration: Configuration
        do {
            configuration = try RunChecks.load(options)
        } catch {
            writeError("\(error)\n")
            return 2
        }
        let log = try RunLog(configuration)
        defer { log.end() }
        let worker = try RunWorker(configuration, log.log)
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
    let capture: CaptureWriter?
    private let letterTopic: KafkaDeadLetters?
    private let server: HTTPServer?
    private let place: RunStore
    private let span: RunSpan
    private let log: Log

    convenience init(_ configuration: Configuration, _ log: Log) throws {
        let span = RunSpan()
        let positions = RunPositions(configuration, log)
        // Options are looked at before anything is made on disk.
        let makeFeed = try RunFeed.prepare(configuration, positions, span, log)
        try self.init(configuration, span, log, makeFeed: makeFeed) { positions.open($0, epoch: $1) }
    }

    /// `opened` is called once the store is open, before anything is read; then `makeFeed`, with the store's epoch.
    init(
        _ configuration: Configuration, _ span: RunSpan, _ log: Log, makeFeed: (_ epoch: String?) throws -> RunFeed,
        opened: (_ store: any Store, _ epoch: String?) throws -> Void
    ) throws {
        (self.span, self.log) = (span, log)
        let metrics = Metrics()
        try metrics.observeProcess(version: Converge.version)
        try metrics.observe(
            "converge_log_lines_dropped_total", "Lines of the log that could not be written, or not kept up with."
        ) {
            [MetricReading(Double(log.droppedLines))]
        }

        let decoder = DecoderOptions(configuration)
        let place = try RunStore(configuration, decoder, metrics, log)
        self.place = place
        let measured = try MeasuredStore(place.store, metrics, span, log)
        try opened(measured, place.epoch)
        let feed = try makeFeed(place.epoch)
        (letterTopic, capture) = (try RunWorker.letterTopic(configuration, log), try CaptureWriter(configuration, log))
        let letterPath =
            configuration.text("dead-letters.path") ?? place.path.map { $0 + "/dead-letters.jsonl" } ?? "dead-letters.jsonl"
        let letterFile = DeadLetterFile(path: letterPath)
        if letterTopic == nil { try letterFile.probe() }
        let letters = try MeasuredLetters(letterTopic ?? letterFile, metrics, log)

        let options = WorkerOptions(configuration, decoder)
        pipeline = Pipeline(
            source: capture.map { CapturingSource(feed.source, to: $0) } ?? feed.source, store: measured,
            storeMayHoldRows: place.mayHoldRows, epoch: place.epoch,
            deadLetters: capture.map { CapturingSink(letters, after: $0) } ?? letters, options: options, clock: systemTime)
        try RunMetrics.observe(pipeline, in: metrics)
        try feed.observe(metrics, pipeline)
        if let capture { try RunMetrics.observe(capture, in: metrics) }
        let health = RunHealth(pipeline, feed, capture)
        try health.observe(metrics)
        var router = HTTPRouter()
        router.addOperations(metrics: metrics, live: feed.live, ready: { health.ready })
        let failed: @Sendable (StoreError) -> Void = { log.error("http.state", "\($0)") }
        if let readAll = place.readAll {
            router.addState(read: readAll, failed: failed)
        } else {
            router.addState(measured, failed: failed)
        }
        server = try RunWorker.server(configuration, router, log)
        log.info(
            "run.start", "the worker starts",
            [
                "version": .text(Converge.version), "source": .text(feed.summary), "store": .text(place.summary),
                "shards": .integer(options.shards), "http": .text(server.map { "\($0.address):\($0.port)" } ?? "off"),
            ])
    }

    /// Nil without a port, and where another shard's process has it: that is no reason for KCL's daemon to end with all its shards.
    private static func server(_ configuration: Configuration, _ router: HTTPRouter, _ log: Log) throws -> HTTPServer? {
        guard let port = configuration.integer("http.port") else { return nil }
        let address = configuration.text("http.address") ?? "127.0.0.1"
        if configuration.isOn("http.insecure"), !HTTPServer.isLoopback(address: address) {
            log.warning(
                "http.insecure",
                "http.insecure is on: whoever reaches \(address) port \(port) reads state, which is personal data, without being asked",
                ["address": .text(address), "port": .integer(port)])
        }
        do {
            return try HTTPServer(address: address, port: port, router: router)
        } catch {
            guard configuration.text("source.kind") == "kcl" else { throw error }
            log.warning(
                "http.off", "\(error); goes on without HTTP. With http.port 0 each shard's process has a port of its own")
            return nil
        }
    }

    private static func letterTopic(_ configuration: Configuration, _ log: Log) throws -> KafkaDeadLetters? {
        guard configuration.text("dead-letters.kind") == "kafka" else { return nil }
        return try KafkaDeadLetters(
            topic: configuration.text("dead-letters.topic") ?? "", KafkaSettings(configuration), observer: { log.tell($0) })
    }

    /// Until it is told to end, or has read all where that was the wish. Whether everything went well.
    func run() -> Bool {
        var failure: (any Error)?
        do { try pipeline.run() } catch { failure = error }
        letterTopic?.close()
        server?.stop()
        place.stop()
        let totals = pipeline.progress
        let fields: KeyValuePairs<String, LogValue> = [
            "records": .integer(totals.records), "events": .integer(totals.eventCount),
            "dead-letters": .integer(totals.deadLetterCount), "flushes": .integer(totals.flushes),
            "seconds": .number(span.seconds), "expired": .integer(place.expiry.written),
        ]
        guard let failure else {
            log.close(.info, "run.end", "everything that was read is durable; the worker ends", fields)
            return true
        }
        log.close(.error, "run.failed", "\(failure)", fields)
        return false
    }
}
