import EngineCore
import Synchronization
import TestSupport
import Testing

@testable import Ingest

@Suite("the parts of the KCL record processor", .limited)
struct KCLValueTests {
    private func position(_ number: UInt64) -> Position { Position(0, 0, number, 0) }

    @Test("there is at most one checkpoint per second, of durable records; at the end it is sent at once")
    func pace() {
        var checkpoints = KCLCheckpoints()
        #expect(checkpoints.due(now: 0) == nil && checkpoints.dueAt == nil)
        checkpoints.madeDurable(position(1))
        #expect(checkpoints.due(now: 5) == position(1))
        #expect(checkpoints.answered(nil, to: position(1), now: 10) == .done)
        #expect(checkpoints.due(now: 10, isLast: true) == nil)
        checkpoints.madeDurable(position(2))
        checkpoints.madeDurable(position(3))
        #expect(checkpoints.due(now: 1_009) == nil && checkpoints.dueAt == 1_010)
        #expect(checkpoints.due(now: 1_009, isLast: true) == position(3))
        #expect(checkpoints.due(now: 1_010) == position(3))
    }

    @Test("a failed checkpoint is retried after increasing pauses, with the newest position")
    func failures() {
        var checkpoints = KCLCheckpoints()
        checkpoints.madeDurable(position(1))
        var now: Int64 = 0
        var waits: [Int64] = []
        for _ in 0..<7 {
            #expect(checkpoints.answered("ThrottlingException", to: position(1), now: now) == .postponed)
            #expect(checkpoints.due(now: now, isLast: true) == nil)
            waits.append((checkpoints.dueAt ?? 0) - now)
            now = checkpoints.dueAt ?? 0
        }
        #expect(waits == [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
        checkpoints.madeDurable(position(2))
        #expect(checkpoints.due(now: now) == position(2))
        #expect(checkpoints.answered(nil, to: position(2), now: now) == .done)
        checkpoints.madeDurable(position(3))
        #expect(checkpoints.dueAt == now + 1_000)
    }

    @Test(
        "a checkpoint that was refused permanently is not repeated, but a later position is sent; a lost lease ends checkpoints"
    )
    func refused() {
        var checkpoints = KCLCheckpoints()
        checkpoints.madeDurable(position(1))
        #expect(checkpoints.answered("IllegalArgumentException", to: position(1), now: 0) == .refused)
        #expect(checkpoints.pending == nil)
        checkpoints.madeDurable(position(2))
        #expect(checkpoints.due(now: 1_000) == position(2))
        #expect(checkpoints.answered("ShutdownException", to: position(2), now: 1_000) == .lost)
        #expect(checkpoints.pending == nil)
    }

    @Test("while the daemon is silent the shard's lag grows, even from 0; after the end of the shard it is 0")
    func silence() {
        var figures = KCLFigures()
        figures.lastBatch = LastAnswer(began: 1_000)
        #expect(figures.behind(at: 61_000) == nil)
        figures.lastBatch.answered(behind: 0, at: 61_000)
        #expect(figures.behind(at: 61_000) == 0)
        #expect(figures.behind(at: 121_000) == 60_000)
        figures.lastBatch.answered(behind: 250, at: 121_500)
        #expect(figures.behind(at: 122_000) == 750)
        figures.hasEnded = true
        #expect(figures.behind(at: 500_000) == 0)
    }

    @Test(
        "the name of a shard is converted to a directory name",
        arguments: ["", ".", "..", "../a", "a/b", ".hidden", "a b", "shardId-\u{e4}", String(repeating: "a", count: 129)])
    func shardNames(name: String) throws {
        let daemon = try FakeDaemon()
        daemon.send(#"{"action":"initialize","shardId":"\#(name)","sequenceNumber":"LATEST","subSequenceNumber":0}"#)
        #expect(throws: KCLError.self) { try daemon.channel.shard() }
    }

    @Test("the daemon sends initialize first, or ends")
    func beginning() throws {
        let daemon = try FakeDaemon()
        daemon.initialize(at: "123")
        #expect(try daemon.channel.shard()?.checkpoint == Position(0, 0, 123, 0))
        daemon.say("leaseLost")
        #expect(throws: KCLError.self) { try daemon.channel.shard() }
        daemon.hangUp()
        #expect(try daemon.channel.shard() == nil)
    }
}
