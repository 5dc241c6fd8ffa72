import ContactCenter
import Lattice
import TestSupport
import Testing

@testable import EngineCore
@testable import Platform

/// A core with one shard and a clock of the test's own, step by step.
private final class SteppedWorker {
    struct Down: Error, CustomStringConvertible { let description = "the table is away" }

    static let interval: Int64 = 60_000
    /// The time of day at 0.
    static let day: Int64 = 1_700_000_000_000

    var now: Int64 = 0
    private(set) var core: PipelineCore
    private let shard: Shard
    private let block = RecordBlock()
    private var sequence = 0
    private var ticket: Ticket?

    init(refreshes: Bool = false, flushInterval: Int64 = 100) {
        let interval = refreshes ? SteppedWorker.interval : nil
        core = PipelineCore(
            options: PipelineOptions(
                shards: 1, planner: FlushPlanner(flushInterval: flushInterval), retries: true, refreshInterval: interval,
                writer: 1),
            flushes: true, epoch: "first")
        shard = Shard(index: 0, writer: 1, refreshInterval: interval)
    }

    var time: Timestamp { Timestamp(milliseconds: SteppedWorker.day + now) }
    var status: PipelineStatus { core.status(now: now) }
    var lag: Int64 { status.lag(now: now, time: time) }
    var obstacle: PipelineStatus.Obstacle? { status.obstacles(now: now).first }

    /// Reads a record that arrived `age` ago, nil where nobody says when, and decodes it.
    func decode(age: Int64?, _ text: String? = nil) throws {
        guard case .read(let ticket) = core.pollShard(0, now: now).work else {
            Issue.record("does not read")
            return
        }
        let text =
            text ?? #"{"specversion":"1.0","type":"converge.customer.v1","source":"t","subject":"c1","id":"\#(sequence)","#
            + #""time":"2023-01-01T00:00:\#(10 + sequence % 50)Z","data":{"n":\#(sequence)}}"#
        block.removeAll()
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { block.text.append($0) }
        block.records.append(
            .init(
                offset: 0, length: bytes.count, ordinal: sequence + 1,
                arrival: age.map { Timestamp(milliseconds: time.milliseconds - $0) }))
        block.sequence = sequence
        sequence += 1
        block.end = Position(offset: sequence, ordinal: sequence)
        ticket.decode(block, with: RecordDecoder(), now: time)
        self.ticket = ticket
    }

