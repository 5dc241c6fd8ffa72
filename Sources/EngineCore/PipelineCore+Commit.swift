import ContactCenter
public import Platform

/// From a finished block to its committed position, in this order:
///
///     finish -> ledger .. begin -> gather -> seal (-> held) -> secure -> write -> end -> backlog .. begin -> confirm -> commit
///                                   ^                            |
///                                   |     rows were refused      |
///                                   +----------------------------+
///
/// Flushes have one clock and commits another: a row is not kept waiting for positions, nor for the question which life the table lives.
extension PipelineCore {
    // MARK: - A block is finished

    /// Every shard has applied its part: the ledger may move the partition's position.
    mutating func finish(_ ticket: Ticket) {
        ledger.finished(
            partition: ticket.partition, sequence: ticket.sequence, end: ticket.end, isLast: ticket.isLast,
            goesBack: ticket.goesBack)
        ticket.add(to: &totals)
        if flushes { arrivals.add(ticket.arrivals) }
        open[ticket.partition, default: 1] -= 1
        if open[ticket.partition] == 0 { open[ticket.partition] = nil }
        release(ticket)
    }

    // MARK: - A flush begins

    /// Whether a flush is to begin now. With `now` nil: whatever the time is.
    func callsForFlush(now: Int64?) -> Bool {
        guard flushes, !planner.isFlushing else { return false }
        if flushRequested { return true }
        if let now, let waitingDue, waitingDue <= now { return true }
        return planner.decide(dirtyBytes: dirtyBytes, readBytes: totals.bytes, hasMoved: ledger.hasMoved, now: now ?? .min)
            == .flush
    }

    /// Whether too much is dirty beside a flush under way.
    var isPaused: Bool {
        flushes
            && planner.decide(dirtyBytes: dirtyBytes, readBytes: totals.bytes, hasMoved: ledger.hasMoved, now: .min) == .pause
    }

    /// When the clock alone calls for a flush; nil: never.
    var due: Int64? {
        guard flushes, !planner.isFlushing else { return nil }
        let planned = planner.due(dirtyBytes: dirtyBytes, hasMoved: ledger.hasMoved)
        guard let waitingDue else { return planned }
        return min(planned ?? waitingDue, waitingDue)
    }

    /// When a flush is called for by what waits: positions that are held, or refreshes that may wait but shortly.
    private var waitingDue: Int64? {
        guard options.refreshInterval != nil else { return nil }
        let shortly = shortWaitDueOf.lazy.compactMap { $0 }.min()
        guard let heldDue, let shortly else { return heldDue ?? shortly }
        return min(heldDue, shortly)
    }

    /// When positions that are held can be committed.
    var heldDue: Int64? { options.refreshInterval.flatMap { held.due(after: $0) } }

    mutating func beginFlush(now: Int64) {
        isWhole = flushRequested || sourceEnded
        flushRequested = false
        cycle.begin()
        backlog.flushWaits(for: .store, now: now)
        planner.flushStarted(readBytes: totals.bytes, now: now)
        (flushBegan, flushBytes) = (now, 0)
        evictingTo = residentBytes > options.residentBytesMax ? options.residentBytesMax / options.shards : nil
        flushedAll = sourceEnded && outstanding == 0
        if outstanding == 0 { wakeWanted() }
    }

    // MARK: - The shards hand over

    /// A shard has handed over its rows. `buried`: rows that it could not read in the store, and that are with the dead letters.
    public mutating func gathered(_ shard: Shard, rows: RowBatch, buried: Int = 0) -> Wakes {
        take(shard)
        if buried > 0 { self.buried(buried) }
        totals.flushedBytes += rows.byteCount
        flushBytes += rows.byteCount
        cycle.gathered(shard: shard.index, rows: rows)
        // Those that wait for another try need not: the store can be read again.
        wakeWanted()
        if cycle.isGathered { waiting.wakeFlush() }
        return takeWakes()
    }

