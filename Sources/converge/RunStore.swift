import AWS
import ContactCenter
import Engine
import Operations
import Storage

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

    /// A state is bound to what its rows mean, as by `replay`.
    init(_ configuration: Configuration, _ decoder: DecoderOptions, _ metrics: Metrics) throws {
        let retention = configuration.milliseconds("store.retain-contacts")
        switch configuration.text("store.kind") {
        case "dynamodb":
            let prefix = configuration.text("store.prefix") ?? ""
            let store = try DynamoDBStore(try AWSSession(), prefix: prefix, retention: retention)
            try DecodingFlags.bind(decoder, to: store, at: "dynamodb:\(prefix)")
            try RunMetrics.observe(store, in: metrics)
            self.init(
                store: store, summary: "dynamodb:\(prefix) in \(store.region)", path: nil, mayHoldRows: true,
                epoch: try store.epoch())
        case "embedded":
            let path = configuration.text("store.path") ?? ""
            let store = try EmbeddedStore(
                path: path, mode: .createOrOpen, expiry: retention.map { Expiry(retention: $0) })
            try DecodingFlags.bind(decoder, to: store, at: path)
            self.init(store: store, summary: path, path: path, mayHoldRows: try !store.isEmpty, epoch: nil)
        default:
            self.init(
                store: MemoryStore(expiry: retention.map { Expiry(retention: $0) }), summary: "memory", path: nil,
                mayHoldRows: false, epoch: nil)
        }
    }

    private init(store: any Store, summary: String, path: String?, mayHoldRows: Bool, epoch: String?) {
        self.store = store
        self.summary = summary
        self.path = path
        self.mayHoldRows = mayHoldRows
        self.epoch = epoch
    }
}
