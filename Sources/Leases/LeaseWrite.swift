/// A conditional write of a row of the lease table.
///
/// ``applied(to:)`` says what it means; ``LeaseTable`` has DynamoDB do the same. A row is written by its owner over the counter
/// that the owner knows, and every write raises it: of all writes that expect one counter at most one happens, however often
/// each is sent.
package struct LeaseWrite: Equatable, Sendable {
    package enum Action: Equatable, Sendable {
        /// The row as it is to be, where there is none.
        case create
        /// Of a lease that nobody holds, over owner and counter as they were seen. `reset`: the epoch to read the shard anew
        /// for.
        case take(reset: String?)
        /// From an owner that is alive, whatever the counter: it changes with every commit.
        case steal(reset: String?)
        case renew
        /// `epoch` nil: the checkpoint is in no shared table. The lease of a shard that has ended is given up with it.
        case commit(LeaseCheckpoint, epoch: String?, children: [String])
        /// Gives the lease up.
        case evict
        /// Lets the owner begin that waits for this worker's last checkpoint.
        case handOver
        case delete
    }

    package var action: Action
    /// The row as it was last seen.
    package var lease: Lease
    package var worker: String

    package init(
        action: Action, lease: Lease, worker: String
    ) {
        self.action = action
        self.lease = lease
        self.worker = worker
    }

    /// What becomes of a row. Nil: refused, the row stays as it is.
    package func applied(to found: Lease?) -> Result? {
        guard var row = found else { return action == .create ? .written(lease) : nil }
        guard isMet(by: row) else { return nil }
        switch action {
        case .create: return nil
        case .delete: return .deleted
        case .take(let reset), .steal(let reset): take(&row, reset)
        case .renew: row.counter += 1
        case .commit(let checkpoint, let epoch, let children):
            row.counter += 1
            row.checkpoint = checkpoint
            row.epoch = epoch
            row.switches = 0
            if checkpoint == .shardEnd {
                row.owner = nil
                if !children.isEmpty { row.children = children }
            }
        case .evict:
            row.counter += 1
            row.owner = nil
            row.checkpointOwner = nil
        case .handOver:
            row.counter += 1
            row.checkpointOwner = nil
        }
        return .written(row)
    }

    package enum Result: Equatable, Sendable {
        case written(Lease)
        case deleted
    }

    private func take(_ row: inout Lease, _ reset: String?) {
        if row.owner != nil, row.owner != worker { row.switches += 1 }
        row.owner = worker
        row.checkpointOwner = nil
        row.counter += 1
        guard let reset else { return }
        row.checkpoint = .trimHorizon
        row.epoch = reset
        row.children = []
    }

    private func isMet(by row: Lease) -> Bool {
        switch action {
        case .create: false
        case .take(let reset):
            row.owner == lease.owner && row.counter == lease.counter && (reset == nil || row.epoch == lease.epoch)
        case .steal(let reset): row.owner == lease.owner && (reset == nil || row.epoch == lease.epoch)
        case .renew, .commit: row.owner == worker && row.counter == lease.counter
        case .evict: row.owner == worker
        case .handOver: row.checkpointOwner == worker
        case .delete: row.owner == nil && row.counter == lease.counter
        }
    }
}

/// What came of a write.
package enum LeaseOutcome: Sendable {
    /// The row as it is now; nil: deleted.
    case done(Lease?)
    /// The condition did not hold. The row as it is; nil: there is none.
    case refused(Lease?)
    /// Nobody knows; it may have happened.
    case failed
}
