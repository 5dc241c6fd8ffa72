import FailoverCore
import Foundation
import TestSupport
import Testing

/// `CONVERGE_DRILL_SEEDS`: how many worlds.
@Suite("drills among faults", .waiting(minutes: 10))
struct DrillRandomTests {
    private static let count = ProcessInfo.processInfo.environment["CONVERGE_DRILL_SEEDS"].flatMap(UInt64.init) ?? 60

    /// What becomes of the steps of drills while there is chaos.
    private struct Chaos {
        /// Percent.
        var unheard: UInt64
        var lost: UInt64
        var refused: UInt64
    }

    @Test(
        "whatever is lost, refused and killed, the traffic comes back to what it was, or a person is told; no drill begins twice"
    )
    func comesBack() throws {
        var ends: [String: Int] = [:]
        let only = ProcessInfo.processInfo.environment["CONVERGE_DRILL_SEED"].flatMap(UInt64.init)
        for seed in only.map({ $0...$0 }) ?? 1...Self.count { ends[try Self.story(seed), default: 0] += 1 }
        print("drills among faults: \(ends.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))")
        #expect(ends["came back", default: 0] > Int(Self.count) / 3)
    }

    private static func story(_ seed: UInt64) throws -> String {
        var dice = RandomNumbers(seed: seed)
        let isScheduled = dice.chance(50)
        var world = try DrillWorld(
            each: 1 + Int(dice.next() % 2), schedule: isScheduled ? ["us-east-1 daily 00:19 2m live"] : [], seed: seed)
        let before = world.pair.groups.map(\.shares)
        if !isScheduled { world.command(for: 120_000) }
        let chaos = Chaos(unheard: dice.next() % 30, lost: dice.next() % 30, refused: dice.next() % 20)
        world.meddle = { step, random in Self.meddle(chaos, &random) }
        var answers = RandomNumbers(seed: seed &+ 1)
        world.pair.meddle = { step in
            switch step {
            case .send, .control(.writeMark): Self.meddle(chaos, &answers)
            default: nil
            }
        }
        for _ in 0..<20 {
            world.run(20_000)
            Self.happen(&world, &dice)
            Self.check(world, seed)
        }
        // From here on everybody is well, and somebody is there in both Regions.
        world.meddle = { _, _ in nil }
        world.pair.meddle = { _ in nil }
        world.pair.isWestServing = true
        world.pair.isEastAnswering = true
        for index in world.members.indices { world.members[index].isStopped = false }
        for region in [Pair.west, Pair.east] { world.add(region) }
        // One of the schedule may still begin.
        world.run(DrillCalendar.graceMilliseconds)
        world.run(90 * 60_000) {
            $0.isSettled && ($0.pair.groups.map(\.shares) == before || $0.pair.table.newest?.cause != .drill)
        }
        world.run(60_000)
        Self.check(world, seed)
        return Self.end(world, before, seed)
    }

    private static func meddle(_ chaos: Chaos, _ random: inout RandomNumbers) -> (answer: FailoverAnswer, happens: Bool)? {
        if random.chance(chaos.unheard) { return (.unheard("no answer"), true) }
        if random.chance(chaos.lost) { return (.unheard("it never came there"), false) }
        if random.chance(chaos.refused) { return (.refused("throttled"), false) }
        return nil
    }

    private static func happen(_ world: inout DrillWorld, _ dice: inout RandomNumbers) {
        switch dice.next() % 12 {
        case 0: if !world.commands.isEmpty { world.commands.removeFirst() }
        case 1: if let index = world.members.indices.randomElement(using: &dice) { world.members.remove(at: index) }
        case 2: world.add(dice.chance(50) ? Pair.west : Pair.east)
        case 3: if let index = world.members.indices.randomElement(using: &dice) { world.members[index].isStopped.toggle() }
        case 4: world.pair.isWestServing = dice.chance(50)
        case 5: world.pair.isEastAnswering = dice.chance(50)
        case 6: if dice.chance(30) { world.pair.table.words.hold = .init(by: "ann", why: "enough", at: 0) }
        case 7: world.pair.table.words.hold = nil
        case 8:
            if let drill = Drill.resuming(world.pair.table, by: "dora", isAbort: dice.chance(50), seed: dice.next()) {
                world.commands.append(drill)
            }
        case 9: if !world.commands.isEmpty { world.commands[0].abort("ben pressed Ctrl-C") }
        default: break
        }
    }

    private static func check(_ world: DrillWorld, _ seed: UInt64) {
        #expect(world.pair.groups.allSatisfy { $0.shares.problem == nil }, "seed \(seed)")
        #expect(world.pair.updates.allSatisfy { $0.group.shares.problem == nil }, "seed \(seed)")
        #expect(world.begun <= 1, "seed \(seed): a drill began twice")
        #expect(world.marks.count <= 6, "seed \(seed): \(world.marks.count) terms")
    }

    private static func end(_ world: DrillWorld, _ before: [Shares], _ seed: UInt64) -> String {
        let shares = world.pair.groups.map(\.shares)
        guard let newest = world.pair.table.newest else { return "no term" }
        if newest.cause == .automatic { return "moved by itself" }
        if world.begun == 0 {
            #expect(shares == before, "seed \(seed)")
            return "never began"
        }
        if newest.cause == .adopted {
            let isTold = world.told.contains { $0.contains("nothing was put back") }
            #expect(
                isTold || world.pair.table.terms.contains { $0.cause == .automatic },
                "seed \(seed): nobody was told: \(world.told)")
            return "kept"
        }
        #expect(shares == before, "seed \(seed): \(world.told) \(world.pair.table.marks)")
        return shares == before ? "came back" : "did not come back"
    }
}
