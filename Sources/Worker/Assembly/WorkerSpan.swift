import Platform
import Synchronization

/// How long reading took: from the first assignment of a partition to the end of the last write, without joining and leaving the group,
/// which take as long as the group likes.
final class WorkerSpan: Sendable {
    private let ends = Mutex<(first: ContinuousClock.Instant?, last: ContinuousClock.Instant?)>((nil, nil))

    func assigned() {
        let now = ContinuousClock.now
        ends.withLock { $0.first = $0.first ?? now }
    }

    func wrote(at time: ContinuousClock.Instant) { ends.withLock { $0.last = time } }

    /// Zero where nothing was assigned or written.
    var seconds: Double {
        ends.withLock { ends in
            guard let first = ends.first, let last = ends.last, last > first else { return 0 }
            return (last - first).seconds
        }
    }
}
