/// Why Kafka cannot be read or written. What passes by itself, such as a broker that is away, is no error but a ``KafkaEvent``.
public enum KafkaError: Error, Equatable, Sendable, CustomStringConvertible {
    /// librdkafka does not take an option, or its value.
    case option(name: String, reason: String)
    /// The client cannot be made of its options.
    case client(reason: String)
    /// librdkafka has given up: the member was fenced, say, or is not authorised.
    case fatal(reason: String)
    /// With `--until-end` a topic that is not there would be waited for in vain.
    case noTopic(reason: String)
    /// The position to go on from is gone, and `auto.offset.reset` is `error`.
    case positionLost(partition: String, reason: String)
    /// Members of one group write to different tables: each would void what the others committed.
    case otherTables(group: String, found: String, own: String)
    /// The broker did not say where a partition begins.
    case noStart(partition: String, reason: String)
    case commit(reason: String)
    case deadLetters(topic: String, reason: String)

    public var description: String {
        switch self {
        case .option(let name, let reason): "Kafka option \(name): \(reason)"
        case .client(let reason): "cannot make a Kafka client: \(reason)"
        case .fatal(let reason): "the Kafka client has given up: \(reason)"
        case .noTopic(let reason): "\(reason); create the topic, or mend kafka.topics"
        case .positionLost(let partition, let reason):
            "\(partition): the position to go on from is no longer there (\(reason)); choose where to begin with "
                + "kafka.auto.offset.reset earliest or latest"
        case .otherTables(let group, let found, let own):
            "the group \(group) has committed for workers whose store.prefix is \(found), and this one's is \(own): of one group all write "
                + "to the same tables. Mend store.prefix, or give this worker a kafka.group.id of its own, with which everything is read"
        case .noStart(let partition, let reason): "\(partition): the broker does not say where to begin: \(reason)"
        case .commit(let reason): "cannot commit to Kafka: \(reason)"
        case .deadLetters(let topic, let reason):
            "cannot write dead letters to the Kafka topic \(topic): \(reason). Nothing is passed over: mend the cause and start "
                + "again, the records come again."
        }
    }
}
