import API
import AWS
import ContactCenter
import EmbeddedStorage
import EngineCore
import HTTPClient
import Observability
import Platform
import Storage

/// The store of a worker, as it is configured.
package struct WorkerStore {
    /// What is read and written. One around it may stand in its place before a worker is made of it, as a benchmark's that measures.
    package var store: any Store
    /// For the log.
    let summary: String
    let mayHoldRows: Bool
    /// Of a store that is shared: its commits are the source's.
    let epoch: String?
    /// Of a store that is shared: the join of all Regions' rows of an entity.
    let readAll: EntityReading?
    /// Of a store that is shared: each of those rows, at the name of the Region that wrote it.
    let readRows: RowReading?
    /// What rows mean: the settings of it, and the key of aliases.
    let decoder: DecoderOptions
    /// What was past its time already when it was written.
    let expiry: ExpiryWatch
    private let embedded: EmbeddedStore?
    private let tables: DynamoDBStore?
    private let canary: ReplicationCanary?

    /// Opens it. A state is bound to what its rows mean, as by `replay`.
    package init(_ settings: WorkerSettings, _ log: Log) throws {
        let retention = settings.store.retentionMilliseconds
        let watch = WorkerStore.watch(retention, log)
        var decoder = settings.engine.decoder
        decoder.aliasKey = try settings.aliases?.key()
        switch settings.store.place {
        case .tables(let prefix):
            let session = try AWSSession()
            let store = try DynamoDBStore(
                session, prefix: prefix, retention: retention, watch: watch, readable: settings.store.readable,
                isOldFormat: settings.store.format == .old, hasAliases: decoder.aliasKey != nil,
                tell: { log.warning("store.format", $0) })
            try decoder.bind(to: store, at: "dynamodb:\(prefix)")
            let reader = try DynamoDBReader(session, prefix: prefix)
            self.init(
                store: store, summary: "dynamodb:\(prefix) in \(store.region)", mayHoldRows: true,
                epoch: try store.epoch(), readAll: { (kind, id, found) throws(StoreError) in try reader.read(kind, id, found) },
                readRows: { (kind, id, found) throws(StoreError) in try reader.readRows(kind, id, found) }, decoder: decoder,
                expiry: watch, tables: store,
                canary: try WorkerStore.canary(settings, session, store, log))
        case .embedded(let path):
            let store = try EmbeddedStore(
                path: path, mode: .createOrOpen, expiry: Expiry(retention: retention, watch: watch))
            try decoder.bind(to: store, at: path)
            self.init(
                store: store, summary: path, mayHoldRows: try !store.isEmpty, epoch: nil, decoder: decoder,
                expiry: watch, embedded: store)
        case .memory:
            self.init(
                store: MemoryStore(expiry: Expiry(retention: retention, watch: watch)), summary: "memory",
                mayHoldRows: false, epoch: nil, decoder: decoder, expiry: watch)
        }
    }

    /// Of KCL's record processors there is one a shard, and no endpoint to tell it by as a rule: they have none. A worker's row is called
    /// after the host, so that one that is started again and again leaves one row.
    private static func canary(
        _ settings: WorkerSettings, _ session: AWSSession, _ store: DynamoDBStore, _ log: Log
    ) throws -> ReplicationCanary? {
        if case .kcl = settings.source { return nil }
        return ReplicationCanary(
            try canaryClient(session), prefix: store.prefix, worker: hostName(),
            units: { store.currentFigures.writes.unitsByKind }
        ) { log.warning("replication.canary", $0) }
    }

    /// A canary tries again by itself, and measures how long things take.
    static func canaryClient(_ session: AWSSession) throws -> ServiceClient {
        try session.client(
            .dynamoDB, retry: RetryOptions(attemptsMax: 1),
            timeouts: HTTPTimeouts(connect: .seconds(2), firstByte: .seconds(3), idle: .seconds(3), total: .seconds(5)))
    }

    func observe(_ metrics: Metrics) throws(MetricsError) {
        try WorkerMetrics.observe(expiry, in: metrics)
        if let tables {
            try WorkerMetrics.observe(tables, in: metrics)
            try WorkerMetrics.observeRows(tables, in: metrics)
        }
        if let canary { try WorkerMetrics.observe(canary, in: metrics) }
    }

    /// Says once what is not kept, why, and what to do about it.
    private static func watch(_ retention: Int64, _ log: Log) -> ExpiryWatch {
        ExpiryWatch { kind, id, latest in
            log.warning(
                "store.expired",
                "events are older than store.retain-contacts: their contacts, flows and sessions have already expired and are not visible. "
                    + "To keep them, set --retain-contacts to a longer time, such as 36500d; "
                    + "converge_expired_entities_total counts them",
                [
                    "kind": .text("\(kind)"), "id": .text(id), "latest": .time(latest),
                    "retain-contacts-seconds": .integer(Int(retention / 1000)),
                ])
        }
    }

    /// The most bytes of a state of which a digest is taken at the end: half a second.
    private static let digestBytesMax = 32 << 20

    /// The ways from the other Regions; empty where nobody measures them.
    var links: [ReplicationLink] { canary?.links ?? [] }
    /// Replication both ways and other Regions' workers; nil where nobody measures it.
    var replication: ReplicationCanary? { canary }
    /// What is read of the state over HTTP. `own`: of a store that one worker has to itself.
    func reading(_ own: any Store, failed: @escaping @Sendable (StoreError) -> Void) -> ReadingSource {
        guard let readAll, let readRows, let tables else {
            return ReadingSource(own, at: summary, regions: { [] }, failed: failed)
        }
        return ReadingSource(
            read: readAll, rows: readRows, regions: { [canary] in tables.readingRegions(canary?.links ?? []) }, failed: failed)
    }

    /// Where changes are told from, and lists are answered from.
    func feed(retention: Int64, _ log: Log) throws -> any StateFeed {
        guard let prefix else { return try LocalFeed(store, retention: retention, log) }
        return try TablesFeed(AWSSession(), prefix: prefix, log)
    }

    /// Of tables: what their names begin with.
    var prefix: String? { tables?.prefix }

    /// Begins what runs beside the store. `lag`: how old the oldest event is that is not written yet; nil where that is not known.
    func start(lag: @escaping @Sendable () -> Int64?) { canary?.start(lag: lag) }

    /// What runs beside the store ends, and nothing more is written to it.
    func stop() {
        canary?.stop()
        guard let embedded else { return }
        embedded.seal(digest: embedded.digest(ofAtMost: WorkerStore.digestBytesMax))
    }

    private init(
        store: any Store, summary: String, mayHoldRows: Bool, epoch: String?, readAll: EntityReading? = nil,
        readRows: RowReading? = nil, decoder: DecoderOptions, expiry: ExpiryWatch, embedded: EmbeddedStore? = nil,
        tables: DynamoDBStore? = nil, canary: ReplicationCanary? = nil
    ) {
        self.store = store
        self.summary = summary
        self.mayHoldRows = mayHoldRows
        self.epoch = epoch
        self.readAll = readAll
        self.readRows = readRows
        self.decoder = decoder
        self.expiry = expiry
        self.embedded = embedded
        self.tables = tables
        self.canary = canary
    }
}

extension DynamoDBStore {
    /// Its own Region, and those that replicate to it.
    fileprivate func readingRegions(_ links: [ReplicationLink]) -> [ReadingRegion] {
        [ReadingRegion(name: region, isOwn: true)]
            + links.map { ReadingRegion(name: $0.from, isOwn: false, lagMilliseconds: $0.lagMilliseconds) }
    }
}
