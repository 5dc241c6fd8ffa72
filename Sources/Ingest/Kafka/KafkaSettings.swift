public import Platform

/// What a Kafka client runs with, under librdkafka's own names.
///
///     var settings = KafkaSettings(brokers: ["b-1:9092"], group: "converge", topics: ["agent-events", "^contact-.*"])
///     settings.options = [("security.protocol", "ssl")]
public struct KafkaSettings: Sendable {
    /// `HOST:PORT`, to begin with.
    public var brokers: [String]
    public var group: String
    /// Names, and regular expressions that begin with `^`.
    public var topics: [String]
    /// Whatever else is set; of two of a name the later holds.
    public var options: [(name: String, value: String)] = []
    /// Ends once everything that is there is read.
    public var untilEnd = false
    /// What the names of the tables begin with that states are written to; nil where the store keeps positions itself. A group is of one set of
    /// tables.
    public var tables: String?
    /// Most kilobytes of records that lie in the client and wait to be read, over all partitions of the topics. The last answer of
    /// a broker may exceed it, by `fetch.message.max.bytes` (1 MiB) a partition.
    public var queueKilobytesMax = 262_144
    /// How long a partition that is taken away is held back until it is flushed and committed, in milliseconds. The group waits
    /// for it as long as `max.poll.interval.ms` (5 min).
    public var revokeMillisecondsMax: Int64 = 10_000
    /// Makes tokens for SASL/OAUTHBEARER. Called on a thread of the client, which may wait.
    public var token: (@Sendable () throws -> KafkaToken)?

    public init(brokers: [String], group: String, topics: [String]) {
        self.brokers = brokers
        self.group = group
        self.topics = topics
    }

    /// Whether librdkafka takes the options of a consumer, and of the producer of dead letters. Connects to nobody.
    public func check() throws(KafkaError) {
        try KafkaClient.check(consumerOptions())
        try KafkaClient.check(producerOptions)
    }

    /// What every client has.
    var common: [(name: String, value: String)] {
        [
            ("bootstrap.servers", brokers.joined(separator: ",")), ("client.id", "converge"),
            // Idle connections are closed by brokers all the time.
            ("log.connection.close", "false"), ("socket.nagle.disable", "true"),
        ]
    }

    /// Kilobytes of a partition that wait to be read, of so many; not known: of 32.
    ///
    /// Over it librdkafka 2.0 rests for up to a second, so that it is the most, too, that is read of a partition in a second while
    /// catching up: no less than 4 MiB, even where all of them come to more than ``queueKilobytesMax`` then; no more than librdkafka's
    /// own 64 MiB.
    func queueKilobytes(partitions: Int?) -> Int { min(max(queueKilobytesMax / max(partitions ?? 32, 1), 4_096), 65_536) }

    /// In the order in which they are set. What keeps the promise of delivery comes last.
    func consumerOptions(partitions: Int? = nil) -> [(name: String, value: String)] {
        common + [
            ("group.id", group), ("queued.max.messages.kbytes", "\(queueKilobytes(partitions: partitions))"),
            // Of the default 50 MB every answer is fresh memory of the kernel's, page by page.
            ("fetch.max.bytes", "4194304"),
            // How long new topics and partitions may go unseen.
            ("topic.metadata.refresh.interval.ms", "30000"),
        ] + options + [
            ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"), ("enable.partition.eof", "true"),
        ]
    }

    /// Of the producer of dead letters: in order, each once, for as long as it takes.
    var producerOptions: [(name: String, value: String)] {
        common + [
            ("message.max.bytes", "104857600"), ("queue.buffering.max.kbytes", "65536"), ("linger.ms", "5"),
        ] + options.filter { !KafkaSettings.consumerOnly.contains($0.name) } + [
            ("enable.idempotence", "true"), ("message.timeout.ms", "0"),
        ]
    }

    /// What librdkafka would warn of in a producer.
    private static let consumerOnly: Set<String> = [
        "partition.assignment.strategy", "auto.offset.reset", "group.instance.id", "statistics.interval.ms",
        "session.timeout.ms", "heartbeat.interval.ms", "max.poll.interval.ms", "fetch.wait.max.ms", "fetch.min.bytes",
        "fetch.max.bytes", "fetch.message.max.bytes", "max.partition.fetch.bytes", "fetch.error.backoff.ms",
        "queued.min.messages", "queued.max.messages.kbytes", "isolation.level", "check.crcs", "client.rack",
        "allow.auto.create.topics",
    ]
}

/// Who a client is, as SASL/OAUTHBEARER tells it.
public struct KafkaToken: Sendable {
    public var value: Secret
    /// Milliseconds since 1970. librdkafka asks for another one at four fifths of the time until then.
    public var expiration: Int64
    public var principal: String

    public init(value: Secret, expiration: Int64, principal: String) {
        self.value = value
        self.expiration = expiration
        self.principal = principal
    }
}
