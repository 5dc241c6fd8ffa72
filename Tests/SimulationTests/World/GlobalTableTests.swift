import EngineCore
import TestSupport
import Testing

@testable import Simulation

@Suite("requests to the simulated global table", .limited)
struct GlobalTableTests {
    @Test("a write is applied only if the row has the expected revision")
    func conditions() {
        let world = GlobalTableWorld()
        #expect(world.write(in: 0, [put("a", "one", 4, 5)]) == .rows([.conflict]))
        #expect(world.write(in: 0, [put("a", "one", 0, 1)]) == .rows([.written(units: 1)]))
        #expect(world.write(in: 0, [put("a", "new", 0, 1)]) == .rows([.conflict]))
        #expect(world.write(in: 0, [put("a", "two", 1, 2)]) == .rows([.written(units: 1)]))
        #expect(world.write(in: 0, [put("a", "old", 1, 2)]) == .rows([.conflict]))
        let row = TableRow(revision: Revision(writer: 7, count: 2), entity: Array("two".utf8))
        #expect(world.read(in: 0, ["a", "b"]) == .rows([row, nil]))
    }

    @Test("reads and conditions of a Region concern its own row, not another Region's row of the entity")
    func ownRows() {
        let world = GlobalTableWorld()
        #expect(world.write(in: 0, [put("a", "zero", 0, 1)]) == .rows([.written(units: 1)]))
        #expect(world.settle())
        #expect(world.value("a", writer: 0, in: 1) == "zero")
        #expect(world.read(in: 1, ["a"]) == .rows([nil]))
        #expect(world.write(in: 1, [put("a", "one", 0, 1)]) == .rows([.written(units: 1)]))
        #expect(world.settle())
        #expect(world.lines(in: 0) == ["a 0 1 zero", "a 1 1 one"])
        #expect(world.lines(in: 1) == world.lines(in: 0))
    }

    @Test("of two writers that expect the same revision exactly one wins, and each of them wins in some seeds")
    func races() {
        let world = GlobalTableWorld()
        var wins = [0, 0]
        for round in 0..<200 {
            var answers: [WriteAnswer?] = [nil, nil]
            for writer in 0...1 {
                world.table.write(in: 0, [put("\(round)", "\(writer)", 0, 1, by: UInt64(writer) + 1)]) { answers[writer] = $0 }
            }
            world.settle()
            let winners = answers.indices.filter { answers[$0] == .rows([.written(units: 1)]) }
            let losers = answers.indices.filter { answers[$0] == .rows([.conflict]) }
            #expect(winners.count == 1 && losers.count == 1)
            guard let winner = winners.first else { continue }
            wins[winner] += 1
            #expect(world.value("\(round)", writer: 0, in: 0) == "\(winner)")
        }
        #expect(wins[0] > 20 && wins[1] > 20)
    }

    @Test("each row of a batch is applied on its own condition, at its own time before the response")
    func batches() {
        let world = GlobalTableWorld()
        _ = world.write(in: 0, [put("5", "old", 0, 1)])
        world.settle()
        world.changes = []
        let rows = (0..<25).map { put("\($0)", "new", 0, 1) }
        let answers = world.write(in: 0, rows)
        #expect(answers == .rows((0..<25).map { $0 == 5 ? .conflict : .written(units: 1) }))
        #expect(world.value("5", writer: 0, in: 0) == "old")
        #expect(world.changes.count == 24)
        #expect(Set(world.changes.map(\.time)).count > 3)
        #expect(world.changes.map(\.key) != rows.map(\.key).filter { $0 != Array("5".utf8) })
    }

    @Test("a write without rows gets a response")
    func nothing() {
        let world = GlobalTableWorld()
        #expect(world.write(in: 0, []) == .rows([]))
        #expect(world.read(in: 0, []) == .rows([]))
    }