    func bury() throws { core.buries(try #require(ticket), now: now) }

    /// Applies what was decoded; `refresh`: as if that had been a heartbeat.
    func apply(refresh: Bool = false) throws {
        _ = core.decoded(try #require(ticket))
        guard !(ticket?.batch.isEmpty(slice: 0) ?? true), case .apply(let ticket) = core.pollShard(0, now: now).work else {
            return
        }
        if refresh { heartbeat() } else { ticket.apply(to: shard) }
        _ = core.applied(ticket, shard: shard)
    }

    func read(age: Int64?, refresh: Bool = false) throws {
        try decode(age: age)
        try apply(refresh: refresh)
    }

    private func heartbeat() {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        writer.extremum(
            &buffer, "firstSeen/us-east-1", rule: .min, measure: 0, stamp: Stamp(time: Timestamp(milliseconds: 0)),
            value: StaticString("null").view)
        writer.extremum(
            &buffer, "seen/us-east-1", rule: .max, measure: now, stamp: Stamp(time: time), value: StaticString("null").view)
        writer.finish(&buffer)
        let key = [EntityKind.agent.rawValue] + Array("1".utf8)
        key.withUnsafeBytes { key in buffer.array.withUnsafeBytes { _ = shard.merge(key, hash: key.hash64, EntityView($0)) } }
    }

    enum Step { case secure, write, confirm, commit }

    /// Begins a flush if one is due and goes on with it and its commit, until `hangs` is taken; whether it did not get there.
    @discardableResult
    func flush(hangs: Step? = nil, fails: Step? = nil, refuses: (RowBatch) -> RowBatch? = { _ in nil }) throws -> Bool {
        while true {
            switch core.pollShard(0, now: now).work {
            case .gather(let gathering):
                let rows = RowBatch()
                shard.gather(refused: gathering.refused, began: gathering.began, all: gathering.all)
                shard.takeRows(into: rows)
                _ = core.gathered(shard, rows: rows)
            case .read(let ticket): _ = core.idle(ticket)
            default: break
            }
            let step = core.pollFlush(now: now) {
                Checkpoint(partition: Partition(source: "test", stream: "s"), position: $0.position, ended: $0.ended)
            }
            switch step.work {
            case .secure:
                if hangs == .secure { return false }
                _ = core.secured()
            case .write(let flush):
                if hangs == .write { return false }
                if fails == .write {
                    _ = core.flushFailed(Down(), now: now)
                    return false
                }
                let refused = flush.rows.first.flatMap(refuses)
                _ = core.wrote(refused: refused, now: now)
                if refused != nil { return false }
            case .wait, .done: return commit(hangs: hangs, fails: fails)
            }
        }
    }

    private func commit(hangs: Step?, fails: Step?) -> Bool {
        while true {
            switch core.pollCommit(now: now).work {
            case .confirm:
                if hangs == .confirm { return false }
                _ = core.confirmed(epoch: "first", now: now)
            case .commit:
                if hangs == .commit { return false }
                if fails == .commit {
                    _ = core.commitFailed(Down(), now: now)
                    return false
                }
                _ = core.committed(now: now, time: time)
            case .wait, .done: return true
            }
        }
    }
}

@Suite("the status of the core", .waiting(minutes: 5))
struct PipelineStatusTests {
    @Test("the lag is the current age of the oldest record that is not durable")
    func lag() throws {
        let worker = SteppedWorker(flushInterval: 2_000)
        #expect(worker.lag == 0)
        worker.now = 1_000
        try worker.read(age: 300)
        #expect(worker.lag == 300)
        worker.now = 1_050
        try worker.read(age: 20)
        #expect(worker.lag == 350)
        worker.now = 2_000
        try worker.flush()
        #expect(worker.lag == 0)
        #expect(worker.status.committedAt == worker.time)
        #expect(worker.status.settled[0] == Position(offset: 2, ordinal: 2))
        worker.now = 5_000
        #expect(worker.lag == 0)
    }

    @Test("the age of a record without an arrival counts from when it was read, and one from the future has age 0")
    func arrivals() throws {
        let worker = SteppedWorker()
        try worker.read(age: nil)
        worker.now = 700
        #expect(worker.lag == 700)
        try worker.flush()
        try worker.read(age: -60_000)
        #expect(worker.lag == 0)
    }

    @Test(
        "while the store fails the lag grows, and the store is reported with its error and since when, until a write succeeds")
    func failing() throws {
        let worker = SteppedWorker()
        worker.now = 1_000
        try worker.read(age: 0)
        try worker.flush(fails: .write)
        let obstacle = PipelineStatus.Obstacle(.store, since: 1_000, "the table is away")
        #expect(worker.obstacle == obstacle)
        worker.now = 4_000
        try worker.read(age: 10)
        try worker.flush(fails: .write)
        #expect(worker.obstacle == obstacle)
        #expect(worker.lag == 3_000)
        worker.now = 600_000
        #expect(worker.lag == 599_000)
        try worker.flush()
        #expect(worker.obstacle == nil)
        #expect(worker.lag == 0 || worker.lag == 596_010, "what came meanwhile is in the next flush")
        worker.now = 600_100
        try worker.flush()
        #expect(worker.lag == 0)
    }

    @Test(
        "a step that hangs is reported after ten seconds, with what it waits for",
        arguments: [
            (SteppedWorker.Step.secure, PipelineStatus.Keeper.deadLetters, isDurable: false), (.write, .store, false),
            (.confirm, .store, true), (.commit, .positions, true),
        ])
    private func hanging(step: SteppedWorker.Step, keeper: PipelineStatus.Keeper, isDurable: Bool) throws {
        let worker = SteppedWorker()
        worker.now = 1_000
        try worker.read(age: 0)
        try worker.flush(hangs: step)
        worker.now += PipelineStatus.stuckMilliseconds
        #expect(worker.obstacle == nil)
        worker.now += 1
        #expect(worker.obstacle?.keeper == keeper)
        #expect(worker.obstacle?.since == 1_000)
        #expect(worker.lag == (isDurable ? 0 : PipelineStatus.stuckMilliseconds + 1))
    }

    @Test("while commits fail flushes go on, and both are reported where both fail")
    func failingCommits() throws {
        let worker = SteppedWorker()
        worker.now = 1_000
        try worker.read(age: 0)
        try worker.flush(fails: .commit)
        #expect(worker.obstacle == PipelineStatus.Obstacle(.positions, since: 1_000, "the table is away"))
        worker.now = 1_050
        try worker.read(age: 0)
        worker.now = 1_099
        try worker.flush(hangs: .commit)
        #expect(worker.core.totals.flushes == 1)
        worker.now = 1_100
        try worker.flush(hangs: .commit)
        #expect(worker.core.totals.flushes == 2 && worker.lag == 0)
        #expect(worker.status.settled[0] == Position(offset: 2, ordinal: 2))
        worker.now = 1_200
        try worker.read(age: 0)
        try worker.flush(fails: .write)
        #expect(worker.status.obstacles(now: worker.now).map(\.keeper) == [.store, .positions])
    }

    @Test("a table that refuses all rows repeatedly counts as failing; one that accepts some does not")
    func refusing() throws {
        let worker = SteppedWorker()
        worker.now = 1_000
        try worker.read(age: 0)
        for _ in 0..<4 {
            try worker.flush { $0 }
            worker.now += 6_000
        }
        #expect(worker.obstacle?.keeper == .store)
        #expect(worker.obstacle?.since == 1_000)
        #expect(worker.lag == 24_000)
        try worker.flush()
        #expect(worker.obstacle == nil && worker.lag == 0)
    }

    @Test("refreshes that wait on purpose are not lag, have a separate age and number, and do not delay settled positions")
    func refreshes() throws {
        let worker = SteppedWorker(refreshes: true)
        try worker.read(age: 0, refresh: true)
        worker.now = 100
        try worker.flush()
        worker.now = 1_000
        try worker.read(age: 0, refresh: true)
        try worker.flush()
        #expect(!worker.core.isClean && worker.status.refreshes == 1, "it waits")
        worker.now = 41_000
        #expect(worker.lag == 0)
        #expect(worker.status.refreshesAge(now: worker.now) == 40_000)
        #expect(worker.status.settled[0] == Position(offset: 2, ordinal: 2))
        try worker.read(age: 5)
        #expect(worker.lag == 5)
        try worker.flush()
        #expect(worker.lag == 0)
        #expect(worker.status.settled[0] == Position(offset: 3, ordinal: 3))
        #expect(worker.status.refreshesAge(now: worker.now) == 40_000 && worker.status.refreshes == 1)

        // Once they are due they are as any other.
        worker.now = 61_000
        try worker.flush(fails: .write)
        worker.now = 91_000
        #expect(worker.lag == 30_000)
        #expect(worker.obstacle?.keeper == .store)
        try worker.flush()
        #expect(worker.lag == 0 && worker.obstacle == nil && worker.status.refreshes == 0)
    }

    @Test("a dead letter that the sink does not accept is lag, and after ten seconds the sink is reported")
    func burying() throws {
        let worker = SteppedWorker()
        try worker.decode(age: 0, "not JSON")
        try worker.bury()
        worker.now = 9_000
        #expect(worker.lag == 9_000 && worker.obstacle == nil)
        worker.now = 10_001
        #expect(worker.obstacle?.keeper == .deadLetters)
        try worker.apply()
        #expect(worker.obstacle == nil)
    }
}
