import FailoverCore
import Synchronization

/// This Region's and the other Region's events by the minute (``EventMinutes``), fed on any thread.
package final class EventWatch: Sendable {
    private let counts: Mutex<EventMinutes>

    package init(now: Int64) { counts = Mutex(EventMinutes(now: now)) }

    package func take(own: Int, other: Int, now: Int64) {
        counts.withLock { $0.take(own: own, other: other, now: now) }
    }

    func minutes(now: Int64) -> [SeenEvents.Minute] { counts.withLock { $0.whole(now: now) } }
}
