import EngineCore
import Observability

/// What a worker says of itself at one moment: a scrape of `/metrics`, and `/health/ready`.
///
/// A figure that the scrape does not have is nil; counters count from the start of the worker.
public struct WorkerSample: Sendable {
    /// A partition that the worker reads.
    public struct Lane: Sendable {
        public var topic: String
        public var partition: String
        /// Records that are there and not durable; nil where it is not known yet.
        public var lag: Double?
        /// Offset of the next record to read.
        public var position: Double?

        var name: [String] { [topic, partition] }
    }

    /// A Kinesis shard that the worker reads.
    public struct Shard: Sendable {
        /// The name, without the rest of the ARN.
        public var stream: String
        public var name: String
        /// Seconds behind the end of the shard.
        public var behind: Double
    }

    /// When it was taken, by a clock that never jumps.
    public var milliseconds: Int64
    public var version: String?
    /// In seconds since 1970.
    public var started: Double?
    /// Nil where there was no answer that could be read.
    public var ready: HealthReport?

    public var records: Double?
    public var bytes: Double?
    public var events: Double?
    public var flushes: Double?
    public var rebalances: Double?
    public var quarantined: Double?
    /// By reason.
    public var deadLetters: [String: Double]
    /// By what was called.
    public var storeErrors: [String: Double]
    public var dirtyBytes: Double?
    public var residentBytes: Double?
    /// Of the oldest event that is not durable, in seconds.
    public var oldestEventAge: Double?
    /// Entities of which only a refresh waits for its write.
    public var refreshes: Double?
    /// For how long the oldest refresh has waited for its write, in seconds.
    public var refreshesAge: Double?
    /// When positions were last committed, in seconds since 1970.
    public var lastCommit: Double?
    /// From when an event came to be to when it is durable, in seconds.
    public var endToEndLag: BucketCounts?
    /// By topic, then by number.
    public var lanes: [Lane]
    /// Of a worker that reads Kinesis; those whose lag is known, the ones that are furthest behind first.
    public var shards: [Shard]
    /// Shards whose leases the worker holds; nil of a worker that reads something else.
    public var heldShards: Double?
    /// In seconds, by the Region that it comes from.
    public var replicationLag: [String: Double]

    /// Nil where the scrape is not that of a worker.
    public init?(_ text: PrometheusText, ready: HealthReport?, milliseconds: Int64) {
        guard let version = text["converge_build_info"].first?.labels["version"] else { return nil }
        self.version = version
        self.milliseconds = milliseconds
        self.ready = ready
        started = text.sum("process_start_time_seconds")
        records = text.sum("converge_records_total")
        bytes = text.sum("converge_record_bytes_total")
        events = text.sum("converge_events_total")
        flushes = text.sum("converge_flushes_total")
        rebalances = text.sum("converge_kafka_rebalances_total")
        quarantined = text.sum("converge_quarantined_total")
        deadLetters = text.sums("converge_dead_letters_total", by: "reason")
        storeErrors = text.sums("converge_store_errors_total", by: "call")
        dirtyBytes = text.sum("converge_dirty_bytes")
        residentBytes = text.sum("process_resident_memory_bytes")
        oldestEventAge = text.sum("converge_oldest_event_age_seconds")
        refreshes = text.sum("converge_waiting_refreshes")
        refreshesAge = text.sum("converge_waiting_refreshes_age_seconds")
        lastCommit = text.sum("converge_last_commit_timestamp_seconds")
        endToEndLag = BucketCounts("converge_end_to_end_lag_seconds", in: text)
        lanes = WorkerSample.lanes(text)
        shards = WorkerSample.shards(text)
        heldShards = text.sum("converge_kinesis_held_shards")
        replicationLag = text.sums("converge_replication_lag_seconds", by: "from")
    }

    private static func shards(_ text: PrometheusText) -> [Shard] {
        let shards = text["converge_kinesis_behind_seconds"].map { sample in
            let stream = (sample.labels["stream"] ?? "").split(separator: "/").last.map(String.init) ?? ""
            return Shard(stream: stream, name: sample.labels["shard"] ?? "", behind: sample.value)
        }
        return shards.sorted { a, b in (b.behind, a.stream, a.name) < (a.behind, b.stream, b.name) }
    }

    /// A partition has no lag until a broker has told where it ends.
    private static func lanes(_ text: PrometheusText) -> [Lane] {
        var lanes: [[String]: Lane] = [:]
        for sample in text["converge_kafka_position"] + text["converge_kafka_lag_records"] {
            let (topic, partition) = (sample.labels["topic"] ?? "", sample.labels["partition"] ?? "")
            lanes[[topic, partition]] = Lane(topic: topic, partition: partition)
        }
        for sample in text["converge_kafka_position"] { lanes[name(sample)]?.position = sample.value }
        for sample in text["converge_kafka_lag_records"] { lanes[name(sample)]?.lag = sample.value }
        return lanes.values.sorted { a, b in
            (a.topic, Int(a.partition) ?? .max, a.partition) < (b.topic, Int(b.partition) ?? .max, b.partition)
        }
    }

    private static func name(_ sample: PrometheusText.Sample) -> [String] {
        [sample.labels["topic"] ?? "", sample.labels["partition"] ?? ""]
    }
}
