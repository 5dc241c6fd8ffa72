/// A value that one thread waits for and another brings, once.
///
/// Invariant (`@unchecked Sendable`): `value` is guarded by the monitor.
package final class Awaited<Value: Sendable>: @unchecked Sendable {
    private let monitor = Monitor()
    private var value: Value?

    package init() {}

    /// Wakes whoever waits. What is brought after the first value counts for nothing.
    package func bring(_ value: Value) {
        monitor.locked {
            if self.value == nil { self.value = value }
            monitor.broadcast()
        }
    }

    package func wait() -> Value {
        monitor.locked {
            while true {
                if let value { return value }
                monitor.wait()
            }
        }
    }

    /// The same, until `deadline` of ``monotonicMilliseconds()`` at the latest: nil where nothing was brought by then.
    package func wait(until deadline: Int64) -> Value? {
        monitor.locked {
            while value == nil, monotonicMilliseconds() < deadline { monitor.wait(until: deadline) }
            return value
        }
    }
}
