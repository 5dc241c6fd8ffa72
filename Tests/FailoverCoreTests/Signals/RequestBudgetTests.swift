import FailoverCore
import TestSupport
import Testing

@Suite("the share of Connect's request rate that a controller takes", .limited)
struct RequestBudgetTests {
    @Test("the shares of all controllers are no more than twelve a minute at any endpoint, and none is left out with a few")
    func shares() {
        for own in 0...12 {
            for peers in 0...12 {
                let ownShare = RequestBudget.share(own: own, peers: peers, isOwn: true)
                let peersShare = RequestBudget.share(own: own, peers: peers, isOwn: false)
                #expect(own * ownShare + peers * peersShare <= RequestBudget.perMinute, "\(own) and \(peers)")
                if max(1, own) + max(1, peers) <= 8 { #expect(ownShare > 0 && peersShare > 0, "\(own) and \(peers)") }
            }
        }
        #expect(RequestBudget.share(own: 1, peers: 1, isOwn: true) == 4)
        #expect(RequestBudget.share(own: 1, peers: 1, isOwn: false) == 8)
        #expect(RequestBudget.share(own: 20, peers: 20, isOwn: false) == 0)
    }

    private func takes(_ budget: inout RequestBudget, _ now: Int64, reserve: Int = 0) -> Bool {
        budget.take(now, reserve: reserve)
    }

    @Test("with one controller a Region the other Region is asked every ten seconds, and twice more at once in doubt")
    func pace() {
        var budget = RequestBudget(share: RequestBudget.share(own: 1, peers: 1, isOwn: false))
        #expect(budget.pace == 10_000)
        #expect(RequestBudget(share: 4).pace == 24_000)
        #expect(RequestBudget(share: 1).pace == 96_000)
        let regular = (0..<6).map { Int64($0) * 10_000 }
        for time in regular { #expect(takes(&budget, time) == true) }
        #expect(takes(&budget, 53_000) == true)
        #expect(takes(&budget, 56_000) == true)
        #expect(takes(&budget, 59_000) == false)
        #expect(budget.next(from: 59_000) == 60_000)
        #expect(takes(&budget, 60_000) == true)
    }

    @Test("what can wait leaves places to what cannot, and a request that never left gives its place back")
    func places() {
        var budget = RequestBudget(share: 3)
        #expect(takes(&budget, 0, reserve: 2) == true)
        #expect(takes(&budget, 1, reserve: 2) == false)
        #expect(takes(&budget, 2) == true)
        #expect(takes(&budget, 3) == true)
        #expect(takes(&budget, 4) == false)
        budget.giveBack()
        #expect(budget.next(from: 5) == 5)
        #expect(takes(&budget, 5) == true)
    }

    @Test("who has no share does not look, and asks again a minute later whether it has one")
    func none() {
        var budget = RequestBudget(share: 0)
        #expect(takes(&budget, 0) == false)
        #expect(budget.next(from: 0) == 60_000)
    }

    /// Of one endpoint: controllers that look as fast as they may, in doubt half of the time.
    @Test("one to eight controllers never send more than twelve requests in any minute, in doubt or not", arguments: 1...8)
    func together(controllers: Int) {
        for own in 0...controllers {
            var dice = Dice(seed: UInt64(controllers * 16 + own))
            var budgets = (0..<controllers).map { index in
                let isOwn = index < own
                return RequestBudget(share: RequestBudget.share(own: own, peers: controllers - own, isOwn: isOwn))
            }
            var due = budgets.map { _ in Int64.random(in: 0..<10_000, using: &dice) }
            var sent: [Int64] = []
            for second in 0..<1_200 {
                let now = Int64(second) * 1_000
                let isDoubtful = second / 100 % 2 == 1
                for index in budgets.indices where due[index] <= now {
                    if budgets[index].take(now) { sent.append(now) }
                    let pace = isDoubtful ? RequestBudget.doubtfulMilliseconds : budgets[index].pace
                    due[index] = budgets[index].next(from: now + pace)
                }
            }
            #expect(!sent.isEmpty)
            for time in sent {
                let inMinute = sent.count { $0 >= time && $0 < time + 60_000 }
                #expect(inMinute <= RequestBudget.perMinute, "\(own) of \(controllers), from \(time)")
            }
        }
    }
}
