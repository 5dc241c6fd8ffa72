/// Positions that are not committed yet because a refresh that was read before them waits for its write (``Shard/refreshInterval``).
///
/// A refresh that waits when a flush begins is written by the first flush that begins an interval later, so the positions of the one may
/// be committed with the other; or with any flush that leaves no refresh waiting. At most ``runsMax`` runs of positions are told
/// apart; beyond, neighbours become one of the later time.
struct HeldCommits {
    static let runsMax = 128

    private var runs: [(began: Int64, sealed: [CheckpointLedger.Sealed])] = []

    var isEmpty: Bool { runs.isEmpty }

    /// When the oldest ones can be committed; nil where there are none.
    func due(after interval: Int64) -> Int64? { runs.first.map { $0.began + interval } }

    func contains(partition: Int) -> Bool { runs.contains { $0.sealed.contains { $0.partition == partition } } }

    mutating func hold(_ sealed: [CheckpointLedger.Sealed], began: Int64) {
        guard !sealed.isEmpty else { return }
        runs.append((began, sealed))
        guard runs.count > HeldCommits.runsMax else { return }
        runs = stride(from: 0, to: runs.count, by: 2).map { at in
            guard at + 1 < runs.count else { return runs[at] }
            return (runs[at + 1].began, HeldCommits.latest([runs[at].sealed, runs[at + 1].sealed]))
        }
    }

    /// Takes the positions of flushes that began no later than `began`, the latest of each partition, in order of partition.
    mutating func release(beganBy began: Int64) -> [CheckpointLedger.Sealed] {
        let count = runs.firstIndex { $0.began > began } ?? runs.count
        defer { runs.removeFirst(count) }
        return HeldCommits.latest(runs.prefix(count).map(\.sealed))
    }

    /// Forgets a partition, for good.
    mutating func drop(partition: Int) {
        for at in runs.indices { runs[at].sealed.removeAll { $0.partition == partition } }
        runs.removeAll { $0.sealed.isEmpty }
    }

    private static func latest(_ runs: [[CheckpointLedger.Sealed]]) -> [CheckpointLedger.Sealed] {
        var latest: [Int: CheckpointLedger.Sealed] = [:]
        for sealed in runs.joined() { latest[sealed.partition] = sealed }
        return latest.values.sorted { $0.partition < $1.partition }
    }
}
