import ContactCenter
import Observability
public import Platform

/// What a worker does next: reading, merging, flushing and committing, in an order that keeps the promise of delivery.
///
/// Sans-I/O. Somebody who can read, write and wait asks for steps, does them, and says what came of each: ``Pipeline`` with
/// threads and a lock, the simulation with a made-up clock. There is one performer a shard and one for the flushes:
///
///     switch core.nextWork(shard: 2, now: now) {
///     case .apply(let ticket):  shards[2].apply(..), then core.applied(ticket, ..)
///     case .read(let ticket):   fill and decode a block, then core.decoded(ticket), .release(ticket) or .ended(ticket)
///     case .gather(let rows):   shards[2].gather(..), .load(..), .takeRows(..), then core.gathered(..)
///     ..
///
/// A block is finished when the slices of all its shards are applied. For a flush no batch may be half applied, so nobody reads
/// until every shard has handed over its rows. Bounds: two tickets a shard, dirty bytes (``FlushPlanner``), resident bytes.
public struct PipelineCore {
    /// What the performer of a shard does next.
    public enum Work {
        /// Read a block and decode it into the ticket's batch.
        case read(Ticket)
        /// Join this shard's slice of a batch.
        case apply(Ticket)
        case gather(Gathering)
        /// Nothing to do until this time, or until something is reported to the core.
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

    /// What the performer of the flushes does next.
    public enum FlushStep {
        /// Make every dead letter that was appended so far durable.
        case secure
        case write(Flush)
        /// Read the epoch of the table.
        case confirm
        /// Commit to the source: everything up to these positions is durable.
        case commit([CheckpointLedger.Sealed])
        case wait(until: Int64?)
        case done
    }

    private let options: PipelineOptions
    private let flushes: Bool
    private let epoch: String?
    /// What was read and merged so far.
    public private(set) var totals = Totals()
    private var ledger = CheckpointLedger()
    private var planner: FlushPlanner
    private var cycle: FlushCycle
    private var inboxes: [[Ticket]]
    private var freeTickets: [Ticket]
    /// Tickets taken and not finished.
    private var outstanding = 0
    /// By partition: blocks decoded and not finished.
    private var open: [Int: Int] = [:]
    private var sourceEnded = false
    private var flushRequested = false
    private var flushedAll = false
    /// What a shard may keep resident after the flush that is being gathered.
    private var evictingTo: Int?
    /// Whether refreshes wait no longer: before something is given up, and at the end of everything.
    private var isWhole = true
    private var hasRefreshesOf: [Bool]
    private var held = HeldCommits()
    private var backlog = Backlog()
    private var dirtyBytesOf: [Int]
    private var residentBytesOf: [Int]
    private var entitiesOf: [Int]
    private var mergesOf: [Shard.Counts]
    private var sampling: UnknownSampling
    /// Of what was merged since the last seal, and of what the flush under way makes durable.
    private var arrivals = ArrivalRuns(runsMax: 4096)
    private var sealedArrivals = ArrivalRuns(runsMax: 4096)
    /// Of the flush under way.
    private var flushBegan: Int64 = 0
    private var flushBytes = 0
    /// Why the run is over, or will be once what is merged is durable.
    public private(set) var failure: (any Error)?
    /// Whether nothing more must be written after the failure.
    public private(set) var isAbandoned = false

    /// `flushes`: whether there is a store. `epoch`: the table's at the start, nil where the store keeps the checkpoints itself.
    public init(options: PipelineOptions, flushes: Bool, epoch: String? = nil) {
        self.options = options
        self.flushes = flushes
        self.epoch = epoch
        planner = options.planner
        cycle = FlushCycle(shards: options.shards)
        sampling = UnknownSampling(keepsAll: options.keepsUnknown)
        inboxes = Array(repeating: [], count: options.shards)
        hasRefreshesOf = Array(repeating: false, count: options.shards)
        dirtyBytesOf = Array(repeating: 0, count: options.shards)
        residentBytesOf = Array(repeating: 0, count: options.shards)
        entitiesOf = Array(repeating: 0, count: options.shards)
        mergesOf = Array(repeating: Shard.Counts(), count: options.shards)
        freeTickets = (0..<(options.shards * 2)).map { _ in Ticket(slices: options.shards) }
    }

