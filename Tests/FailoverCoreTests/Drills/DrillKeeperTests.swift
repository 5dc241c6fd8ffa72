import FailoverCore
import TestSupport
import Testing

/// The world begins at 1970-01-01T00:16:40Z.
@Suite("what controllers do about drills", .limited)
struct DrillKeeperTests {
    private static let live = "us-east-1 daily 00:25 10m live"
    private static let minutes: Int64 = 60_000

    @Test("one of the schedule begins once, whoever is first, and comes back", arguments: [1, 2, 5, 11] as [UInt64])
    func once(seed: UInt64) throws {
        var world = try DrillWorld(schedule: [Self.live], seed: seed)
        world.run(7 * Self.minutes + 20_000)
        #expect(world.begun == 0)
        world.run(2 * Self.minutes)
        #expect(world.isAway && world.begun == 1)
        world.run(15 * Self.minutes)
        #expect(world.pair.westShares == [50, 50])
        #expect(world.marks.map(\.isBack) == [false, true])
        #expect(world.marks.first?.id == "19700101T0025Z-us-east-1-600-live")
        let out = try #require(world.pair.table.terms.first { $0.plan?.hasSuffix("/out") == true })
        #expect(out.author.hasPrefix("controller us-west-2/") && out.evidence.contains("approved by ann"))
        #expect(world.pair.table.words.drills.map(\.outcome) == [.begun(term: out.term)])
        #expect(world.notRun == [])
        #expect(world.told.count { $0.contains("it went through") } == 1)
        // And not again before it is due again.
        world.run(60 * Self.minutes)
        #expect(world.begun == 1)
        world.pair.now = 24 * 60 * Self.minutes + 23 * Self.minutes
        world.run(4 * Self.minutes)
        #expect(world.begun == 2 && world.isAway)
    }

    @Test("of mode test-group moves the groups of the schedule alone")
    func testGroup() throws {
        var world = try DrillWorld(schedule: ["us-east-1 daily 00:25 1m test-group"])
        world.run(9 * Self.minutes) { $0.begun == 1 }
        world.run(20_000)
        #expect(world.pair.westShares == [50, 100])
        world.run(5 * Self.minutes)
        #expect(world.pair.westShares == [50, 50])
    }

    @Test("one that could not run is written down once, with its reason, and is not begun later")
    func refused() throws {
        let cases: [(String, (inout DrillWorld) -> Void)] = [
            ("it is held", { $0.pair.table.words.hold = .init(by: "ann", why: "maintenance", at: 0) }),
            (
                "the move of term 2 was not acknowledged",
                { world in
                    var move = world.pair.table.terms[0]
                    (move.term, move.cause) = (2, .automatic)
                    world.pair.table.terms.insert(move, at: 0)
                    world.pair.table.marks.append(ActingMark(term: 2, controller: "x", token: "m", state: .closed))
                }
            ),
            (
                "somebody else has changed",
                { $0.pair.groups[0].shares = Shares(Pair.west, share: 60, other: Pair.east, hasSignIn: true) }
            ),
            ("no quota", { for index in $0.members.indices { $0.members[index].controller.observe(blockers: ["no quota"]) } }),
        ]
        for (problem, prepare) in cases {
            var world = try DrillWorld(schedule: [Self.live])
            world.run(7 * Self.minutes)
            prepare(&world)
            world.run(5 * Self.minutes)
            #expect(world.begun == 0, "\(problem)")
            #expect(world.notRun.count == 1 && world.notRun.first?.contains(problem) == true, "\(problem): \(world.notRun)")
            guard case .notRun(let why) = world.pair.table.words.drills.first?.outcome else {
                Issue.record("\(world.pair.table.words.drills)")
                continue
            }
            #expect(why.contains(problem))
            // What spoke against it is over: it waits for its next time all the same.
            world.pair.table.words.hold = nil
            world.run(15 * Self.minutes)
            #expect(world.begun == 0 && world.notRun.count == 1)
        }
    }