    private mutating func buried(_ rows: Int) {
        totals.deadLetters[RowBatch.refusedReason, default: 0] += rows
        cycle.buried()
    }

    // MARK: - The flush thread

    /// What the flush thread does next, and whom else to wake: the poll seals what was gathered, and begins and ends the last flush.
    ///
    /// Called by that thread alone, as ``pollShard(_:now:)`` is. Without a store there is no such thread. `describe` names the partitions
    /// of the source and says what they are known by. `time`: of the wall clock, where lags are measured.
    public mutating func pollFlush(
        now: Int64, time: Timestamp? = nil, describe: (CheckpointLedger.Sealed) -> Checkpoint
    ) -> (work: FlushWork, wakes: Wakes) {
        waiting.flushPolls()
        let work = flushWork(now: now, time: time, describe: describe)
        if case .wait = work { waiting.flushWaits() }
        let wakes = takeWakes()
        assert(!wakes.flush, "a thread that is about to sleep would miss its wake")
        return (work, wakes)
    }

    private mutating func flushWork(
        now: Int64, time: Timestamp?, describe: (CheckpointLedger.Sealed) -> Checkpoint
    ) -> FlushWork {
        if isAbandoned { return .done }
        if cycle.phase == .over { endFlush(now: now, time: time) }
        if cycle.phase == .resting, sourceEnded, outstanding == 0 {
            if !flushes || flushedAll { return .done }
            beginFlush(now: now)
        }
        if cycle.phase == .gathering(isFirst: true), cycle.isGathered { seal(now: now, describe: describe) }
        switch cycle.phase {
        case .resting, .gathering, .over: return .wait(until: nil)
        case _ where !cycle.isDue(now): return .wait(until: cycle.notBefore > now ? cycle.notBefore : nil)
        case .securing:
            take(for: .deadLetters, now: now)
            return .secure
        case .writing:
            take(for: .store, now: now)
            return .write(cycle.flush)
        }
    }

    private mutating func take(for keeper: PipelineStatus.Keeper, now: Int64) {
        cycle.take()
        backlog.flushWaits(for: keeper, now: now)
    }

    /// What every shard has handed over is what the ledger's positions stand for.
    private mutating func seal(now: Int64, describe: (CheckpointLedger.Sealed) -> Checkpoint) {
        let sealed = sealPositions(now: now)
        cycle.seal(sealed, checkpoints: sealed.map(describe))
        swap(&arrivals, &sealedArrivals)
        arrivals.removeAll()
    }

    /// What the flush under way makes safe to commit.
    private mutating func sealPositions(now: Int64) -> [CheckpointLedger.Sealed] {
        let (moved, due) = (ledger.seal(), heldDue)
        guard let interval = options.refreshInterval else {
            backlog.seal(moved, due: nil, now: now)
            return moved
        }
        held.hold(moved, began: flushBegan, interval: interval)
        let released = held.release(beganBy: refreshesOf.contains { $0 > 0 } ? flushBegan - interval : flushBegan)
        backlog.seal(moved, due: released.isEmpty ? nil : due, now: now)
        return released
    }

    // MARK: - Its reports

    /// Every dead letter that was appended before the step is durable.
    public mutating func secured() -> Wakes {
        cycle.secured()
        return takeWakes()
    }

    /// `refused`: what the store did not write, nil if nothing. What it will never take is with the dead letters by now.
    public mutating func wrote(refused: RowBatch?, now: Int64) -> Wakes {
        var byShard: [RowBatch?] = Array(repeating: nil, count: options.shards)
        if (refused?.count ?? 0) < cycle.flush.rows.reduce(0, { $0 + $1.count }) { backlog.flushProgressed(now: now) }
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
        wakeWanted()
        return takeWakes()
    }

