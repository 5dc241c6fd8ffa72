import FailoverCore
import TestSupport
import Testing

@Suite("a drill", .limited)
struct DrillTests {
    private static let test = "\(Pair.group)/1"

    /// Both Regions with a controller each, idle and well for a minute, and a drill that takes the east away for ten.
    private struct World {
        var pair = Pair(groups: 2)
        var controllers = [Pair.controller(id: "a", seed: 1), Pair.controller(Pair.east, id: "b", seed: 2)]
        var drill: Drill
        /// What the drill's own steps are answered with instead of the truth.
        var meddle: (FailoverStep) -> FailoverAnswer? = { _ in nil }

        init(_ mode: DrillOrder.Mode = .live, seed: UInt64 = 7) {
            drill = Drill(World.order(mode), seed: seed)
            pair.isEastWriting = false
            pair.run(&controllers, for: 60_000)
        }

        static func order(_ mode: DrillOrder.Mode) -> DrillOrder {
            DrillOrder(id: "d1", region: Pair.east, peer: Pair.west, mode: mode, holdMilliseconds: 600_000, by: "ann")
        }

        /// Controllers and the drill for `milliseconds`, or until `end` holds.
        mutating func run(_ milliseconds: Int64, until end: (World) -> Bool = { _ in false }) {
            let last = pair.now + milliseconds
            while pair.now < last, !end(self) {
                for index in controllers.indices { pair.round(&controllers[index]) }
                while let step = drill.next(now: pair.now, wall: pair.now) {
                    drill.take(meddle(step) ?? pair.truth(step), now: pair.now)
                }
                pair.now += 2_000
            }
        }

        var plans: [DrillMark?] { pair.table.terms.map { $0.plan.flatMap(DrillMark.init) } }
        var isAway: Bool { if case .away = drill.phase { true } else { false } }
    }

    @Test("has everything leave the Region, waits, and has everything put back", arguments: [false, true])
    func goesThrough(isTest: Bool) throws {
        var world = World(isTest ? .testGroup([Self.test]) : .live)
        world.run(120_000, until: \.isAway)
        #expect(world.pair.westShares == (isTest ? [50, 100] : [100, 100]))
        let away = world.pair.now
        world.run(900_000) { $0.drill.outcome != nil }
        #expect(world.drill.outcome == .done)
        #expect(world.pair.westShares == [50, 50])
        #expect(world.pair.now - away >= 600_000)
        #expect(world.pair.table.terms.map(\.cause) == [.drill, .drill, .adopted])
        #expect(world.pair.table.terms.map(\.actor) == [Pair.east, Pair.west, ""])
        #expect(world.plans.prefix(2).map { $0?.isBack } == [true, false])
        #expect(world.pair.updates.count == (isTest ? 2 : 4))
        let report = try #require(FailoverReport(of: 2, terms: world.pair.table.terms, history: world.pair.journal))
        #expect(report.sequel?.term == 3)
        world.run(10_000)
        #expect(world.pair.kinds(.noticed).map(\.lines).last == ["drill d1: it went through; everything is as before"])
    }

    @Test("says before it begins what will happen")
    func plan() {
        let lines = World.order(.testGroup([Self.test])).plan(
            World().pair.groups.map { GroupShares(group: $0.group, shares: $0.shares) })
        #expect(lines.first == "us-east-1 counts as lost for 600 s; it is well, and goes on with the contacts that it has")
        #expect(lines.contains("\(Self.test): us-east-1 50 %, us-west-2 50 % -> us-east-1 0 %, us-west-2 100 %"))
        #expect(lines.contains("1 other group stays as it is"))
    }

    @Test("goes back at once when it is aborted, before it is away and after")
    func abort() {
        for isAway in [false, true] {
            var world = World()
            world.run(120_000) { isAway ? $0.isAway : $0.drill.term != nil }
            world.drill.abort("ann pressed Ctrl-C")
            let at = world.pair.now
            world.run(300_000) { $0.drill.outcome != nil }
            #expect(world.drill.outcome == .aborted("ann pressed Ctrl-C"))
            #expect(world.pair.westShares == [50, 50])
            #expect(world.pair.now - at < 30_000)
        }
    }

    @Test("begins only where nothing speaks against it, and says all that does")
    func refused() {
        let cases: [(String, (inout World) -> Void)] = [
            ("ann holds it: maintenance", { $0.pair.table.words.hold = .init(by: "ann", why: "maintenance", at: 0) }),
            (
                "the move of term 2 was not acknowledged",
                { world in
                    var move = world.pair.table.terms[0]
                    move.term = 2
                    move.cause = .automatic
                    world.pair.table.terms.insert(move, at: 0)
                    world.pair.table.marks.append(ActingMark(term: 2, controller: "x", token: "m", state: .closed))
                }
            ),
            (
                "term 2 is still being carried out",
                { world in
                    var move = world.pair.table.terms[0]
                    move.term = 2
                    move.cause = .manual
                    world.pair.table.terms.insert(move, at: 0)
                    world.pair.table.marks.append(ActingMark(term: 2, controller: "x", token: "m", state: .fulfilled))
                }
            ),
            ("no controller of us-east-1 says that it is well", { $0.controllers.remove(at: 1) }),
            (
                "somebody else has changed \(Pair.group)",
                { $0.pair.groups[0].shares = Shares(Pair.west, share: 60, other: Pair.east, hasSignIn: true) }
            ),
            ("\(Pair.group) is not active", { $0.pair.groups[0].status = .updating }),
            ("x is not a group of term 1", { $0.drill = Drill(World.order(.testGroup(["x"])), seed: 1) }),
        ]
        for (problem, prepare) in cases {
            var world = World()
            prepare(&world)
            let terms = world.pair.table.terms.count
            world.run(120_000) { $0.drill.outcome != nil }
            guard case .refused(let problems) = world.drill.outcome else {
                Issue.record("\(problem): \(String(describing: world.drill.outcome))")
                continue
            }
            #expect(problems.contains(problem))
            #expect(world.pair.table.terms.count { $0.cause == .drill } == 0)
            #expect(world.pair.table.terms.count == terms)
        }
    }

