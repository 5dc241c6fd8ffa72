import FailoverCore
import TestSupport
import Testing

@Suite("what all controllers together ask of Connect", .limited)
struct ConnectUpkeepTests {
    /// Requests in an hour in which nothing happens at the endpoint of one Region, in which `own` controllers are; `peers` are in the other.
    private func hour(own: Int, peers: Int, groups: Int, seed: UInt64) -> Int {
        var dice = Dice(seed: seed)
        var sent = 0
        for index in 0..<(own + peers) {
            let isOwn = index < own
            let upkeep = ConnectUpkeep(groups: groups, controllers: isOwn ? own : peers)
            var budget = RequestBudget(share: RequestBudget.share(own: own, peers: peers, isOwn: isOwn))
            // Asking for the instance, and for differences of the replication where places are left over, as their sources do.
            var (api, findings) = (Int64.random(in: 0..<10_000, using: &dice), Int64.random(in: 0..<120_000, using: &dice))
            for second in 0..<Int64(3_600) {
                // Whoever wakes does so a little late.
                let now = second * 1_000 + Int64.random(in: 0..<900, using: &dice)
                if api <= now {
                    let isTaken = budget.take(now)
                    sent += isTaken ? 1 : 0
                    api = budget.next(from: isTaken ? now + budget.pace : now + 1)
                }
                if findings <= now {
                    let isTaken = budget.take(now, reserve: 1)
                    sent += isTaken ? 1 : 0
                    findings = now + (isTaken ? 120_000 : 11_000)
                }
            }
            sent += Int(3_600_000 / upkeep.exerciseMilliseconds)
            guard isOwn else { continue }
            let described = max(ConnectUpkeep.descriptionMilliseconds, upkeep.groupsMilliseconds)
            sent += groups * Int(3_600_000 / upkeep.groupsMilliseconds + 3_600_000 / described)
            sent += (2 + 2 * groups) * Int(3_600_000 / upkeep.preflightMilliseconds)
        }
        return sent
    }

    @Test("0.2 requests a second at each Region's endpoint, of up to ten groups times controllers, while nothing happens")
    func together() {
        for own in [1, 2, 3, 5] {
            for peers in [1, 2, 4] {
                for groups in 1...10 where groups * own <= 10 {
                    let sent = hour(own: own, peers: peers, groups: groups, seed: UInt64(own * 100 + peers * 10 + groups))
                    #expect(sent <= RequestBudget.perMinute * 60, "\(own) and \(peers), \(groups) groups: \(sent)")
                    if own == 1, peers == 1 { #expect(sent > 500, "\(groups) groups: \(sent)") }
                }
            }
        }
    }

    @Test("with one controller a Region both look for differences of the replication, beside what is asked of life")
    func findings() {
        for isOwn in [true, false] {
            var budget = RequestBudget(share: RequestBudget.share(own: 1, peers: 1, isOwn: isOwn))
            var (api, findings, kinds) = (Int64(0), Int64(7_000), 0)
            for second in 0..<Int64(3_600) {
                let now = second * 1_000
                if api <= now {
                    let isTaken = budget.take(now)
                    #expect(isTaken)
                    api = budget.next(from: now + budget.pace)
                }
                if findings <= now {
                    let isTaken = budget.take(now, reserve: 1)
                    kinds += isTaken ? 1 : 0
                    findings = now + (isTaken ? 120_000 : 11_000)
                }
            }
            #expect(kinds >= 27, "\(isOwn): \(kinds)")
        }
    }

    @Test("a controller that has nothing to do reads the groups as seldom as that, and often when the other Region is silent")
    func groups() {
        for (groups, controllers) in [(1, 1), (3, 1), (2, 2)] {
            var pair = Pair(groups: groups)
            var all = (0..<controllers).map { Pair.controller(id: "c\($0)", seed: UInt64($0)) }
            pair.run(&all, for: 60_000)
            let reads = Reads()
            pair.meddle = { step in
                if case .readGroups = step { reads.count += 1 }
                return nil
            }
            pair.run(&all, for: 3_600_000)
            let pace = ConnectUpkeep(groups: groups, controllers: controllers).groupsMilliseconds
            #expect(pace == Int64(60_000 * groups * controllers))
            #expect(reads.count <= controllers * Int(3_600_000 / pace + 1), "\(groups) \(controllers)")
            #expect(reads.count >= controllers * Int(3_600_000 / pace - 2), "\(groups) \(controllers): \(reads.count)")
            reads.count = 0
            pair.loseEast()
            pair.table.words.hold = Words.Hold(by: "ann", why: "", at: 0)
            pair.run(&all, for: 60_000)
            #expect(reads.count >= 8, "\(groups) \(controllers)")
        }
    }

    private final class Reads { var count = 0 }
}
