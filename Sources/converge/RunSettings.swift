import AWS
import ContactCenter
import EngineCore
import Glibc
import Ingest
import Observability
import Platform
import Worker

extension KafkaSettings {
    /// Settings that are called as librdkafka's options are.
    private static let sameNames = [
        "group.instance.id", "client.rack", "partition.assignment.strategy", "auto.offset.reset", "security.protocol",
        "ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password", "sasl.mechanism",
        "sasl.username", "sasl.password",
    ]

    init(_ configuration: Configuration) throws {
        self.init(
            brokers: configuration.list("kafka.bootstrap.servers"), group: configuration.text("kafka.group.id") ?? "",
            topics: configuration.list("kafka.topics"))
        untilEnd = configuration.isOn("source.until-end")
        if configuration.text("store.kind") == "dynamodb" { tables = configuration.text("store.prefix") }
        options = KafkaSettings.sameNames.compactMap { name in configuration.text("kafka.\(name)").map { (name, $0) } }
        options.append(("statistics.interval.ms", "\(configuration.milliseconds("kafka.statistics.interval") ?? 0)"))
        options += configuration.options("kafka.options")
        guard configuration.text("kafka.sasl.mechanism") == "OAUTHBEARER" else { return }
        let tokens = MSKTokens(
            region: configuration.text("kafka.sasl.region") ?? "", credentials: try AWSSession().credentials)
        token = { try tokens.make(at: systemTime()) }
    }
}

extension KafkaStart {
    /// `source.from`; nil where it is not given.
    init?(_ configuration: Configuration) {
        switch configuration.text("source.from") {
        case "beginning": self = .beginning
        case "latest": self = .latest
        default:
            guard let time = configuration.time("source.from") else { return nil }
            self = .time(time.milliseconds)
        }
    }
}

extension CaptureWriter {
    /// Nil where nothing is to be captured.
    convenience init?(_ configuration: Configuration, _ log: Log) throws {
        guard let path = configuration.text("capture.path") else { return nil }
        try self.init(
            path: path, fileBytesMax: configuration.bytes("capture.file-bytes") ?? 256 << 20,
            bytesMax: configuration.bytes("capture.bytes") ?? 10 << 30, clock: systemTime, observer: { log.tell($0) })
    }
}

extension DecoderOptions {
    init(_ configuration: Configuration) {
        self.init()
        if let skew = configuration.milliseconds("engine.max-skew") { skewGuard.maxSkew = skew }
        if let attribute = configuration.text("engine.customer-attribute") { customerAttribute = attribute }
    }
}

extension WorkerOptions {
    init(_ configuration: Configuration, _ decoder: DecoderOptions) {
        let dirtyBytesMax = configuration.bytes("engine.dirty-bytes") ?? 256 << 20
        self.init(
            shards: configuration.integer("engine.workers") ?? coreCount(), decoder: decoder,
            // The other half is for what merges while a flush is under way.
            planner: FlushPlanner(
                flushBytes: dirtyBytesMax / 2, dirtyBytesMax: dirtyBytesMax,
                flushInterval: configuration.milliseconds("engine.flush-interval")
                    ?? WorkerOptions.flushInterval(configuration),
                idleInterval: configuration.text("store.kind") == "dynamodb" ? 5_000 : nil),
            residentBytesMax: configuration.bytes("engine.cache-bytes") ?? memoryBytes() / 4,
            retries: configuration.text("store.kind") == "dynamodb",
            refreshInterval: WorkerOptions.refreshInterval(configuration),
            keepsUnknown: configuration.isOn("dead-letters.keep-unknown"))
    }

    /// Only writes that cost money are put off.
    private static func refreshInterval(_ configuration: Configuration) -> Int64? {
        let interval = configuration.milliseconds("engine.heartbeat-write-interval") ?? 0
        return configuration.text("store.kind") == "dynamodb" && interval > 0 ? interval : nil
    }

    /// Milliseconds where nothing is set. A row in DynamoDB costs money each time.
    private static func flushInterval(_ configuration: Configuration) -> Int64 {
        configuration.text("store.kind") == "dynamodb" ? 100 : 2
    }
}
