/// What a thread sleeps by until somebody has something for it.
///
/// Invariant (`@unchecked Sendable`): `isRung` is guarded by the monitor.
package final class Bell: @unchecked Sendable {
    private let monitor = Monitor()
    private var isRung = false

    package init() {}

    /// Wakes the thread, or keeps it from its next sleep.
    package func ring() {
        monitor.locked {
            isRung = true
            monitor.broadcast()
        }
    }

    /// Returns when it was rung since the last time, after so many milliseconds at the latest.
    package func wait(milliseconds limit: Int64) {
        let deadline = monotonicMilliseconds() + limit
        monitor.locked {
            while !isRung, monotonicMilliseconds() < deadline { monitor.wait(until: deadline) }
            isRung = false
        }
    }
}
