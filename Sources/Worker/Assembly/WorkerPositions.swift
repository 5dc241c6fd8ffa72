import EngineCore
import Ingest
import Observability

/// Where partitions are read from. A store of one worker holds positions beside the state, in one write, so they are the truth, whatever
/// the group has committed. A partition that it does not know, or knows from another cluster, is read from the beginning, so that what
/// a state directory says of it is complete. Of a store that is shared the source holds the positions, and the store's epoch says
/// whether they count.
struct WorkerPositions: Sendable {
    private let store: any Store
    /// Of a store that is shared.
    let epoch: String?
    private let from: KafkaStart?
    private let log: Log

    /// `from`: where each partition begins when this process gets it for the first time, whatever the store holds.
    init(_ store: WorkerStore, from: StartSetting? = nil, _ log: Log) {
        self.store = store.store
        epoch = store.epoch
        self.from = from.map(KafkaStart.init)
        self.log = log
    }

    /// Of a Kinesis shard; nil: where its lease says.
    func start(_ partition: Partition, identity: String, leased: Position?) throws -> ShardStart? {
        guard epoch == nil else { return nil }
        let stored = try store.checkpoints().first { $0.partition == partition && $0.identity == identity }
        if let stored { return .at(stored.position) }
        guard leased != nil else { return nil }
        log.info(
            "kinesis.shard.new",
            "the store has no position for this shard: reading it from the beginning, whatever its lease says",
            ["stream": .text(partition.stream), "shard": .text(partition.name)])
        return .trimHorizon
    }

    func start(_ partition: Partition, _ identity: String, _ isFirst: Bool) throws -> KafkaStart {
        if let epoch {
            if let from, isFirst { return from }
            return .committed(epoch: epoch)
        }
        let stored = try store.checkpoints().first { $0.partition == partition }
        // Before checkpoints named the cluster, they named the topic alone; the next one names both.
        let known = stored.flatMap { $0.identity == identity || $0.identity == partition.stream ? $0 : nil }
        if let from, isFirst || known == nil { return from }
        if let known { return .offset(known.position.kafkaOffset) }
        if let stored {
            log.warning(
                "kafka.partition.new",
                "the stored position belongs to another Kafka cluster: reading the partition from the beginning",
                key: partition.key,
                [
                    "topic": .text(partition.stream), "partition": .text(partition.name), "stored": .text(stored.identity),
                    "found": .text(identity),
                ])
        } else {
            log.info(
                "kafka.partition.new", "the store has no position for this partition: reading it from the beginning",
                ["topic": .text(partition.stream), "partition": .text(partition.name)])
        }
        return .beginning
    }
}
