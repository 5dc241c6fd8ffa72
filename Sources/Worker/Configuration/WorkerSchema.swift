import ContactCenter
import HTTPServer
import Ingest
import Observability
import Platform
import Storage

extension ConfigurationSchema {
    /// The settings of the worker; `docs/configuration.md` is the same for people.
    public static let worker = ConfigurationSchema(
        keys: source + kafka + kinesis + library + store + engine + deadLetters + http + log + capture + [
            ConfigurationKey(
                "drain-timeout", .duration(0...3_600_000), default: "30s",
                "how long the worker may go on flushing and committing once it is told to end")
        ],
        rules: [
            ConfigurationRule { needs($0, "kafka.bootstrap.servers", when: "source.kind", is: "kafka") },
            ConfigurationRule { needs($0, "kafka.topics", when: "source.kind", is: "kafka") },
            ConfigurationRule { needs($0, "kinesis.streams", when: "source.kind", is: "kinesis") },
            ConfigurationRule { needs($0, "kinesis.regions", when: "kinesis.topology", is: "all") },
            ConfigurationRule { needs($0, "dead-letters.topic", when: "dead-letters.kind", is: "kafka") },
            ConfigurationRule { pair($0, "kafka.ssl.certificate.location", "kafka.ssl.key.location") },
            ConfigurationRule { configuration in
                let mechanism = configuration.text("kafka.sasl.mechanism")
                let isSASL = configuration.text("kafka.security.protocol")?.hasPrefix("sasl_") ?? false
                if isSASL, mechanism == nil {
                    return "kafka.sasl.mechanism is needed with kafka.security.protocol sasl_plaintext or sasl_ssl"
                }
                guard !isSASL, mechanism != nil else { return nil }
                return "kafka.sasl.mechanism is set, but kafka.security.protocol is not sasl_plaintext or sasl_ssl: "
                    + "the worker would log in without it"
            },
            ConfigurationRule { configuration in
                guard let mechanism = configuration.text("kafka.sasl.mechanism"), mechanism != "OAUTHBEARER" else { return nil }
                return ["kafka.sasl.username", "kafka.sasl.password"].first { configuration.text($0) == nil }
                    .map { "\($0) is needed with kafka.sasl.mechanism \(mechanism)" }
            },
            ConfigurationRule { needs($0, "kafka.sasl.region", when: "kafka.sasl.mechanism", is: "OAUTHBEARER") },
            ConfigurationRule { configuration in
                guard let file = configuration.bytes("capture.file-bytes"), let all = configuration.bytes("capture.bytes"),
                    file > all / 2
                else { return nil }
                return "capture.file-bytes is to be at most half of capture.bytes, so that there is an older file to remove"
            },
            ConfigurationRule { configuration in
                guard configuration.isSet("http.port"), let address = configuration.text("http.address") else { return nil }
                guard LoopbackHost.isAddress(address) else {
                    return "http.address '\(printable(address))' is no IPv4 or IPv6 address; give one such as 127.0.0.1 or ::1"
                }
                guard !LoopbackHost.isLoopback(address: address), !configuration.isOn("http.insecure") else { return nil }
                return
                    "http.address \(address) is reached from other machines, and state is personal data that anybody who connects "
                    + "may read: give an address of loopback (127.0.0.1 or ::1), with a proxy before it that asks who they are, or "
                    + "say http.insecure: true"
            },
        ], idle: idleInWorker)

    private static func needs(_ configuration: Configuration, _ name: String, when other: String, is word: String) -> String? {
        guard configuration.text(other) == word, !configuration.isSet(name) else { return nil }
        return "\(name) is needed with \(other) \(word)"
    }

    private static func pair(_ configuration: Configuration, _ one: String, _ other: String) -> String? {
        switch (configuration.isSet(one), configuration.isSet(other)) {
        case (true, false): "\(other) is needed with \(one)"
        case (false, true): "\(one) is needed with \(other)"
        default: nil
        }
    }

    private static let source = [
        ConfigurationKey(
            "source.kind", .choice([SourceSettings.Kind.kafka, .kinesis].map(\.rawValue)), default: "kafka",
            "where events come from"),
        ConfigurationKey(
            "source.from", .time(words: ["beginning", "latest"]), unset: "where the store stopped", flag: "from",
            "begin at the first record that is no older, at the first of all, or behind the last; once a process and partition"),
        ConfigurationKey(
            "source.until-end", .boolean, default: "false", flag: "until-end", "end once all that is there is merged"),
    ]

