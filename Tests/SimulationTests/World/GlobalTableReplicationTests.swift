import TestSupport
import Testing

@testable import Simulation

@Suite("replicas of the simulated global table", .limited)
struct GlobalTableReplicationTests {
    /// Writes of three Regions to ten entities, a second apart, each Region to its own rows.
    private func traffic(_ world: GlobalTableWorld, rounds: Int = 100) {
        for round in 0..<rounds {
            for region in world.offsets.indices {
                let version = UInt64(round / 10)
                let row = put("\(round % 10)", "\(region)-\(round)", version, version + 1)
                world.table.write(in: region, [row]) { _ in }
            }
            world.pass(1_000)
        }
    }

    @Test("all replicas converge to the last written rows", arguments: 0..<10)
    func convergence(seed: Int) {
        let world = GlobalTableWorld(regions: 3, seed: UInt64(seed))
        world.offsets = [120_000, 0, -120_000]
        world.begin(.replicationLag, in: 1)
        traffic(world)
        world.weather.heal()
        #expect(world.settle())
        #expect(world.lines(in: 0) == (0..<10).flatMap { key in (0..<3).map { "\(key) \($0) 10 \($0)-\(90 + key)" } })
        #expect(world.lines(in: 1) == world.lines(in: 0))
        #expect(world.lines(in: 2) == world.lines(in: 0))
    }

    @Test("a row arrives within 1.5 s normally, and within three minutes and out of order when replication lags")
    func lag() {
        for isLate in [false, true] {
            let world = GlobalTableWorld()
            if isLate { world.begin(.replicationLag, in: 0) }
            for key in 0..<100 { world.table.write(in: 0, [put("\(key)", "value", 0, 1)]) { _ in } }
            #expect(world.settle())
            let times = world.changes.filter { $0.replica == 0 }.map(\.time)
            let arrivals = world.changes.filter { $0.replica == 1 }
            #expect(arrivals.count == 100)
            let longest = arrivals.map(\.time).max().map { $0 - (times.min() ?? 0) } ?? 0
            #expect(isLate ? (longest > 100_000 && longest <= 180_020) : (longest > 1_000 && longest <= 1_520))
            #expect(arrivals.map(\.key) != world.changes.filter { $0.replica == 0 }.map(\.key))
        }
    }