    /// Everything is durable up to what was sealed; the next commit may take it.
    private mutating func endFlush(now: Int64, time: Timestamp?) {
        let positions = cycle.end()
        commits.add(positions)
        // What comes after a partition that has ended waits for the commit of its end.
        if isWhole || positions.contains(where: \.ended) { commits.request() }
        planner.flushEnded()
        backlog.flushEnded(now: now)
        if let time {
            for run in sealedArrivals.runs { totals.endToEndLags.add(time.milliseconds - run.time, times: run.count) }
        }
        sealedArrivals.removeAll()
        totals.flushes += 1
        totals.flushSizes.add(Int64(flushBytes))
        totals.flushTimes.add(now - flushBegan)
        wakeForCommit()
        if sourceEnded { wakeAtEnd() }
    }

    /// A step of a flush, or the reading of cold rows for one, did not work. Tried again later, or the end of the run: a store that
    /// is damaged does not mend with time.
    public mutating func flushFailed(_ error: any Error, now: Int64) -> Wakes {
        guard mayRetry(error) else { return fail(error, abandon: true) }
        totals.flushRetries += 1
        backlog.flushFailed(error, now: now)
        cycle.failed(now: now)
        return takeWakes()
    }

    private func mayRetry(_ error: any Error) -> Bool {
        options.retries && (error as? StoreError)?.reason != .corrupt
    }

    // MARK: - The commit thread

    /// What the commit thread does next, and whom else to wake. Called by that thread alone; without a store there is no such thread.
    public mutating func pollCommit(now: Int64) -> (work: CommitWork, wakes: Wakes) {
        waiting.commitPolls()
        let work = commitWork(now: now)
        if case .wait(let deadline) = work { waiting.commitWaits(until: deadline) }
        let wakes = takeWakes()
        assert(!wakes.commit, "a thread that is about to sleep would miss its wake")
        return (work, wakes)
    }

    private mutating func commitWork(now: Int64) -> CommitWork {
        if isAbandoned { return .done }
        if isAtEnd, commits.isEmpty { return .done }
        guard let due = commits.due else { return .wait(until: nil) }
        guard due <= now else { return .wait(until: due) }
        if commits.phase == .resting { commits.begin(now: now) }
        if commits.phase == .committing {
            commits.takeCommitting()
            backlog.commitWaits(for: .positions, now: now)
            return .commit(commits.sealed, epoch: commits.epoch)
        }
        commits.takeConfirming()
        guard epoch != nil else {
            commits.confirmed(epoch: nil)
            return commitWork(now: now)
        }
        backlog.commitWaits(for: .store, now: now)
        return .confirm
    }

    mutating func requestCommit() {
        commits.request()
        wakeForCommit()
    }

    /// The commit thread polls again where it would wait for longer than it has to.
    private mutating func wakeForCommit() {
        if let until = waiting.commit, let due = commits.due, due < until { waiting.wakeCommit() }
    }

    // MARK: - Its reports

    /// The table has this epoch. With another one than at the start the run is over: what this worker remembers of the table
    /// is void, and so are all commits. A new worker reads from the beginning.
    public mutating func confirmed(epoch found: String?, now: Int64) -> Wakes {
        if found == epoch {
            commits.confirmed(epoch: found)
            if commits.phase == .resting { backlog.commitEnded() }
        } else {
            end(with: PipelineError.tableReplaced, abandon: true)
        }
        return takeWakes()
    }

    /// The positions are committed. `time`: of the wall clock, nil where there is none.
    public mutating func committed(now: Int64, time: Timestamp? = nil) -> Wakes {
        commits.committed()
        backlog.commitEnded(at: time)
        return takeWakes()
    }

    /// A step of a commit did not work. Tried again later, or the end of the run.
    public mutating func commitFailed(_ error: any Error, now: Int64) -> Wakes {
        guard mayRetry(error) else { return fail(error, abandon: true) }
        totals.flushRetries += 1
        backlog.commitFailed(error, now: now)
        commits.failed(now: now)
        return takeWakes()
    }
}
