/// Partitions that were given up, for as long as blocks of them may be under way.
///
/// Nothing more of a partition is read once it is dropped. Blocks that were read before may be decoded and merged later, and count
/// for nothing. When every read that had begun by then is over, nothing refers to the partition, and it is forgotten:
///
///     read 1 begins .. partition 7 is dropped .. read 2 begins .. read 1 ends: 7 is forgotten
///
/// Bounds: two reads per shard, and the partitions dropped while the longest of them lasts. Cost: per block, a search in both.
package struct DroppedPartitions {
    private var readsBegun = 0
    /// Numbers of the reads under way, in ascending order.
    private var reads: [Int] = []
    /// In order of their drops; `readsBegun`: how many reads had begun by then.
    private var dropped: [(partition: Int, readsBegun: Int)] = []

    package init() {}

    package var count: Int { dropped.count }

    package func contains(_ partition: Int) -> Bool { dropped.contains { $0.partition == partition } }

    /// The number of a read that begins.
    package mutating func beginRead() -> Int {
        readsBegun += 1
        reads.append(readsBegun)
        return readsBegun
    }

    /// A read is over, and so is whatever became of its block.
    package mutating func endRead(_ number: Int) { reads.removeAll { $0 == number } }

    package mutating func drop(_ partition: Int) {
        guard !contains(partition) else { return }
        dropped.append((partition, readsBegun))
    }

    /// Forgets the partitions that nothing under way can be of, and returns them.
    package mutating func takeForgotten() -> [Int] {
        guard !dropped.isEmpty else { return [] }
        let oldest = reads.first ?? .max
        let count = dropped.firstIndex { oldest <= $0.readsBegun } ?? dropped.count
        defer { dropped.removeFirst(count) }
        return dropped.prefix(count).map(\.partition)
    }
}
