import Platform
import Synchronization

/// Lets requests through one after the other, some time apart.
package final class RequestPace: Sendable {
    /// Its turn would have come after the deadline.
    struct TooLate: Error, CustomStringConvertible {
        var description: String { "there was no time left to ask" }
    }

    private let milliseconds: Int64
    private let nextAt = Mutex<Int64>(.min)

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Waits for its turn. `deadline`: of ``monotonicMilliseconds()``.
    func take(until deadline: Int64) throws(TooLate) {
        let now = monotonicMilliseconds()
        let turn: Int64? = nextAt.withLock { next in
            let turn = max(now, next)
            guard turn < deadline else { return nil }
            next = turn + milliseconds
            return turn
        }
        guard let turn else { throw TooLate() }
        if turn > now { waitMilliseconds(turn - now) }
    }
}
