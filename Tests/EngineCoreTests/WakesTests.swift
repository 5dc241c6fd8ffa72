import ContactCenter
import TestSupport
import Testing

@testable import EngineCore
@testable import EngineSupport
@testable import Platform

@Suite("whom a call of the core wakes", .limited)
struct WakesTests {
    private let decoder = RecordDecoder()

    private func core(shards: Int, planner: FlushPlanner = FlushPlanner()) -> PipelineCore {
        PipelineCore(options: PipelineOptions(shards: shards, planner: planner, retries: true), flushes: true, epoch: "first")
    }

    /// Lets a thread poll until it is told to wait, where the source has nothing; returns whom that wakes.
    @discardableResult
    private func sleep(_ core: inout PipelineCore, _ shard: Int) throws -> Set<Int> {
        var woken: Set<Int> = []
        while true {
            let (work, wakes) = core.pollShard(shard, now: 0)
            woken.formUnion(wakes.shards)
            switch work {
            case .read(let ticket): woken.formUnion(core.asleep(ticket).shards)
            case .wait: return woken
            default: throw Violation("shard \(shard) is told \(work)")
            }
        }
    }

    /// The flush thread and the commit thread are told to wait.
    private func sleepFlush(_ core: inout PipelineCore) throws {
        guard case .wait = pollFlush(&core).work else { throw Violation("the flush thread has something to do") }
        guard case .wait = core.pollCommit(now: 0).work else { throw Violation("the commit thread has something to do") }
    }

    private func pollFlush(_ core: inout PipelineCore) -> (work: PipelineCore.FlushWork, wakes: Wakes) {
        core.pollFlush(now: 0) {
            Checkpoint(partition: Partition(source: "test", stream: "s"), position: $0.position, ended: $0.ended)
        }
    }

    private func read(_ core: inout PipelineCore, _ shard: Int) throws -> Ticket {
        guard case .read(let ticket) = core.pollShard(shard, now: 0).work else { throw Violation("does not read") }
        return ticket
    }

    private func fill(_ ticket: Ticket, subject: String? = nil, sequence: Int = 0) {
        let block = RecordBlock()
        if let subject {
            let text =
                #"{"specversion":"1.0","type":"converge.customer.v1","source":"t","subject":"\#(subject)","id":"1","#
                + #""time":"2023-01-01T00:00:10Z","data":{"n":1}}"#
            Array(text.utf8).withUnsafeBytes { block.text.append($0) }
            block.records.append(RecordBlock.Record(offset: 0, length: text.utf8.count, ordinal: 1))
        }
        block.sequence = sequence
        block.end = Position(offset: sequence + 1, ordinal: sequence + 1)
        ticket.decode(block, with: decoder)
    }

    private func gather(_ core: inout PipelineCore, _ shard: Int) throws -> Wakes {
        guard case .gather = core.pollShard(shard, now: 0).work else { throw Violation("does not gather") }
        return core.gathered(Shard(index: shard), rows: RowBatch())
    }

    @Test("a decoded block wakes the shards that have a part of it, and no other", arguments: 1...12)
    func decoded(subject: Int) throws {
        var core = core(shards: 4)
        let ticket = try read(&core, 0)
        for shard in 1...3 { try sleep(&core, shard) }
        fill(ticket, subject: "c\(subject)")
        let parts = (0...3).filter { !ticket.batch.isEmpty(slice: $0) }
        #expect(!parts.isEmpty)
        let wakes = core.decoded(ticket)
        #expect(Array(wakes.shards) == parts.filter { $0 != 0 } && !wakes.flush)
        for shard in parts {
            guard case .apply = core.pollShard(shard, now: 0).work else { throw Violation("does not apply") }
        }
    }

    @Test("records wake as many of the shards that wait as are asked for, and the next report wakes the others")
    func records() throws {
        var core = core(shards: 3)
        for shard in 0...2 { try sleep(&core, shard) }
        #expect(Array(core.recordsAvailable().shards) == [0])
        let ticket = try read(&core, 0)
        fill(ticket)
        #expect(Array(core.decoded(ticket).shards) == [1, 2])
        for shard in 0...2 { try sleep(&core, shard) }
        #expect(Array(core.recordsAvailable(decoders: 3).shards) == [0, 1, 2])
        #expect(core.recordsAvailable(decoders: 3).isEmpty, "nobody is woken twice")
    }

    @Test("a shard that finds nothing wakes nobody, and all threads sleep while there is nothing")
    func nothing() throws {
        var core = core(shards: 3)
        try sleepFlush(&core)
        #expect(try (0...2).allSatisfy { try sleep(&core, $0).isEmpty })
    }

