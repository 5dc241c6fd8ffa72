import AWS
import ContactCenter
import Engine
import Glibc
import Ingest
import Operations

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
        options = KafkaSettings.sameNames.compactMap { name in configuration.text("kafka.\(name)").map { (name, $0) } }
        options.append(("statistics.interval.ms", "\(configuration.milliseconds("kafka.statistics.interval") ?? 0)"))
        options += configuration.options("kafka.options")
        guard configuration.text("kafka.sasl.mechanism") == "OAUTHBEARER" else { return }
        let tokens = MSKTokens(
            region: configuration.text("kafka.sasl.region") ?? "", credentials: try AWSSession().credentials)
        token = { try tokens.make(at: systemTime()) }
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
                flushInterval: configuration.milliseconds("engine.flush-interval")),
            residentBytesMax: configuration.bytes("engine.cache-bytes") ?? memoryBytes() / 4)
    }
}
