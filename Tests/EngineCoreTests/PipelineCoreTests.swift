import ContactCenter
import TestSupport
import Testing

@testable import EngineCore
@testable import EngineSupport
@testable import Platform

@Suite("the core with its steps in any order", .limited)
struct PipelineCoreTests {
    /// A small world over a table that fails in every way now and then.
    private func world(_ dice: inout Dice, pollsAlways: Bool = false) -> TinyWorld {
        let lines = dealt(traffic(60 + dice.below(200), seed: dice.next()), among: 1 + dice.below(4), seed: dice.next())
        let isTimed = dice.chance(2)
        let options = PipelineOptions(
            shards: 1 + dice.below(3),
            planner: FlushPlanner(
                flushBytes: 4 << 10, readBytesMax: 32 << 10, dirtyBytesMax: (5 + dice.below(10)) << 10,
                flushInterval: isTimed ? 200 : nil, positionInterval: isTimed && dice.chance(2) ? 900 : nil),
            residentBytesMax: dice.chance(2) ? 1 : 1 << 30, retries: true,
            refreshInterval: dice.chance(2) ? Int64(1 + dice.below(3_000)) : nil,
            commitInterval: dice.chance(2) ? 0 : Int64(dice.below(1_000)), idleInterval: isTimed ? 1_000 : nil,
            writer: 1 + dice.next() / 2)
        let failures = ConditionalStore.Failures(
            reads: 2 + dice.below(6), writes: 2 + dice.below(6), rows: 3 + dice.below(20), epochs: 2 + dice.below(6))
        return TinyWorld(
            lines, options: options, store: ConditionalStore(seed: dice.next(), failures: failures),
            dice: Dice(seed: dice.next()), pollsAlways: pollsAlways)
    }

    /// Everything that was handed over is in the table, and is committed but for dropped partitions.
    private func checkEnd(_ world: TinyWorld, dropped: Int? = nil) throws {
        try demand(world.core.failure == nil, "failed: \(String(describing: world.core.failure))")
        try demand(world.core.isClean, "something is left to write or to commit")
        let fold = world.fold
        try demand(world.store.entities == fold.rows, "the table is not what was read")
        try demand(world.letters.durableCount == fold.deadLetterCount, "dead letters are missing")
        for (partition, end) in world.source.handedOver.enumerated() where partition != dropped {
            try demand(world.committed.passed[partition] == end, "\(partition) is not committed to where it was read")
            try demand(world.core.isCommitted(partition: partition), "\(partition) is not called committed")
        }
    }

    @Test(
        "with a failing table the core commits nothing before it is durable, and in the end everything, whether threads poll when woken or always",
        arguments: [false, true])
    func toTheEnd(pollsAlways: Bool) {
        var refreshesWaited = 0
        forAll(40) { dice in
            let world = world(&dice, pollsAlways: pollsAlways)
            try world.run()
            try checkEnd(world)
            try demand(world.committed.ended.count == world.source.partitions.count, "a partition was not ended")
            refreshesWaited += world.refreshesWaited
        }
        #expect(refreshesWaited > 0)
    }

    @Test("a core drained at any time reads nothing more, and everything is durable and committed")
    func drained() {
        forAll(30, seed: 2) { dice in
            let world = world(&dice)
            let moment = 1 + dice.below(400)
            try world.run { world, step in if step == moment { try world.drain() } }
            try checkEnd(world)
        }
    }

    @Test("a dropped partition is not committed further, its merged facts stay, and other partitions continue")
    func dropped() {
        forAll(30, seed: 3) { dice in
            let world = world(&dice)
            let (moment, partition) = (1 + dice.below(300), dice.below(world.source.partitions.count))
            try world.run { world, step in if step == moment { try world.drop(partition) } }
            try checkEnd(world, dropped: partition)
            let known = world.source.partitions.count - world.forgotten.count
            try demand(world.core.partitionEntries <= 3 * known, "something of a dropped partition is kept")
        }
    }

    @Test("a thousand partitions that are assigned and revoked leave nothing behind")
    func rebalances() {
        let decoder = RecordDecoder()
        let block = RecordBlock()
        var core = PipelineCore(options: PipelineOptions(shards: 1), flushes: true, epoch: "first")
        var reading: [Ticket] = []
        var forgotten: [Int] = []
        for partition in 0..<1_000 {
            // Of each one block, which is decoded once the partition after it is dropped, too.
            guard case .read(let ticket) = core.pollShard(0, now: 0).work else {
                Issue.record("does not read")
                return
            }
            reading.append(ticket)
            _ = core.drop(partition: partition)
            guard reading.count == 2 else { continue }
            block.removeAll()
            block.partition = partition - 1
            let earlier = reading.removeFirst()
            earlier.decode(block, with: decoder)
            _ = core.decoded(earlier)
            forgotten += core.takeForgotten()
            #expect(core.partitionEntries <= 4)
        }
        for ticket in reading { _ = core.idle(ticket) }
        forgotten += core.takeForgotten()
        #expect(forgotten == Array(0..<1_000))
        #expect(core.partitionEntries == 0 && !core.isAbandoned && core.isClean)
    }

