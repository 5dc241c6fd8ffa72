import JSON

/// What librdkafka tells of itself every few seconds. The lag is not taken from here: it would be as old as the interval, and end at
/// what was committed (``KafkaFigures/Lane/lag`` is from the last answer of the broker). (https://github.com/confluentinc/librdkafka/blob/v2.0.2/STATISTICS.md).
public struct KafkaStatistics: Equatable, Sendable {
    public struct Broker: Equatable, Sendable {
        /// `host:port/id`
        public var name: String
        /// `UP`, `DOWN`, `CONNECT`, ..
        public var state: String
        /// Mean time of a request in the last interval, in microseconds; 0 where there was none.
        public var roundTripMicroseconds: Int64
        public var errors: Int64
    }

    /// A partition, as the client reads it.
    public struct Lane: Hashable, Sendable {
        public var topic: String
        public var partition: String
        /// Messages and bytes that wait in the client.
        public var queued: Int64
        public var queuedBytes: Int64
        /// For how long nothing had come from the broker that it is read from, in milliseconds; nil where there is none, or nothing ever came.
        public var silence: Int64?
    }

    /// Without those that are only addresses to begin with.
    public var brokers: [Broker] = []
    public var lanes: [Lane] = []
    /// Brokers that can be spoken to, addresses to begin with included.
    public var brokersUp = 0

    /// Nil where it is no such object.
    public init?(_ json: UnsafeRawBufferPointer) {
        let parser = JSONParser()
        guard let root = try? parser.parse(json).root, root.isObject else { return nil }
        var silence: [Int64: Int64] = [:]
        for (_, value) in root.member("brokers").map(members) ?? [] {
            let broker = Broker(
                name: value.member("name")?.rawString.text ?? "", state: value.member("state")?.rawString.text ?? "",
                roundTripMicroseconds: value.member("rtt")?.member("avg")?.integer ?? 0,
                errors: (value.member("txerrs")?.integer ?? 0) + (value.member("rxerrs")?.integer ?? 0))
            if broker.state == "UP" { brokersUp += 1 }
            guard let node = value.member("nodeid")?.integer, node >= 0 else { continue }
            brokers.append(broker)
            if let idle = value.member("rxidle")?.integer, idle >= 0 { silence[node] = idle / 1000 }
        }
        for (topic, value) in root.member("topics").map(members) ?? [] {
            for (partition, value) in value.member("partitions").map(members) ?? [] where partition != "-1" {
                lanes.append(
                    Lane(
                        topic: topic, partition: partition, queued: value.member("fetchq_cnt")?.integer ?? 0,
                        queuedBytes: value.member("fetchq_size")?.integer ?? 0,
                        silence: value.member("broker")?.integer.flatMap { silence[$0] }))
            }
        }
    }
}

private func members(_ value: JSONValue) -> [(String, JSONValue)] { value.members.map { ($0.name.text, $0.value) } }

extension JSONValue {
    fileprivate var integer: Int64? { kind == .number ? Int64(bytes.text) : nil }
}
