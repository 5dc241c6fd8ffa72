import FailoverCore
import Synchronization

/// What this controller may ask of Connect's API at one Region's endpoint (``RequestBudget``), shared by all that ask there.
package final class ConnectQuota: Sendable {
    private let isOwn: Bool
    private let budget: Mutex<RequestBudget>

    /// `isOwn`: the controller is in that Region.
    package init(isOwn: Bool) {
        self.isOwn = isOwn
        budget = Mutex(RequestBudget(share: RequestBudget.share(own: 1, peers: 1, isOwn: isOwn)))
    }

    /// Tells how many controllers live, of the endpoint's Region and of the other, as the control table shows; whenever that was read.
    package func share(own: Int, peers: Int) {
        let share = RequestBudget.share(own: own, peers: peers, isOwn: isOwn)
        budget.withLock { $0.share = share }
    }

    package var pace: Int64 { budget.withLock { $0.pace } }
    package func take(_ now: Int64, reserve: Int = 0) -> Bool { budget.withLock { $0.take(now, reserve: reserve) } }
    package func giveBack() { budget.withLock { $0.giveBack() } }
    package func next(from time: Int64) -> Int64 { budget.withLock { $0.next(from: time) } }
}
