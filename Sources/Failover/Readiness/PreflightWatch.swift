import FailoverCore
import Platform
import Synchronization

/// Runs a ``Preflight`` again and again beside a controller, on a thread of its own, and hands on what holds moves back.
///
///     let watch = PreflightWatch(preflight) { blockers in runner.observe(blockers: blockers) }
///     watch.start()
///     watch.items
///     watch.stop()
package final class PreflightWatch: Sendable {
    /// What a run found.
    package struct Result: Equatable, Sendable {
        package var items: [PreflightItem] = []
        /// Wall clock, in milliseconds since 1970; nil: there was none yet.
        package var at: Int64?
    }

    private let run: @Sendable () -> [PreflightItem]
    private let tell: @Sendable ([String]) -> Void
    private let pace: @Sendable () -> Int64
    private let result = Mutex(Result())
    private let monitor = Monitor()
    /// Guarded by the monitor.
    private let flow = Flow()

    private final class Flow: @unchecked Sendable { var isStopped = false }

    /// `pace`: milliseconds to the next run (``FailoverCore/ConnectUpkeep/preflightMilliseconds``). `tell` is given what blocks, after each run, on the watch's thread.
    package convenience init(
        _ preflight: Preflight, pace: @escaping @Sendable () -> Int64, tell: @escaping @Sendable (_ blockers: [String]) -> Void
    ) {
        self.init(pace: pace, run: { preflight.run() }, tell: tell)
    }

    /// For tests: `run` in place of a preflight.
    package init(
        pace: @escaping @Sendable () -> Int64, run: @escaping @Sendable () -> [PreflightItem],
        tell: @escaping @Sendable (_ blockers: [String]) -> Void
    ) {
        (self.pace, self.run, self.tell) = (pace, run, tell)
    }

    package var last: Result { result.withLock { $0 } }

    /// Begins. Once. False where the system has no thread left.
    package func start() -> Bool { SystemThread.detached { [self] in work() } }

    /// Returns at once. A run that is under way ends by its deadline, and nobody is told of it.
    package func stop() {
        monitor.locked {
            flow.isStopped = true
            monitor.broadcast()
        }
    }

    private func work() {
        var next = monotonicMilliseconds()
        while wait(until: next) {
            let items = run()
            guard !isStopped else { return }
            let at = Timestamp.now.milliseconds
            result.withLock { $0 = Result(items: items, at: at) }
            tell(PreflightItem.blockers(items))
            next = monotonicMilliseconds() + pace()
        }
    }

    private var isStopped: Bool { monitor.locked { flow.isStopped } }

    /// False where it was stopped before.
    private func wait(until time: Int64) -> Bool {
        monitor.locked {
            while !flow.isStopped, monotonicMilliseconds() < time { monitor.wait(until: time) }
            return !flow.isStopped
        }
    }
}
