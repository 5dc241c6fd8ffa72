import Glibc
import Platform
import Synchronization

/// The thread that waits for signals, and ticks the log and whatever else needs it meanwhile.
package final class WorkerSignals: Sendable {
    private let log: WorkerLog
    private let drainMilliseconds: Int64
    private let drainMessage: String
    private let drain: @Sendable () -> Void
    private let tick: @Sendable () -> Void
    private let hasEnded = Atomic<Bool>(false)

    /// Keeps the signals for ``WorkerSignals``: before the process has any thread.
    package static func block() {
        var set = signals()
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    private static func signals() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
        return set
    }

    /// `tick` is called twice a second. Nil where the system has no thread left.
    package init?(
        log: WorkerLog, drainMilliseconds: Int64,
        drainMessage: String = "received a signal to end: reading stops, and everything is made durable",
        drain: @escaping @Sendable () -> Void, tick: @escaping @Sendable () -> Void
    ) {
        self.log = log
        self.drainMilliseconds = drainMilliseconds
        self.drainMessage = drainMessage
        self.drain = drain
        self.tick = tick
        guard SystemThread({ [self] in wait() }) != nil else { return nil }
    }

    /// The process ends by itself.
    package func end() { hasEnded.store(true, ordering: .relaxed) }

    private func wait() {
        var set = WorkerSignals.signals()
        var deadline: Int64?
        while !hasEnded.load(ordering: .relaxed) {
            var limit = timespec(tv_sec: 0, tv_nsec: 500_000_000)
            let signal = sigtimedwait(&set, nil, &limit)
            log.log.tick()
            tick()
            if signal == SIGHUP {
                log.reopen()
            } else if signal == SIGTERM || signal == SIGINT {
                guard deadline == nil else {
                    leave("received a second signal: ending at once; records that are not durable will be read again")
                }
                deadline = monotonicMilliseconds() + drainMilliseconds
                log.log.info("run.drain", drainMessage)
                drain()
            }
            if let deadline, monotonicMilliseconds() >= deadline {
                leave(
                    "could not make everything durable within --drain-timeout; records that are not durable will be read again")
            }
        }
    }

    private func leave(_ message: String) -> Never {
        log.log.close(.error, "run.broken-off", message)
        log.end()
        _exit(1)
    }
}
