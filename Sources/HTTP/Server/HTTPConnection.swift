import Platform
import Synchronization

/// What is known of a connection that is served.
final class HTTPConnection: Sendable {
    /// The deadline of one whose request a route answers.
    private static let never = Int64.max

    /// Where it comes from, in digits.
    let peer: String
    let isEncrypted: Bool
    /// When it is closed.
    private let deadline: Atomic<Int64>
    /// The library has begun with it, and tells when it ends.
    let isServed = Atomic<Bool>(false)
    /// No request is on it: neither coming nor being answered.
    let isIdle = Atomic<Bool>(true)
    /// A request on it has been answered.
    let isAnswered = Atomic<Bool>(false)
    /// When it was handed over.
    let since = monotonicMilliseconds()
    /// It was served, and the library has yet to see that.
    let isClosing = Atomic<Bool>(false)

    init(peer: String, isEncrypted: Bool, deadline: Int64) {
        self.peer = peer
        self.isEncrypted = isEncrypted
        self.deadline = Atomic(deadline)
    }

    var end: Int64 { deadline.load(ordering: .acquiring) }
    /// No route answers.
    var isWaiting: Bool { end != HTTPConnection.never }
    /// It waits for a further request.
    var isKept: Bool { isAnswered.load(ordering: .acquiring) && isIdle.load(ordering: .acquiring) }
    var isLeaving: Bool { isClosing.load(ordering: .acquiring) }

    /// For so long at most from now on; nil: for a route, however long that takes.
    func wait(milliseconds: Int64?) {
        deadline.store(milliseconds.map { monotonicMilliseconds() + $0 } ?? HTTPConnection.never, ordering: .releasing)
    }
}
