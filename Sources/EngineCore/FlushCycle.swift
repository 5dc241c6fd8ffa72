/// One flush, from the shards' rows to their being durable, as a state machine.
///
///     gathering -> securing dead letters -> writing rows ------------------------> over
///                                               |  ^   \                            ^
///                            rows were refused  v  |    \                           |
///                                   gathering those again -> securing: rows became dead letters
///
/// The order is the promise of delivery: a flush is over, and its positions may be committed (``CommitCycle``), only when every row and
/// dead letter up to them is durable. A step that fails is done again, after a while. A row that the store will never take, or
/// whose row there cannot be read, is a dead letter and no more a row of the flush.
package struct FlushCycle {
    package enum Phase: Equatable {
        case resting
        /// Shards have yet to hand over rows; `isFirst`: all of them, with no batch half applied.
        case gathering(isFirst: Bool)
        case securing, writing
        /// Everything is durable; what that means is to be noted.
        case over
    }

    package private(set) var phase = Phase.resting
    /// Whether somebody is at the current step of a phase other than gathering.
    package private(set) var isTaken = false
    /// When the current step may be tried, in milliseconds; it failed before if this is not 0.
    package private(set) var notBefore: Int64 = 0
    package private(set) var flush = Flush(rows: [], checkpoints: [])
    package private(set) var sealed: [CheckpointLedger.Sealed] = []
    private var failures = 0
    /// How often rows of this flush were refused.
    private var rounds = 0
    /// Whether all rows are written that can be.
    private var isWritten = false
    /// Whether rows became dead letters since letters were last made durable.
    private var hasBuried = false
    /// By shard: what it still has to gather. `rows` nil: what changed.
    private var wanted: [Wanted?]

    package struct Wanted {
        /// Rows that the store refused; nil: everything that changed.
        package var refused: RowBatch?
    }

    package init(shards: Int) { wanted = Array(repeating: nil, count: shards) }

    // MARK: - Gathering

    package mutating func begin() {
        assert(phase == .resting && isGathered && flush.rows.isEmpty && !isTaken)
        phase = .gathering(isFirst: true)
        for shard in wanted.indices { wanted[shard] = Wanted() }
        flush = Flush(rows: [], checkpoints: [])
        sealed = []
        rounds = 0
        isWritten = false
        hasBuried = false
        restart()
    }

    /// What a shard has to gather now; nil: nothing.
    package func wanted(of shard: Int) -> Wanted? { wanted[shard] }

    /// Whether every shard has handed over.
    package var isGathered: Bool { wanted.allSatisfy { $0 == nil } }

    package mutating func gathered(shard: Int, rows: RowBatch) {
        assert(isGathering && wanted[shard] != nil, "rows that nobody waits for")
        wanted[shard] = nil
        if !rows.isEmpty { flush.rows.append(rows) }
        restart()
        guard isGathered, phase == .gathering(isFirst: false) else { return }
        if flush.rows.isEmpty { endWriting() } else { enter(.writing) }
    }

    /// Rows were appended to the dead letters, by a shard that gathers or after a write. Before the step is reported.
    package mutating func buried() { hasBuried = true }

    /// Everything is gathered and nothing was applied since: `sealed` is what the rows stand for.
    package mutating func seal(_ sealed: [CheckpointLedger.Sealed], checkpoints: [Checkpoint]) {
        assert(phase == .gathering(isFirst: true) && isGathered && !isWritten)
        self.sealed = sealed
        flush.checkpoints = checkpoints
        enter(.securing)
    }

    /// Forgets the position of a partition that another worker has.
    package mutating func drop(partition: Int) { sealed.removeAll { $0.partition == partition } }

    // MARK: - Steps

    /// Whether the current step waits for somebody to take it.
    package func isDue(_ now: Int64) -> Bool {
        switch phase {
        case .resting, .gathering, .over: false
        case .securing, .writing: !isTaken && notBefore <= now
        }
    }

    package mutating func take() {
        assert((phase == .securing || phase == .writing) && !isTaken, "a step that is not due")
        isTaken = true
    }

    package mutating func secured() {
        assert(phase == .securing)
        hasBuried = false
        enter(isWritten || flush.rows.isEmpty && flush.checkpoints.isEmpty ? .over : .writing)
    }

    private mutating func endWriting() {
        assert(isGathered, "rows are still to come")
        isWritten = true
        enter(hasBuried ? .securing : .over)
    }

    /// `refused` by shard. Rows that are refused again and again wait a little longer each time, 5 s at most.
    package mutating func wrote(refused: [RowBatch?], now: Int64) {
        assert(phase == .writing && refused.count <= wanted.count)
        guard refused.contains(where: { $0 != nil }) else { return endWriting() }
        enter(.gathering(isFirst: false))
        flush.rows = []
        rounds += 1
        if rounds > 2 { notBefore = now + min(5 << Int64(min(rounds, 10)), 5_000) }
        for (shard, rows) in refused.enumerated() { wanted[shard] = rows.map { Wanted(refused: $0) } }
    }

    /// Ends a flush that is over: the positions that it made safe to commit.
    package mutating func end() -> [CheckpointLedger.Sealed] {
        assert(phase == .over && isGathered && !hasBuried, "a flush that ends before its dead letters are durable")
        defer { sealed = [] }
        enter(.resting)
        return sealed
    }

    /// The step, or the reading of a shard that gathers, is to be tried again; waits double from 100 ms to 20 s.
    package mutating func failed(now: Int64) {
        isTaken = false
        notBefore = now + min(100 << Int64(min(failures, 8)), 20_000)
        failures += 1
    }

    private var isGathering: Bool { if case .gathering = phase { true } else { false } }

    private mutating func enter(_ phase: Phase) {
        self.phase = phase
        restart()
        if phase == .resting { flush = Flush(rows: [], checkpoints: []) }
    }

    private mutating func restart() {
        isTaken = false
        notBefore = 0
        failures = 0
    }
}
