import FailoverCore
import TestSupport
import Testing

@Suite("a controller that moves traffic", .limited)
struct MovingTests {
    @Test("the first term is what was found in force")
    func adopts() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 10_000)
        #expect(pair.table.terms.map(\.cause) == [.adopted])
        #expect(pair.table.newest?.groups.map(\.shares) == pair.groups.map(\.shares))
        #expect(pair.updates.isEmpty)
    }

    @Test("a Region that is lost leaves everything to the other within a minute", arguments: [1, 3])
    func moves(groups: Int) {
        var pair = Pair(groups: groups)
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        pair.run(&controller, for: 60_000)
        #expect(pair.westShares == Array(repeating: 100, count: groups))
        #expect(pair.groups[0].shares.signIn == [Pair.west: true, Pair.east: false])
        #expect(pair.table.terms.map(\.cause) == [.automatic, .adopted])
        #expect(pair.table.mark(of: 2)?.state == .closed)
        #expect(pair.updates.map(\.group.group) == pair.groups.map(\.group))
        #expect(pair.journal.map(\.kind).contains(.verified))
        // Nothing more, however long it lasts.
        pair.run(&controller, for: 3_600_000)
        #expect(pair.table.terms.count == 2)
        #expect(pair.updates.count == groups)
    }

    @Test("nothing moves by one signal, by a controller that is silent, or against the peer's own word")
    func holdsBack() {
        for (answers, writes, says) in [
            (true, false, "healthy, with complaints (worker); held back by peer-unhealthy: 0 independent signals of 2"),
            (
                false, true,
                "unknown: connect-api, replication may be silent by the way from here, as its controllers live"
            ),
        ] {
            var pair = Pair()
            var controller = Pair.controller()
            pair.run(&controller, for: 60_000)
            pair.isEastAnswering = answers
            pair.isEastWriting = writes
            pair.run(&controller, for: 600_000)
            #expect(pair.updates.isEmpty)
            #expect(pair.table.terms.count == 1)
            #expect(pair.outlook.hasPrefix("\(Pair.east) is \(says)"), "\(pair.outlook)")
        }
    }

    @Test("the modes differ in what is done, not in what is seen", arguments: FailoverPolicy.Mode.allCases)
    func modes(mode: FailoverPolicy.Mode) {
        var pair = Pair()
        var controller = Pair.controller(mode: mode)
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        pair.run(&controller, for: 120_000)
        #expect(pair.kinds(.suspected).count == 1)
        #expect(pair.westShares == [mode == .automatic ? 100 : 50])
        #expect(pair.kinds(.noticed).count == (mode == .advise ? 1 : 0))
        #expect((pair.table.words.proposal != nil) == (mode == .approve))
    }

    @Test("a proposal is done once a person says yes, and not with no answer or a no")
    func approval() throws {
        for isYes in [true, false, nil] {
            var pair = Pair()
            var controller = Pair.controller(mode: .approve)
            pair.run(&controller, for: 60_000)
            pair.loseEast()
            pair.run(&controller, for: 120_000)
            let proposal = try #require(pair.table.words.proposal)
            if let isYes {
                pair.table.words.approval = Words.Approval(proposal: proposal.id, by: "ann", isYes: isYes)
            }
            pair.run(&controller, for: 1_200_000)
            #expect(pair.westShares == [isYes == true ? 100 : 50])
            #expect(pair.table.newest?.cause == (isYes == true ? .approved : .adopted))
            if isYes == nil { #expect(pair.table.words.proposal == nil) }
        }
    }

    @Test("a hold stops it, and ends with the hold")
    func hold() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        pair.table.words.hold = Words.Hold(by: "ann", why: "maintenance", at: 0)
        pair.loseEast()
        pair.run(&controller, for: 600_000)
        #expect(pair.westShares == [50])
        #expect(pair.kinds(.heldBack).count == 1)
        pair.table.words.hold = nil
        pair.run(&controller, for: 60_000)
        #expect(pair.westShares == [100])
    }

    @Test("after a move the history does not say that a Region without a share is left alone: that is what the move was for")
    func nothingLeft() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        pair.run(&controller, for: 1_200_000)
        #expect(pair.westShares == [100])
        #expect(pair.kinds(.heldBack).isEmpty, "\(pair.kinds(.heldBack).map(\.lines))")
        let outlook = pair.table.verdicts.first { $0.region == Pair.west }?.outlook ?? ""
        #expect(outlook == "\(Pair.east) does not serve, and has no share to move; mode automatic")
    }

    @Test("a Region that is not known to serve pulls nothing to itself")
    func ownUnhealthy() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        pair.isWestServing = false
        pair.run(&controller, for: 600_000)
        #expect(pair.updates.isEmpty)
    }

    @Test("what a person has intended and nobody carries out yet holds a move back, by name")
    func unfulfilled() throws {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        let shares = pair.groups.map {
            GroupShares(group: $0.group, shares: Shares(Pair.west, share: 20, other: Pair.east, hasSignIn: true))
        }
        pair.table.terms.insert(
            Intent(
                term: 2, groups: shares, cause: .manual, author: "ann", actor: Pair.east, evidence: [], token: "t",
                proposedAt: 0), at: 0)
        pair.run(&controller, for: 120_000)
        #expect(pair.updates.isEmpty)
        let evaluation = try #require(controller.status(now: pair.now).evaluation)
        #expect(evaluation.heldBackBy?.rule == .ready)
        #expect(evaluation.heldBackBy?.says == "term 2 (manual), which us-east-1 carries out, is not in force yet")
    }

    @Test("a Region whose own health flickers pulls nothing to itself for a while")
    func ownFlickers() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        controller.observe(pair.signal(.synthetic, Pair.west, .unhealthy, .outside("calls")))
        pair.run(&controller, for: 2_000)
        controller.observe(pair.signal(.synthetic, Pair.west, .unknown, .outside("calls")))
        pair.loseEast()
        pair.run(&controller, for: Evaluation.ownMilliseconds - 10_000)
        #expect(pair.updates.isEmpty)
        pair.run(&controller, for: 120_000)
        #expect(pair.westShares == [100])
    }

    @Test("after a move nothing moves by itself until a person acknowledges it, and only so often a day")
    func coolDown() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        func lose(_ pair: inout Pair, _ controller: inout FailoverController) {
            pair.loseEast()
            pair.run(&controller, for: 120_000)
            pair.healEast()
            pair.run(&controller, for: 120_000)
        }
        lose(&pair, &controller)
        #expect(pair.table.newest?.term == 2)
        for (term, acknowledged, moves) in [(3, false, 1), (3, true, 2), (5, true, 2)] as [(Int64, Bool, Int)] {
            // A person brings the shares back.
            if pair.table.newest?.cause == .automatic {
                let intent = Intent(
                    term: (pair.table.newest?.term ?? 0) + 1,
                    groups: [
                        GroupShares(group: Pair.group, shares: Shares(Pair.west, share: 50, other: Pair.east, hasSignIn: true))
                    ],
                    cause: .adopted, author: "ann", actor: "", evidence: [], token: "t\(term)", proposedAt: pair.now)
                _ = pair.control(.propose(intent))
                pair.groups[0].shares = intent.groups[0].shares
                pair.run(&controller, for: 30_000)
            }
            if acknowledged { pair.table.words.acknowledgedTerm = pair.table.newest?.term ?? 0 }
            lose(&pair, &controller)
            #expect(pair.table.terms.count { $0.cause == .automatic } == moves)
        }
    }

    @Test("two controllers of a Region make one term and one update")
    func two() {
        var pair = Pair()
        var controllers = [Pair.controller(id: "a", seed: 1), Pair.controller(id: "b", seed: 2)]
        pair.run(&controllers, for: 60_000)
        pair.loseEast()
        pair.run(&controllers, for: 120_000)
        #expect(pair.westShares == [100])
        #expect(pair.table.terms.count == 2)
        #expect(pair.updates.count == 1)
    }

    @Test("a source that looks seldom is waited for when the cause is asked again")
    func seldom() {
        var pair = Pair()
        var controller = Pair.controller()
        pair.run(&controller, for: 60_000)
        // It complains each 50 s, and nobody but it and the silent controllers does.
        pair.isEastWriting = false
        for round in 0..<150 {
            if round % 25 == 0 {
                var signal = pair.signal(.synthetic, Pair.east, .unhealthy, .outside("calls"))
                signal.keptMilliseconds = 60_000
                controller.observe(signal)
            }
            pair.round(&controller)
            pair.now += 2_000
        }
        #expect(pair.westShares == [100])
    }

    @Test("a policy that could not hold what it promises is refused by the key")
    func policy() {
        var policy = FailoverPolicy()
        #expect(policy.problem == nil)
        policy.independentMin = 1
        #expect(policy.problem == "failover.independent-signals is 1; accepted: 2 or more")
    }
}
