import ContactCenter
import Ingest
import Observability
import Platform
import Storage

extension ConfigurationSchema {
    /// The settings of the worker; `docs/configuration.md` is the same for people.
    public static let worker = ConfigurationSchema(
        keys: source + kafka + kinesis + library + store + engine + aliases + deadLetters + httpKeys
            + writingKeys + log + capture + failoverKeys
            + [
                ConfigurationKey(
                    "drain-timeout", .duration(0...3_600_000), default: "30s",
                    "maximum time for flushing and committing after the signal to end")
            ],
        rules: [
            ConfigurationRule { needs($0, "kafka.bootstrap.servers", when: "source.kind", is: "kafka") },
            ConfigurationRule { needs($0, "kafka.topics", when: "source.kind", is: "kafka") },
            ConfigurationRule { needs($0, "kinesis.streams", when: "source.kind", is: "kinesis") },
            ConfigurationRule { needs($0, "kinesis.regions", when: "kinesis.topology", is: "all") },
            ConfigurationRule { needs($0, "dead-letters.topic", when: "dead-letters.kind", is: "kafka") },
            ConfigurationRule { configuration in
                do throws(UsageError) {
                    _ = try CallingCode(told: configuration.text("aliases.country"), as: "aliases.country")
                    return nil
                } catch {
                    return "\(error)"
                }
            },
            ConfigurationRule { pair($0, "kafka.ssl.certificate.location", "kafka.ssl.key.location") },
            ConfigurationRule { configuration in
                let mechanism = configuration.text("kafka.sasl.mechanism")
                let isSASL = configuration.text("kafka.security.protocol")?.hasPrefix("sasl_") ?? false
                if isSASL, mechanism == nil {
                    return "kafka.security.protocol sasl_plaintext and sasl_ssl require kafka.sasl.mechanism"
                }
                guard !isSASL, mechanism != nil else { return nil }
                return "kafka.sasl.mechanism has no effect unless kafka.security.protocol is sasl_plaintext or sasl_ssl; "
                    + "set one of these, or remove kafka.sasl.mechanism"
            },
            ConfigurationRule { configuration in
                guard let mechanism = configuration.text("kafka.sasl.mechanism"), mechanism != "OAUTHBEARER" else { return nil }
                return ["kafka.sasl.username", "kafka.sasl.password"].first { configuration.text($0) == nil }
                    .map { "kafka.sasl.mechanism \(mechanism) requires \($0)" }
            },
            ConfigurationRule { needs($0, "kafka.sasl.region", when: "kafka.sasl.mechanism", is: "OAUTHBEARER") },
            ConfigurationRule { configuration in
                guard let file = configuration.bytes("capture.file-bytes"), let all = configuration.bytes("capture.bytes"),
                    file > all / 2
                else { return nil }
                return "capture.file-bytes must be at most half of capture.bytes, so that there is an older file to delete"
            },
        ] + httpRules + writingRules + failoverRules, idle: idleInWorker + idleInHTTP + idleInWriting)

    private static func needs(_ configuration: Configuration, _ name: String, when other: String, is word: String) -> String? {
        guard configuration.text(other) == word, !configuration.isSet(name) else { return nil }
        return "\(other) \(word) requires \(name)"
    }

    private static func pair(_ configuration: Configuration, _ one: String, _ other: String) -> String? {
        switch (configuration.isSet(one), configuration.isSet(other)) {
        case (true, false): "\(one) requires \(other)"
        case (false, true): "\(other) requires \(one)"
        default: nil
        }
    }

    private static let source = [
        ConfigurationKey(
            "source.kind", .choice([SourceSettings.Kind.kafka, .kinesis].map(\.rawValue)), default: "kafka",
            "where events are read from"),
        ConfigurationKey(
            "source.from", .time(words: ["beginning", "latest"]), unset: "continue from the stored position", flag: "from",
            "start at the first record that is not older than the time, at the first record, or after the last one; applies once per process and partition"
        ),
        ConfigurationKey(
            "source.until-end", .boolean, default: "false", flag: "until-end", "end when all available records are merged"),
    ]

