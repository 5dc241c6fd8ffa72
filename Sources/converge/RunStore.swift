import API
import AWS
import ContactCenter
import EngineCore
import HTTPClient
import Observability
import Platform
import Storage
import Worker

/// The store of a worker, as it is configured.
struct RunStore {
    let store: any Store
    /// For the log.
    let summary: String
    /// The directory, where there is one.
    let path: String?
    let mayHoldRows: Bool
    /// Of a store that is shared: its commits are the source's.
    let epoch: String?
    /// Of a store that is shared: the join of all Regions' rows of an entity.
    let readAll: EntityReading?
    /// What was past its time already when it was written.
    let expiry: ExpiryWatch
    private let canary: ReplicationCanary?

    /// A state is bound to what its rows mean, as by `replay`.
    init(_ configuration: Configuration, _ decoder: DecoderOptions, _ metrics: Metrics, _ log: Log) throws {
        let retention = configuration.milliseconds("store.retain-contacts")
        let watch = RunStore.watch(retention ?? 0, log)
        try RunMetrics.observe(watch, in: metrics)
        switch configuration.text("store.kind") {
        case "dynamodb":
            let prefix = configuration.text("store.prefix") ?? ""
            let session = try AWSSession()
            let store = try DynamoDBStore(session, prefix: prefix, retention: retention, watch: watch)
            try DecodingFlags.bind(decoder, to: store, at: "dynamodb:\(prefix)")
            try RunMetrics.observe(store, in: metrics)
            // It tries again by itself, and measures how long things take.
            let client = try session.client(
                .dynamoDB, retry: RetryOptions(attemptsMax: 1),
                timeouts: HTTPTimeouts(connect: .seconds(2), firstByte: .seconds(3), idle: .seconds(3), total: .seconds(5)))
            // Of KCL's record processors there is one a shard, and no endpoint to tell it by as a rule. A worker's row is called after the
            // host, so that one that is started again and again leaves one row.
            let canary =
                configuration.text("source.kind") == "kcl"
                ? nil
                : ReplicationCanary(client, prefix: prefix, worker: hostName()) { log.warning("replication.canary", $0) }
            if let canary { try RunMetrics.observe(canary, in: metrics) }
            let reader = try DynamoDBReader(session, prefix: prefix)
            self.init(
                store: store, summary: "dynamodb:\(prefix) in \(store.region)", path: nil, mayHoldRows: true,
                epoch: try store.epoch(), readAll: { (kind, id, found) throws(StoreError) in try reader.read(kind, id, found) },
                expiry: watch, canary: canary)
            canary?.start()
        case "embedded":
            let path = configuration.text("store.path") ?? ""
            let store = try EmbeddedStore(
                path: path, mode: .createOrOpen, expiry: retention.map { Expiry(retention: $0, watch: watch) })
            try DecodingFlags.bind(decoder, to: store, at: path)
            self.init(store: store, summary: path, path: path, mayHoldRows: try !store.isEmpty, epoch: nil, expiry: watch)
        default:
            self.init(
                store: MemoryStore(expiry: retention.map { Expiry(retention: $0, watch: watch) }), summary: "memory", path: nil,
                mayHoldRows: false, epoch: nil, expiry: watch)
        }
    }

    /// Says once what is not kept, why, and what to do about it.
    private static func watch(_ retention: Int64, _ log: Log) -> ExpiryWatch {
        ExpiryWatch { kind, id, latest in
            log.warning(
                "store.expired",
                "events are older than store.retain-contacts: the contacts, flows and sessions that they tell of are past their time and "
                    + "nobody sees them. Set --retain-contacts to a longer time to keep them, such as 36500d; "
                    + "converge_expired_entities_total counts them",
                [
                    "kind": .text("\(kind)"), "id": .text(id), "latest": .time(latest),
                    "retain-contacts-seconds": .integer(Int(retention / 1000)),
                ])
        }
    }

    /// The most bytes of a state of which a digest is taken at the end: half a second.
    private static let digestBytesMax = 32 << 20

    /// What runs beside the store ends, and nothing more is written to it.
    func stop() {
        canary?.stop()
        guard let embedded = store as? EmbeddedStore else { return }
        embedded.seal(digest: embedded.digest(ofAtMost: RunStore.digestBytesMax))
    }

    private init(
        store: any Store, summary: String, path: String?, mayHoldRows: Bool, epoch: String?, readAll: EntityReading? = nil,
        expiry: ExpiryWatch, canary: ReplicationCanary? = nil
    ) {
        self.store = store
        self.summary = summary
        self.path = path
        self.mayHoldRows = mayHoldRows
        self.epoch = epoch
        self.readAll = readAll
        self.expiry = expiry
        self.canary = canary
    }
}
