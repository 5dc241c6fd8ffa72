/// Where records go that cannot be merged.
package struct DeadLetterSettings: Sendable {
    package enum Place: Sendable {
        /// Nil: ``WorkerSettings/deadLetterPath`` says where.
        case file(path: String?)
        case kafka(topic: String, KafkaClientSettings)
    }

    package var place: Place
    /// Whether a sample of every kind of unknown objects goes there, too.
    package var keepsUnknown: Bool

    /// The words of `dead-letters.kind`.
    enum Kind: String, CaseIterable { case file, kafka }

    init(_ configuration: Configuration, _ store: StoreSettings) throws(ConfigurationError) {
        switch try configuration.required.word("dead-letters.kind") as Kind {
        case .file: place = .file(path: configuration.text("dead-letters.path"))
        case .kafka:
            place = .kafka(
                topic: try configuration.required.text("dead-letters.topic"), try KafkaClientSettings(configuration, store))
        }
        keepsUnknown = configuration.isOn("dead-letters.keep-unknown")
    }
}
