import EngineCore

/// When a checkpoint is due, of what. Sans-I/O.
///
/// The daemon writes the lease's row for each, so there is at most one a second; where one fails the next waits longer. A position is
/// asked for only after it is durable, and never one before another that was taken.
struct KCLCheckpoints {
    enum Outcome: Equatable {
        case done
        /// The lease is another worker's.
        case lost
        /// Not now; ``due(now:)`` says when.
        case postponed
        /// Never: a later position may do.
        case refused
    }

    static let intervalMilliseconds: Int64 = 1_000
    private static let waitMillisecondsMax: Int64 = 30_000

    /// Up to here all is durable, and up to here the daemon knows it.
    private(set) var durable: Position?
    private(set) var checkpointed: Position?
    private var notBefore: Int64 = 0
    private var failures = 0

    mutating func madeDurable(_ position: Position) {
        assert(durable.map { $0 <= position } ?? true, "a durable position moved back")
        durable = position
    }

    /// What the daemon does not know yet.
    var pending: Position? { durable == checkpointed ? nil : durable }

    /// When the next is due; nil where there is nothing to tell.
    var dueAt: Int64? { pending == nil ? nil : notBefore }

    /// What is to be told now. `isLast`: no time is left to wait for, except after a failure.
    func due(now: Int64, isLast: Bool = false) -> Position? {
        guard let pending, now >= notBefore || (isLast && failures == 0) else { return nil }
        return pending
    }

    /// What the daemon answered to a checkpoint. `isLast`: the next attempt comes sooner.
    mutating func answered(_ error: String?, to position: Position?, now: Int64, isLast: Bool = false) -> Outcome {
        guard let error else {
            checkpointed = position ?? durable
            failures = 0
            notBefore = now + KCLCheckpoints.intervalMilliseconds
            return .done
        }
        switch error {
        case "ShutdownException":
            checkpointed = durable
            return .lost
        case "IllegalArgumentException":
            // Not between the last checkpoint and the last record: the same one would be refused again.
            checkpointed = position ?? durable
            notBefore = now + KCLCheckpoints.intervalMilliseconds
            return .refused
        default:
            let first = isLast ? 100 : KCLCheckpoints.intervalMilliseconds
            notBefore = now + min(first << Int64(min(failures, 9)), KCLCheckpoints.waitMillisecondsMax)
            failures += 1
            return .postponed
        }
    }
}
