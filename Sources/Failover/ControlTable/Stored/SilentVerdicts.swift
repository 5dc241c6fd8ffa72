import FailoverCore
import Platform
import Synchronization

/// Which verdicts nobody writes any more: each start of a controller has a key of its own, and nothing in a table with multi-Region strong consistency expires.
final class SilentVerdicts: Sendable {
    /// A counter that stands still for so long, as seen from here, is of a controller that is gone.
    static let silentMilliseconds: Int64 = 3_600_000
    /// So many are watched; more of them are watched once these are gone.
    static let watchedMax = 256

    private struct Seen {
        var counter: Int64
        var since: Int64
    }

    private let clock: @Sendable () -> Int64
    private let seen = Mutex<[String: Seen]>([:])

    /// `clock`: milliseconds that never go back.
    init(clock: @escaping @Sendable () -> Int64 = monotonicMilliseconds) { self.clock = clock }

    /// Takes in what was read: one that is to be deleted, or nil.
    func silent(_ verdicts: [SelfVerdict]) -> SelfVerdict? {
        let now = clock()
        return seen.withLock { seen in
            var silent: SelfVerdict?
            var next: [String: Seen] = [:]
            for verdict in verdicts.prefix(SilentVerdicts.watchedMax) {
                let before = seen[verdict.controller]
                let since = before?.counter == verdict.counter ? before?.since ?? now : now
                next[verdict.controller] = Seen(counter: verdict.counter, since: since)
                if now - since >= SilentVerdicts.silentMilliseconds { silent = verdict }
            }
            seen = next
            return silent
        }
    }
}
