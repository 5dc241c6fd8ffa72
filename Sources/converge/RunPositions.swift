import Engine
import Ingest
import Lattice
import Operations
import Synchronization

/// Where partitions are read from: the store holds positions beside the state, in one write, so they are the truth, whatever the
/// group has committed. A partition that the store does not know is read from the beginning, so that what a state directory says
/// of it is complete.
final class RunPositions: Sendable {
    private let from: Timestamp?
    private let log: Log
    private let store = Mutex<(any Store)?>(nil)

    /// `from`: where each partition begins when this process gets it for the first time, whatever the store holds.
    init(from: Timestamp?, _ log: Log) {
        self.from = from
        self.log = log
    }

    func open(_ store: any Store) { self.store.withLock { $0 = store } }

    func start(_ partition: Partition, isFirst: Bool) throws -> KafkaStart {
        let known = try store.withLock { $0 }?.checkpoints().first {
            $0.partition == partition && $0.identity == partition.stream
        }
        if let from, isFirst || known == nil { return .time(from.milliseconds) }
        if let known { return .offset(known.position.kafkaOffset) }
        log.warning(
            "kafka.partition.new", "the store does not know this partition: it is read from the beginning",
            key: partition.key, ["topic": .text(partition.stream), "partition": .text(partition.name)])
        return .beginning
    }
}