    /// Bytes that the next flush would write, beside those in flight.
    public var dirtyBytes: Int { dirtyBytesOf.reduce(0, +) }

    /// What the shards keep in memory.
    public var residentBytes: Int { residentBytesOf.reduce(0, +) }
    public var residentEntities: Int { entitiesOf.reduce(0, +) }

    /// What is not durable, and why.
    package func status(now: Int64) -> PipelineStatus {
        var status = backlog.status(heldSince: held.since, heldDue: heldDue, now: now)
        status.end = failure.map { "\($0)" }
        return status
    }

    /// Whether everything that was read is durable and committed.
    public var isClean: Bool {
        outstanding == 0 && dirtyBytes == 0 && !ledger.hasMoved && held.isEmpty && cycle.phase == .resting
    }

    /// What others may wait for changes with it.
    package var phase: FlushCycle.Phase { cycle.phase }

    private var hasChanges: Bool { dirtyBytes > 0 || ledger.hasMoved }

    // MARK: - A shard's performer

    /// `mayRead`: whether the source is worth asking.
    public mutating func nextWork(shard: Int, now: Int64, mayRead: Bool = true) -> Work {
        switch step(shard: shard, now: now, mayRead: mayRead) {
        case .done: return .done
        case .apply: return .apply(inboxes[shard].removeLast())
        case .gather(let wanted):
            // What comes after a partition that has ended waits for the commit of its end.
            return .gather(
                Gathering(
                    refused: wanted.refused, began: flushBegan, all: isWhole || ledger.hasEnd,
                    evictingTo: wanted.refused == nil ? evictingTo : nil))
        case .beginFlush:
            beginFlush(now: now)
            return nextWork(shard: shard, now: now, mayRead: mayRead)
        case .read:
            outstanding += 1
            let ticket = freeTickets.removeLast()
            ticket.read = ledger.beginRead()
            return .read(ticket)
        case .wait(let deadline): return .wait(until: deadline)
        case .idle: return .wait(until: flushes ? due : nil)
        }
    }

    /// What a shard's performer is to do, before it is given to it.
    private enum Step {
        case done, apply, beginFlush, read
        case gather(FlushCycle.Wanted)
        /// For this time or for others.
        case wait(until: Int64?)
        /// For the source, or for the time of the next flush.
        case idle
    }

    private func step(shard: Int, now: Int64, mayRead: Bool) -> Step {
        if isAbandoned { return .done }
        if !inboxes[shard].isEmpty { return .apply }
        if let wanted = cycle.wanted(of: shard) {
            if cycle.phase == .gathering(isFirst: true), outstanding > 0 { return .wait(until: nil) }
            return cycle.notBefore > now ? .wait(until: cycle.notBefore) : .gather(wanted)
        }
        // Between the first shard that hands over and the last, nobody may change the rest.
        if cycle.phase == .gathering(isFirst: true) { return .wait(until: nil) }
        if sourceEnded { return isAtEnd ? .done : .wait(until: nil) }
        switch flushes ? decide(now: now) : .carryOn {
        case .pause: return .wait(until: nil)
        case .flush: return .beginFlush
        case .carryOn: return mayRead && !freeTickets.isEmpty ? .read : .idle
        }
    }

    /// What ``nextWork(shard:now:mayRead:)`` would come to: for waking a performer only then.
    package enum Outlook {
        /// Something that is this shard's alone.
        case own
        /// Something that whoever comes first does.
        case anyones
        /// Something of its own, at this time.
        case later(Int64)
        /// To begin the next flush in its time is not for a shard to wait for (``flushDue``).
        case nothing
    }

    package func outlook(shard: Int, now: Int64, mayRead: Bool) -> Outlook {
        switch step(shard: shard, now: now, mayRead: mayRead) {
        case .done, .apply, .gather: .own
        case .beginFlush, .read: .anyones
        case .wait(.some(let deadline)): .later(deadline)
        case .wait, .idle: .nothing
        }
    }

