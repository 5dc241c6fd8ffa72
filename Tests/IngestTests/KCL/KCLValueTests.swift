import Bytes
import Engine
import Synchronization
import Testing

@testable import Ingest

@Suite("What a record processor of KCL's is made of")
struct KCLValueTests {
    private func position(_ number: UInt64) -> Position { Position(0, 0, number, 0) }

    @Test("at most one checkpoint a second, of what is durable; at the end at once")
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

    @Test("a checkpoint that fails waits longer each time, and for the newest position then")
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

    @Test("what was refused for good is not told again, a later position is; a lost lease ends it")
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

    @Test(
        "sequence numbers are read and written in decimal, and stand in their order",
        arguments: [
            "0", "1", "9", "10", "18446744073709551615", "18446744073709551616", "340282366920938463463374607431768211456",
            "49590338271490256608559692538361571095921575989136588898",
            "6277101735386680763835789423207666416102355444464034512895",
        ])
    func sequenceNumbers(text: String) throws {
        let position = try #require(Array(text.utf8).withUnsafeBytes { Position(sequenceNumber: $0, subSequenceNumber: 3) })
        #expect(position.sequenceNumber == text && position.subSequenceNumber == 3)
        #expect(
            Array(("1" + text).utf8).withUnsafeBytes { Position(sequenceNumber: $0, subSequenceNumber: 0) }.map {
                position < $0
            } ?? true)
    }

    @Test(
        "what is no sequence number is none",
        arguments: ["", "-1", "1a", "6277101735386680763835789423207666416102355444464034512896"])
    func noSequenceNumbers(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { Position(sequenceNumber: $0, subSequenceNumber: 0) } == nil)
    }

    @Test(
        "a shard's name is that of a directory, too",
        arguments: ["", ".", "..", "../a", "a/b", ".hidden", "a b", "shardId-\u{e4}", String(repeating: "a", count: 129)])
    func shardNames(name: String) throws {
        let daemon = try FakeDaemon()
        daemon.send(#"{"action":"initialize","shardId":"\#(name)","sequenceNumber":"LATEST","subSequenceNumber":0}"#)
        #expect(throws: KCLError.self) { try daemon.channel.shard() }
    }

    @Test("a daemon begins with initialize, or goes away")
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
