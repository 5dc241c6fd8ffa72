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
    /// Whether the topic has the record is not known.
    case records(topic: String, reason: String)

    public var description: String {
        switch self {
        case .option(let name, let reason): "Kafka option \(name): \(reason)"
        case .client(let reason): "cannot create a Kafka client: \(reason)"
        case .fatal(let reason): "the Kafka client failed: \(reason)"
        case .noTopic(let reason): "\(reason); create the topic, or correct kafka.topics"
        case .positionLost(let partition, let reason):
            "\(partition): the broker no longer has the position to continue from (\(reason)); choose where to start with "
                + "kafka.auto.offset.reset earliest or latest"
        case .otherTables(let group, let found, let own):
            "group \(group) belongs to workers with store.prefix \(found); this worker has store.prefix \(own). All workers of a group must "
                + "write to the same tables. Set store.prefix to \(found), or use another kafka.group.id, which reads all topics from the beginning"
        case .noStart(let partition, let reason): "\(partition): the broker does not report where to start: \(reason)"
        case .commit(let reason): "cannot commit to Kafka: \(reason)"
        case .deadLetters(let topic, let reason):
            "cannot write dead letters to the Kafka topic \(topic): \(reason). Remove the cause and restart; no record is lost, "
                + "because these records are read again."
        case .records(let topic, let reason): "cannot write a record to the Kafka topic \(topic): \(reason)"
        }
    }
}