    @Test("with a replaced table the core ends, and does nothing after that")
    func replaced() {
        var found = 0
        forAll(30, seed: 4) { dice in
            let world = world(&dice)
            let moment = 1 + dice.below(300)
            try world.run { world, step in if step == moment { world.store.replace(epoch: "second") } }
            guard let failure = world.core.failure else { return }
            try demand(failure as? PipelineError == .tableReplaced && world.core.isAbandoned, "\(failure)")
            found += 1
        }
        #expect(found > 15)
    }

    // MARK: - One thing at a time

    /// What the shard's thread does next, where the source has nothing to read.
    private func poll(_ core: inout PipelineCore, now: Int64) -> PipelineCore.Work {
        let work = core.pollShard(0, now: now).work
        guard case .read(let ticket) = work else { return work }
        _ = core.asleep(ticket)
        return core.pollShard(0, now: now).work
    }

    private func deadline(_ core: inout PipelineCore, now: Int64) -> Int64? {
        guard case .wait(let until) = poll(&core, now: now) else { return nil }
        return until
    }

    /// Takes a flush of nothing, if one is due, and a commit to their ends; returns their steps.
    private func flushNothing(_ core: inout PipelineCore, _ shard: Shard, now: Int64) -> [String] {
        var steps: [String] = []
        if case .gather = poll(&core, now: now) {
            shard.gather()
            let rows = RowBatch()
            shard.takeRows(into: rows)
            _ = core.gathered(shard, rows: rows)
        }
        flush: while true {
            switch core.pollFlush(now: now, describe: { _ in preconditionFailure("nothing was read") }).work {
            case .secure:
                steps.append("secure")
                _ = core.secured()
            case .write:
                steps.append("write")
                _ = core.wrote(refused: nil, now: now)
            case .wait, .done: break flush
            }
        }
        while true {
            switch core.pollCommit(now: now).work {
            case .confirm:
                steps.append("confirm")
                _ = core.confirmed(epoch: "first", now: now)
            case .commit:
                steps.append("commit")
                _ = core.committed(now: now)
            case .wait, .done: return steps
            }
        }
    }

    @Test("an idle core confirms the table epoch each idle interval, and writes and commits nothing")
    func idle() {
        let options = PipelineOptions(shards: 1, planner: FlushPlanner(flushInterval: 100), idleInterval: 5_000)
        var core = PipelineCore(options: options, flushes: true, epoch: "first")
        let shard = Shard(index: 0)
        #expect(flushNothing(&core, shard, now: 5_000) == ["confirm"])
        #expect(deadline(&core, now: 9_999) == nil, "no shard has anything to do")
        guard case .wait(until: 10_000?) = core.pollCommit(now: 9_999).work else {
            Issue.record("the commit thread does not wait for the next interval")
            return
        }
        #expect(flushNothing(&core, shard, now: 9_999) == [])
        #expect(flushNothing(&core, shard, now: 10_000) == ["confirm"])
    }

    @Test("a store that keeps the positions itself has no epoch to confirm, however long it is idle")
    func noEpoch() {
        var core = PipelineCore(options: PipelineOptions(shards: 1, idleInterval: 5_000), flushes: true)
        guard case .wait(until: nil) = core.pollCommit(now: 100_000).work else {
            Issue.record("the commit thread does something")
            return
        }
    }

    @Test("a requested flush is made even if the planner does not call for one")
    func requested() {
        var core = PipelineCore(options: PipelineOptions(shards: 1), flushes: true, epoch: "first")
        let shard = Shard(index: 0)
        #expect(flushNothing(&core, shard, now: 0) == [])
        _ = core.requestFlush()
        #expect(flushNothing(&core, shard, now: 0) == ["secure"])
        #expect(flushNothing(&core, shard, now: 0) == [])
    }

    @Test("without retries the first failed step ends the run at once")
    func noRetries() {
        var core = PipelineCore(options: PipelineOptions(shards: 1), flushes: true, epoch: "first")
        _ = core.flushFailed(SourceFailure(), now: 0)
        #expect(core.failure is SourceFailure)
        #expect(core.isAbandoned)
        if case .done = core.pollShard(0, now: 0).work {} else { Issue.record("goes on reading") }
        let step = core.pollFlush(now: 0) { _ in preconditionFailure("nothing was read") }.work
        if case .done = step {} else { Issue.record("goes on flushing") }
        if case .done = core.pollCommit(now: 0).work {} else { Issue.record("goes on committing") }
    }
}
