import API
import Failover
import Platform
import Synchronization

/// Reads the control table for the clients of `/v1/changes`, so that they hear of an intent within ``paceMilliseconds`` and the time of a reading after it was
/// written, whatever the controller beside it waits for.
///
/// A reading that fails tells nothing: what was read before is told with its age. Cost: two queries a reading, a read unit for each 4 KB of terms and of words. While nobody listens it
/// reads every ``idleMilliseconds``.
final class FailoverWatch: Sendable {
    /// Between the end of a reading and the next, while somebody listens.
    static let paceMilliseconds: Int64 = 1_000
    /// The same while nobody does: so old may be what the first one who comes is told.
    static let idleMilliseconds: Int64 = 10_000

    private let rounds: Rounds

    init(_ control: any ControlTable, _ hub: ChangeHub) {
        let askedAt = Atomic(Int64.min / 2)
        rounds = Rounds(paceMilliseconds: FailoverWatch.paceMilliseconds, isAtOnce: true) {
            let now = monotonicMilliseconds()
            guard hub.isHeard || now - askedAt.load(ordering: .relaxed) >= FailoverWatch.idleMilliseconds else { return }
            askedAt.store(now, ordering: .relaxed)
            // What is read is as old as the question.
            if case .control(let view) = control.perform(.read), let news = FailoverNews(view) { hub.tell(news, now: now) }
        }
    }

    /// False where the system has no thread left.
    func start() -> Bool { rounds.start() }

    /// Returns when the reading under way is over.
    func stop() { rounds.stop() }
}
