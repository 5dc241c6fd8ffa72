/// What can go wrong in the simulated world. The raw values are the names that `--faults` takes.
public enum Fault: String, CaseIterable, Sendable {
    // Producers.
    /// A Region's clock is off by up to minutes.
    case skew
    /// A Region's clock jumps back.
    case clockJump = "clock-jump"

    // Sources.
    /// A partition is read again from an earlier position.
    case redelivery
    /// Partitions move from worker to worker in good order, and workers are stopped and replaced.
    case rebalance
    /// A partition is taken from a worker that goes on believing it its own.
    case theft
    /// Partitions are split and merged.
    case reshard
    /// An iterator expires; reading goes on from the commit.
    case expiredIterator = "expired-iterator"
    /// Polls that return nothing though there is something.
    case emptyPoll = "empty-poll"
    /// A partition gives nothing for a while.
    case stall

    // The table, within a Region.
    /// Requests take seconds.
    case slowTable = "slow-table"
    /// Requests are refused for want of capacity.
    case throttle
    /// Of a batch, some rows are written and the rest is refused.
    case partialWrite = "partial-write"
    /// The answer comes long after the write, perhaps after the caller has given up.
    case lateAnswer = "late-answer"
    /// The write is done and the answer is lost.
    case lostAnswer = "lost-answer"

    // The table, between Regions.
    /// Replication takes minutes and reorders.
    case replicationLag = "replication-lag"
    /// No replication for hours.
    case cutLink = "cut-link"
    /// All replicas are replaced by a backup of an hour ago, or by nothing.
    case restore

    // Workers.
    /// A worker is killed and another started cold.
    case kill
    /// A worker starts from an older commit than the last.
    case staleCommit = "stale-commit"
    /// A worker stops for minutes, loses its partitions, and goes on as if nothing had been.
    case pause
    /// A worker has room for little: it evicts and pauses its sources.
    case memory
    /// The dead-letter sink fails for a while.
    case deadLetters = "dead-letters"

    // Regions.
    /// A Region is lost for good.
    case regionLoss = "region-loss"
    /// A Region is away for a while.
    case regionOutage = "region-outage"

    // Behind the others: what a seed draws for those stays as it was.
    /// From now on the table takes no items over a few kilobytes.
    case smallItems = "small-items"

    // The lease table, in seeds with leases. Slow, throttled, late and lost answers are the table's above.
    /// A write is sent twice, and happens once at most.
    case repeatedWrite = "repeated-write"
    /// Rows are deleted.
    case deletedLease = "deleted-lease"
    /// A lease table is deleted and made anew.
    case newLeaseTable = "new-lease-table"

    // What writes take, and an operator's commands.
    /// The table takes few write units in a second.
    case fewUnits = "few-units"
    /// A command that activates a dictionary hears nothing of what it writes.
    case lostActivation = "lost-activation"

    /// Whether it is about in seeds with leases only.
    var needsLeases: Bool { self == .repeatedWrite || self == .deletedLease || self == .newLeaseTable }

    /// The place in ``allCases``.
    var number: Int { Fault.numbers[self] ?? 0 }
    private static let numbers = Dictionary(uniqueKeysWithValues: zip(allCases, 0...))
}
