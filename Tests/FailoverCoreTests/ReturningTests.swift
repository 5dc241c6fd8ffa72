import FailoverCore
import TestSupport
import Testing

@Suite("a gradual return", .limited)
struct ReturningTests {
    private let goal = [
        GroupShares(group: Pair.group, shares: Shares(Pair.west, share: 50, other: Pair.east, hasSignIn: true))
    ]

    /// Everything in the east, and a person who wants half of it back in the west.
    private func begun(_ controller: inout FailoverController) -> Pair {
        var pair = Pair(shares: 100)
        pair.run(&controller, for: 60_000)
        _ = pair.control(
            .writePlan(
                ReturnPlan(id: "p", by: "ann", region: Pair.west, goal: goal, step: 20, holdMilliseconds: 300_000, after: 1),
                replacing: nil))
        return pair
    }

    @Test("goes step by step, each after its gates have held, and ends")
    func steps() {
        var controller = Pair.controller(mode: .observe)
        var pair = begun(&controller)
        var shares = [pair.westShares[0]]
        for _ in 0..<1_000 {
            pair.run(&controller, for: 2_000)
            if pair.westShares[0] != shares.last { shares.append(pair.westShares[0]) }
        }
        #expect(shares == [0, 20, 40, 50])
        #expect(pair.table.words.plan?.state == .done)
        #expect(pair.table.terms.map(\.cause) == [.returning, .returning, .returning, .adopted])
        #expect(pair.groups[0].shares.signIn == [Pair.west: true, Pair.east: true])
        let updates = pair.updates.map(\.deadline)
        #expect(zip(updates, updates.dropFirst()).allSatisfy { $1 - $0 >= 300_000 })
    }

    @Test("a bad gate halts it also where a read of the groups takes longer than a round")
    func slowGroups() {
        var controller = Pair.controller(mode: .observe)
        var pair = begun(&controller)
        pair.isWestServing = false
        for _ in 0..<40 {
            pair.look(&controller)
            guard let step = controller.next(now: pair.now, wall: pair.now) else {
                pair.now += 2_000
                continue
            }
            // As long as the own endpoint is waited for, which hangs.
            if case .readGroups = step { pair.now += 4_000 }
            controller.take(pair.answer(step), now: pair.now)
        }
        #expect(pair.table.words.plan?.state == .halted)
    }

    @Test("a bad gate halts it for good, and a term by anybody else does")
    func halts() {
        for isOther in [false, true] {
            var controller = Pair.controller()
            var pair = begun(&controller)
            pair.run(&controller, for: 320_000)
            #expect(pair.westShares == [20])
            if isOther {
                _ = pair.control(
                    .propose(
                        Intent(
                            term: 3, groups: pair.table.newest?.groups ?? [], cause: .manual, author: "ben", actor: Pair.east,
                            evidence: [], token: "z", proposedAt: pair.now)))
                _ = pair.control(
                    .writeMark(ActingMark(term: 3, controller: "x", token: "m", state: .closed), replacing: nil))
            } else {
                pair.isWestServing = false
            }
            pair.run(&controller, for: 10_000)
            pair.isWestServing = true
            pair.run(&controller, for: 3_600_000)
            #expect(pair.westShares == [20])
            #expect(pair.table.words.plan?.state == .halted)
            #expect(pair.kinds(.halted).count == 1)
        }
    }

    @Test("a gate that nobody can see is waited for")
    func unknown() {
        var controller = Pair.controller()
        var pair = begun(&controller)
        pair.run(&controller, for: 1_200_000, look: false)
        #expect(pair.westShares == [0])
        #expect(pair.table.words.plan?.state == .running)
        pair.run(&controller, for: 340_000)
        #expect(pair.westShares == [20])
    }

    @Test("nothing goes back by itself")
    func never() {
        var controller = Pair.controller()
        var pair = Pair()
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        pair.run(&controller, for: 120_000)
        pair.healEast()
        pair.run(&controller, for: 7_200_000)
        #expect(pair.westShares == [100])
        #expect(pair.updates.count == 1)
    }
}