    @Test("versions of one row that arrive out of order are skipped, never undone")
    func order() {
        let world = GlobalTableWorld()
        world.begin(.replicationLag, in: 1)
        for version in 0..<50 {
            #expect(
                world.write(in: 0, [put("a", "\(version)", UInt64(version), UInt64(version) + 1)])
                    == .rows([.written(units: 1)]))
        }
        #expect(world.settle())
        let arrivals = world.changes.filter { $0.replica == 1 }.compactMap { $0.after?.revision.count }
        #expect(arrivals.count < 50)
        #expect(arrivals == arrivals.sorted())
        #expect(arrivals.last == 50)
    }

    @Test("after a clock jumps back, a Region's later write still wins over its earlier one")
    func clockJump() {
        let world = GlobalTableWorld()
        world.offsets[0] = 300_000
        _ = world.write(in: 0, [put("a", "early", 0, 1)])
        world.offsets[0] = -300_000
        _ = world.write(in: 0, [put("a", "late", 1, 2)])
        #expect(world.settle())
        #expect(world.value("a", writer: 0, in: 0) == "late")
        #expect(world.value("a", writer: 0, in: 1) == "late")
    }

    @Test("a cut link passes nothing for hours, and then everything", arguments: [0, 1])
    func cutLink(region: Int) {
        let world = GlobalTableWorld(regions: 3)
        world.begin(.cutLink, in: region, for: 3 * 3_600_000)
        traffic(world)
        world.pass(10_600_000)
        #expect(!world.table.isQuiet)
        #expect(world.lines(in: region).count == 10)
        #expect(world.lines(in: 2).count == 20)
        world.pass(100_000 + 2_000)
        #expect(world.table.isQuiet)
        #expect(world.lines(in: region).count == 30)
        #expect(world.lines(in: 2) == world.lines(in: 0) && world.lines(in: 1) == world.lines(in: 0))
    }

    @Test("writes that wait at a cut link pass if the faults are ended early")
    func healedLink() {
        let world = GlobalTableWorld()
        world.begin(.cutLink, in: 0)
        _ = world.write(in: 0, [put("a", "value", 0, 1)])
        world.pass(60_000)
        #expect(world.value("a", writer: 0, in: 1) == nil)
        world.weather.heal()
        world.pass(12_000)
        #expect(world.value("a", writer: 0, in: 1) == "value")
    }

    @Test("writes of a lost Region, and writes to it, wait for its return and do not count as pending")
    func regionLoss() {
        let world = GlobalTableWorld(regions: 3)
        _ = world.write(in: 0, [put("a", "zero", 0, 1)])
        world.table.lose(0)
        _ = world.write(in: 1, [put("b", "one", 0, 1)])
        world.pass(3_600_000)
        #expect(world.table.isQuiet)
        #expect(world.lines(in: 0) == ["a 0 1 zero"])
        #expect(world.lines(in: 1) == ["b 1 1 one"])
        #expect(world.lines(in: 2) == ["b 1 1 one"])
        world.table.comeBack(0)
        #expect(!world.table.isQuiet)
        #expect(world.settle())
        for replica in 0..<3 { #expect(world.lines(in: replica) == ["a 0 1 zero", "b 1 1 one"]) }
    }

    @Test("a link that is cut while a Region is down stays cut when it is up again")
    func cutWhileAway() {
        let world = GlobalTableWorld()
        _ = world.write(in: 0, [put("a", "value", 0, 1)])
        world.table.lose(0)
        world.pass(10_000)
        world.begin(.cutLink, in: 1, for: 60_000)
        world.table.comeBack(0)
        world.pass(59_000)
        #expect(world.lines(in: 1) == [] && !world.table.isQuiet)
        world.pass(3_000)
        #expect(world.lines(in: 1) == ["a 0 1 value"] && world.table.isQuiet)
    }

    /// Two Regions, each of which adds what it knows to what it reads of one entity; the second's clock is off.
    private func updates(_ design: GlobalTable.Design, secondClock: Int64) -> GlobalTableWorld {
        let world = GlobalTableWorld(design)
        world.offsets[1] = secondClock
        for region in 0...1 {
            world.table.read(in: region, [Array("a".utf8)]) { answer in
                #expect(answer == .rows([nil]))
                world.table.write(in: region, [put("a", "fact \(region)", 0, 1)]) { #expect($0 == .rows([.written(units: 1)])) }
            }
        }
        #expect(world.settle())
        return world
    }

    @Test("of two Regions that update one item concurrently, one update is silently lost", arguments: [60_000, -60_000])
    func lostUpdate(offset: Int64) {
        let world = updates(.itemPerEntity, secondClock: offset)
        let survivor = offset > 0 ? "a 0 1 fact 1" : "a 0 1 fact 0"
        #expect(world.lines(in: 0) == [survivor])
        #expect(world.lines(in: 1) == [survivor])
    }

    @Test("of two Regions that write separate rows, both updates stay", arguments: [60_000, -60_000])
    func noLostUpdate(offset: Int64) {
        let world = updates(.rowPerRegion, secondClock: offset)
        #expect(world.lines(in: 0) == ["a 0 1 fact 0", "a 1 1 fact 1"])
        #expect(world.lines(in: 1) == world.lines(in: 0))
    }

    @Test("writes of one item by all Regions at equal times lead to the same item everywhere")
    func ties() {
        let world = GlobalTableWorld(.itemPerEntity, regions: 3)
        for _ in 0..<300 {
            for region in 0..<3 { world.table.write(in: region, [put("a", "\(region)", 0, 1)]) { _ in } }
        }
        #expect(world.settle())
        #expect(world.lines(in: 0).count == 1)
        #expect(world.lines(in: 1) == world.lines(in: 0) && world.lines(in: 2) == world.lines(in: 0))
    }

    @Test("a restore sets all replicas to the newest backup that is old enough, and reports each changed row")
    func restore() {
        let world = GlobalTableWorld()
        _ = world.write(in: 0, [put("c", "kept", 0, 1), put("b", "first", 0, 1)])
        world.settle()
        world.table.takeBackup(of: 0)
        let time = world.agenda.now
        _ = world.write(in: 0, [put("b", "second", 1, 2), put("a", "added", 0, 1)])
        world.settle()
        world.pass(1)
        world.table.takeBackup(of: 0)
        world.table.takeBackup(of: 1)
        world.changes = []
        world.table.restore(from: 0, takenAtOrBefore: time)
        for replica in 0...1 { #expect(world.lines(in: replica) == ["b 0 1 first", "c 0 1 kept"]) }
        #expect(world.changes.map(\.replica) == [0, 0, 1, 1])
        #expect(world.changes.map(\.key) == ["a", "b", "a", "b"].map { Array($0.utf8) })
        #expect(world.changes.map { $0.after == nil } == [true, false, true, false])
        #expect(world.write(in: 0, [put("b", "second", 1, 2)]) == .rows([.written(units: 1)]))
        #expect(world.settle())
        #expect(world.lines(in: 1) == ["b 0 2 second", "c 0 1 kept"])
        world.table.restore(from: 1, takenAtOrBefore: time)
        #expect(world.lines(in: 0) == [] && world.lines(in: 1) == [])
    }

    @Test("replication of the table before a restore never reaches the restored table; writes in flight may")
    func replacement() {
        let world = GlobalTableWorld()
        _ = world.write(in: 0, [put("a", "old", 0, 1)])
        world.begin(.cutLink, in: 1, for: 5_000)
        world.pass(2_000)
        _ = world.write(in: 0, [put("b", "old", 0, 1), put("c", "old", 0, 1)])
        var answer: WriteAnswer?
        world.table.write(in: 0, [put("d", "new", 0, 1), put("c", "new", 1, 2)]) { answer = $0 }
        world.table.empty()
        #expect(world.lines(in: 0) == [])
        #expect(world.settle())
        #expect(answer == .rows([.written(units: 1), .conflict]))
        #expect(world.lines(in: 0) == ["d 0 1 new"])
        #expect(world.lines(in: 1) == ["d 0 1 new"])
    }

    /// A run under all faults, with a Region away for a while and a restore.
    private func history(_ design: GlobalTable.Design, seed: UInt64) -> [GlobalTableWorld.Change] {
        let world = GlobalTableWorld(design, regions: 3, seed: seed)
        for fault in Fault.allCases { world.begin(fault, in: Int(seed) % 3, for: 60_000) }
        traffic(world, rounds: 50)
        world.table.takeBackup(of: 1)
        world.table.lose(2)
        traffic(world, rounds: 50)
        world.table.comeBack(2)
        world.table.restore(from: 1, takenAtOrBefore: world.agenda.now - 1_000)
        traffic(world)
        world.weather.heal()
        #expect(world.settle())
        #expect(world.lines(in: 1) == world.lines(in: 0) && world.lines(in: 2) == world.lines(in: 0))
        return world.changes
    }

    @Test(
        "equal seeds give equal histories, and different seeds give different ones",
        arguments: [GlobalTable.Design.rowPerRegion, .itemPerEntity])
    func determinism(design: GlobalTable.Design) {
        let first = history(design, seed: 1)
        #expect(first.count > 100)
        #expect(first == history(design, seed: 1))
        #expect(first != history(design, seed: 2))
    }

    @Test("each change starts from the result of the previous one, in every replica")
    func changes() {
        let world = GlobalTableWorld(.itemPerEntity, regions: 3)
        world.begin(.replicationLag, in: 0)
        traffic(world)
        world.table.empty()
        traffic(world)
        #expect(world.settle())
        var rows: [[[UInt8]: TableRow]] = [[:], [:], [:]]
        for change in world.changes {
            #expect(rows[change.replica][change.key] == change.before)
            rows[change.replica][change.key] = change.after
        }
        for replica in 0..<3 {
            for (key, _, row) in world.table.rows(in: replica) { #expect(rows[replica].removeValue(forKey: key) == row) }
            #expect(rows[replica].isEmpty)
        }
    }
}
