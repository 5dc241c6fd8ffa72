import EngineCore
import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Ingest

@Suite("the KCL record processor with a simulated daemon", .waiting(minutes: 5))
struct KCLProtocolTests {
    private final class Events: Sendable {
        private let told = Mutex<[KCLEvent]>([])
        func add(_ event: KCLEvent) { told.withLock { $0.append(event) } }
        func count(_ isMeant: (KCLEvent) -> Bool) -> Int { told.withLock { $0.count(where: isMeant) } }
        var isDaemonGone: Bool { count { if case .daemonGone = $0 { true } else { false } } == 1 }
    }

    private func open(
        _ daemon: FakeDaemon, at start: String = "TRIM_HORIZON", settleMilliseconds: Int64 = 60_000, epoch: String? = nil,
        epochs: (any LeaseEpochs)? = nil, _ events: Events = Events()
    ) throws -> FakePipeline {
        daemon.initialize(at: start)
        let shard = try #require(try daemon.channel.shard())
        let source = KCLSource(
            daemon.channel, shard, stream: "events", settleMilliseconds: settleMilliseconds, epochs: epochs,
            observer: { events.add($0) })
        let pipeline = FakePipeline(source, epoch: epoch)
        try pipeline.start()
        #expect(try daemon.next() == FakeDaemon.status("initialize"))
        return pipeline
    }

    private func numbers(_ range: ClosedRange<Int>) -> [FakeRecord] { range.map { FakeRecord($0) } }

    @Test("a shard is read in order from its first record to its end, which is checkpointed once everything is durable")
    func wholeShard() throws {
        let daemon = try FakeDaemon()
        let pipeline = try open(daemon)
        #expect(pipeline.source.partition(0) == Partition(source: "kinesis", stream: "events", name: FakeDaemon.shard))
        pipeline.commits = false
        daemon.process(numbers(1...3) + [FakeRecord(4, sub: 0), FakeRecord(4, sub: 1)])
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        daemon.process(numbers(5...6), behind: 1_250)
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        #expect(pipeline.source.figures.lastBatch.behind == 1_250)
        daemon.say("shardEnded")
        try eventually("the end of the shard") { pipeline.blocks.last?.isLast == true }
        #expect(!daemon.hasAnswer)
        #expect(pipeline.source.figures.behind(at: .max / 2) == 0)
        pipeline.commits = true
        #expect(try daemon.next() == FakeDaemon.checkpointOfEnd)
        daemon.answerCheckpoint()
        #expect(try daemon.next() == FakeDaemon.status("shardEnded"))
        #expect(pipeline.records == (numbers(1...3) + [FakeRecord(4), FakeRecord(4, sub: 1)] + numbers(5...6)).map(\.text))
        daemon.hangUp()
        try eventually("the end of the pipeline") { pipeline.hasEnded }
        #expect(pipeline.source.isReleased)
        pipeline.stop()
    }

