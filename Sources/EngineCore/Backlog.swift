import Platform

/// What was read and is not durable, and the steps that a flush and a commit are at: the core keeps it as things happen, and ``status`` tells it.
///
/// Bounded: a position a partition, a time a ticket. Cost: nothing an event, some assignments a block and a flush.
package struct Backlog {
    package private(set) var status = PipelineStatus()
    /// Arrival of the oldest record merged since the last seal, and of the oldest one in the flush under way.
    private var merged: Int64?
    private var sealed: Int64?
    /// When the refreshes that the flush under way writes were due.
    private var sealedDue: Int64?
    /// How far partitions are once the flush under way is over, whether or not that is committed by then.
    private var moved: [CheckpointLedger.Sealed] = []
    /// Tickets whose dead letters are being handed over.
    private var burying: [ObjectIdentifier: Int64] = [:]

    // MARK: Blocks

    /// Before every slice of it is applied: no flush seals meanwhile.
    package mutating func decoded(_ ticket: Ticket) {
        guard let oldest = ticket.oldest else { return }
        let all = min(merged ?? oldest, oldest)
        merged = all
        status.oldestArrival = min(all, sealed ?? all)
    }

    package mutating func buries(_ ticket: Ticket, now: Int64) {
        burying[ObjectIdentifier(ticket)] = now
        status.buryingSince = burying.values.min()
    }

    package mutating func buried(_ ticket: Ticket) {
        burying[ObjectIdentifier(ticket)] = nil
        status.buryingSince = burying.values.min()
    }

    // MARK: A flush

    /// The flush is at this keeper's from now on. What has failed at the one before has worked.
    package mutating func flushWaits(for keeper: PipelineStatus.Keeper, now: Int64) {
        if status.flush?.keeper != keeper { status.flush = PipelineStatus.Step(keeper, since: now) }
    }

    /// Something of the step worked.
    package mutating func flushProgressed(now: Int64) {
        if let keeper = status.flush?.keeper { status.flush = PipelineStatus.Step(keeper, since: now) }
    }

    package mutating func flushFailed(_ error: any Error, now: Int64) { status.flush?.failed(error, now: now) }

    /// `moved`: how far partitions were read. `due`: when the refreshes that are written were to be, nil where none had waited.
    package mutating func seal(_ moved: [CheckpointLedger.Sealed], due: Int64?, now: Int64) {
        (sealed, merged) = (merged, nil)
        self.moved = moved
        sealedDue = due
        flushProgressed(now: now)
    }

    package mutating func flushEnded(now: Int64) {
        for place in moved { status.settled[place.partition] = place.position }
        (sealed, sealedDue, moved) = (nil, nil, [])
        status.oldestArrival = merged
        status.flush = nil
    }

    // MARK: A commit

    package mutating func commitWaits(for keeper: PipelineStatus.Keeper, now: Int64) {
        if status.commit?.keeper != keeper { status.commit = PipelineStatus.Step(keeper, since: now) }
    }

    package mutating func commitFailed(_ error: any Error, now: Int64) { status.commit?.failed(error, now: now) }

    /// `time`: when positions were committed; nil: none were, or there is no clock.
    package mutating func commitEnded(at time: Timestamp? = nil) {
        status.commit = nil
        status.committedAt = time ?? status.committedAt
    }

    package mutating func drop(partition: Int) {
        status.settled[partition] = nil
        moved.removeAll { $0.partition == partition }
    }

    /// With what is held: since when, and from when on it is overdue.
    package func status(heldSince: Int64?, heldDue: Int64?, now: Int64) -> PipelineStatus {
        var status = status
        status.refreshesSince = heldSince
        if let due = [heldDue, sealedDue].compactMap({ $0 }).min(), due < now { status.overdueSince = due }
        return status
    }
}
