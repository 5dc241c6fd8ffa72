#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A lock with a condition: for the moments a thread has to wait for another, which are batches apart, never events.
final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    func locked<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Gives the lock up until somebody calls ``broadcast()``. Only inside ``locked(_:)``.
    func wait() { pthread_cond_wait(condition, mutex) }

    func broadcast() { pthread_cond_broadcast(condition) }
}

/// A thread of its own for one piece of work.
public struct Worker: @unchecked Sendable {
    private let thread: pthread_t

    /// Starts `body` on a new thread with a stack of 8 MiB. Nil where the system has no thread left.
    public init?(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, 8 << 20)
        defer { pthread_attr_destroy(&attributes) }
        let box = Unmanaged.passRetained(WorkerBody(body))
        guard pthread_create(&thread, &attributes, runWorker, box.toOpaque()) == 0 else {
            box.release()
            return nil
        }
        self.thread = thread
    }

    /// Returns when the work is done. Once.
    public func join() { pthread_join(thread, nil) }
}

private final class WorkerBody {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// A top-level function, so that it carries no isolation: a closure would bring the main actor's along and trap.
private func runWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { Unmanaged<WorkerBody>.fromOpaque(argument).takeRetainedValue().body() }
    return nil
}