    @Test("goes back at once when the Region that has everything now does not serve")
    func gainingFails() {
        var world = World()
        world.run(120_000, until: \.isAway)
        world.pair.isWestServing = false
        world.run(120_000) { $0.drill.outcome != nil }
        guard case .aborted(let why) = world.drill.outcome else {
            Issue.record("\(String(describing: world.drill.outcome))")
            return
        }
        #expect(why == "for 30 s no controller of us-west-2 has said that it serves")
        #expect(world.pair.westShares == [50, 50])
    }

    @Test("puts nothing back into a Region that has failed in truth meanwhile, however it ends", arguments: [false, true])
    func lostInTruth(isAborted: Bool) {
        var world = World()
        world.run(120_000, until: \.isAway)
        world.controllers.remove(at: 1)
        world.pair.loseEast()
        world.run(60_000)
        if isAborted { world.drill.abort("ann") }
        world.run(900_000) { $0.drill.outcome != nil }
        guard case .kept(let why) = world.drill.outcome else {
            Issue.record("\(String(describing: world.drill.outcome))")
            return
        }
        #expect(why.hasPrefix("no controller of us-east-1"))
        #expect(world.pair.westShares == [100, 100])
        // A term says so: nobody goes on with it once the Region is back.
        #expect(world.pair.table.terms.map(\.cause) == [.adopted, .drill, .adopted])
        #expect(world.pair.table.newest?.groups == world.pair.table.terms[1].groups)
        world.pair.healEast()
        world.run(300_000)
        #expect(world.pair.westShares == [100, 100])
    }

    @Test("is ended by a term of anybody else, and touches nothing then")
    func superseded() {
        var world = World()
        world.run(120_000, until: \.isAway)
        var other = world.pair.table.terms[0]
        other.term = 3
        other.cause = .manual
        other.author = "ben"
        other.plan = nil
        world.pair.table.terms.insert(other, at: 0)
        world.run(1_200_000)
        #expect(world.drill.outcome == .superseded("term 3 (manual) by ben came between"))
        #expect(world.pair.table.terms.count == 3)
    }

    @Test("has the other Region's controllers put everything back where those of the first do not")
    func otherActor() {
        var world = World()
        world.run(120_000, until: \.isAway)
        // The east's controllers say that it is well, and cannot send.
        world.pair.meddle = { step in
            if case .send(let update) = step, update.term == 3 { return (.refused("AccessDenied"), false) }
            return nil
        }
        world.run(1_200_000) { $0.drill.outcome != nil }
        #expect(world.drill.outcome == .done)
        #expect(world.pair.table.newest?.actor == Pair.west)
        #expect(world.pair.westShares == [50, 50])
    }

    @Test(
        "whose process dies at any step is found in the control table and ended by the next one",
        arguments: [0, 2, 4, 6, 8, 10, 30, 300, 598, 600, 602, 604, 606, 608, 610, 612, 620], 0..<4)
    func killed(seconds: Int64, steps: Int) throws {
        for isAbort in [false, true] {
            var world = World()
            world.run(seconds * 1_000)
            // The last step happens, and its answer is not heard.
            for _ in 0..<steps {
                guard let step = world.drill.next(now: world.pair.now, wall: world.pair.now) else { break }
                world.drill.take(world.pair.truth(step), now: world.pair.now)
            }
            if let last = world.drill.next(now: world.pair.now, wall: world.pair.now) { _ = world.pair.truth(last) }
            world.pair.run(&world.controllers, for: 120_000)
            if let resumed = Drill.resuming(world.pair.table, by: "ben", isAbort: isAbort, seed: 9) {
                world.drill = resumed
                world.run(1_800_000) { $0.drill.outcome != nil }
                let outcome = try #require(world.drill.outcome)
                #expect(outcome == .done || outcome == .aborted("ben aborted it"))
            }
            #expect(world.pair.westShares == [50, 50])
            #expect(world.pair.table.terms.count <= 3)
        }
    }

    @Test("answers that are lost on the way make no second term")
    func lostAnswers() {
        var world = World()
        var turn = 0
        world.meddle = { step in
            turn += 1
            if case .control(.propose) = step { return nil }
            return turn % 3 == 0 ? .unheard("no answer") : nil
        }
        world.run(1_200_000) { $0.drill.outcome != nil }
        #expect(world.drill.outcome == .done)
        #expect(world.pair.table.terms.count == 3)
        #expect(world.pair.westShares == [50, 50])
    }

    @Test("an order that makes no sense is refused")
    func orders() {
        let good = World.order(.live)
        #expect(good.problem == nil)
        let bad: [(inout DrillOrder) -> Void] = [
            { $0.peer = $0.region }, { $0.holdMilliseconds = 999 }, { $0.holdMilliseconds = 86_400_001 }, { $0.by = "" },
            { $0.mode = .testGroup([]) },
        ]
        for change in bad {
            var order = good
            change(&order)
            #expect(order.problem != nil)
        }
    }
}
