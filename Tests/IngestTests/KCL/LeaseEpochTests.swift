import EngineCore
import Synchronization
import TestSupport
import Testing

@testable import Ingest

/// A lease table in memory.
private final class Leases: LeaseEpochs {
    private struct State {
        var epoch: String?
        var failures = 0
        var records = 0
    }

    let name = "leases"
    private let state: Mutex<State>

    /// `failures`: how often it is away before it takes an epoch.
    init(_ epoch: String?, failures: Int = 0) { state = Mutex(State(epoch: epoch, failures: failures)) }

    var stored: String? { state.withLock { $0.epoch } }
    var records: Int { state.withLock { $0.records } }

    func epoch(of shard: String) throws(KCLError) -> String? { stored }

    func record(_ epoch: String, of shard: String) throws(KCLError) {
        try state.withLock { (state) throws(KCLError) in
            guard state.failures == 0 else {
                state.failures -= 1
                throw .leaseTable(name: name, reason: "it is away")
            }
            state.epoch = epoch
            state.records += 1
        }
    }
}

@Suite("the table epoch in KCL's lease rows", .waiting(minutes: 5))
struct LeaseEpochTests {
    @Test("a checkpoint with another or no table epoch is refused; a start from the beginning is always accepted")
    func confirm() throws {
        let checkpoint = try #require(Position(sequenceNumber: "123"))
        let cases: [(start: String, checkpoint: Position?, found: String?, isRight: Bool)] = [
            ("123", checkpoint, "a", true), ("123", checkpoint, "b", false), ("123", checkpoint, nil, false),
            ("TRIM_HORIZON", nil, "b", true), ("TRIM_HORIZON", nil, nil, true), ("LATEST", nil, "a", true),
        ]
        for (start, checkpoint, found, isRight) in cases {
            let shard = KCLShard(id: "s", start: start, checkpoint: checkpoint)
            let leases = Leases(found)
            guard !isRight else {
                try leases.confirm(shard, in: "a")
                continue
            }
            #expect(throws: KCLError.otherTable(shard: "s", leaseTable: "leases", found: found, expected: "a")) {
                try leases.confirm(shard, in: "a")
            }
        }
    }

    @Test(
        "the epoch is written once to the lease before its first checkpoint; while it cannot be written there is no checkpoint")
    func order() throws {
        let leases = Leases("old", failures: 1)
        let daemon = try FakeDaemon()
        daemon.initialize()
        let shard = try #require(try daemon.channel.shard())
        let source = KCLSource(daemon.channel, shard, stream: "events", settleMilliseconds: 60_000, epochs: leases)
        let pipeline = FakePipeline(source, epoch: "new")
        try pipeline.start()
        #expect(try daemon.next() == FakeDaemon.status("initialize"))
        #expect(leases.stored == "old")
        pipeline.commits = false
        daemon.process([FakeRecord(1)])
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        pipeline.commits = true
        try eventually("a checkpoint is asked for") { source.state.checkpoints.pending != nil }
        // The lease table is away.
        daemon.process([])
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        #expect(leases.stored == "old" && source.figures.checkpointFailures == 1)
        daemon.say("shutdownRequested")
        #expect(try daemon.next() == FakeDaemon.checkpoint(1))
        #expect(leases.stored == "new")
        daemon.answerCheckpoint()
        #expect(try daemon.next() == FakeDaemon.status("shutdownRequested"))
        daemon.say("shardEnded")
        #expect(try daemon.next() == FakeDaemon.checkpointOfEnd)
        daemon.answerCheckpoint()
        #expect(try daemon.next() == FakeDaemon.status("shardEnded"))
        #expect(leases.records == 1)
        daemon.hangUp()
        pipeline.stop()
    }
}