    private static let kafka = [
        ConfigurationKey("kafka.bootstrap.servers", .list, unset: "needed", "brokers to begin with, HOST:PORT"),
        ConfigurationKey("kafka.topics", .list, unset: "needed", "topics; one that begins with ^ is a regular expression"),
        ConfigurationKey("kafka.group.id", .text, default: "converge", "the consumer group"),
        ConfigurationKey(
            "kafka.group.instance.id", .text, unset: "no static membership",
            "the name that this member keeps over restarts, which then do not rebalance the group"),
        ConfigurationKey(
            "kafka.client.rack", .text, unset: "none", "where this member is, for brokers that let it read nearby"),
        ConfigurationKey(
            "kafka.partition.assignment.strategy", .choice(["range", "roundrobin", "cooperative-sticky"]),
            default: "cooperative-sticky", "how the group shares partitions out; all members have the same"),
        ConfigurationKey(
            "kafka.auto.offset.reset", .choice(["earliest", "latest", "error"]), default: "earliest",
            "where to begin when the position to go on from is no longer there"),
        ConfigurationKey(
            "kafka.ready-lag", .integer(0...1_000_000_000_000), default: "10000",
            "up to how many records behind, over all its partitions, the member says that it is ready"),
        ConfigurationKey(
            "kafka.statistics.interval", .duration(0...3_600_000), default: "5s",
            "how often librdkafka tells its figures; 0ms is never"),
        ConfigurationKey(
            "kafka.security.protocol", .choice(["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]), default: "plaintext",
            "how brokers are spoken to"),
        ConfigurationKey(
            "kafka.ssl.ca.location", .text, unset: "the system's", "file of certificates that brokers are trusted by"),
        ConfigurationKey("kafka.ssl.certificate.location", .text, unset: "none", "file of this client's certificate (PEM)"),
        ConfigurationKey("kafka.ssl.key.location", .text, unset: "none", "file of its private key (PEM)"),
        ConfigurationKey(
            "kafka.ssl.key.password", .text, unset: "none", secret: true, "what the private key is encrypted with"),
        ConfigurationKey(
            "kafka.sasl.mechanism", .choice(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]), unset: "none",
            advice: [
                "aws_msk_iam":
                    "IAM of Amazon MSK is OAUTHBEARER here, with kafka.sasl.region and the credentials that the AWS SDKs would find"
            ],
            "how to log in; OAUTHBEARER is IAM of Amazon MSK"),
        ConfigurationKey("kafka.sasl.username", .text, unset: "none", "who logs in"),
        ConfigurationKey("kafka.sasl.password", .text, unset: "none", secret: true, "with what"),
        ConfigurationKey("kafka.sasl.region", .text, unset: "none", "the Region that tokens of OAUTHBEARER are signed for"),
        ConfigurationKey(
            "kafka.options", .options(ConfigurationKey.OptionRules(refused: refusedOptions, beginnings: optionBeginnings)),
            unset: "none",
            "any other option of librdkafka under its own name"),
    ]

    /// What librdkafka must not be told past Converge.
    private static let refusedOptions: [String: String] = {
        let commit = "a position is committed once everything up to it is durable, and no earlier; leave it out"
        var refused = [
            "enable.auto.commit": commit, "auto.commit.enable": commit, "auto.commit.interval.ms": commit,
            "enable.auto.offset.store": commit, "offset.store.method": commit,
            "enable.partition.eof": "the worker sets it; use source.until-end",
            "enable.idempotence": "dead letters are always written idempotently; leave it out",
            "statistics.interval.ms": "use kafka.statistics.interval",
            "metadata.broker.list": "use kafka.bootstrap.servers", "sasl.mechanisms": "use kafka.sasl.mechanism",
        ]
        // What clients in Java have instead.
        let login =
            "clients in Java log in so; here use kafka.sasl.mechanism with kafka.sasl.username and kafka.sasl.password_file, or of IAM of "
            + "Amazon MSK kafka.sasl.mechanism OAUTHBEARER with kafka.sasl.region"
        for name in ["sasl.jaas.config", "sasl.client.callback.handler.class", "sasl.login.callback.handler.class"] {
            refused[name] = login
        }
        for name in ["ssl.truststore.location", "ssl.truststore.password", "ssl.truststore.type"] {
            refused[name] = "certificates are PEM here: use kafka.ssl.ca.location"
        }
        for name in ["key.deserializer", "value.deserializer"] { refused[name] = "records are taken as bytes; leave it out" }
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
            "kinesis.streams", .list, unset: "needed",
            "names, or ARNs, which name their Region; NAME=TABLE names the stream's lease table, too"),
        ConfigurationKey(
            "kinesis.topology", .choice(KinesisSourceSettings.Topology.allCases.map(\.rawValue)), default: "local",
            flag: "streams",
            "whether the streams of the worker's own Region are read, or those of all of kinesis.regions"),
        ConfigurationKey("kinesis.regions", .list, unset: "the worker's own", "the Regions that have the streams"),
        ConfigurationKey(
            "kinesis.application", .text, default: "converge",
            "the lease table; with several streams APPLICATION-STREAM-REGION; and the consumer of enhanced fan-out"),
        ConfigurationKey(
            "kinesis.fan-out", .boolean, default: "false", "read by enhanced fan-out, which costs more, instead of polling"),
        ConfigurationKey(
            "kinesis.ready-behind", .duration(0...604_800_000),
            default: Quantity.text(milliseconds: KinesisSourceSettings.defaultReadyBehind),
            "up to how far behind the end of its shards the worker says that it is ready"),
    ]