    private func decide(now: Int64) -> FlushPlanner.Decision {
        if flushRequested, !planner.isFlushing { return .flush }
        if let due = heldDue, due <= now, !planner.isFlushing { return .flush }
        return planner.decide(dirtyBytes: dirtyBytes, readBytes: totals.bytes, hasChanges: hasChanges, now: now)
    }

    /// When the clock alone calls for a flush; nil: never.
    private var due: Int64? {
        let planned = planner.due(hasChanges: hasChanges)
        guard !planner.isFlushing, let heldDue else { return planned }
        return min(planned ?? heldDue, heldDue)
    }

    /// When positions that are held can be committed.
    private var heldDue: Int64? { options.refreshInterval.flatMap { held.due(after: $0) } }

    /// Whether a shard has nothing more to do, where the source has ended. The flushes' performer begins the last flush; until it is
    /// over, rows may be refused and have to be gathered again.
    private var isAtEnd: Bool { outstanding == 0 && (!flushes || flushedAll && cycle.phase == .resting) }

    /// Puts samples of unknown objects among the batch's rejections. Before these go to the dead-letter sink.
    public mutating func sampleUnknown(_ ticket: Ticket) { sampling.take(from: ticket.batch, partition: ticket.partition) }

    /// The batch is complete, and its rejections are with the dead-letter sink.
    public mutating func decoded(_ ticket: Ticket) {
        backlog.buried(ticket)
        backlog.decoded(ticket)
        sampling.count(ticket.batch, partition: ticket.partition)
        open[ticket.partition, default: 0] += 1
        for shard in inboxes.indices where !ticket.batch.isEmpty(slice: shard) {
            ticket.slicesLeft += 1
            inboxes[shard].append(ticket)
        }
        if ticket.slicesLeft == 0 { finish(ticket) }
    }

    /// The ticket's rejections are on their way to the dead-letter sink.
    package mutating func buries(_ ticket: Ticket, now: Int64) { backlog.buries(ticket, now: now) }

    /// A shard has joined its slice.
    public mutating func applied(_ ticket: Ticket, shard: Shard) {
        take(shard)
        mergesOf[shard.index] = shard.counts
        totals.merges = mergesOf.reduce(into: Shard.Counts()) { $0 += $1 }
        ticket.slicesLeft -= 1
        if ticket.slicesLeft == 0 { finish(ticket) }
    }

    private mutating func take(_ shard: Shard) {
        dirtyBytesOf[shard.index] = shard.dirtyBytes
        hasRefreshesOf[shard.index] = shard.hasRefreshes
        residentBytesOf[shard.index] = shard.residentBytes
        entitiesOf[shard.index] = shard.entityCount
    }

    private mutating func finish(_ ticket: Ticket) {
        ledger.finished(
            partition: ticket.partition, sequence: ticket.sequence, end: ticket.end, isLast: ticket.isLast,
            goesBack: ticket.goesBack)
        ticket.add(to: &totals)
        if flushes { arrivals.add(ticket.arrivals) }
        open[ticket.partition, default: 1] -= 1
        if open[ticket.partition] == 0 { open[ticket.partition] = nil }
        release(ticket)
    }

    /// There was nothing to read.
    public mutating func release(_ ticket: Ticket) {
        outstanding -= 1
        freeTickets.append(ticket)
        ledger.endRead(ticket.read)
    }

    /// There will never be anything to read again.
    public mutating func ended(_ ticket: Ticket) {
        sourceEnded = true
        release(ticket)
    }

    /// A shard has handed over its rows. `buried`: rows that it could not read in the store, and that are with the dead letters.
    public mutating func gathered(_ shard: Shard, rows: RowBatch, buried: Int = 0) {
        take(shard)
        if buried > 0 { self.buried(buried) }
        totals.flushedBytes += rows.byteCount
        flushBytes += rows.byteCount
        cycle.gathered(shard: shard.index, rows: rows)
    }

    // MARK: - The flushes' performer

