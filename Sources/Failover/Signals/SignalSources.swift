import FailoverCore
import Platform
import Synchronization

/// Looks at Regions in all the ways there are, again and again, and hands on what each look said.
///
///     let sources = SignalSources([ConnectAPISource(..), SyntheticSource(..)]) { signal in .. }
///     sources.start()
///
/// A thread a source, ``sourcesMax`` at most: a source that hangs is seen in ``status``, its signals grow old and are unknown by that, and the others go on.
package final class SignalSources: Sendable {
    /// Sources of any sensible set-up are a dozen.
    package static let sourcesMax = 32
    /// The least time between two looks of a source, whatever it wishes.
    private static let pauseMin: Int64 = 100

    /// How one source is doing. Times on the controller's clock.
    package struct Status: Equatable, Sendable {
        package var name: String
        package var looks = 0
        /// Looks of which no signal was known.
        package var unknowns = 0
        /// When the look began that has not ended yet.
        package var lookingSince: Int64?
        package var lookedAt: Int64?
        package var nextAt: Int64?
        /// What it said last.
        package var signals: [Signal] = []
        /// Why it does not run at all.
        package var problem: String?
    }

    private struct Seat: Sendable {
        var source: any SignalSource
        var status: Status
    }

    private let seats: Mutex<[Seat]>
    private let tell: @Sendable (Signal) -> Void
    private let now: @Sendable () -> Int64
    private let monitor = Monitor()
    /// Guarded by the monitor.
    private let flow = Flow()

    private final class Flow: @unchecked Sendable {
        var isStopped = false
        var threads: [SystemThread] = []
    }

    /// `tell` is called with each signal, on the source's thread. Sources beyond ``sourcesMax`` are not looked with, and say so in ``status``.
    package init(
        _ sources: [any SignalSource], now: @escaping @Sendable () -> Int64 = { monotonicMilliseconds() },
        tell: @escaping @Sendable (Signal) -> Void
    ) {
        seats = Mutex(
            sources.enumerated().map { index, source in
                var status = Status(name: source.name)
                if index >= SignalSources.sourcesMax { status.problem = "more than \(SignalSources.sourcesMax) sources" }
                return Seat(source: source, status: status)
            })
        self.now = now
        self.tell = tell
    }

    package var status: [Status] { seats.withLock { $0.map(\.status) } }

    /// Begins. Once.
    package func start() {
        let sources = seats.withLock { $0.map(\.source) }.prefix(SignalSources.sourcesMax)
        for (index, source) in sources.enumerated() {
            if let thread = SystemThread({ [self] in run(index, source) }) {
                monitor.locked { flow.threads.append(thread) }
            } else {
                seats.withLock { $0[index].status.problem = "cannot start a thread for it" }
            }
        }
    }

    /// Returns when no look is under way any more: some seconds at most, as each is bounded.
    package func stop() {
        let threads = monitor.locked {
            flow.isStopped = true
            monitor.broadcast()
            defer { flow.threads = [] }
            return flow.threads
        }
        for thread in threads { thread.join() }
    }

    private func run(_ index: Int, _ source: any SignalSource) {
        var next = now()
        while wait(until: next) {
            let began = now()
            seats.withLock { $0[index].status.lookingSince = began }
            let look = source.look(now: began)
            let ended = now()
            next = max(look.nextAt, ended + SignalSources.pauseMin)
            seats.withLock { seats in
                seats[index].status.lookingSince = nil
                seats[index].status.lookedAt = ended
                seats[index].status.nextAt = next
                guard !look.signals.isEmpty else { return }
                seats[index].status.looks += 1
                if look.signals.allSatisfy({ $0.state == .unknown }) { seats[index].status.unknowns += 1 }
                seats[index].status.signals = look.signals
            }
            for signal in look.signals { tell(signal) }
        }
    }

    /// False where it was stopped before.
    private func wait(until time: Int64) -> Bool {
        monitor.locked {
            while !flow.isStopped {
                let rest = time - now()
                if rest <= 0 { return true }
                monitor.wait(until: monotonicMilliseconds() + rest)
            }
            return false
        }
    }
}
