/// The threads that were told to wait, until when, and which of them the current call wakes.
///
/// Only who waits is woken, and whoever is woken or polls waits no more. Bound: one deadline per state shard. Cost: a few
/// instructions per poll; per call, nothing while nobody waits.
struct Waiting {
    private(set) var shards = ShardSet()
    private(set) var flush = false
    /// Until when the commit thread waits; `.max`: until it is woken. Nil: it does not.
    private(set) var commit: Int64?
    /// By shard that waits; `.max`: until it is woken.
    private var deadlines: [Int64]
    private var wakes = Wakes()

    init(shards: Int) { deadlines = Array(repeating: .max, count: shards) }

    // MARK: - Polls

    mutating func polls(_ shard: Int) { shards.remove(shard) }

    mutating func waits(_ shard: Int, until deadline: Int64?) {
        shards.insert(shard)
        deadlines[shard] = deadline ?? .max
    }

    mutating func flushPolls() { flush = false }

    mutating func flushWaits() { flush = true }

    mutating func commitPolls() { commit = nil }

    mutating func commitWaits(until deadline: Int64?) { commit = deadline ?? .max }

    /// When the first shard that waits polls by itself; `.max`: none does.
    var earliest: Int64 { shards.reduce(.max) { min($0, deadlines[$1]) } }

    // MARK: - Wakes

    /// Has no effect on a shard that does not wait: it polls by itself.
    mutating func wake(_ shard: Int) {
        if shards.remove(shard) { wakes.shards.insert(shard) }
    }

    mutating func wakeShards() {
        for shard in shards { wake(shard) }
    }

    mutating func wakeFlush() {
        if flush { wakes.flush = true }
        flush = false
    }

    mutating func wakeCommit() {
        if commit != nil { wakes.commit = true }
        commit = nil
    }

    /// Ends a call: whom it wakes.
    mutating func take() -> Wakes {
        defer { wakes = Wakes() }
        return wakes
    }
}
