/// How many requests one controller may send to Connect's API at one Region's endpoint, so that all controllers together stay within ``perMinute`` there.
///
///     budget.share = RequestBudget.share(own: 1, peers: 1, isOwn: false)    // 8
///     if budget.take(now) { .. }
///
/// Connect takes 2 requests a second, with bursts of 5, of an account in a Region, whoever sends them (`amazon-connect-service-limits`). Converge's controllers take a tenth of
/// that. Who looks at the other Region gets the greater part of it: that is what decides. Not more than the share is sent in any 60 s; as long as the number of
/// controllers stays the same, the shares together are the bound. A controller that comes adds its share for a minute at most.
package struct RequestBudget: Equatable, Sendable {
    /// 0.2 a second, at each Region's endpoint.
    package static let perMinute = 12
    /// Of them, for the controllers of that Region, where there is one.
    private static let ownPerMinute = 4
    private static let minute: Int64 = 60_000
    /// No faster than this when all is well.
    package static let paceMilliseconds: Int64 = 10_000
    /// Between two questions while it is not clear whether a Region is silent.
    package static let doubtfulMilliseconds: Int64 = 3_000

    /// In any 60 s.
    package var share: Int
    /// When the last ones were sent, oldest first; ``perMinute`` at most.
    private var sent: [Int64] = []

    package init(share: Int) { self.share = share }

    /// The share of one controller at a Region's endpoint. `own`: controllers of that Region that live; `peers`: those of the other. Each counts for one at
    /// least, as a controller that is not heard of may send all the same. 0 where there are too many of them: who has none does not look.
    package static func share(own: Int, peers: Int, isOwn: Bool) -> Int {
        let (own, peers) = (max(1, own), max(1, peers))
        let ownShare = own == 1 ? min(ownPerMinute, max(1, perMinute / (own + peers))) : perMinute / (own + peers)
        return isOwn ? ownShare : max(0, perMinute - own * ownShare) / peers
    }

    /// Takes a request's place, if there is one. `reserve`: places that have to be left for others: what can wait leaves some to what cannot.
    package mutating func take(_ now: Int64, reserve: Int = 0) -> Bool {
        sent.removeAll { now - $0 >= RequestBudget.minute }
        guard sent.count + reserve < share else { return false }
        sent.append(now)
        return true
    }

    /// Gives back the place that was taken last: the request never reached the service.
    package mutating func giveBack() { _ = sent.popLast() }

    /// The earliest time from `time` on at which there is a place.
    package func next(from time: Int64) -> Int64 {
        guard share > 0 else { return time + RequestBudget.minute }
        let recent = sent.filter { time - $0 < RequestBudget.minute }
        guard recent.count >= share else { return time }
        return recent[recent.count - share] + RequestBudget.minute
    }

    /// Between two questions when all is well: three of eight places a minute, two at most, are kept for moments of doubt and for ``ConnectUpkeep``.
    package var pace: Int64 {
        guard share > 0 else { return RequestBudget.minute }
        let regular = Double(share) - min(2, Double(share) * 3 / 8)
        return max(RequestBudget.paceMilliseconds, Int64((Double(RequestBudget.minute) / regular).rounded()))
    }
}