    /// `describe` names the partitions of the source and says what they are known by.
    public mutating func nextFlush(now: Int64, describe: (CheckpointLedger.Sealed) -> Checkpoint) -> FlushStep {
        if isAbandoned { return .done }
        if cycle.phase == .resting, sourceEnded, outstanding == 0 {
            if !flushes || flushedAll { return .done }
            beginFlush(now: now)
        }
        if cycle.phase == .gathering(isFirst: true), cycle.isGathered {
            let sealed = seal(now: now)
            cycle.seal(sealed, checkpoints: sealed.map(describe))
            swap(&arrivals, &sealedArrivals)
            arrivals.removeAll()
        }
        guard cycle.isDue(now) else { return .wait(until: cycle.notBefore > now ? cycle.notBefore : nil) }
        switch cycle.phase {
        case .resting, .gathering: return .wait(until: nil)
        case .securing:
            cycle.take()
            backlog.waits(for: .deadLetters, now: now)
            return .secure
        case .writing:
            cycle.take()
            backlog.waits(for: .store, now: now)
            return .write(cycle.flush)
        case .confirming:
            guard epoch != nil else {
                confirmed(epoch: nil, now: now)
                return nextFlush(now: now, describe: describe)
            }
            cycle.take()
            backlog.waits(for: .store, now: now)
            return .confirm
        case .committing:
            cycle.take()
            backlog.waits(for: .positions, now: now)
            return .commit(cycle.sealed)
        }
    }

    /// When the clock alone will call for a flush, as things are; nil: never.
    package var flushDue: Int64? { flushes && cycle.phase == .resting && !sourceEnded && !isAbandoned ? due : nil }

    /// Begins the flush that the clock calls for.
    package mutating func beginFlushIfDue(now: Int64) {
        if let due = flushDue, due <= now { beginFlush(now: now) }
    }

    /// Whether ``nextFlush(now:describe:)`` has a step: for waking its performer only then.
    package func hasFlushStep(now: Int64) -> Bool {
        switch cycle.phase {
        case _ where isAbandoned: true
        case .resting: sourceEnded && outstanding == 0
        case .gathering(let isFirst): isFirst && cycle.isGathered
        case .securing, .writing, .confirming, .committing: cycle.isDue(now) || cycle.notBefore > now
        }
    }

    /// What the flush under way makes safe to commit.
    private mutating func seal(now: Int64) -> [CheckpointLedger.Sealed] {
        let (moved, due) = (ledger.seal(), heldDue)
        guard let interval = options.refreshInterval else {
            backlog.seal(moved, due: nil, now: now)
            return moved
        }
        held.hold(moved, began: flushBegan, interval: interval)
        let released = held.release(beganBy: hasRefreshesOf.contains(true) ? flushBegan - interval : flushBegan)
        backlog.seal(moved, due: released.isEmpty ? nil : due, now: now)
        return released
    }

    private mutating func beginFlush(now: Int64) {
        isWhole = flushRequested || sourceEnded
        flushRequested = false
        cycle.begin()
        backlog.waits(for: .store, now: now)
        planner.flushStarted(readBytes: totals.bytes, now: now)
        (flushBegan, flushBytes) = (now, 0)
        evictingTo = residentBytes > options.residentBytesMax ? options.residentBytesMax / options.shards : nil
        flushedAll = sourceEnded && outstanding == 0
    }

    public mutating func secured() { cycle.secured() }

    /// `refused`: what the store did not write, nil if nothing. What it will never take is with the dead letters by now.
    public mutating func wrote(refused: RowBatch?, now: Int64) {
        var byShard: [RowBatch?] = Array(repeating: nil, count: options.shards)
        if (refused?.count ?? 0) < cycle.flush.rows.reduce(0, { $0 + $1.count }) { backlog.progressed(now: now) }
        if let refused {
            totals.rowsRefused += refused.count - refused.refusals.count
            if !refused.refusals.isEmpty { buried(refused.refusals.count) }
            for (number, row) in refused.enumerated() where refused.refusals[number] == nil {
                let shard = MutationBatch.slice(of: row.key.hash64, among: options.shards)
                let rows = byShard[shard] ?? RowBatch()
                rows.append(row)
                byShard[shard] = rows
            }
        }
        cycle.wrote(refused: byShard, now: now)
    }