    @Test("a checkpoint contains the last durable record and its place in an aggregate, and is sent only before a status")
    func checkpointOfDurable() throws {
        let daemon = try FakeDaemon()
        let pipeline = try open(daemon)
        pipeline.commits = false
        for number in 1...3 {
            daemon.process([FakeRecord(number), FakeRecord(number, sub: 1)])
            #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        }
        try eventually("so many blocks are read, not \(pipeline.blocks.count)") { pipeline.blocks.count == 3 }
        let second = pipeline.blocks[1].end
        try pipeline.source.commit([.init(partition: 0, position: second, ended: false)], epoch: nil)
        // The daemon listens to nobody between two actions.
        #expect(!daemon.hasAnswer)
        daemon.process([])
        #expect(try daemon.next() == FakeDaemon.checkpoint(2, sub: 1))
        #expect(!daemon.hasAnswer)
        daemon.answerCheckpoint()
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        // What is known already is not told again.
        daemon.process([])
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        daemon.hangUp()
        pipeline.stop()
    }

    @Test("when the daemon requests the shard back, everything that was read is durable and checkpointed before the response")
    func shutdownRequested() throws {
        let daemon = try FakeDaemon()
        let events = Events()
        let pipeline = try open(daemon, events)
        pipeline.isReading = false
        daemon.process(numbers(1...2_500))
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        daemon.say("shutdownRequested")
        pipeline.isReading = true
        #expect(try daemon.next() == FakeDaemon.checkpoint(2_500))
        daemon.answerCheckpoint()
        #expect(try daemon.next() == FakeDaemon.status("shutdownRequested"))
        #expect(events.count { if case .released(_, isSettled: true) = $0 { true } else { false } } == 1)
        daemon.say("leaseLost")
        #expect(try daemon.next() == FakeDaemon.status("leaseLost"))
        daemon.hangUp()
        try eventually("the end of the pipeline") { pipeline.hasEnded }
        #expect(!events.isDaemonGone)
        pipeline.stop()
    }

    @Test("a shard is given back at the time limit, with a checkpoint of the durable records only")
    func shutdownUnsettled() throws {
        let daemon = try FakeDaemon()
        let events = Events()
        let pipeline = try open(daemon, settleMilliseconds: 50, events)
        pipeline.commits = false
        daemon.process(numbers(1...2))
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        pipeline.commits = true
        try eventually("a block is read, and a checkpoint asked for") {
            pipeline.blocks.count == 1 && pipeline.source.state.checkpoints.pending != nil
        }
        pipeline.commits = false
        daemon.process(numbers(3...4))
        // The second batch takes the checkpoint of the first along.
        #expect(try daemon.next() == FakeDaemon.checkpoint(2))
        daemon.answerCheckpoint()
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        daemon.say("shutdownRequested")
        #expect(try daemon.next() == FakeDaemon.status("shutdownRequested"))
        #expect(events.count { if case .released(_, isSettled: false) = $0 { true } else { false } } == 1)
        daemon.hangUp()
        pipeline.stop()
    }

    @Test("after a lease is lost, records that were not merged are dropped and nothing is checkpointed")
    func leaseLost() throws {
        let daemon = try FakeDaemon()
        let pipeline = try open(daemon)
        pipeline.commits = false
        daemon.process(numbers(1...2))
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        try eventually("so many blocks are read, not \(pipeline.blocks.count)") { pipeline.blocks.count == 1 }
        pipeline.isReading = false
        daemon.process(numbers(3...4))
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        daemon.say("leaseLost")
        #expect(try daemon.next() == FakeDaemon.status("leaseLost"))
        #expect(pipeline.dropped == [0])
        pipeline.commits = true
        pipeline.isReading = true
        try pipeline.source.commit([.init(partition: 0, position: pipeline.blocks[0].end, ended: false)], epoch: nil)
        daemon.hangUp()
        try eventually("the end of the pipeline") { pipeline.hasEnded }
        #expect(pipeline.records == numbers(1...2).map(\.text))
        #expect(pipeline.source.isReleased && !daemon.hasAnswer)
        pipeline.stop()
        #expect(pipeline.source.figures.checkpoints == 0)
    }

    @Test("a checkpoint that is refused because the lease is lost ends the shard; later batches are acknowledged and skipped")
    func shutdownException() throws {
        let daemon = try FakeDaemon()
        let pipeline = try open(daemon)
        pipeline.commits = false
        daemon.process(numbers(1...2))
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        pipeline.commits = true
        try eventually("a checkpoint is asked for") { pipeline.source.state.checkpoints.pending != nil }
        pipeline.commits = false
        daemon.process(numbers(3...4))
        #expect(try daemon.next() == FakeDaemon.checkpoint(2))
        daemon.answerCheckpoint("ShutdownException")
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        daemon.process(numbers(5...6))
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        #expect(pipeline.dropped == [0])
        daemon.say("shardEnded")
        #expect(try daemon.next() == FakeDaemon.status("shardEnded"))
        daemon.hangUp()
        try eventually("the end of the pipeline") { pipeline.hasEnded }
        #expect(!pipeline.records.contains("record 5/0"))
        pipeline.stop()
    }

    @Test(
        "a refused checkpoint is retried, at the end of the shard until it is accepted",
        arguments: ["ThrottlingException", "KinesisClientLibDependencyException"])
    func checkpointAgain(error: String) throws {
        let daemon = try FakeDaemon()
        let events = Events()
        let pipeline = try open(daemon, events)
        pipeline.commits = false
        daemon.process(numbers(1...2))
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        pipeline.commits = true
        daemon.say("shutdownRequested")
        for answer in [error, error, nil] {
            #expect(try daemon.next() == FakeDaemon.checkpoint(2))
            daemon.answerCheckpoint(answer)
        }
        #expect(try daemon.next() == FakeDaemon.status("shutdownRequested"))
        #expect(events.count { if case .released(_, isSettled: true) = $0 { true } else { false } } == 1)
        daemon.say("shardEnded")
        for answer in [error, nil] {
            #expect(try daemon.next() == FakeDaemon.checkpointOfEnd)
            daemon.answerCheckpoint(answer)
        }
        #expect(try daemon.next() == FakeDaemon.status("shardEnded"))
        #expect(events.count { if case .checkpointFailed(_, error) = $0 { true } else { false } } == 3)
        daemon.hangUp()
        pipeline.stop()
    }

    @Test("a batch of 22 MB is not acknowledged while too much of it waits, and durable records are checkpointed meanwhile")
    func readAhead() throws {
        let daemon = try FakeDaemon()
        let pipeline = try open(daemon)
        pipeline.commits = false
        daemon.process([FakeRecord(1)])
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        pipeline.commits = true
        try eventually("a checkpoint is asked for") { pipeline.source.state.checkpoints.pending != nil }
        pipeline.isReading = false
        pipeline.commits = false
        let body = String(repeating: "x", count: 2_100)
        let records = (2...10_001).map { FakeRecord($0, "\($0) \(body)") }
        let line = FakeDaemon.batch(records)
        #expect(line.utf8.count > 22_000_000)
        // The pipe holds less than a line: it is read while it is written.
        let writer = SystemThread { daemon.send(line) }
        #expect(try daemon.next() == FakeDaemon.checkpoint(1))
        daemon.answerCheckpoint()
        writer?.join()
        try eventually("so much waits, not \(pipeline.source.figures.waitingBytes) bytes") {
            pipeline.source.figures.waitingBytes >= 21_000_000
        }
        #expect(!daemon.hasAnswer)
        pipeline.isReading = true
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        try eventually("so many records are read, not \(pipeline.records.count)") { pipeline.records.count == 10_001 }
        #expect(pipeline.records.dropFirst() == records.map(\.text)[...])
        let blocks = pipeline.blocks
        #expect(
            blocks.allSatisfy { $0.bytes <= KCLReadAhead.blockBytesMax && $0.records.count <= KCLReadAhead.blockRecordsMax })
        #expect(zip(blocks, blocks.dropFirst()).allSatisfy { $0.end < $1.end })
        daemon.hangUp()
        pipeline.stop()
    }