    /// What 300 writes of ten rows come to under a fault.
    struct Tally {
        var written = 0
        var refused = 0
        /// Batches with rows of both kinds.
        var mixed = 0
        var timedOut = 0
        /// Rows of batches that timed out which were there in the end, and those of them that were not when it was told.
        var applied = 0
        var appliedLater = 0

        init(_ fault: Fault) {
            let world = GlobalTableWorld()
            world.begin(fault, in: 0)
            for batch in 0..<300 {
                let keys = (0..<10).map { "\(batch)/\($0)" }
                let start = world.agenda.now
                let answer = world.write(in: 0, keys.map { put($0, "value", 0, 1) })
                #expect(world.agenda.now - start <= GlobalTable.timeout)
                let early = keys.filter { world.value($0, writer: 0, in: 0) != nil }
                world.settle()
                let late = keys.filter { world.value($0, writer: 0, in: 0) != nil }
                switch answer {
                case .rows(let answers):
                    #expect(early == late)
                    #expect(zip(keys, answers).filter { $0.1 == .written(units: 1) }.map(\.0) == late)
                    let refusals = answers.count { $0 == .refused }
                    #expect(refusals + late.count == 10)
                    written += late.count
                    refused += refusals
                    if refusals > 0 && refusals < 10 { mixed += 1 }
                case .timedOut:
                    #expect(world.agenda.now - start >= GlobalTable.timeout)
                    timedOut += 1
                    applied += late.count
                    appliedLater += late.count - early.count
                case nil:
                    Issue.record("no answer")
                }
            }
        }
    }

    @Test("a throttled write is refused completely")
    func throttle() {
        let tally = Tally(.throttle)
        #expect(tally.written > 1_000 && tally.refused > 500)
        #expect(tally.mixed == 0 && tally.timedOut == 0)
    }

    @Test("of a partial write some rows are applied and the others refused")
    func partialWrite() {
        let tally = Tally(.partialWrite)
        #expect(tally.written > 1_000 && tally.refused > 300)
        #expect(tally.mixed > 50 && tally.timedOut == 0)
    }

    @Test("writes to a slow table time out and are applied afterwards")
    func slowTable() {
        let tally = Tally(.slowTable)
        #expect(tally.written > 1_000 && tally.refused == 0)
        #expect(tally.timedOut > 50 && tally.applied == tally.timedOut * 10)
        #expect(tally.appliedLater > 200 && tally.appliedLater < tally.applied)
    }

    @Test("a write whose response is late or lost has been applied", arguments: [Fault.lateAnswer, .lostAnswer])
    func unheardAnswers(fault: Fault) {
        let tally = Tally(fault)
        #expect(tally.written > 1_000 && tally.refused == 0)
        #expect(tally.timedOut > 30 && tally.applied == tally.timedOut * 10 && tally.appliedLater == 0)
    }

    @Test("without faults every write is applied and gets a response")
    func noFault() {
        let tally = Tally(.stall)
        #expect(tally.written == 3_000)
    }

    @Test(
        "under each request fault some reads and epoch requests fail and some succeed",
        arguments: [Fault.throttle, .slowTable, .lateAnswer, .lostAnswer])
    func failingReads(fault: Fault) {
        let world = GlobalTableWorld()
        _ = world.write(in: 0, [put("a", "value", 0, 1)])
        let epoch = world.epoch(in: 0)
        #expect(epoch != nil)
        world.begin(fault, in: 0)
        let row = TableRow(revision: Revision(writer: 7, count: 1), entity: Array("value".utf8))
        let reads = (0..<100).map { _ in world.read(in: 0, ["a"]) }
        let epochs = (0..<100).map { _ in world.epoch(in: 0) }
        #expect(reads.allSatisfy { $0 == .failed || $0 == .rows([row]) })
        #expect(Set(reads.map { $0 == .failed }).count == 2)
        #expect(epochs.allSatisfy { $0 == nil || $0 == epoch })
        #expect(Set(epochs).count == 2)
    }

