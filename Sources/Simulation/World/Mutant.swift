/// A deliberate bug, put into one of the seams between the Engine and the simulated world: what the checks are for. None is in the Engine.
public enum Mutant: String, CaseIterable, Sendable {
    /// Positions are committed when their rows are handed to the table, not when they are durable.
    case commitBeforeWrite = "commit-before-write"
    /// A row whose condition failed counts as written.
    case ignoreConflict = "ignore-conflict"
    /// A write whose answer was lost counts as done.
    case trustLostAnswer = "trust-lost-answer"
    /// Rows are not read before their first write, and written whatever is there.
    case blindFirstWrite = "blind-first-write"
    /// A revision is a counter alone, which comes again after a row was deleted.
    case bareCounter = "bare-counter"
    /// Tombstones are left out of rows.
    case forgetTombstone = "forget-tombstone"
    /// The last block of a partition, and now and then one that is not full, is lost, and its position taken for done.
    case loseLastBlock = "lose-last-block"
    /// All Regions write one row an entity.
    case shareRow = "share-row"
    /// Events are stamped by when they are read.
    case arrivalStamp = "arrival-stamp"
    /// Dead letters count as durable though the sink failed.
    case undurableLetter = "undurable-letter"
    /// The table's epoch is not looked at: commits carry that of the start.
    case ignoreEpoch = "ignore-epoch"
    /// A partition that is closed counts as ended before everything in it was read.
    case endEarly = "end-early"
    /// What was read is committed, as a client does by itself that commits every few seconds.
    case autoCommit = "auto-commit"
    /// A commit takes what was flushed since it asked for the epoch, too.
    case commitUnconfirmed = "commit-unconfirmed"
    /// Positions are committed without regard to the refreshes that wait before them.
    case commitRefreshes = "commit-refreshes"
    /// Heartbeats that wait for their write wait longer than the commits that wait for them.
    case refreshLate = "refresh-late"
    /// A row that the table will never take is tried again for ever.
    case retryRefused = "retry-refused"
    /// A row that the table will never take is passed over, and no dead letter.
    case dropRefused = "drop-refused"
    /// A Region is told to write with a dictionary that the others have not given back.
    case nameUnread = "name-unread"
    /// A worker that finds another table leaves it without the dictionary that it has written there with.
    case keepDictionary = "keep-dictionary"
    /// A dictionary whose put nobody heard of is named, and not read back before.
    case trustLostPut = "trust-lost-put"
    /// A row that was refused counts among the write units of those written.
    case countRefused = "count-refused"
    /// Rows that were throttled are sent again at once, over and over.
    case hammer
    /// Back-pressure is ignored.
    case readOn = "read-on"

    // Of leases, in worlds that have them.
    /// Leases are renewed and committed without a condition.
    case blindLease = "blind-lease"
    /// A scan counts as of when it was answered: it takes back what the worker wrote meanwhile.
    case oldScan = "old-scan"
    /// What was lost is committed in the name of its owner.
    case commitLostLease = "commit-lost-lease"
    /// Parents are not looked at: their children are read at once.
    case childrenFirst = "children-first"
    /// The row of a lease that is held is taken to be there, also once it is deleted.
    case keepDeletedLease = "keep-deleted-lease"
    /// Leases of workers that are alive count as expired.
    case takeLiveLease = "take-live-lease"

    /// Whether it is a bug of leases, which only a world with leases shows.
    var needsLeases: Bool {
        switch self {
        case .blindLease, .oldScan, .commitLostLease, .childrenFirst, .keepDeletedLease, .takeLiveLease: true
        default: false
        }
    }
}
