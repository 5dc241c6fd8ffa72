import FailoverCore
import TestSupport
import Testing

/// What can come between the steps of a move: a kill, a lost answer, a long stop, somebody else.
@Suite("a move that is interrupted", .limited)
struct InterruptedTests {
    /// A move takes fewer steps that matter than this.
    static let steps = 0..<24

    /// Runs a move in which something happens at the given step of it, counted from the loss of the Region.
    ///
    /// `shares`: the west's of each group before.
    private func move(
        at number: Int, _ shares: [Int] = [50, 50],
        _ happens: (inout Pair, inout FailoverController, FailoverStep) -> FailoverAnswer?
    ) -> Pair {
        var pair = Pair(groups: shares.count)
        for (index, share) in shares.enumerated() {
            pair.groups[index].shares = Shares(Pair.west, share: share, other: Pair.east, hasSignIn: index == 0)
        }
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        let end = pair.now + 1_000_000
        var count = 0
        var total = 0
        while pair.now < end {
            pair.look(&controller)
            while let step = controller.next(now: pair.now, wall: pair.now) {
                var answer: FailoverAnswer?
                total += 1
                precondition(total < 100_000, "\(number): \(step)")
                // Reads and verdicts go on all the time: they are no steps of a move.
                if step != .control(.read), !step.isVerdict {
                    if count == number { answer = happens(&pair, &controller, step) }
                    count += 1
                }
                controller.take(answer ?? pair.answer(step), now: pair.now)
            }
            pair.now += 2_000
        }
        return pair
    }

    private func expectMoved(_ pair: Pair, _ comment: Comment) {
        #expect(pair.westShares == [100, 100], comment)
        #expect(pair.table.newest.map { $0.groups.map(\.shares) } == pair.groups.map(\.shares), comment)
        #expect(pair.table.terms.count { $0.cause == .automatic } == 1, comment)
    }

    @Test("killed before or after any step, another goes on and ends it", arguments: steps)
    func killed(at number: Int) {
        for isDone in [false, true] {
            let pair = move(at: number) { pair, controller, step in
                if isDone { _ = pair.truth(step) }
                controller = Pair.controller(id: "b", seed: 99)
                return .unheard("killed")
            }
            expectMoved(pair, "at \(number), done: \(isDone)")
        }
    }

    @Test("an answer that is lost is found out, whether the step was done or not", arguments: steps)
    func lostAnswer(at number: Int) {
        for isDone in [false, true] {
            let pair = move(at: number) { pair, _, step in
                if isDone { _ = pair.truth(step) }
                return .unheard("no answer")
            }
            expectMoved(pair, "at \(number), done: \(isDone)")
        }
    }

    @Test(
        "stopped for ten minutes at any step while the Region comes back, nothing is begun; what was begun is ended",
        arguments: steps)
    func stopped(at number: Int) {
        for isPartlyThere in [false, true] {
            var begun: Int?
            let shares = [isPartlyThere ? 100 : 50, 50]
            let pair = move(at: number, shares) { pair, _, step in
                begun = pair.updates.count
                pair.now += 600_000
                pair.healEast()
                if case .send = step { return .withdrawn }
                return nil
            }
            #expect(pair.westShares == (begun == 0 ? shares : [100, 100]), "\(number), \(shares): \(pair.journal)")
            #expect(pair.table.newest.map { $0.groups.map(\.shares) } == pair.groups.map(\.shares))
        }
    }

    @Test("somebody moves a group in the middle: it is told, and nothing is overwritten", arguments: steps)
    func foreign(at number: Int) {
        let theirs = Shares(Pair.west, share: 30, other: Pair.east, hasSignIn: false)
        let pair = move(at: number) { pair, _, _ in
            pair.groups[1].shares = theirs
            return nil
        }
        let after = pair.updates.drop { $0.group.group != pair.groups[1].group }
        if pair.groups[1].shares == theirs {
            #expect(pair.kinds(.foreign).count == 1)
            #expect(pair.outlook.hasPrefix("held back by no-foreign-hand: somebody else has changed"), "\(pair.outlook)")
        } else {
            // It was just being updated.
            #expect(after.count == 1)
        }
    }