    @Test("none begins while a controller of either Region is on the way to take the other one for not serving")
    func suspected() throws {
        var world = try DrillWorld(schedule: [Self.live], mode: .observe)
        world.run(7 * Self.minutes)
        // The east's controllers see nothing of it: they and the west's call themselves well.
        world.pair.isEastAnswering = false
        for index in 2..<4 { world.members[index].isStopped = true }
        world.pair.isEastWriting = true
        world.pair.table.verdicts = []
        world.run(5 * Self.minutes)
        #expect(world.begun == 0)
        #expect(world.notRun.count == 1 && world.notRun[0].contains("us-east-1"), "\(world.notRun)")
    }

    @Test("none begins into a window that blocks it, and that is written down once")
    func blocked() throws {
        var world = try DrillWorld(schedule: [Self.live], blocked: ["1970-01-01"])
        world.run(30 * Self.minutes)
        #expect(world.begun == 0)
        #expect(
            world.notRun == [
                "the drill '\(Self.live)', due at 1970-01-01T00:25:00.000Z, did not run: the window '1970-01-01' blocks it"
            ])
    }

    @Test("those that were missed while nobody was there are told in one line when somebody comes back")
    func missed() throws {
        var world = try DrillWorld(schedule: [Self.live])
        for index in world.members.indices { world.members[index].isStopped = true }
        world.pair.now += 3 * 24 * 60 * Self.minutes
        world.members.removeAll()
        world.add(Pair.west)
        world.add(Pair.east)
        world.run(60_000)
        #expect(world.begun == 0)
        #expect(world.pair.kinds(.failed).count == 1)
        #expect(world.notRun.last == "2 before it did not run, either")
        #expect(world.pair.table.words.drills.first?.at == 2 * 24 * 60 * Self.minutes + 25 * Self.minutes)
    }

    @Test("what was due before a schedule was there was nobody's business")
    func fresh() throws {
        var world = try DrillWorld(schedule: ["us-east-1 daily 00:10 10m live"])
        world.run(30 * Self.minutes)
        #expect(world.notRun == [] && world.begun == 0)
        #expect(world.pair.table.words.drills.map(\.outcome) == [.watched])
    }

    @Test("where the Region that gains has no controller, those of the other one tell that it did not run")
    func nobodyToGain() throws {
        var world = try DrillWorld(schedule: [Self.live], mode: .observe)
        for index in 0..<2 { world.members[index].isStopped = true }
        world.run(20 * Self.minutes)
        #expect(world.begun == 0)
        #expect(world.notRun.count == 1 && world.notRun[0].contains("nobody began it within 10 minutes"), "\(world.notRun)")
    }

    @Test("a hold ends one that is under way, by the schedule or a person's, at once", arguments: [false, true])
    func hold(isScheduled: Bool) throws {
        var world = try DrillWorld(schedule: isScheduled ? [Self.live] : [])
        if !isScheduled { world.command() }
        world.run(10 * Self.minutes, until: \.isAway)
        #expect(world.isAway)
        world.pair.table.words.hold = .init(by: "cleo", why: "enough", at: 0)
        let at = world.pair.now
        world.run(5 * Self.minutes) { $0.pair.westShares == [50, 50] }
        #expect(world.pair.westShares == [50, 50] && world.pair.now - at < 30_000)
        #expect(world.pair.table.newest?.evidence.first?.contains("cleo holds it: enough") == true)
        if !isScheduled {
            world.run(20_000)
            #expect(world.commands[0].outcome == .aborted("cleo holds it: enough"))
        }
    }

    @Test("a person's whose command is killed comes back when its time is over, once", arguments: [0, 4, 60, 300] as [Int64])
    func killed(seconds: Int64) throws {
        var world = try DrillWorld()
        world.command()
        world.run(60_000) { $0.begun == 1 }
        #expect(world.begun == 1)
        world.run(seconds * 1_000)
        world.commands.removeAll()
        world.run(20 * Self.minutes)
        #expect(world.pair.westShares == [50, 50])
        #expect(world.marks.map(\.isBack) == [false, true])
        #expect(world.told.count { $0.contains("it went through") } == 1)
    }

    @Test("one whose command and whose controllers are all gone is ended by the next ones", arguments: [true, false])
    func allGone(isAway: Bool) throws {
        var world = try DrillWorld()
        world.command()
        world.run(60_000) { isAway ? $0.isAway : $0.begun == 1 }
        world.commands.removeAll()
        world.members.removeAll()
        world.pair.now += 30 * Self.minutes
        for region in [Pair.west, Pair.east] { world.add(region) }
        world.run(20 * Self.minutes)
        #expect(world.pair.westShares == [50, 50])
        #expect(world.begun == 1)
    }

    @Test("a person's command that lives ends its drill itself")
    func left() throws {
        var world = try DrillWorld()
        world.command(for: 120_000)
        world.run(10 * Self.minutes)
        #expect(world.commands[0].outcome == .done)
        #expect(world.pair.table.terms.prefix(2).map(\.author) == ["ben", "ben"])
        #expect(
            world.told == ["drill d0: it is away: all groups show it", "drill d0: it went through; everything is as before"])
    }

    @Test("an update whose answer is never heard holds the way back up until it cannot arrive any more, and no longer")
    func unheard() throws {
        var world = try DrillWorld()
        world.pair.meddle = { step in
            if case .send(let update) = step, update.term == 2 { return (.unheard("no answer"), true) }
            return nil
        }
        world.command(for: 60_000)
        let at = world.pair.now
        world.run(40 * Self.minutes) { $0.commands[0].outcome != nil }
        #expect(world.commands[0].outcome == .done)
        #expect(world.pair.westShares == [50, 50])
        #expect(world.marks.map(\.isBack) == [false, true])
        #expect(world.pair.now - at > ActingMark.waitMilliseconds)
        #expect(world.pair.now - at < ActingMark.waitMilliseconds + 2 * Self.minutes)
    }

    @Test("one that was written long after it was decided upon goes back at once")
    func late() throws {
        var world = try DrillWorld()
        world.command()
        var drill = world.commands.removeFirst()
        var proposal: FailoverStep?
        for _ in 0..<20 where proposal == nil {
            world.run(2_000)
            while let step = drill.next(now: world.pair.now, wall: world.pair.now) {
                if case .control(.propose) = step {
                    proposal = step
                    break
                }
                drill.take(world.pair.truth(step), now: world.pair.now)
            }
        }
        world.run(2 * 60 * Self.minutes)
        let step = try #require(proposal)
        drill.take(world.pair.truth(step), now: world.pair.now)
        world.commands = [drill]
        world.run(5 * Self.minutes) { $0.commands[0].outcome != nil }
        #expect(world.commands[0].outcome?.text.contains("late") == true, "\(world.commands[0].phase)")
        #expect(world.pair.westShares == [50, 50])
    }

    @Test("a Region that is lost in truth meanwhile is told once, and nothing is put back, ever")
    func lost() throws {
        var world = try DrillWorld(schedule: [Self.live], mode: .observe)
        world.run(12 * Self.minutes, until: \.isAway)
        for index in 2..<4 { world.members[index].isStopped = true }
        world.pair.loseEast()
        world.run(30 * Self.minutes)
        #expect(world.isAway)
        #expect(world.told.count { $0.contains("nothing was put back") } == 1, "\(world.told)")
        #expect(world.pair.table.newest?.cause == .adopted)
        // It is well again: coming back is a person's word.
        world.pair.isEastAnswering = true
        world.add(Pair.east, .observe)
        world.run(30 * Self.minutes)
        #expect(world.isAway)
    }
}
