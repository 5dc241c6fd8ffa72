/// How Kafka is spoken to, by the consumer of events and by the producer of dead letters.
package struct KafkaClientSettings: Sendable {
    package var brokers: [String]
    package var group: String
    /// Empty where Kafka takes dead letters alone.
    package var topics: [String]
    package var untilEnd: Bool
    /// What the names of the tables begin with that states are written to; nil where the store keeps positions itself.
    package var tables: String?
    /// Under librdkafka's names; of two of a name the later holds.
    package var options: [(name: String, value: String)]
    /// The Region that tokens of IAM are signed for; nil where nobody logs in so.
    package var tokenRegion: String?

    /// Settings that are called as librdkafka's options are.
    static let sameNames = [
        "group.instance.id", "client.rack", "partition.assignment.strategy", "auto.offset.reset", "security.protocol",
        "ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password", "sasl.mechanism",
        "sasl.username", "sasl.password",
    ]

    init(_ configuration: Configuration, _ store: StoreSettings) throws(ConfigurationError) {
        let required = configuration.required
        brokers = configuration.list("kafka.bootstrap.servers")
        group = try required.text("kafka.group.id")
        topics = configuration.list("kafka.topics")
        untilEnd = configuration.isOn("source.until-end")
        if case .tables(let prefix) = store.place { tables = prefix }
        options = KafkaClientSettings.sameNames.compactMap { name in configuration.text("kafka.\(name)").map { (name, $0) } }
        options.append(("statistics.interval.ms", "\(try required.milliseconds("kafka.statistics.interval"))"))
        options += configuration.options("kafka.options")
        if configuration.text("kafka.sasl.mechanism") == "OAUTHBEARER" { tokenRegion = try required.text("kafka.sasl.region") }
    }
}
