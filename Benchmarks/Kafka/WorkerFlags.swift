/// What `converge run` is told by all parts of this benchmark; everything else is its default.
enum WorkerFlags {
    /// `options`: `NAME=VALUE` of librdkafka, and `flush-interval` in milliseconds. The port of HTTP is any that is free.
    static func reading(_ topic: String, of broker: String, as group: String, _ options: [String]) -> [String] {
        [
            "--kafka-bootstrap-servers", broker, "--kafka-topics", topic, "--kafka-group-id", group, "--http-port", "0",
            "--kafka-partition-assignment-strategy", "roundrobin",
        ] + options.flatMap(flag)
    }

    private static func flag(_ option: String) -> [String] {
        let interval = "flush-interval="
        guard option.hasPrefix(interval) else { return ["--kafka-options", option] }
        return ["--flush-interval", option.dropFirst(interval.count) + "ms"]
    }
}