    /// Of a file that `run` and `kcl` share.
    private static let library = [
        ConfigurationKey(
            "kcl.lease-table", .text, unset: "commits of converge kcl carry no epoch",
            "of converge kcl alone: the lease table of KCL, its applicationName; with a store of tables its rows carry the epoch of "
                + "these")
    ]

    private static let store = [
        ConfigurationKey(
            "store.kind", .choice(StoreSettings.Kind.allCases.map(\.rawValue)), default: "embedded", "where state is kept"),
        ConfigurationKey("store.path", .text, default: StoreSettings.defaultPath, "the directory of an embedded store"),
        ConfigurationKey(
            "store.prefix", .text, default: DynamoDBTables.defaultPrefix,
            "what the names of DynamoDB tables begin with: PREFIX-agent, .."),
        ConfigurationKey(
            "store.retain-contacts", .duration(60_000...3_153_600_000_000), default: StoreSettings.defaultRetention,
            flag: "retain-contacts",
            "contacts, flows and sessions leave the store so long after their latest event, whatever their phase"),
    ]

    private static let engine = [
        ConfigurationKey(
            "engine.threads", .integer(1...64), unset: EngineSettings.defaultShardsInWords, flag: "threads",
            former: ("engine.workers", "workers"), "threads that decode and merge; the state has as many shards"),
        ConfigurationKey(
            "engine.flush-interval", .duration(1...60_000), unset: EngineSettings.defaultFlushIntervalInWords,
            flag: "flush-interval", "longest wait between a merge and the flush that makes it durable"),
        ConfigurationKey(
            "engine.heartbeat-write-interval", .duration(0...3_600_000), default: "60s", flag: "heartbeat-write-interval",
            "longest wait of a change that only says that what is known still holds, before it costs a write in DynamoDB"),
        ConfigurationKey(
            "engine.dirty-bytes", .size(1 << 20...1 << 40), default: "256m", flag: "dirty-bytes",
            "most bytes merged and not yet durable; over it sources are paused"),
        ConfigurationKey(
            "engine.cache-bytes", .size(16 << 20...1 << 44), unset: EngineSettings.defaultCacheInWords, flag: "cache-bytes",
            "most bytes of resident state; over it the coldest entities leave it, and are read back when touched"),
        ConfigurationKey(
            "engine.max-skew", .duration(0...31_536_000_000),
            default: Quantity.text(milliseconds: DecoderOptions().skewGuard.maxSkew), flag: "max-skew",
            "quarantine events stamped further ahead of their arrival"),
        ConfigurationKey(
            "engine.customer-attribute", .text, default: DecoderOptions().customerAttribute, flag: "customer-attribute",
            "the contact attribute that names the customer"),
    ]

    private static let deadLetters = [
        ConfigurationKey(
            "dead-letters.kind", .choice(DeadLetterSettings.Kind.allCases.map(\.rawValue)), default: "file",
            "where records go that cannot be merged"),
        ConfigurationKey(
            "dead-letters.path", .text, unset: "\(DeadLetterFile.defaultName) in the store's directory",
            "the file, itself a capture"),
        ConfigurationKey("dead-letters.topic", .text, unset: "none", "the Kafka topic"),
        ConfigurationKey(
            "dead-letters.keep-unknown", .boolean, default: "false", flag: "keep-unknown",
            "samples of each kind of unknown object go there, too, few as they may be"),
    ]

    private static let http = [
        ConfigurationKey(
            "http.address", .text, default: HTTPServer.defaultAddress, "the address of metrics, health and state: IPv4 or IPv6"),
        ConfigurationKey(
            "http.insecure", .boolean, default: "false",
            "let http.address be one that other machines reach, although anybody who connects may read personal data"),
        ConfigurationKey(
            "http.port", .integer(0...65_535), default: "\(HTTPSettings.defaultPort)", "its port; 0 is any that is free"),
    ]

    private static let log = [
        ConfigurationKey(
            "log.level", .choice(LogLevel.allCases.map(\.name)), default: "info", "the least level that is written"),
        ConfigurationKey(
            "log.format", .choice(["json", "text"]), unset: "text on a terminal, else json",
            "an object a line, or text for people"),
        ConfigurationKey("log.path", .text, unset: "standard error", "the file, opened anew on SIGHUP"),
    ]

    private static let capture = [
        ConfigurationKey("capture.path", .text, unset: "off", flag: "capture", "write what is read, raw, to this directory"),
        ConfigurationKey(
            "capture.file-bytes", .size(1 << 16...1 << 40), default: "256m", "begin another file after so many bytes"),
        ConfigurationKey(
            "capture.bytes", .size(1 << 20...1 << 50), default: "10g", "most bytes of all files; the oldest go first"),
    ]
}
