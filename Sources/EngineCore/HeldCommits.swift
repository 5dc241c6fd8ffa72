/// Positions that are not committed yet because a refresh that was read before them waits for its write (``Shard/refreshInterval``).
///
/// A refresh that waits when a flush begins is written by the first flush that begins an interval later, so the positions of the one may
/// be committed with the other; or with any flush that leaves no refresh waiting. Flushes that began within a ``partsOfInterval``th of the
/// interval share a run of positions, which waits as the latest of them has to: by that much longer at most. So there are never many
/// more runs than parts, however often flushes come.
package struct HeldCommits {
    package static let partsOfInterval: Int64 = 64

    private struct Run {
        /// When the first and the last of its flushes began.
        var first: Int64
        var began: Int64
        var sealed: [CheckpointLedger.Sealed]
    }

    private var runs: [Run] = []

    package var isEmpty: Bool { runs.isEmpty }

    /// When the oldest ones can be committed; nil where there are none.
    package func due(after interval: Int64) -> Int64? { runs.first.map { $0.began + interval } }

    /// When the flush began that the oldest ones are of.
    package var since: Int64? { runs.first?.first }

    package func contains(partition: Int) -> Bool { runs.contains { $0.sealed.contains { $0.partition == partition } } }

    /// `interval`: for how long a refresh may wait.
    package mutating func hold(_ sealed: [CheckpointLedger.Sealed], began: Int64, interval: Int64) {
        assert(runs.last.map { $0.began <= began } ?? true, "flushes begin one after the other")
        guard !sealed.isEmpty else { return }
        guard let last = runs.last, began - last.first < max(1, interval / HeldCommits.partsOfInterval) else {
            runs.append(Run(first: began, began: began, sealed: sealed))
            return
        }
        runs[runs.count - 1] = Run(first: last.first, began: began, sealed: HeldCommits.latest([last.sealed, sealed]))
    }

    /// Takes the positions of flushes that began no later than `began`, the latest of each partition, in order of partition.
    package mutating func release(beganBy began: Int64) -> [CheckpointLedger.Sealed] {
        let count = runs.firstIndex { $0.began > began } ?? runs.count
        assert(runs[count...].allSatisfy { $0.began > began }, "runs are in the order in which their flushes began")
        defer { runs.removeFirst(count) }
        return HeldCommits.latest(runs.prefix(count).map(\.sealed))
    }

    /// Forgets a partition, for good.
    package mutating func drop(partition: Int) {
        for at in runs.indices { runs[at].sealed.removeAll { $0.partition == partition } }
        runs.removeAll { $0.sealed.isEmpty }
    }

    private static func latest(_ runs: [[CheckpointLedger.Sealed]]) -> [CheckpointLedger.Sealed] {
        var latest: [Int: CheckpointLedger.Sealed] = [:]
        for sealed in runs.joined() { latest[sealed.partition] = sealed }
        return latest.values.sorted { $0.partition < $1.partition }
    }
}
