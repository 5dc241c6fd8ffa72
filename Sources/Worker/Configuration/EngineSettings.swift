import ContactCenter
import Platform

/// How events are merged and written.
package struct EngineSettings: Sendable {
    /// Threads, and shards of the state.
    package var shards: Int
    package var decoder: DecoderOptions
    package var flushIntervalMilliseconds: Int64
    /// How long a write of nothing but refreshes may wait; nil: it does not.
    package var refreshIntervalMilliseconds: Int64?
    package var dirtyBytesMax: Int
    package var cacheBytesMax: Int

    init(_ configuration: Configuration, _ store: StoreSettings) throws(ConfigurationError) {
        let required = configuration.required
        shards = configuration.integer("engine.workers") ?? coreCount()
        decoder = DecoderOptions()
        decoder.skewGuard.maxSkew = try required.milliseconds("engine.max-skew")
        decoder.customerAttribute = try required.text("engine.customer-attribute")
        // A row in DynamoDB costs money each time.
        flushIntervalMilliseconds = configuration.milliseconds("engine.flush-interval") ?? (store.isShared ? 100 : 2)
        let refreshInterval = try required.milliseconds("engine.heartbeat-write-interval")
        refreshIntervalMilliseconds = store.isShared && refreshInterval > 0 ? refreshInterval : nil
        dirtyBytesMax = try required.bytes("engine.dirty-bytes")
        cacheBytesMax = configuration.bytes("engine.cache-bytes") ?? memoryBytes() / 4
    }
}
