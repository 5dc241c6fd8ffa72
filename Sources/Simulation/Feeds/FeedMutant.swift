/// A deliberate bug in a seam between a feed's book and its world: what the checks are for. None is in the book.
public enum FeedMutant: String, CaseIterable, Sendable {
    /// The log takes a batch although it has one of that number.
    case numberTwice = "number-twice"
    /// A batch whose answer was lost counts as written.
    case trustLostBatch = "trust-lost-batch"
    /// The children of a shard are not told to be that: they are read at once.
    case childrenAtOnce = "children-at-once"
    /// Of the children of a shard only the first is listed.
    case oneChild = "one-child"
    /// How long ago a shard was read last is not seen.
    case ageUnseen = "age-unseen"
    /// A stream that was turned off and on again is taken for the same.
    case streamUnseen = "stream-unseen"
    /// Clients are not told that a feed has begun anew.
    case resetUntold = "reset-untold"
    /// Batches that are gone from the log are passed over.
    case missingPassedOver = "missing-passed-over"
    /// A process scans the tables first, and then looks where the log ends.
    case scanFirst = "scan-first"
    /// What a row says again is quiet, whatever other rows said meanwhile.
    case quietByRow = "quiet-by-row"
    /// A shard begins at its end.
    case startAtEnd = "start-at-end"
    /// What was trimmed is passed over.
    case trimmedPassedOver = "trimmed-passed-over"
    /// A batch says that everything was read up to when it was written.
    case readToNow = "read-to-now"
    /// A shard answers many times in a row with nothing although records lie ahead.
    case manyGaps = "many-gaps"
}
