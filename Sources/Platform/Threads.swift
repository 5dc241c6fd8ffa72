import Glibc

/// Milliseconds of a clock that never jumps; it means nothing beyond this process.
public func monotonicMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

/// Waits on the calling thread.
public func waitMilliseconds(_ milliseconds: Int64) {
    let monitor = Monitor()
    let end = monotonicMilliseconds() + milliseconds
    monitor.locked { while monotonicMilliseconds() < end { monitor.wait(until: end) } }
}

/// A lock with a condition: for the moments a thread has to wait for another, which are batches apart, never events.
package final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = Condition()

    package init() { pthread_mutex_init(mutex, nil) }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    package func locked<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Gives the lock up until somebody calls ``broadcast()``. Only inside ``locked(_:)``.
    ///
    /// Returns at `deadline` of ``monotonicMilliseconds()`` at the latest; also without reason.
    package func wait(until deadline: Int64? = nil) { wait(for: condition, until: deadline) }

    package func broadcast() { pthread_cond_broadcast(condition.condition) }

    /// As ``wait(until:)``, but for a condition of the caller's own: it is not woken by everything that happens.
    package func wait(for condition: Condition, until deadline: Int64? = nil) {
        guard let deadline else {
            pthread_cond_wait(condition.condition, mutex)
            return
        }
        var time = timespec(tv_sec: Int(deadline / 1000), tv_nsec: Int(deadline % 1000) * 1_000_000)
        pthread_cond_timedwait(condition.condition, mutex, &time)
    }
}

/// What a thread waits for under a ``Monitor``.
package final class Condition: @unchecked Sendable {
    fileprivate let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init() {
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
    }

    /// Wakes the thread that waits.
    package func signal() { pthread_cond_signal(condition) }
}

/// A thread of its own for one piece of work.
///
/// Writing on it to a pipe or connection whose other end is closed is an error there, not the end of the process (SIGPIPE is blocked).
public struct SystemThread: @unchecked Sendable {
    private let thread: pthread_t

    /// Starts `body` on a new thread with a stack of 8 MiB. Nil where the system has no thread left.
    public init?(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, 8 << 20)
        defer { pthread_attr_destroy(&attributes) }
        let box = Unmanaged.passRetained(ThreadBody(body))
        guard pthread_create(&thread, &attributes, runThread, box.toOpaque()) == 0 else {
            box.release()
            return nil
        }
        self.thread = thread
    }

    /// Returns when the work is done. Once.
    public func join() { pthread_join(thread, nil) }

    /// Starts `body` on a thread that nobody joins. False where the system has no thread left.
    package static func detached(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard let started = SystemThread(body) else { return false }
        pthread_detach(started.thread)
        return true
    }
}

/// Runs `body` on `count` threads, the caller's among them, and returns when all are done.
public func runOnThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    let threads = (1..<max(count, 1)).map { _ in SystemThread(body) }
    body()
    for thread in threads { thread?.join() }
}

private final class ThreadBody {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// A top-level function, so that it carries no isolation: a closure would bring the main actor's along and trap.
private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body() }
    return nil
}