    @Test("records of a MB and more each form a block; a record without data only moves the position")
    func largeRecords() throws {
        let daemon = try FakeDaemon()
        let pipeline = try open(daemon)
        pipeline.commits = false
        let texts = [1_000_000, 1_048_576, 10, 3_000_000, 0].map { String(repeating: "y", count: $0) }
        let records = texts.enumerated().map { FakeRecord($0 + 1, $1) }
        daemon.process(records)
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        daemon.send(FakeDaemon.batch([FakeRecord(6)]).replacing(#/"data":"[^"]*"/#, with: #""data":null"#))
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        daemon.say("shutdownRequested")
        pipeline.commits = true
        #expect(try daemon.next() == FakeDaemon.checkpoint(6))
        daemon.answerCheckpoint()
        #expect(try daemon.next() == FakeDaemon.status("shutdownRequested"))
        #expect(pipeline.records == texts)
        daemon.hangUp()
        pipeline.stop()
    }

    @Test(
        "an invalid message ends the process without a response; the records before it are delivered",
        arguments: [
            "garbage", "{", "[]", #"{"shardId":"a"}"#, #"{"action":7}"#, #"{"action":"processRecords"}"#,
            #"{"action":"processRecords","records":[{"data":"eA=="}]}"#,
            #"{"action":"processRecords","records":[{"data":"eA==","sequenceNumber":"12a"}]}"#,
            #"{"action":"processRecords","records":[{"data":"eA=","sequenceNumber":"1","subSequenceNumber":0},7]}"#,
            #"{"action":"processRecords","records":[{"data":"e!==","sequenceNumber":"12","subSequenceNumber":0}]}"#,
            #"{"action":"processRecords","records":[{"data":[],"sequenceNumber":"12","subSequenceNumber":0}]}"#,
            #"{"action":"initialize","shardId":"shardId-1","sequenceNumber":"LATEST"}"#,
            #"{"action":"checkpoint","sequenceNumber":null,"subSequenceNumber":null,"error":null}"#,
        ])
    func garbage(line: String) throws {
        let daemon = try FakeDaemon()
        let pipeline = try open(daemon)
        pipeline.commits = false
        daemon.process(numbers(1...2))
        #expect(try daemon.next() == FakeDaemon.status("processRecords"))
        daemon.send(line)
        try eventually("it fails as it should, not with \(String(describing: pipeline.failure))") { pipeline.failure != nil }
        guard case .malformed = pipeline.failure as? KCLError else {
            Issue.record("\(String(describing: pipeline.failure))")
            return
        }
        #expect(Array(pipeline.records.prefix(2)) == numbers(1...2).map(\.text))
        #expect(!daemon.hasAnswer && !pipeline.source.isReleased)
        pipeline.stop()
    }

    @Test("an unknown action is acknowledged, and empty lines are skipped")
    func unknownAction() throws {
        let daemon = try FakeDaemon()
        let events = Events()
        let pipeline = try open(daemon, events)
        daemon.sendRaw("\n\n")
        daemon.say("somethingNew")
        #expect(try daemon.next() == FakeDaemon.status("somethingNew"))
        #expect(events.count { if case .unknownAction("somethingNew") = $0 { true } else { false } } == 1)
        daemon.hangUp()
        pipeline.stop()
    }

    @Test("a line over the maximum length is refused")
    func lineTooLong() throws {
        let daemon = try FakeDaemon(lineBytesMax: 10_000)
        let pipeline = try open(daemon)
        let writer = SystemThread { daemon.sendRaw(String(repeating: "z", count: 300_000)) }
        try eventually("it fails as it should, not with \(String(describing: pipeline.failure))") {
            pipeline.failure as? KCLError == .lineTooLong(limitBytes: 10_000)
        }
        pipeline.stop()
        // The reader is gone; let the writer see that.
        withExtendedLifetime(daemon) {}
        _ = writer
    }

    @Test("if the daemon dies inside a line or during a checkpoint, the process ends and the records read are delivered")
    func daemonDies() throws {
        for dies in ["line", "checkpoint", "idle"] {
            let daemon = try FakeDaemon()
            let events = Events()
            let pipeline = try open(daemon, events)
            pipeline.commits = false
            daemon.process(numbers(1...2))
            #expect(try daemon.next() == FakeDaemon.status("processRecords"))
            pipeline.commits = true
            try eventually("a checkpoint is asked for") { pipeline.source.state.checkpoints.pending != nil }
            switch dies {
            case "line": daemon.sendRaw(String(FakeDaemon.batch(numbers(3...4)).prefix(150)))
            case "checkpoint":
                daemon.process([])
                #expect(try daemon.next() == FakeDaemon.checkpoint(2))
            default: break
            }
            daemon.hangUp()
            try eventually("the end of the pipeline") { pipeline.hasEnded }
            #expect(pipeline.records == numbers(1...2).map(\.text) && pipeline.failure == nil, "\(dies)")
            #expect(events.isDaemonGone && !pipeline.source.isReleased, "\(dies)")
            pipeline.stop()
        }
    }

    @Test("the death of the daemon is detected while a batch waits")
    func daemonDiesWhileHeldBack() throws {
        let daemon = try FakeDaemon()
        let events = Events()
        let pipeline = try open(daemon, events)
        pipeline.isReading = false
        daemon.process((1...20).map { FakeRecord($0, String(repeating: "y", count: 1_000_000)) })
        try eventually("so much waits, not \(pipeline.source.figures.waitingBytes) bytes") {
            pipeline.source.figures.waitingBytes == 20_000_000
        }
        daemon.hangUp()
        try eventually("it says that the daemon is gone") { events.isDaemonGone }
        pipeline.stop()
    }

    @Test("a pipeline that ends by itself sends no response to the daemon, at any point of the protocol")
    func pipelineEnds() throws {
        for action in ["shardEnded", "none"] {
            let daemon = try FakeDaemon()
            let pipeline = try open(daemon)
            pipeline.commits = false
            daemon.process(numbers(1...2))
            #expect(try daemon.next() == FakeDaemon.status("processRecords"))
            if action != "none" { daemon.say(action) }
            try eventually("so many blocks are read, not \(pipeline.blocks.count)") {
                pipeline.blocks.count == (action == "none" ? 1 : 2)
            }
            pipeline.stop()
            #expect(!daemon.hasAnswer && !pipeline.source.isReleased)
        }
    }
}