    @Test("a fault of one Region does not affect requests in another")
    func otherRegion() {
        let world = GlobalTableWorld()
        for fault in Fault.allCases { world.begin(fault, in: 1) }
        for round in 0..<100 { #expect(world.write(in: 0, [put("\(round)", "value", 0, 1)]) == .rows([.written(units: 1)])) }
    }

    @Test("requests to a Region that is down fail without effect, also those in flight")
    func away() {
        let world = GlobalTableWorld()
        var inFlight: WriteAnswer?
        world.table.write(in: 0, (0..<10).map { put("\($0)", "value", 0, 1) }) { inFlight = $0 }
        world.table.lose(0)
        #expect(world.write(in: 0, [put("a", "value", 0, 1)]) == .timedOut)
        #expect(world.read(in: 0, ["a"]) == .failed)
        #expect(inFlight == .timedOut)
        #expect(world.epoch(in: 0) == nil)
        #expect(world.settle())
        #expect(world.lines(in: 0) == [])
        world.table.comeBack(0)
        #expect(world.write(in: 0, [put("a", "value", 0, 1)]) == .rows([.written(units: 1)]))
    }

    @Test("a request to a Region that is down has no effect when the Region is up again")
    func backAgain() {
        let world = GlobalTableWorld()
        world.begin(.slowTable, in: 0)
        world.table.lose(0)
        for key in 0..<50 { world.table.write(in: 0, [put("\(key)", "value", 0, 1)]) { #expect($0 == .timedOut) } }
        world.pass(1)
        world.table.comeBack(0)
        #expect(world.settle())
        #expect(world.lines(in: 0) == [])
    }

    @Test("all workers of a Region get the same epoch, even with concurrent requests")
    func epochs() {
        let world = GlobalTableWorld()
        var asked: [String?] = []
        for _ in 0..<20 { world.table.epoch(in: 0) { asked.append($0) } }
        world.settle()
        let epoch = world.epoch(in: 0)
        #expect(epoch != nil)
        #expect(asked.count == 20 && Set(asked) == [epoch])
        #expect(world.epoch(in: 0) == epoch)
        #expect(world.epoch(in: 1) != nil && world.epoch(in: 1) != epoch)
    }

    @Test("an epoch whose response was lost is found by the next request")
    func lostEpoch() {
        let world = GlobalTableWorld()
        world.begin(.lostAnswer, in: 0)
        let asked = (0..<50).map { _ in world.epoch(in: 0) }
        #expect(Set(asked.compactMap { $0 }).count == 1)
    }

    @Test("restored and emptied tables have a new epoch in each Region, although the backup contains the old one")
    func newEpochs() {
        let world = GlobalTableWorld()
        var seen = [world.epoch(in: 0), world.epoch(in: 1)]
        world.table.takeBackup(of: 0)
        for replace in [{ world.table.restore(from: 0, takenAtOrBefore: world.agenda.now) }, { world.table.empty() }] {
            replace()
            for region in 0...1 {
                let epoch = world.epoch(in: region)
                #expect(epoch != nil && !seen.contains(epoch))
                #expect(world.epoch(in: region) == epoch)
                seen.append(epoch)
            }
        }
    }

    @Test("a restore while the epoch is read gives the old epoch or the new one, which then stays")
    func epochDuringRestore() {
        for seed in 0..<200 {
            let world = GlobalTableWorld(seed: UInt64(seed))
            let old = world.epoch(in: 0)
            world.table.takeBackup(of: 0)
            var asked: String??
            world.table.epoch(in: 0) { asked = .some($0) }
            let restored = world.agenda.now + 20
            world.agenda.at(restored) { world.table.restore(from: 0, takenAtOrBefore: restored) }
            var answered: Int64 = 0
            while asked == nil, world.agenda.step() { answered = world.agenda.now }
            world.pass(100)
            let new = world.epoch(in: 0)
            #expect(new != old && world.epoch(in: 0) == new)
            // Who is answered well after the restore must not be told the old one.
            if answered > restored + 20 { #expect(asked == .some(new)) }
        }
    }
}
