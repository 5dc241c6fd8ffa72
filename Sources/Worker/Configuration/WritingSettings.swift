import AWS
import Platform
import Writing

/// Where events go that are written over HTTP.
package struct WritingSettings: Sendable {
    package enum Place: Sendable {
        case kinesis(stream: String)
        case kafka(topic: String, KafkaClientSettings)
    }

    package var place: Place
    var keys: EventKeys

    /// Nil where nothing can be written.
    init?(_ configuration: Configuration, _ store: StoreSettings) throws(ConfigurationError) {
        if let stream = configuration.text("writing.stream") {
            place = .kinesis(stream: stream)
        } else if let topic = configuration.text("writing.topic") {
            place = .kafka(topic: topic, try KafkaClientSettings(configuration, store))
        } else {
            return nil
        }
        guard let keys = EventKeys(configuration.list("writing.keys").map { Secret($0) }) else {
            throw ConfigurationError(problems: [
                "writing.keys: give 1 to \(EventKeys.countMax) keys of at least \(EventKeys.bytesMin) bytes each, the same in all endpoints, such as the output of openssl rand -hex 32"
            ])
        }
        self.keys = keys
    }
}

extension ConfigurationSchema {
    static let writingKeys = [
        ConfigurationKey(
            "writing.keys", .list, unset: "required with writing.stream or writing.topic", secret: true,
            "keys under which accepted events are signed, the same in every endpoint of a deployment: the first signs, all verify"
        ),
        ConfigurationKey(
            "writing.stream", .text, unset: "nothing can be written over HTTP",
            "Kinesis stream, by name or ARN, that events go into which are written over HTTP; a worker has to read it"),
        ConfigurationKey(
            "writing.topic", .text, unset: "nothing can be written over HTTP",
            "the same as a Kafka topic, with the settings of the section kafka"),
    ]

    static let idleInWriting = [
        IdleSetting("writing.keys", needs: .set("writing.stream"), .set("writing.topic")),
        IdleSetting("writing.stream", needs: .set("http.port")), IdleSetting("writing.topic", needs: .set("http.port")),
    ]

    static let writingRules = [
        ConfigurationRule { configuration in
            guard configuration.isSet("writing.stream"), configuration.isSet("writing.topic") else { return nil }
            return "writing.stream and writing.topic exclude each other; set one"
        },
        ConfigurationRule { configuration in
            guard configuration.isSet("writing.topic"), !configuration.isSet("kafka.bootstrap.servers") else { return nil }
            return "writing.topic requires kafka.bootstrap.servers"
        },
    ]
}
