import API
import AWS
import Engine
import EngineCore
import Ingest
import Observability
import Platform

/// Everything that a worker is made of.
///
///     let worker = try Worker(settings, version: "0.1.0", log)
///     let isFine = worker.run()
///
/// It is put together in this order: store, source, capture, dead letters, pipeline, health, HTTP. A file a source says how the first two
/// are made: `Worker+Kafka.swift`, `Worker+Kinesis.swift`, `KCLWorker.swift`; the rest is the same for all.
package final class Worker: Sendable {
    package let pipeline: Pipeline
    package let capture: CaptureWriter?
    private let letterTopic: KafkaDeadLetters?
    private let server: APIServer?
    private let store: WorkerStore
    private let reports: WorkerReports
    private let failover: FailoverService?
    private let health: WorkerHealth
    /// Nil where nobody is told what changes.
    private let feed: (any StateFeed)?
    private let trend: LagRounds?

    /// What `converge run` runs: a worker of Kafka or Kinesis, as `source.kind` says.
    package convenience init(_ settings: WorkerSettings, version: String, _ log: Log) throws {
        let reports = try WorkerReports(version: version, log)
        switch settings.source {
        case .kafka(let kafka): try self.init(settings, kafka: kafka, WorkerStore(settings, log), reports)
        case .kinesis(let kinesis): try self.init(settings, kinesis: kinesis, reports)
        case .kcl:
            throw UsageError(
                "source.kind kcl is for 'converge kcl', which KCL's daemon starts; for 'converge run' set source.kind to kafka or kinesis"
            )
        }
    }

    /// What all workers have beside a store and a source.
    init(_ settings: WorkerSettings, _ store: WorkerStore, _ source: any WorkerSource, _ reports: WorkerReports) throws {
        (self.store, self.reports) = (store, reports)
        let (log, metrics) = (reports.log, reports.metrics)
        try store.observe(metrics)
        let sights = try settings.failover.map { failover in
            let (own, peer) = try failover.pair(own: AWSSession().configuredRegion)
            return WorkerSights(region: own, peer: peer)
        }
        let seen = sights.map { sights in WatchedStore(store.store) { sights.take($0) } } ?? store.store
        let feed =
            settings.http?.tellsChanges == true
            ? try store.feed(retention: settings.store.retentionMilliseconds, log) : nil
        self.feed = feed
        try feed?.observe(metrics)
        let measured = try MeasuredStore(
            (feed as? LocalFeed).map { feed in
                WatchedStore(seen, begins: { feed.begins() }, ended: { feed.ended($0) }) { feed.wrote($0) }
            } ?? seen, reports)
        let capture = try settings.capture.map { try CaptureWriter($0, log) }
        self.capture = capture

        let sink: any DeadLetterSink
        switch settings.deadLetters.place {
        case .kafka(let topic, let client):
            let letters = try KafkaDeadLetters(topic: topic, KafkaSettings(client), observer: { log.tell($0) })
            (letterTopic, sink) = (letters, letters)
        case .file:
            let letters = DeadLetterFile(path: settings.deadLetterPath)
            try letters.probe()
            (letterTopic, sink) = (nil, letters)
        }
        let letters = try MeasuredLetters(sink, reports)

        var options = PipelineOptions(settings)
        options.decoder = store.decoder
        pipeline = Pipeline(
            source: capture.map { CapturingSource(source.source, to: $0) } ?? source.source, store: measured,
            storeMayHoldRows: store.mayHoldRows, epoch: store.epoch,
            deadLetters: capture.map { CapturingSink(letters, after: $0) } ?? letters, options: options, clock: { .now })
        try WorkerMetrics.observe(pipeline, in: metrics)
        try source.observe(pipeline, in: metrics)
        if let capture { try WorkerMetrics.observe(capture, in: metrics) }
        let health = WorkerHealth(pipeline, source, capture)
        try health.observe(metrics)
        self.health = health
        let failover = try settings.failover.map { failover in
            let worker = sights.map { sights in
                WorkerBeside(
                    sights: sights, delay: settings.engine.refreshIntervalMilliseconds ?? 0, prefix: store.prefix,
                    links: { store.links }, lag: { health.lag })
            }
            return try FailoverService(failover, reports, beside: worker, http: nil, hub: feed?.hub)
        }

        self.failover = failover
        let standing = ProcessStanding(settings, store, source, pipeline, health, failover)
        trend = LagRounds(standing)
        var letterDesk: LetterDesk?
        if case .file = settings.deadLetters.place {
            letterDesk = LetterDesk(path: settings.deadLetterPath, decoder: store.decoder, log) { try source.redrive($0, $1) }
        }
        server = try Worker.server(
            settings,
            APIServer.Source(
                state: store.readAll.map { .all($0) } ?? .member(measured),
                reading: store.reading(measured, failed: { log.error("http.state", "\($0)") }),
                aliasKey: store.decoder.aliasKey, failover: failover?.answers, writing: settings.writing,
                feed: feed, letters: letterDesk,
                lettersElsewhere: "dead letters go to a Kafka topic (dead-letters.kind kafka): read them there",
                standing: standing, process: ("worker", reports.version)),
            Operations(
                metrics: metrics, live: { source.live },
                ready: {
                    HealthReport(health.ready.checks + (failover?.checksBeside ?? []) + (feed?.checks ?? []))
                }), log)
        if let key = store.decoder.aliasKey {
            log.info(
                "aliases.on", "phone numbers, e-mail addresses and chat identities become aliases of customers",
                ["key-id": .text(key.keyID), "country": .text(key.country?.description ?? "none")])
        } else {
            log.info("aliases.off", "no aliases of customers are written: aliases.key-file is not set")
        }
        log.info(
            "run.start", "starting",
            [
                "version": .text(reports.version), "source": .text(source.summary), "store": .text(store.summary),
                "shards": .integer(options.shards), "http": .text(server?.place ?? "off"),
            ])
    }

    /// Nil without a port, and where another shard's process has it: that is no reason for KCL's daemon to end with all its shards.
    private static func server(
        _ settings: WorkerSettings, _ source: APIServer.Source, _ operations: Operations, _ log: Log
    ) throws -> APIServer? {
        guard let http = settings.http else { return nil }
        do {
            return try APIServer(http, source, operations, isBeside: true, log)
        } catch {
            guard case .kcl = settings.source else { throw error }
            log.warning(
                "http.off", "\(error); continuing without HTTP. With http.port 0 the process of each shard uses a free port")
            return nil
        }
    }

    /// Until it is told to end, or has read all where that was the wish. Whether everything went well.
    package func run() -> Bool {
        var failure: (any Error)?
        store.start { [health] in health.lag }
        trend?.start()
        if failover?.start() == false {
            reports.log.error("failover.failed", "the system has no thread left for the controller")
        }
        feed?.start()
        do { try pipeline.run() } catch { failure = error }
        letterTopic?.close()
        feed?.stop()
        trend?.stop()
        server?.stop()
        failover?.stop()
        store.stop()
        let totals = pipeline.progress
        let fields: KeyValuePairs<String, LogValue> = [
            "records": .integer(totals.records), "events": .integer(totals.eventCount),
            "dead-letters": .integer(totals.deadLetterCount), "flushes": .integer(totals.flushes),
            "seconds": .number(reports.span.seconds), "expired": .integer(store.expiry.written),
        ]
        guard let failure else {
            reports.log.close(.info, "run.end", "everything that was read is durable; ending", fields)
            return true
        }
        reports.log.close(.error, "run.failed", "\(failure)", fields)
        return false
    }
}
