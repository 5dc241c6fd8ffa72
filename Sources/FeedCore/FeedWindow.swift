/// The newest batches of the feed, for clients that come again with the position they have.
///
/// Bound: bytes of entries. The oldest batches go; who comes with a position before them is told to read anew.
package struct FeedWindow: Sendable {
    package let bytesMax: Int
    private var batches: [FeedBatch] = []
    private var bytes = 0
    /// What is missing before the first batch of the window began with.
    private var first: UInt64?

    package init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// The last position there is; nil before the first batch.
    package var end: FeedPosition? { first.map { FeedPosition(endOf: batches.last?.number ?? $0 - 1) } }

    /// Begins with the batch behind this one: everything up to it has been read.
    package mutating func begin(behind number: UInt64) {
        batches = []
        bytes = 0
        first = number + 1
    }

    package mutating func append(_ batch: FeedBatch) {
        // Whoever has a position before a reset reads anew, and goes on behind it.
        guard !batch.isReset else { return begin(behind: batch.number) }
        if first == nil || batch.number != (batches.last?.number ?? (first ?? 0) - 1) + 1 {
            begin(behind: batch.number - 1)
        }
        var kept = batch
        kept.cursor = FeedCursor()
        batches.append(kept)
        bytes += FeedWindow.size(batch)
        var gone = 0
        while bytes > bytesMax, gone < batches.count - 1 {
            bytes -= FeedWindow.size(batches[gone])
            gone += 1
        }
        batches.removeFirst(gone)
        first = batches.first?.number ?? first
    }

    private static func size(_ batch: FeedBatch) -> Int { batch.entries.reduce(64) { $0 + $1.size } }

    /// Batches that have something behind a position, at most `limit`; nil where that is not known here: the client is to read anew. That
    /// is so of positions before the window, of those that are still to come, and where the batch itself says so.
    package func batches(after position: FeedPosition, limit: Int) -> [FeedBatch]? {
        guard let first, let end, position <= end, position >= FeedPosition(endOf: first - 1) || position.batch >= first else {
            return nil
        }
        let from = batches.partitioningIndex { FeedPosition(endOf: $0.number) > position }
        return Array(batches[from...].prefix(limit))
    }
}

extension Array {
    /// Of elements that a condition divides, the first that meets it.
    func partitioningIndex(where isSecond: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
