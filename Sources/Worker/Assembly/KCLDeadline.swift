import Glibc
import Platform
import Synchronization

/// How long a process may outlive its daemon.
package final class KCLDeadline: Sendable {
    package let milliseconds: Int64
    private let time = Atomic<Int64>(.max)

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    func begin() { time.store(monotonicMilliseconds() + milliseconds, ordering: .relaxed) }

    package func check(_ log: WorkerLog) {
        guard monotonicMilliseconds() >= time.load(ordering: .relaxed) else { return }
        log.log.close(
            .error, "run.broken-off",
            "could not make everything durable within --drain-timeout after the daemon ended; records that are not durable will be read again"
        )
        log.end()
        _exit(1)
    }
}
