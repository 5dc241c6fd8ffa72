/// Keeps the promise of delivery: a position is committed only when everything up to it is durable.
///
/// Blocks of one partition are merged by several threads and finish out of order; a position moves only over an unbroken run
/// of finished blocks. ``seal()`` closes the positions of one flush: what it returns goes into the same flush as the rows, whose mutations are
/// all in the shards by then.
///
/// Bounded by the partitions that are not dropped and the blocks in flight (``DroppedPartitions``).
public struct CheckpointLedger: Sendable {
    public struct Sealed: Equatable, Sendable {
        public var partition: Int
        public var position: Position
        public var ended: Bool

        public init(partition: Int, position: Position, ended: Bool) {
            self.partition = partition
            self.position = position
            self.ended = ended
        }
    }

    private struct Track {
        /// The first block that is not finished, or behind one that is not.
        var nextSequence = 0
        var position = Position.beginning
        var ended = false
        /// Finished blocks behind the first unfinished one, by sequence.
        var finished: [Int: (end: Position, isLast: Bool, goesBack: Bool)] = [:]
    }

    private var tracks: [Int: Track] = [:]
    private var moved: Set<Int> = []
    /// Partitions that are another worker's by now.
    private var dropped = DroppedPartitions()

    public init() {}

    /// Partitions that something is known of.
    package var partitionCount: Int { tracks.count + dropped.count }

    /// Somebody begins to read a block: the number to end that by.
    package mutating func beginRead() -> Int { dropped.beginRead() }

    /// The block is finished, or there was none.
    package mutating func endRead(_ number: Int) { dropped.endRead(number) }

    /// Every mutation of the block is in its shard, and every dead letter of it with the sink. `goesBack`: the position may, as
    /// in ``RecordBlock/goesBack``.
    public mutating func finished(partition: Int, sequence: Int, end: Position, isLast: Bool, goesBack: Bool = false) {
        guard !dropped.contains(partition) else { return }
        var track = tracks.removeValue(forKey: partition) ?? Track()
        assert(sequence >= track.nextSequence, "a block finished twice")
        track.finished[sequence] = (end, isLast, goesBack)
        while let block = track.finished.removeValue(forKey: track.nextSequence) {
            assert(block.goesBack || block.end >= track.position, "a position went back")
            track.position = block.end
            track.ended = block.isLast
            track.nextSequence += 1
            moved.insert(partition)
        }
        assert(track.finished.keys.allSatisfy { $0 > track.nextSequence }, "a run of finished blocks has a gap")
        tracks[partition] = track
    }

    /// Whether there is a position to seal.
    public var hasMoved: Bool { !moved.isEmpty }

    /// Whether there is one of this partition.
    public func hasMoved(partition: Int) -> Bool { moved.contains(partition) }

    /// Whether there is one that is the end of its partition.
    public var hasEnd: Bool { moved.contains { tracks[$0]?.ended ?? false } }

    /// How many blocks of a partition are finished in an unbroken run.
    public func finishedBlocks(partition: Int) -> Int { tracks[partition]?.nextSequence ?? 0 }

    /// Forgets a partition, for good; blocks of it that finish later count for nothing. Nobody reads it any more, and one that comes back has
    /// another index.
    public mutating func drop(partition: Int) {
        tracks[partition] = nil
        moved.remove(partition)
        dropped.drop(partition)
    }

    /// Partitions that were dropped and that no block under way can be of, each once.
    package mutating func takeForgotten() -> [Int] { dropped.takeForgotten() }

    /// The positions that moved since the last seal, in order of partition.
    public mutating func seal() -> [Sealed] {
        let sealed = moved.sorted().compactMap { partition in
            tracks[partition].map { Sealed(partition: partition, position: $0.position, ended: $0.ended) }
        }
        assert(sealed.count == moved.count, "a position moved of a partition that nothing is known of")
        moved.removeAll()
        return sealed
    }
}