    @Test("a late update of an older intent is put right; anybody else's is not")
    func late() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        // A term of ours whose sender was stopped: its request is still under way.
        let half = GroupShares(group: Pair.group, shares: Shares(Pair.west, share: 70, other: Pair.east, hasSignIn: true))
        _ = pair.control(
            .propose(
                Intent(
                    term: 2, groups: [half], cause: .manual, author: "ann", actor: Pair.east, evidence: [], token: "x",
                    proposedAt: pair.now)))
        _ = pair.control(
            .writeMark(ActingMark(term: 2, controller: "gone", token: "m", state: .sending), replacing: nil))
        let all = GroupShares(group: Pair.group, shares: Shares(Pair.west, share: 100, other: Pair.east, hasSignIn: true))
        _ = pair.control(
            .propose(
                Intent(
                    term: 3, groups: [all], cause: .manual, author: "ben", actor: Pair.west, evidence: [], token: "y",
                    proposedAt: pair.now)))
        pair.run(&controller, for: 600_000)
        #expect(pair.westShares == [50], "an older intent may still arrive: it is waited for")
        pair.run(&controller, for: 120_000)
        #expect(pair.westShares == [100])
        pair.groups[0].shares = half.shares
        pair.run(&controller, for: 30_000)
        #expect(pair.westShares == [100])
        #expect(pair.kinds(.reasserted).count == 1)
        pair.run(&controller, for: 900_000)
        pair.groups[0].shares = half.shares
        pair.run(&controller, for: 120_000)
        #expect(pair.westShares == [70])
        #expect(pair.kinds(.foreign).count == 1)
    }

    @Test("a move by itself that a person holds before anything was sent is withdrawn")
    func held() throws {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        let all = GroupShares(group: Pair.group, shares: Shares(Pair.west, share: 100, other: Pair.east, hasSignIn: true))
        _ = pair.control(
            .propose(
                Intent(
                    term: 2, groups: [all], cause: .automatic, author: "us-west-2/gone", actor: Pair.west, evidence: [],
                    token: "x", proposedAt: pair.now)))
        _ = pair.control(.writeHold(Words.Hold(by: "ann", why: "maintenance", at: pair.now)))
        pair.run(&controller, for: 60_000)
        #expect(pair.updates.isEmpty)
        let newest = try #require(pair.table.terms.first)
        #expect(newest.term == 3 && newest.evidence == ["term 2 is withdrawn: ann holds it: maintenance"], "\(newest)")
    }

    @Test("a late update of a move that was withdrawn is put right, and said once")
    func lateOfWithdrawn() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        let before = pair.groups.map { GroupShares(group: $0.group, shares: $0.shares) }
        let all = GroupShares(group: Pair.group, shares: Shares(Pair.west, share: 100, other: Pair.east, hasSignIn: true))
        for (groups, cause) in [([all], .automatic), (before, .adopted)] as [([GroupShares], Intent.Cause)] {
            _ = pair.control(
                .propose(
                    Intent(
                        term: cause == .adopted ? 3 : 2, groups: groups, cause: cause, author: "us-west-2/gone",
                        actor: Pair.west,
                        evidence: [], token: cause.rawValue, proposedAt: pair.now)))
        }
        _ = pair.control(.writeMark(ActingMark(term: 2, controller: "gone", token: "m", state: .sending), replacing: nil))
        pair.run(&controller, for: 30_000)
        pair.groups[0].shares = all.shares
        pair.run(&controller, for: 60_000)
        #expect(pair.westShares == [50])
        #expect(pair.kinds(.reasserted).count == 1)
        #expect(pair.kinds(.foreign).isEmpty)
    }

    @Test("an update that was not answered may arrive as long as its signature counts: its mark stays open for so long")
    func unanswered() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        pair.meddle = { step in if case .send = step { (.unheard("timeout"), true) } else { nil } }
        pair.run(&controller, for: 120_000)
        #expect(pair.westShares == [100])
        #expect(pair.table.mark(of: 2)?.state == .fulfilled)
        pair.run(&controller, for: ActingMark.waitMilliseconds - 120_000)
        #expect(pair.table.mark(of: 2)?.state == .fulfilled)
        pair.run(&controller, for: 120_000)
        #expect(pair.table.mark(of: 2)?.state == .closed)
    }

    @Test(
        "a foreign hand that a late update of the newest term undid is over once a person has acknowledged that term, and not before"
    )
    func undone() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        pair.meddle = { step in if case .send = step { (.unheard("timeout"), false) } else { nil } }
        while pair.table.mark(of: 2) == nil { pair.run(&controller, for: 2_000) }
        pair.groups[0].shares = Shares(Pair.west, share: 30, other: Pair.east, hasSignIn: true)
        pair.run(&controller, for: 60_000)
        #expect(pair.kinds(.foreign).count == 1)
        pair.meddle = { _ in nil }
        pair.groups[0].shares = Shares(Pair.west, share: 100, other: Pair.east, hasSignIn: true)
        pair.run(&controller, for: 600_000)
        #expect(controller.status(now: pair.now).foreign != nil)
        #expect(pair.table.mark(of: 2)?.state == .sending)
        _ = pair.control(.acknowledge(term: 2, by: "ann"))
        pair.run(&controller, for: 30_000)
        #expect(controller.status(now: pair.now).foreign == nil)
        #expect(pair.table.mark(of: 2)?.state == .fulfilled)
    }

    @Test("without the control table nothing happens")
    func withoutTable() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        pair.meddle = { step in if case .control = step { (.unheard("away"), false) } else { nil } }
        pair.run(&controller, for: 600_000)
        #expect(pair.updates.isEmpty)
        #expect(controller.status(now: pair.now).phase == .blind)
        pair.meddle = { _ in nil }
        pair.run(&controller, for: 120_000)
        #expect(pair.westShares == [100])
    }

    @Test("a dwell is not slept through: a process that was stopped begins it anew")
    func slept() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        // Until it is suspected, and then a stop.
        while controller.status(now: pair.now).phase == .watching {
            pair.round(&controller)
            pair.now += 2_000
        }
        pair.now += 120_000
        pair.round(&controller)
        #expect(pair.table.terms.count == 1)
    }
}

extension FailoverStep {
    fileprivate var isVerdict: Bool { if case .control(.writeVerdict) = self { true } else { false } }
}
