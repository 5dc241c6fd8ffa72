import Platform

/// The thread of one actuator: it does what there is to do again and again, and sleeps in between until there is more, or it is woken. So none is in another's way,
/// and none in the controller's.
///
/// Invariant (`@unchecked Sendable`): what changes is guarded by the monitor.
final class ActuatorThread: @unchecked Sendable {
    private let monitor = Monitor()
    private var isStopped = false
    private var isWoken = false
    private var thread: SystemThread?

    /// Begins. Once. `turn`: does what there is to do, given the time of ``monotonicMilliseconds()``, and returns when it is to be called again. False
    /// where the system has no thread left.
    func start(_ turn: @escaping @Sendable (_ now: Int64) -> Int64) -> Bool {
        monitor.locked {
            thread = SystemThread { [self] in run(turn) }
            return thread != nil
        }
    }

    /// Calls `turn` now, or once more where it is running.
    func wake() {
        monitor.locked {
            isWoken = true
            monitor.broadcast()
        }
    }

    var isStopping: Bool { monitor.locked { isStopped } }

    /// Returns when nothing more is begun, and what was begun has ended: requests have bounds of their own.
    func stop() {
        let thread = monitor.locked {
            isStopped = true
            monitor.broadcast()
            defer { self.thread = nil }
            return self.thread
        }
        thread?.join()
    }

    private func run(_ turn: (_ now: Int64) -> Int64) {
        while !isStopping {
            let wakeAt = turn(monotonicMilliseconds())
            monitor.locked {
                while !isStopped, !isWoken, monotonicMilliseconds() < wakeAt { monitor.wait(until: wakeAt) }
                isWoken = false
            }
        }
    }
}
