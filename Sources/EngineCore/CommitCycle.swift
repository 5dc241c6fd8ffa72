/// One commit after the other, from flushes that are over to the source, as a state machine with a clock of its own.
///
///     resting -> confirming the table's epoch -> committing positions -> resting
///
/// A flush that is over leaves its positions here, the latest of each partition. A commit takes those that are here when its confirmation
/// is *sent*: what they stand for was durable before the table was asked which life it lives. What comes later waits for the
/// next commit. A step that fails is done again, after a while.
///
/// Bounded by the partitions: a position each that waits, and one under way.
package struct CommitCycle {
    package enum Phase: Equatable {
        case resting, confirming, committing
    }

    package private(set) var phase = Phase.resting
    /// Whether somebody is at the current step.
    package private(set) var isTaken = false
    /// When the current step may be tried, in milliseconds; it failed before if this is not 0.
    package private(set) var notBefore: Int64 = 0
    /// The positions of the commit under way, in order of partition.
    package private(set) var sealed: [CheckpointLedger.Sealed] = []
    /// What the last confirmation read.
    package private(set) var epoch: String?
    /// Positions of flushes that are over, by partition.
    private var waiting: [Int: CheckpointLedger.Sealed] = [:]
    private var failures = 0
    private var lastBegan: Int64?
    /// Whether the next commit does not wait for its time.
    private var isRequested = false
    /// Milliseconds from the beginning of a commit to the next one.
    private let interval: Int64
    /// After how many milliseconds the epoch is looked at though there is nothing to commit; nil: never.
    private let idleInterval: Int64?

    package init(interval: Int64, idleInterval: Int64?) {
        self.interval = interval
        self.idleInterval = idleInterval
    }

    /// Whether nothing waits or is under way.
    package var isEmpty: Bool { phase == .resting && waiting.isEmpty }

    package var partitionCount: Int { waiting.count }

    /// Positions that wait for the next commit, in order of partition.
    package var pending: [CheckpointLedger.Sealed] { waiting.values.sorted { $0.partition < $1.partition } }

    package func contains(partition: Int) -> Bool {
        waiting[partition] != nil || phase != .resting && sealed.contains { $0.partition == partition }
    }

    /// A flush is over, and with it everything up to these positions is durable.
    package mutating func add(_ positions: [CheckpointLedger.Sealed]) {
        for position in positions { waiting[position.partition] = position }
    }

    /// What waits is to be committed at once.
    package mutating func request() { isRequested = true }

    /// Forgets a partition; what was handed out to be committed may still be.
    package mutating func drop(partition: Int) {
        waiting[partition] = nil
        if !isTaken || phase == .confirming { sealed.removeAll { $0.partition == partition } }
    }

    // MARK: - Steps

    /// When there is something to do; nil: never, as things stand.
    package var due: Int64? {
        guard phase == .resting else { return isTaken ? nil : notBefore }
        guard waiting.isEmpty else { return isRequested ? .min : lastBegan.map { $0 + interval } ?? .min }
        return idleInterval.map { (lastBegan ?? 0) + $0 }
    }

    /// Begins a commit that is due.
    package mutating func begin(now: Int64) {
        assert(phase == .resting && due.map { $0 <= now } ?? false, "a commit that is not due")
        lastBegan = now
        isRequested = false
        sealed = []
        enter(.confirming)
    }

    /// The confirmation is about to be sent, for the first time or once more.
    package mutating func takeConfirming() {
        assert(phase == .confirming && !isTaken)
        isTaken = true
        for position in sealed where waiting[position.partition] == nil { waiting[position.partition] = position }
        sealed = pending
        waiting.removeAll(keepingCapacity: true)
    }

    /// The table lives the life that the worker started on. `epoch`: as it was read.
    package mutating func confirmed(epoch: String?) {
        assert(phase == .confirming)
        self.epoch = epoch
        enter(sealed.isEmpty ? .resting : .committing)
    }

    package mutating func takeCommitting() {
        assert(phase == .committing && !isTaken)
        isTaken = true
    }

    package mutating func committed() {
        assert(phase == .committing)
        enter(.resting)
    }

    /// The step is to be tried again; waits double from 100 ms to 20 s.
    package mutating func failed(now: Int64) {
        assert(phase != .resting)
        isTaken = false
        notBefore = now + min(100 << Int64(min(failures, 8)), 20_000)
        failures += 1
    }

    private mutating func enter(_ phase: Phase) {
        self.phase = phase
        isTaken = false
        notBefore = 0
        failures = 0
    }
}