    private static let kafka = [
        ConfigurationKey("kafka.bootstrap.servers", .list, unset: "required", "initial brokers, HOST:PORT"),
        ConfigurationKey("kafka.topics", .list, unset: "required", "topics; a name that begins with ^ is a regular expression"),
        ConfigurationKey("kafka.group.id", .text, default: "converge", "the consumer group"),
        ConfigurationKey(
            "kafka.group.instance.id", .text, unset: "no static membership",
            "name of this member that stays the same after a restart, so that a restart does not rebalance the group"),
        ConfigurationKey(
            "kafka.client.rack", .text, unset: "none", "location of this member, so that it can read from the nearest replica"),
        ConfigurationKey(
            "kafka.partition.assignment.strategy", .choice(["range", "roundrobin", "cooperative-sticky"]),
            default: "cooperative-sticky", "how partitions are assigned to members; must be the same for all members"),
        ConfigurationKey(
            "kafka.auto.offset.reset", .choice(["earliest", "latest", "error"]), default: "earliest",
            "where to start if the broker no longer has the position to continue from"),
        ConfigurationKey(
            "kafka.ready-lag", .integer(0...1_000_000_000_000), default: "10000",
            "the member is ready while it is at most this many records behind, over all its partitions"),
        ConfigurationKey(
            "kafka.statistics.interval", .duration(0...3_600_000), default: "5s",
            "time between two statistics of librdkafka; 0ms: none"),
        ConfigurationKey(
            "kafka.security.protocol", .choice(["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]), default: "plaintext",
            "protocol to the brokers"),
        ConfigurationKey(
            "kafka.ssl.ca.location", .text, unset: "the system's", "file with the CA certificates for the brokers (PEM)"),
        ConfigurationKey("kafka.ssl.certificate.location", .text, unset: "none", "file with this client's certificate (PEM)"),
        ConfigurationKey("kafka.ssl.key.location", .text, unset: "none", "file with this client's private key (PEM)"),
        ConfigurationKey(
            "kafka.ssl.key.password", .text, unset: "none", secret: true, "password of the private key"),
        ConfigurationKey(
            "kafka.sasl.mechanism", .choice(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]), unset: "none",
            advice: [
                "aws_msk_iam":
                    "for IAM of Amazon MSK use OAUTHBEARER with kafka.sasl.region; credentials are found as the AWS SDKs find them"
            ],
            "SASL mechanism; OAUTHBEARER means IAM of Amazon MSK"),
        ConfigurationKey("kafka.sasl.username", .text, unset: "none", "user name"),
        ConfigurationKey("kafka.sasl.password", .text, unset: "none", secret: true, "password"),
        ConfigurationKey("kafka.sasl.region", .text, unset: "none", "Region that OAUTHBEARER tokens are signed for"),
        ConfigurationKey(
            "kafka.options", .options(ConfigurationKey.OptionRules(refused: refusedOptions, beginnings: optionBeginnings)),
            unset: "none",
            "other options of librdkafka, by their own names"),
    ]

    /// What librdkafka must not be told past Converge.
    private static let refusedOptions: [String: String] = {
        let commit = "Converge itself commits a position when everything up to it is durable; remove this option"
        var refused = [
            "enable.auto.commit": commit, "auto.commit.enable": commit, "auto.commit.interval.ms": commit,
            "enable.auto.offset.store": commit, "offset.store.method": commit,
            "enable.partition.eof": "the worker sets it; use source.until-end instead",
            "enable.idempotence": "dead letters are always written idempotently; remove this option",
            "statistics.interval.ms": "use kafka.statistics.interval",
            "metadata.broker.list": "use kafka.bootstrap.servers", "sasl.mechanisms": "use kafka.sasl.mechanism",
        ]
        // What clients in Java have instead.
        let login =
            "this is an option of Java clients; use kafka.sasl.mechanism with kafka.sasl.username and kafka.sasl.password_file, or for IAM of "
            + "Amazon MSK kafka.sasl.mechanism OAUTHBEARER with kafka.sasl.region"
        for name in ["sasl.jaas.config", "sasl.client.callback.handler.class", "sasl.login.callback.handler.class"] {
            refused[name] = login
        }
        for name in ["ssl.truststore.location", "ssl.truststore.password", "ssl.truststore.type"] {
            refused[name] = "Converge reads PEM certificates; use kafka.ssl.ca.location"
        }
        for name in ["key.deserializer", "value.deserializer"] {
            refused[name] = "Converge reads records as bytes; remove this option"
        }
        for name in ["bootstrap.servers", "group.id"] + KafkaClientSettings.sameNames { refused[name] = "use kafka.\(name)" }
        return refused
    }()

    /// Of librdkafka's options.
    private static let optionBeginnings = [
        "allow.", "api.", "broker.", "check.", "client.", "connections.", "debug", "enable.", "fetch.", "heartbeat.",
        "internal.", "isolation.", "max.", "message.", "metadata.", "oauthbearer.", "queued.", "receive.", "reconnect.",
        "request.", "retry.", "sasl.", "security.", "session.", "socket.", "ssl.", "topic.",
    ]

    private static let kinesis = [
        ConfigurationKey(
            "kinesis.streams", .list, unset: "required",
            "stream names, or ARNs, which include the Region; NAME=TABLE also sets the stream's lease table"),
        ConfigurationKey(
            "kinesis.topology", .choice(KinesisSourceSettings.Topology.allCases.map(\.rawValue)), default: "local",
            flag: "streams",
            "local: read the streams of the worker's own Region; all: read those of all kinesis.regions"),
        ConfigurationKey("kinesis.regions", .list, unset: "the worker's own", "Regions of the streams"),
        ConfigurationKey(
            "kinesis.application", .text, default: "converge",
            "name of the lease table (APPLICATION-STREAM-REGION with several streams) and of the enhanced fan-out consumer"),
        ConfigurationKey(
            "kinesis.fan-out", .boolean, default: "false", "use enhanced fan-out instead of polling; costs more"),
        ConfigurationKey(
            "kinesis.ready-behind", .duration(0...604_800_000),
            default: Quantity.text(milliseconds: KinesisSourceSettings.defaultReadyBehind),
            "the worker is ready while it is at most this far behind the end of its shards"),
    ]

    /// Of a file that `run` and `kcl` share.
    private static let library = [
        ConfigurationKey(
            "kcl.lease-table", .text, unset: "commits of converge kcl carry no table epoch",
            "only for converge kcl: KCL's lease table (its applicationName); with store.kind dynamodb, the lease rows carry the epoch of the "
                + "tables")
    ]

    private static let store = [
        ConfigurationKey(
            "store.kind", .choice(StoreSettings.Kind.allCases.map(\.rawValue)), default: "embedded", "where the state is stored"
        ),
        ConfigurationKey("store.path", .text, default: StoreSettings.defaultPath, "directory of the embedded store"),
        ConfigurationKey(
            "store.prefix", .text, default: DynamoDBTables.defaultPrefix,
            "beginning of the DynamoDB table names: PREFIX-agent and so on"),
        ConfigurationKey(
            "store.readable", .choice(ReadableAttribute.allCases.map(\.rawValue)),
            default: StoreSettings.defaultReadable.rawValue,
            "what a row in DynamoDB holds for other programs: state, what it tells; stamps, every register with its stamp in values; or none"
        ),
        ConfigurationKey(
            "store.format", .choice(StoreSettings.Format.allCases.map(\.rawValue)),
            default: StoreSettings.Format.auto.rawValue,
            "which format of rows is written to DynamoDB: auto, the one that the tables say; 2, the one of releases without dictionaries, while "
                + "such a release runs beside this one or is gone back to. Every format is read"),
        ConfigurationKey(
            "store.retain-contacts", .duration(60_000...3_153_600_000_000), default: StoreSettings.defaultRetention,
            flag: "retain-contacts",
            "contacts, flows and sessions expire this long after their latest event, whatever their phase"),
    ]

    private static let engine = [
        ConfigurationKey(
            "engine.threads", .integer(1...64), unset: EngineSettings.defaultShardsInWords, flag: "threads",
            former: ("engine.workers", "workers"), "threads that decode and merge; the state has as many shards"),
        ConfigurationKey(
            "engine.flush-interval", .duration(1...60_000), unset: EngineSettings.defaultFlushIntervalInWords,
            flag: "flush-interval",
            "shortest time between two flushes; what changes later than that after a flush is written at once"),
        ConfigurationKey(
            "engine.commit-interval", .duration(1...60_000), unset: EngineSettings.defaultCommitIntervalInWords,
            flag: "commit-interval",
            "time between two commits of positions; a worker that is killed reads that much again"),
        ConfigurationKey(
            "engine.heartbeat-write-interval", .duration(0...3_600_000), default: "60s", flag: "heartbeat-write-interval",
            "maximum delay before what only repeats known facts is written to DynamoDB; fewer writes cost less"),
        ConfigurationKey(
            "engine.dirty-bytes", .size(1 << 20...1 << 40), default: "256m", flag: "dirty-bytes",
            "maximum size of merged data that is not yet durable; above it, reading pauses"),
        ConfigurationKey(
            "engine.cache-bytes", .size(16 << 20...1 << 44), unset: EngineSettings.defaultCacheInWords, flag: "cache-bytes",
            "maximum size of the state in memory; above it, the coldest entities are evicted, and read again when needed"),
        ConfigurationKey(
            "engine.max-skew", .duration(0...31_536_000_000),
            default: Quantity.text(milliseconds: DecoderOptions().skewGuard.maxSkew), flag: "max-skew",
            "quarantine an event whose time is further ahead of its arrival"),
        ConfigurationKey(
            "engine.customer-attribute", .text, default: DecoderOptions().customerAttribute, flag: "customer-attribute",
            "contact attribute that contains the customer's id"),
    ]

    private static let aliases = [
        ConfigurationKey(
            "aliases.key-file", .text, unset: "no aliases are written", flag: "alias-key-file",
            "file with the key, at least \(AliasKey.bytesMin) bytes, under which phone numbers, e-mail addresses and chat identities of customers are "
                + "stored; the same for all workers and Regions, and for good"),
        ConfigurationKey(
            "aliases.country", .text, unset: "such numbers have no alias", flag: "alias-country",
            "calling code of phone numbers that are written without one, such as 44"),
    ]

    private static let deadLetters = [
        ConfigurationKey(
            "dead-letters.kind", .choice(DeadLetterSettings.Kind.allCases.map(\.rawValue)), default: "file",
            "where records are written that cannot be merged"),
        ConfigurationKey(
            "dead-letters.path", .text, unset: "\(DeadLetterFile.defaultName) in the store's directory",
            "dead-letter file; it is a capture and can be replayed"),
        ConfigurationKey("dead-letters.topic", .text, unset: "none", "Kafka topic for dead letters"),
        ConfigurationKey(
            "dead-letters.keep-unknown", .boolean, default: "false", flag: "keep-unknown",
            "also write samples of every kind of unknown object, even of rare kinds"),
    ]

    private static let log = [
        ConfigurationKey(
            "log.level", .choice(LogLevel.allCases.map(\.name)), default: "info", "least severe level that is logged"),
        ConfigurationKey(
            "log.format", .choice(["json", "text"]), unset: "text on a terminal, otherwise json",
            "json: one object per line; text: lines for people"),
        ConfigurationKey("log.path", .text, unset: "standard error", "log file; SIGHUP reopens it"),
    ]

    private static let capture = [
        ConfigurationKey(
            "capture.path", .text, unset: "off", flag: "capture",
            "write all records, as they were read, to files in this directory"),
        ConfigurationKey(
            "capture.file-bytes", .size(1 << 16...1 << 40), default: "256m", "maximum size of one file"),
        ConfigurationKey(
            "capture.bytes", .size(1 << 20...1 << 50), default: "10g", "maximum size of all files; the oldest are deleted first"
        ),
    ]
}
