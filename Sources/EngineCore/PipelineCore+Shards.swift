/// The threads of the state shards: a block's way from the source into the shards.
extension PipelineCore {
    /// What the thread of a state shard does next, and whom else to wake: the poll may begin a flush.
    ///
    /// Called by that thread alone: at first, after each of its reports, when it is woken, and at the deadline that it was told.
    /// `now`: milliseconds of a clock that does not jump.
    public mutating func pollShard(_ shard: Int, now: Int64) -> (work: Work, wakes: Wakes) {
        waiting.polls(shard)
        let work = work(of: shard, now: now)
        if case .wait(let deadline) = work { waiting.waits(shard, until: deadline) }
        // A thread that takes a block to read is no reason for others to read.
        let wakes = takeWakes(decoders: 0)
        assert(!wakes.shards.contains(shard), "a thread that is about to sleep would miss its wake")
        return (work, wakes)
    }

    private mutating func work(of shard: Int, now: Int64) -> Work {
        if isAbandoned { return .done }
        if let ticket = inboxes[shard].popLast() { return .apply(ticket) }
        if mayRead, callsForFlush(now: now) { beginFlush(now: now) }
        if let wanted = cycle.wanted(of: shard) { return gathering(wanted, now: now) }
        if isAtEnd { return .done }
        guard canRead else { return .wait(until: mayRead ? due : nil) }
        outstanding += 1
        let ticket = freeTickets.removeLast()
        ticket.read = ledger.beginRead()
        return .read(ticket)
    }

    private func gathering(_ wanted: FlushCycle.Wanted, now: Int64) -> Work {
        if cycle.phase == .gathering(isFirst: true), outstanding > 0 { return .wait(until: nil) }
        if cycle.notBefore > now { return .wait(until: cycle.notBefore) }
        return .gather(
            Gathering(
                refused: wanted.refused, began: flushBegan,
                // What comes after a partition that has ended waits for the commit of its end.
                all: isWhole || ledger.hasEnd,
                evictingTo: wanted.refused == nil ? evictingTo : nil))
    }

    /// Whether blocks are read at all by now. Between the first shard that hands over and the last, nobody may change the rest.
    var mayRead: Bool { !sourceEnded && cycle.phase != .gathering(isFirst: true) }

    /// Whether a shard that has nothing else to do reads a block.
    var canRead: Bool { mayRead && !sourceIsAsleep && !freeTickets.isEmpty && !isPaused }

    /// Whether a shard has nothing more to do, where the source has ended. The flush thread begins the last flush; until it is
    /// over, rows may be refused and have to be gathered again.
    var isAtEnd: Bool {
        sourceEnded && outstanding == 0 && (!flushes || flushedAll && cycle.phase == .resting)
    }

    // MARK: - Reports on a read

    /// Puts samples of unknown objects among the batch's rejections. Before these go to the dead-letter sink. Wakes nobody.
    public mutating func sampleUnknown(_ ticket: Ticket) { sampling.take(from: ticket.batch, partition: ticket.partition) }

    /// The ticket's rejections are on their way to the dead-letter sink. Wakes nobody.
    package mutating func buries(_ ticket: Ticket, now: Int64) { backlog.buries(ticket, now: now) }

    /// The batch is complete, and its rejections are with the dead-letter sink.
    public mutating func decoded(_ ticket: Ticket) -> Wakes {
        backlog.buried(ticket)
        backlog.decoded(ticket)
        sampling.count(ticket.batch, partition: ticket.partition)
        open[ticket.partition, default: 0] += 1
        for shard in inboxes.indices where !ticket.batch.isEmpty(slice: shard) {
            ticket.slicesLeft += 1
            inboxes[shard].append(ticket)
            waiting.wake(shard)
        }
        if ticket.slicesLeft == 0 { finish(ticket) }
        return takeWakes()
    }

    /// There was nothing to read. The source may be asked again at once.
    public mutating func idle(_ ticket: Ticket) -> Wakes {
        release(ticket)
        return takeWakes()
    }

    /// There was nothing to read. The source is asked again after ``recordsAvailable(decoders:)``, which it has not reported since it was asked.
    public mutating func asleep(_ ticket: Ticket) -> Wakes {
        sourceIsAsleep = true
        release(ticket)
        return takeWakes()
    }

    /// There will never be anything to read again.
    public mutating func ended(_ ticket: Ticket) -> Wakes {
        sourceEnded = true
        release(ticket)
        return takeWakes()
    }

    /// The source failed. What was read before is sound: it is flushed, and then the error is thrown.
    public mutating func sourceFailed(_ error: any Error, _ ticket: Ticket) -> Wakes {
        end(with: error, abandon: false)
        return ended(ticket)
    }

    // MARK: - Reports on a batch

    /// A shard has joined its part of the batch.
    public mutating func applied(_ ticket: Ticket, shard: Shard) -> Wakes {
        take(shard)
        mergesOf[shard.index] = shard.counts
        totals.merges = mergesOf.reduce(into: Shard.Counts()) { $0 += $1 }
        ticket.slicesLeft -= 1
        if ticket.slicesLeft == 0 { finish(ticket) }
        return takeWakes()
    }

    /// How much a shard keeps, after it changed.
    mutating func take(_ shard: Shard) {
        dirtyBytesOf[shard.index] = shard.dirtyBytes
        refreshesOf[shard.index] = shard.refreshCount
        shortWaitDueOf[shard.index] = shard.shortWaitDue
        residentBytesOf[shard.index] = shard.residentBytes
        entitiesOf[shard.index] = shard.entityCount
    }

    /// The ticket is free again. If it was the last one, a flush may gather, and a source that has ended is merged.
    mutating func release(_ ticket: Ticket) {
        outstanding -= 1
        freeTickets.append(ticket)
        ledger.endRead(ticket.read)
        guard outstanding == 0 else { return }
        if cycle.phase == .gathering(isFirst: true) { wakeWanted() }
        if sourceEnded { wakeAtEnd() }
    }
}
