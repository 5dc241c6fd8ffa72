/// Decides what happens next: reading, joining, flushing and committing, in the order that keeps the promise of delivery.
///
/// Sans-I/O: no thread, no clock, no lock. It is driven by one thread per state shard, one for the flushes and one for the commits. They
/// are real (``Pipeline``) or simulated. Each of them repeats this:
///
///     let (work, wakes) = core.pollShard(2, now: now)         // or core.pollFlush(now:time:describe:), core.pollCommit(now:)
///     // wake the threads in `wakes`
///     switch work {
///     case .wait(let until): // sleep until that time, or until another call's `wakes` name this thread
///     case .done:            // leave, for good
///     case .apply(let ticket):
///         ticket.apply(to: shards[2])
///         let wakes = core.applied(ticket, shard: shards[2])  // wake these, too
///     ..
///     }
///
/// What a poll returns, what the thread does, and what it then reports:
///
/// | poll | work | done by the thread | report, one of |
/// |---|---|---|---|
/// | ``pollShard(_:now:)`` | ``Work/read(_:)`` | fill a block from the source, decode it into the ticket | ``decoded(_:)``, ``idle(_:)``, ``asleep(_:)``, ``ended(_:)``, ``sourceFailed(_:_:)``, ``fail(_:abandon:)`` |
/// | | ``Work/apply(_:)`` | join the shard's part of the batch | ``applied(_:shard:)`` |
/// | | ``Work/gather(_:)`` | take the shard's rows | ``gathered(_:rows:buried:)``, ``flushFailed(_:now:)`` |
/// | ``pollFlush(now:time:describe:)`` | ``FlushWork/secure`` | make dead letters durable | ``secured()``, ``flushFailed(_:now:)`` |
/// | | ``FlushWork/write(_:)`` | write the rows | ``wrote(refused:now:)``, ``flushFailed(_:now:)`` |
/// | ``pollCommit(now:)`` | ``CommitWork/confirm`` | read the table epoch | ``confirmed(epoch:now:)``, ``commitFailed(_:now:)`` |
/// | | ``CommitWork/commit(_:epoch:)`` | commit the positions | ``committed(now:time:)``, ``commitFailed(_:now:)`` |
///
/// Reported from outside, at any time: ``recordsAvailable(decoders:)``, ``requestFlush()``, ``drain()``, ``drop(partition:)``,
/// ``fail(_:abandon:)``.
///
/// Rules:
/// 1. One call at a time. A thread that sleeps begins to do so before the next call (in one critical section with its poll).
/// 2. Work is reported once. Then the thread polls again, at once.
/// 3. Each call returns whom to wake (``Wakes``): threads that wait, and whose next poll would now return work. If several could
///    begin a flush, one is woken. Nobody else needs to poll before its deadline; to poll more often does no harm.
/// 4. Whoever was told ``Work/done`` polls no more.
///
/// So nothing is asked "is there something by now?". ``Waiting`` keeps who was told to wait. What a report changes for one shard
/// alone is noted where it changes; whether shards may read or begin a flush is decided by the same few conditions that a poll
/// uses (``takeWakes(decoders:)``).
///
/// A block is finished when every state shard has applied its part of it. For a flush no block may be half applied, so nobody
/// reads until each shard has handed over its rows.
///
/// Bounds: ``ShardSet/shardsMax`` shards, two tickets per shard, dirty bytes (``FlushPlanner``), resident bytes. No call allocates per
/// event; reports cost some assignments, and a sum over the shards.
public struct PipelineCore {
    /// What the thread of a state shard does next.
    public enum Work {
        /// Read a block and decode it into the ticket's batch.
        case read(Ticket)
        /// Join this shard's part of a batch.
        case apply(Ticket)
        case gather(Gathering)
        /// Nothing until this time, or until it is woken.
        case wait(until: Int64?)
        case done
    }

    /// What a shard hands over, for a flush that began at this time: rows refused by the store, or if there are none all that changed, of
    /// the refreshes those that are due or all of them; then it lets go of what is over `evictingTo` bytes.
    public struct Gathering {
        public var refused: RowBatch?
        public var began: Int64
        public var all: Bool
        public var evictingTo: Int?
    }

    /// What the flush thread does next.
    public enum FlushWork {
        /// Make every dead letter that was appended so far durable.
        case secure
        case write(Flush)
        /// Nothing until this time, or until it is woken.
        case wait(until: Int64?)
        case done
    }

    /// What the commit thread does next.
    public enum CommitWork {
        /// Read the epoch of the table.
        case confirm
        /// Commit to the source: everything up to these positions is durable, in the table that has this epoch.
        case commit([CheckpointLedger.Sealed], epoch: String?)
        /// Nothing until this time, or until it is woken.
        case wait(until: Int64?)
        case done
    }

    let options: PipelineOptions
    let flushes: Bool
    let epoch: String?
    /// What was read and merged so far.
    public internal(set) var totals = Totals()
    var waiting: Waiting