    @Test("a flush that is asked for wakes one shard, that one the others, and the last that hands over the flush thread")
    func flush() throws {
        var core = core(shards: 3)
        for shard in 0...2 { try sleep(&core, shard) }
        try sleepFlush(&core)
        let request = core.requestFlush()
        #expect(Array(request.shards) == [0] && !request.flush)
        let (work, wakes) = core.pollShard(0, now: 0)
        guard case .gather = work else { throw Violation("does not gather") }
        #expect(Array(wakes.shards) == [1, 2] && !wakes.flush)
        #expect(core.gathered(Shard(index: 0), rows: RowBatch()).isEmpty)
        #expect(try gather(&core, 1).isEmpty)
        let last = try gather(&core, 2)
        #expect(last.shards.isEmpty && last.flush)
    }

    @Test("a block in flight holds a flush up: its end wakes the shards to hand over")
    func quiet() throws {
        var core = core(shards: 2)
        let ticket = try read(&core, 0)
        try sleep(&core, 1)
        #expect(Array(core.requestFlush().shards) == [1])
        guard case (.wait, let wakes) = core.pollShard(1, now: 0) else { throw Violation("does not wait") }
        #expect(wakes.isEmpty && core.phase == .gathering(isFirst: true))
        fill(ticket)
        #expect(Array(core.decoded(ticket).shards) == [1])
        #expect(try gather(&core, 1).isEmpty)
    }

    @Test("one of the shards that wait is woken where the next flush is due earlier than all of them were told")
    func due() throws {
        var core = core(shards: 3, planner: FlushPlanner(flushInterval: 100, positionInterval: 10_000))
        let ticket = try read(&core, 2)
        for shard in 0...1 { try sleep(&core, shard) }
        fill(ticket)
        #expect(Array(core.decoded(ticket).shards) == [0])
        guard case (.wait(until: 10_000?), let wakes) = core.pollShard(0, now: 0) else { throw Violation("does not wait") }
        #expect(wakes.isEmpty)
    }

    @Test("a drain wakes the flush thread, its last flush the shards, and that flush's end everybody, to leave")
    func drain() throws {
        var core = core(shards: 2)
        for shard in 0...1 { try sleep(&core, shard) }
        try sleepFlush(&core)
        let drain = core.drain()
        #expect(drain.flush && drain.shards.isEmpty)
        let (work, wakes) = pollFlush(&core)
        guard case .wait = work else { throw Violation("does not wait") }
        #expect(Array(wakes.shards) == [0, 1])
        for shard in 0...1 {
            _ = try gather(&core, shard)
            try sleep(&core, shard)
        }
        guard case .secure = pollFlush(&core).work, core.secured().isEmpty else { throw Violation("does not secure") }
        let (last, leaving) = pollFlush(&core)
        guard case .done = last else { throw Violation("does not leave") }
        #expect(Array(leaving.shards) == [0, 1] && leaving.commit)
        guard case .done = core.pollShard(0, now: 0).work, case .done = core.pollCommit(now: 0).work else {
            throw Violation("does not leave")
        }
    }

    @Test("the end of a flush wakes the commit thread where its commit is due before what that was told")
    func commit() throws {
        var core = core(shards: 1)
        let ticket = try read(&core, 0)
        fill(ticket)
        _ = core.decoded(ticket)
        _ = core.requestFlush()
        try sleepFlush(&core)
        _ = try gather(&core, 0)
        guard case .secure = pollFlush(&core).work, !core.secured().commit, case .write = pollFlush(&core).work else {
            throw Violation("does not secure and write")
        }
        #expect(core.wrote(refused: nil, now: 0).isEmpty)
        #expect(pollFlush(&core).wakes.commit)
        guard case .confirm = core.pollCommit(now: 0).work else { throw Violation("does not confirm") }
        #expect(core.confirmed(epoch: "first", now: 0).isEmpty)
        guard case .commit = core.pollCommit(now: 0).work else { throw Violation("does not commit") }
    }

    @Test("a failure after which nothing may be written wakes everybody", arguments: [1, 2, ShardSet.shardsMax])
    func failure(shards: Int) throws {
        var core = core(shards: shards)
        for shard in 0..<shards { try sleep(&core, shard) }
        try sleepFlush(&core)
        let wakes = core.fail(SourceFailure(), abandon: true)
        #expect(Array(wakes.shards) == Array(0..<shards) && wakes.flush && wakes.commit)
    }

    @Test("there are no more shards than a set of them holds")
    func bound() {
        #expect([0, 1, 64, 65, 1_000].map { PipelineOptions(shards: $0).shards } == [1, 1, 64, 64, 64])
        var set = ShardSet()
        let inserted = [63, 0, 17, 63].map { set.insert($0) }
        #expect(inserted == [true, true, true, false])
        #expect(Array(set) == [0, 17, 63] && set.contains(17) && !set.contains(16))
        let removed = [17, 17].map { set.remove($0) }
        #expect(removed == [true, false] && Array(set) == [0, 63] && !set.isEmpty)
    }
}
