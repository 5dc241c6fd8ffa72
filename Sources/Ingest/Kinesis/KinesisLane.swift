import EngineCore
import Leases

/// One holding of a shard: its fetcher, and how far it was read.
///
/// One thread at a time fills blocks from it (``LaneQueue`` sees to that); what is told of it stands in ``Status``, under
/// the source's lock.
final class KinesisLane: @unchecked Sendable {
    /// What the source knows of a lane; guarded by its lock.
    struct Status {
        /// Everything that was there was read once.
        var isAtTip = false
        /// Everything of the shard was handed over, and its end waits for the commit.
        var hasEnded = false
        /// After the last record that was read; nil before the first.
        var position: Position?
        /// Everything before it is durable.
        var durable: Position?
        /// The shards that go on, as the fetcher was told.
        var children: [String] = []
        /// The service knows the shard no more.
        var isGone = false
    }

    /// What came of a filling.
    struct Filled {
        var hasBlock = false
        /// The shard's end is handed over.
        var children: [String]?
        var isGone = false
        var isAtTip = false

        var outcome: LaneQueue.Outcome { children != nil ? .ended : hasBlock ? .more : .empty }
    }

    /// Index of ``KinesisSource/partition(_:)``.
    let index: Int
    let key: LeaseBook.Key
    let partition: Partition
    let fetcher: any ShardFetcher
    /// Blocks filled so far, and where the last one ends; of the thread that fills.
    private var sequence = 0
    private(set) var end: Position
    private var isOver = false

    init(index: Int, key: LeaseBook.Key, partition: Partition, start: ShardStart, fetcher: any ShardFetcher) {
        self.index = index
        self.key = key
        self.partition = partition
        self.fetcher = fetcher
        end = if case .at(let position) = start { position } else { .beginning }
    }

    /// Fills a block with what the fetcher has, without waiting.
    func fill(_ block: RecordBlock) -> Filled {
        guard !isOver else { return Filled() }
        // What the fetcher was behind before: an answer between the two would be in the block.
        let behind = fetcher.millisecondsBehind
        block.end = end
        switch fetcher.fill(block) {
        case .nothing: return Filled(isAtTip: behind == 0)
        case .block:
            hand(block, isLast: false)
            return Filled(hasBlock: true)
        case .ended(let children):
            hand(block, isLast: true)
            return Filled(hasBlock: true, children: children.map(\.id))
        case .gone:
            block.records.removeAll()
            block.end = end
            hand(block, isLast: true)
            return Filled(hasBlock: true, children: [], isGone: true)
        }
    }

    private func hand(_ block: RecordBlock, isLast: Bool) {
        block.partition = index
        block.sequence = sequence
        // Positions do not go back, whatever a fetcher says of an empty end.
        block.end = max(block.end, end)
        block.isLast = isLast
        end = block.end
        sequence += 1
        isOver = isLast
    }
}
