import Glibc

/// What many threads read at a time and one changes: readers do not wait for each other, and a writer waits for those that are reading.
///
/// For what is looked at far more often than it is changed, by more threads than there are processors: where one of them is taken off its
/// processor in the middle of a look, a lock of one at a time keeps all others waiting. Not recursive, neither way. Cost: two atomic additions.
///
/// Invariant (`@unchecked Sendable`): `state` is used under the lock alone.
package final class SharedLock<State>: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)
    private var state: State

    package init(_ state: sending State) {
        self.state = state
        var attributes = pthread_rwlockattr_t()
        pthread_rwlockattr_init(&attributes)
        // A writer that waits goes before readers that come later: it is never kept out for good.
        pthread_rwlockattr_setkind_np(&attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        pthread_rwlock_init(lock, &attributes)
        pthread_rwlockattr_destroy(&attributes)
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    /// Looks at it; others may, too.
    package func look<Result>(_ body: (borrowing State) -> Result) -> Result {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return body(state)
    }

    /// Changes it; nobody else looks.
    package func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return body(&state)
    }
}
