import Platform

/// Does something again and again on a thread of its own, with a pause between the end of one round and the next.
final class Rounds: Sendable {
    private let paceMilliseconds: Int64
    private let isAtOnce: Bool
    private let work: @Sendable () -> Void
    private let monitor = Monitor()
    /// Guarded by the monitor.
    private let flow = Flow()

    private final class Flow: @unchecked Sendable {
        var isEnded = false
        var thread: SystemThread?
    }

    /// `isAtOnce`: the first round comes before the first pause.
    init(paceMilliseconds: Int64, isAtOnce: Bool, _ work: @escaping @Sendable () -> Void) {
        self.paceMilliseconds = paceMilliseconds
        self.isAtOnce = isAtOnce
        self.work = work
    }

    /// False where the system has no thread left.
    func start() -> Bool {
        guard let thread = SystemThread({ [self] in run() }) else { return false }
        monitor.locked { flow.thread = thread }
        return true
    }

    /// Returns when the round under way is over.
    func stop() {
        let thread = monitor.locked {
            flow.isEnded = true
            monitor.broadcast()
            defer { flow.thread = nil }
            return flow.thread
        }
        thread?.join()
    }

    private func run() {
        if isAtOnce { work() }
        while !rests() { work() }
    }

    /// Whether it ended meanwhile.
    private func rests() -> Bool {
        let end = monotonicMilliseconds() + paceMilliseconds
        return monitor.locked {
            while !flow.isEnded, monotonicMilliseconds() < end { monitor.wait(until: end) }
            return flow.isEnded
        }
    }
}
