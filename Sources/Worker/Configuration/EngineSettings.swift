import ContactCenter
import Platform

/// How events are merged and written.
package struct EngineSettings: Sendable {
    /// Where nothing is given, to `converge replay`, too: a thread and a shard of the state for each core.
    package static var defaultShards: Int { coreCount() }
    package static let defaultShardsInWords = "one per core"
    /// The same of ``cacheBytesMax``.
    package static var defaultCacheBytes: Int { memoryBytes() / 4 }
    package static let defaultCacheInWords = "a quarter of memory"
    /// The same of ``flushIntervalMilliseconds``: a row in DynamoDB costs money each time.
    private static func defaultFlushInterval(isShared: Bool) -> Int64 { isShared ? 20 : 2 }
    static let defaultFlushIntervalInWords =
        "\(Quantity.text(milliseconds: defaultFlushInterval(isShared: false))); "
        + "\(Quantity.text(milliseconds: defaultFlushInterval(isShared: true))) with store.kind dynamodb"
    /// The same of ``commitIntervalMilliseconds``: before each commit the tables' epochs are read.
    private static func defaultCommitInterval(isShared: Bool) -> Int64 { isShared ? 1_000 : 100 }
    static let defaultCommitIntervalInWords =
        "\(Quantity.text(milliseconds: defaultCommitInterval(isShared: false))); "
        + "\(Quantity.text(milliseconds: defaultCommitInterval(isShared: true))) with store.kind dynamodb"

    /// Threads, and shards of the state.
    package var shards: Int
    package var decoder: DecoderOptions
    package var flushIntervalMilliseconds: Int64
    package var commitIntervalMilliseconds: Int64
    /// How long a write of nothing but refreshes may wait; nil: it does not.
    package var refreshIntervalMilliseconds: Int64?
    package var dirtyBytesMax: Int
    package var cacheBytesMax: Int

    init(_ configuration: Configuration, _ store: StoreSettings) throws(ConfigurationError) {
        let required = configuration.required
        shards = configuration.integer("engine.threads") ?? EngineSettings.defaultShards
        decoder = DecoderOptions()
        decoder.skewGuard.maxSkew = try required.milliseconds("engine.max-skew")
        decoder.customerAttribute = try required.text("engine.customer-attribute")
        flushIntervalMilliseconds =
            configuration.milliseconds("engine.flush-interval")
            ?? EngineSettings.defaultFlushInterval(isShared: store.isShared)
        commitIntervalMilliseconds =
            configuration.milliseconds("engine.commit-interval")
            ?? EngineSettings.defaultCommitInterval(isShared: store.isShared)
        let refreshInterval = try required.milliseconds("engine.heartbeat-write-interval")
        refreshIntervalMilliseconds = store.isShared && refreshInterval > 0 ? refreshInterval : nil
        dirtyBytesMax = try required.bytes("engine.dirty-bytes")
        cacheBytesMax = configuration.bytes("engine.cache-bytes") ?? EngineSettings.defaultCacheBytes
    }
}
