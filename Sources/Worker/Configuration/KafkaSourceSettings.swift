/// Events from Kafka.
package struct KafkaSourceSettings: Sendable {
    package var client: KafkaClientSettings
    /// Nil: where the store stopped.
    package var from: StartSetting?
    /// Up to how many records behind the worker says that it is ready.
    package var readyLag: Int

    init(_ configuration: Configuration, _ store: StoreSettings) throws(ConfigurationError) {
        client = try KafkaClientSettings(configuration, store)
        from = StartSetting(configuration)
        readyLag = try configuration.required.integer("kafka.ready-lag")
    }
}