    private mutating func buried(_ rows: Int) {
        totals.deadLetters[RowBatch.refusedReason, default: 0] += rows
        cycle.buried()
    }

    /// The table has this epoch. With another one than at the start the run is over: what this worker remembers of the table
    /// is void, and so are all commits. A new worker reads from the beginning.
    /// `time`: as for ``committed(now:time:)``.
    public mutating func confirmed(epoch found: String?, now: Int64, time: Timestamp? = nil) {
        guard found == epoch else { return fail(PipelineError.tableReplaced, abandon: true) }
        cycle.confirmed()
        if cycle.phase == .resting { endFlush(now: now, time: time) }
    }

    /// `time`: of the wall clock, where lags are measured.
    public mutating func committed(now: Int64, time: Timestamp? = nil) {
        cycle.committed()
        backlog.committed(at: time)
        endFlush(now: now, time: time)
    }

    private mutating func endFlush(now: Int64, time: Timestamp?) {
        planner.flushEnded()
        backlog.ended(now: now)
        if let time {
            for run in sealedArrivals.runs { totals.endToEndLags.add(time.milliseconds - run.time, times: run.count) }
        }
        sealedArrivals.removeAll()
        totals.flushes += 1
        totals.flushSizes.add(Int64(flushBytes))
        totals.flushTimes.add(now - flushBegan)
    }

    // MARK: - Control

    /// Writes what is dirty now, whatever the planner says: before partitions are given up.
    public mutating func requestFlush() { flushRequested = true }

    /// Reads nothing more, makes everything durable, and is done.
    public mutating func drain() { sourceEnded = true }

    /// Another worker has the partition: nothing of it is read any more, and nothing committed that is not in a flush already. Its merged
    /// mutations stay; they are true whoever read them.
    public mutating func drop(partition: Int) {
        ledger.drop(partition: partition)
        held.drop(partition: partition)
        backlog.drop(partition: partition)
    }

    /// Partitions that were dropped and that nothing refers to any more, each once: the source forgets them too. To be asked after reports.
    public mutating func takeForgotten() -> [Int] {
        let forgotten = ledger.takeForgotten()
        for partition in forgotten { sampling.forget(partition: partition) }
        return forgotten
    }

    /// Entries that are kept of partitions: no more of them however many were dropped before.
    package var partitionEntries: Int {
        ledger.partitionCount + open.count + sampling.partitionCount + backlog.status.settled.count
    }

    /// Whether everything that was read of a partition is committed, once its last block is decoded.
    public func isCommitted(partition: Int) -> Bool {
        open[partition] == nil && !ledger.hasMoved(partition: partition) && !held.contains(partition: partition)
            && (cycle.phase == .resting || !cycle.sealed.contains { $0.partition == partition })
    }

    /// Whether the first so many blocks of a partition are committed, decoded by now or not.
    public func isCommitted(partition: Int, blocks: Int) -> Bool {
        ledger.finishedBlocks(partition: partition) >= blocks && isCommitted(partition: partition)
    }

    /// A step of a flush, or the reading of cold rows for one, did not work. Tried again later, or the end of the run: a store that
    /// is damaged does not mend with time.
    public mutating func flushFailed(_ error: any Error, now: Int64) {
        guard options.retries, (error as? StoreError)?.reason != .corrupt else { return fail(error, abandon: true) }
        totals.flushRetries += 1
        backlog.failed(error, now: now)
        cycle.failed(now: now)
    }

    /// The source failed. What was read before is sound: it is flushed, and then the error is told.
    public mutating func sourceFailed(_ error: any Error, _ ticket: Ticket) {
        fail(error, abandon: false)
        ended(ticket)
    }

    /// `abandon`: nothing more is read or written.
    public mutating func fail(_ error: any Error, abandon: Bool) {
        if failure == nil { failure = error }
        if abandon { isAbandoned = true }
    }
}
