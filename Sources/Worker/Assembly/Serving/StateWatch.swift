import Observability
import Platform
import Synchronization

/// Looks at a state again and again, on a thread of its own, so that health and metrics can say whether it can be read without
/// reading it.
final class StateWatch: Sendable {
    /// Between the end of a look and the next.
    static let paceMilliseconds: Int64 = 5_000
    /// Without a look that went well for so long, the state counts as unreadable.
    static let ageMax: Int64 = 30_000

    private struct Seen {
        var lookedAt: Int64
        var trouble: String?
    }

    /// What is known, for whoever asks and for the thread.
    private final class Sight: Sendable {
        let seen = Mutex(Seen(lookedAt: monotonicMilliseconds()))
    }

    private let sight = Sight()
    private let rounds: Rounds

    /// `look` was done a moment ago, and went well.
    init(_ look: @escaping @Sendable () throws -> Void) {
        rounds = Rounds(paceMilliseconds: StateWatch.paceMilliseconds, isAtOnce: false) { [sight] in
            let begun = monotonicMilliseconds()
            do {
                try look()
                sight.seen.withLock { $0 = Seen(lookedAt: begun) }
            } catch {
                sight.seen.withLock { $0.trouble = "\(error)" }
            }
        }
    }

    /// Milliseconds since the last look that went well began.
    var age: Int64 { sight.seen.withLock { max(0, monotonicMilliseconds() - $0.lookedAt) } }

    var check: HealthReport.Check {
        let (at, trouble) = sight.seen.withLock { ($0.lookedAt, $0.trouble) }
        let now = monotonicMilliseconds()
        guard trouble != nil || now - at > StateWatch.ageMax else { return HealthReport.Check("state.read", isHealthy: true) }
        let isHealthy = now - at <= StateWatch.ageMax
        return HealthReport.Check(
            "state.read", isHealthy: isHealthy, trouble ?? "the store has not answered",
            since: isHealthy ? nil : timeOfDay(at, now: now, time: .now))
    }

    /// False where the system has no thread left.
    func start() -> Bool { rounds.start() }

    /// Returns when the look under way is over.
    func stop() { rounds.stop() }
}
