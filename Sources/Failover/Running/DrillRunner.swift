import FailoverCore
import Platform

/// A ``DrillKeeper`` with a thread. It stands in no controller's way: what it waits for holds up drills alone.
///
///     let drills = DrillRunner(keeper, ports, look: { runner.status }, tell: { entry in .. })
///     drills.start()
///     drills.stop()
package final class DrillRunner: Sendable {
    private let ports: FailoverPorts
    private let look: @Sendable () -> FailoverStatus?
    private let tell: @Sendable (JournalEntry) -> Void
    private let monitor = Monitor()
    private let flow: Flow

    private final class Flow: @unchecked Sendable {
        /// Of the thread alone.
        var keeper: DrillKeeper
        /// Guarded by the monitor.
        var isStopped = false
        var thread: SystemThread?

        init(_ keeper: DrillKeeper) { self.keeper = keeper }
    }

    /// `look`: what the controller beside it knows by now; nil: nothing. `tell`: a line of the history, when the table has taken it; on this thread.
    package init(
        _ keeper: DrillKeeper, _ ports: FailoverPorts, look: @escaping @Sendable () -> FailoverStatus?,
        tell: @escaping @Sendable (JournalEntry) -> Void
    ) {
        flow = Flow(keeper)
        self.ports = ports
        self.look = look
        self.tell = tell
    }

    /// Begins. Once. False where no thread can be had.
    package func start() -> Bool {
        monitor.locked { flow.thread = SystemThread { [self] in run() } }
        return monitor.locked { flow.thread != nil }
    }

    /// Returns when nothing more is begun; a step that is under way is waited for. A drill that is under way is carried through by other controllers, or by the next
    /// start.
    package func stop() {
        let thread = monitor.locked {
            flow.isStopped = true
            monitor.broadcast()
            defer { flow.thread = nil }
            return flow.thread
        }
        thread?.join()
    }

    private var isStopped: Bool { monitor.locked { flow.isStopped } }

    private func run() {
        while !isStopped {
            if let status = look() { flow.keeper.take(status, now: ports.now()) }
            while !isStopped, let step = flow.keeper.next(now: ports.now(), wall: ports.wall()) {
                let answer = ports.perform(step)
                flow.keeper.take(answer, now: ports.now())
                if case .control(.write(let entry)) = step, answer == .done { tell(entry) }
            }
            let next = flow.keeper.wakeAt(now: ports.now())
            monitor.locked { if !flow.isStopped { monitor.wait(until: next) } }
        }
    }
}