    // Blocks: from the source into the shards.
    var inboxes: [[Ticket]]
    var freeTickets: [Ticket]
    /// Tickets taken and not finished.
    var outstanding = 0
    /// By partition: blocks decoded and not finished.
    var open: [Int: Int] = [:]
    /// The source has nothing and reports when it has.
    var sourceIsAsleep = false
    var sourceEnded = false
    var sampling: UnknownSampling

    // Of the shards, as of their last report.
    var refreshesOf: [Int]
    var shortWaitDueOf: [Int64?]
    var dirtyBytesOf: [Int]
    var residentBytesOf: [Int]
    var entitiesOf: [Int]
    var mergesOf: [Shard.Counts]

    // The way to a commit.
    var ledger = CheckpointLedger()
    var held = HeldCommits()
    var planner: FlushPlanner
    var cycle: FlushCycle
    var commits: CommitCycle
    var backlog = Backlog()
    /// Of what was merged since the last seal, and of what the flush under way makes durable.
    var arrivals = ArrivalRuns(runsMax: 4096)
    var sealedArrivals = ArrivalRuns(runsMax: 4096)
    var flushRequested = false
    /// The last flush of all has begun.
    var flushedAll = false

    // Of the flush under way.
    var flushBegan: Int64 = 0
    var flushBytes = 0
    /// What a shard may keep resident after it.
    var evictingTo: Int?
    /// Whether refreshes wait no longer: before something is given up, and at the end of everything.
    var isWhole = true

    /// Why the run is over, or will be once what is merged is durable.
    public internal(set) var failure: (any Error)?
    /// Whether nothing more must be written after the failure.
    public internal(set) var isAbandoned = false

    /// `flushes`: whether there is a store. `epoch`: the table's at the start, nil where the store keeps the checkpoints itself.
    public init(options: PipelineOptions, flushes: Bool, epoch: String? = nil) {
        assert((1...ShardSet.shardsMax).contains(options.shards))
        self.options = options
        self.flushes = flushes
        self.epoch = epoch
        planner = options.planner
        cycle = FlushCycle(shards: options.shards)
        commits = CommitCycle(
            interval: options.commitInterval, idleInterval: epoch == nil ? nil : options.idleInterval)
        sampling = UnknownSampling(keepsAll: options.keepsUnknown)
        waiting = Waiting(shards: options.shards)
        inboxes = Array(repeating: [], count: options.shards)
        refreshesOf = Array(repeating: 0, count: options.shards)
        shortWaitDueOf = Array(repeating: nil, count: options.shards)
        dirtyBytesOf = Array(repeating: 0, count: options.shards)
        residentBytesOf = Array(repeating: 0, count: options.shards)
        entitiesOf = Array(repeating: 0, count: options.shards)
        mergesOf = Array(repeating: Shard.Counts(), count: options.shards)
        freeTickets = (0..<(options.shards * 2)).map { _ in Ticket(slices: options.shards) }
    }

    // MARK: - Status

    /// Bytes that the next flush would write, beside those in flight.
    public var dirtyBytes: Int { dirtyBytesOf.reduce(0, +) }

    /// What the shards keep in memory.
    public var residentBytes: Int { residentBytesOf.reduce(0, +) }
    public var residentEntities: Int { entitiesOf.reduce(0, +) }

    /// What is not durable, and why.
    package func status(now: Int64) -> PipelineStatus {
        var status = backlog.status(heldSince: held.since, heldDue: heldDue, now: now)
        status.refreshes = refreshesOf.reduce(0, +)
        status.end = failure.map { "\($0)" }
        return status
    }

    /// Whether everything that was read is durable and committed.
    public var isClean: Bool {
        outstanding == 0 && dirtyBytes == 0 && !ledger.hasMoved && held.isEmpty && cycle.phase == .resting && commits.isEmpty
    }

    /// What others may wait for changes with it.
    package var phase: FlushCycle.Phase { cycle.phase }

    /// Positions of flushes that are over, which the next commit will take.
    package var pendingCommits: [CheckpointLedger.Sealed] { commits.pending }

    /// Entries that are kept of partitions: no more of them however many were dropped before.
    package var partitionEntries: Int {
        ledger.partitionCount + open.count + sampling.partitionCount + backlog.status.settled.count + commits.partitionCount
    }

    /// Whether everything that was read of a partition is committed, once its last block is decoded.
    public func isCommitted(partition: Int) -> Bool {
        open[partition] == nil && !ledger.hasMoved(partition: partition) && !held.contains(partition: partition)
            && !cycle.sealed.contains { $0.partition == partition } && !commits.contains(partition: partition)
    }

    /// Whether the first so many blocks of a partition are committed, decoded by now or not.
    public func isCommitted(partition: Int, blocks: Int) -> Bool {
        ledger.finishedBlocks(partition: partition) >= blocks && isCommitted(partition: partition)
    }
}
