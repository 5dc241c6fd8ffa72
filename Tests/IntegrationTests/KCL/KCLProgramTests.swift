import Foundation
import Testing

/// `converge kcl` as a daemon sees it, the daemon being a test.
private final class Child {
    let program: Program
    private let down = Pipe()
    private let up = Pipe()
    private var text = Data()
    private(set) var said: [String] = []

    init(_ flags: [String], in scratch: Scratch, from start: String = "TRIM_HORIZON") throws {
        signal(SIGPIPE, SIG_IGN)
        program = try Program(
            ["kcl", "--log-path", "kcl.log"] + flags, in: scratch, input: down.fileHandleForReading,
            output: up.fileHandleForWriting)
        try down.fileHandleForReading.close()
        try up.fileHandleForWriting.close()
        send(#"{"action":"initialize","shardId":"shardId-0","sequenceNumber":"\#(start)","subSequenceNumber":0}"#)
    }

    func send(_ line: String) { try? down.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8)) }

    func hangUp() { try? down.fileHandleForWriting.close() }

    /// The action that is answered next; a checkpoint on the way is taken. Nil where it ended.
    func answered() -> String? {
        while true {
            guard let end = text.firstIndex(of: UInt8(ascii: "\n")) else {
                let more = up.fileHandleForReading.availableData
                if more.isEmpty { return nil }
                text += more
                continue
            }
            let line = String(decoding: text[..<end], as: UTF8.self)
            text = Data(text[text.index(after: end)...])
            said.append(line)
            guard let message = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
                Issue.record("on standard output: \(line)")
                continue
            }
            if message["action"] as? String == "status" { return message["responseFor"] as? String }
            #expect(message["action"] as? String == "checkpoint")
            if let number = message["sequenceNumber"] as? String { checkpoint = Int(number) }
            send(#"{"action":"checkpoint","sequenceNumber":null,"subSequenceNumber":null,"error":null}"#)
        }
    }

    /// What it last asked to be noted.
    private(set) var checkpoint: Int?

    func process(_ lines: [String], from first: Int) {
        let records = lines.enumerated().map { number, line in
            #"{"data":"\#(Data(line.utf8).base64EncodedString())","partitionKey":"k","sequenceNumber":"\#(first + number)","subSequenceNumber":0,"#
                + #""approximateArrivalTimestamp":4102444800000,"action":"record"}"#
        }
        send(#"{"action":"processRecords","records":[\#(records.joined(separator: ","))],"millisBehindLatest":0}"#)
    }
}

extension ProgramTests {
    @Suite("converge kcl")
    struct KCLProgramTests {
        private func flags(_ scratch: Scratch) -> [String] { KCLFlags.embedded("state", in: scratch) }

        private func state(_ scratch: Scratch) throws -> String { try scratch.digest(of: "state/shardId-0") }

        @Test("a shard leads to the digest of a replay, and standard output contains only the protocol")
        func wholeShard() throws {
            let scratch = try Scratch()
            let lines = try Captures.small.get()
            let child = try Child(flags(scratch) + ["--capture", "capture"], in: scratch)
            #expect(child.answered() == "initialize")
            child.process(lines + ["no event"], from: 1)
            #expect(child.answered() == "processRecords")
            child.send(#"{"action":"shardEnded"}"#)
            #expect(child.answered() == "shardEnded")
            child.hangUp()
            #expect(child.answered() == nil)
            let ended = try child.program.wait()
            #expect(ended.code == 0 && !ended.wasKilled, "\(ended.errors)")
            #expect(try state(scratch) == scratch.digest(ofLines: lines))
            #expect(try scratch.lines("state/shardId-0/dead-letters.jsonl").count == 1)
            #expect(try scratch.digest(ofCaptures: "capture/shardId-0") == scratch.digest(ofLines: lines))
        }

        @Test("killed at random times and restarted after its last checkpoint, a shard leads to the same digest")
        func kills() throws {
            let scratch = try Scratch()
            let lines = try Captures.small.get()
            var from = 0
            for round in 1...6 {
                let child = try Child(flags(scratch), in: scratch, from: from == 0 ? "TRIM_HORIZON" : "\(from)")
                #expect(child.answered() == "initialize")
                var at = from
                var batches = 0
                while at < lines.count, round == 6 || batches < round * 2 {
                    let batch = Array(lines[at..<min(at + 150, lines.count)])
                    child.process(batch, from: at + 1)
                    #expect(child.answered() == "processRecords")
                    at += batch.count
                    batches += 1
                }
                if round < 6 {
                    child.program.stop()
                    _ = child.program.ends(within: 60)
                    from = child.checkpoint ?? from
                } else {
                    child.send(#"{"action":"shutdownRequested"}"#)
                    #expect(child.answered() == "shutdownRequested")
                    #expect(child.checkpoint == lines.count)
                    child.hangUp()
                    #expect(try child.program.wait().code == 0)
                }
            }
            #expect(try state(scratch) == scratch.digest(ofLines: lines))
        }

        @Test("when the daemon dies, the process ends with exit code 1, and everything that was read is durable")
        func daemonDies() throws {
            let scratch = try Scratch()
            let lines = try Captures.small.get()
            let child = try Child(flags(scratch), in: scratch)
            #expect(child.answered() == "initialize")
            child.process(lines, from: 1)
            #expect(child.answered() == "processRecords")
            // A batch without an end: what was read before is merged by then, or comes again.
            child.process([], from: 1)
            #expect(child.answered() == "processRecords")
            child.hangUp()
            #expect(try child.program.wait().code == 1)
            #expect(try scratch.read("kcl.log").range(of: Data("kcl.daemon.gone".utf8)) != nil)
        }

        @Test("a process that gets a shard while the previous process still runs waits for its store")
        func storeInUse() throws {
            let scratch = try Scratch()
            let first = try Child(flags(scratch), in: scratch)
            #expect(first.answered() == "initialize")
            let second = try Child(flags(scratch), in: scratch)
            try eventually("it waits") { try scratch.read("kcl.log").range(of: Data("kcl.store.waits".utf8)) != nil }
            first.send(#"{"action":"leaseLost"}"#)
            #expect(first.answered() == "leaseLost")
            first.hangUp()
            #expect(try first.program.wait().code == 0)
            #expect(second.answered() == "initialize")
            second.hangUp()
            #expect(try second.program.wait().code == 1)
        }

        @Test("after SIGTERM the shard continues until the daemon ends it")
        func signals() throws {
            let scratch = try Scratch()
            let lines = try Captures.small.get()
            let child = try Child(flags(scratch), in: scratch)
            #expect(child.answered() == "initialize")
            kill(child.program.pid, SIGTERM)
            try eventually("it knows") { try scratch.read("kcl.log").range(of: Data("run.drain".utf8)) != nil }
            child.process(lines, from: 1)
            #expect(child.answered() == "processRecords")
            child.send(#"{"action":"shutdownRequested"}"#)
            #expect(child.answered() == "shutdownRequested")
            child.hangUp()
            #expect(try child.program.wait().code == 0)
            #expect(try state(scratch) == scratch.digest(ofLines: lines))
        }

        @Test(
            "garbage on standard input is exit code 1, a wrong configuration is 2, and a port in use does not end the process")
        func refusals() throws {
            let scratch = try Scratch()
            let child = try Child(flags(scratch) + ["--http-port", "0"], in: scratch)
            #expect(child.answered() == "initialize")
            // The log is written by a thread of its own.
            var found: Substring?
            try eventually("it says where it listens") {
                found = try? scratch.lines("kcl.log").compactMap { line in
                    line.firstMatch(of: #/"http":"127.0.0.1:([0-9]+)"/#)?.1
                }.first
                return found != nil
            }
            let port = try #require(found)
            let other = try Child(
                [
                    "--store-kind", "memory", "--http-port", String(port), "--source-kind", "kafka",
                    "--kafka-bootstrap-servers", "127.0.0.1:1", "--kafka-topics", "events",
                ], in: scratch)
            #expect(other.answered() == "initialize")
            other.send("{")
            #expect(other.answered() == nil)
            #expect(try other.program.wait().code == 1)
            child.hangUp()
            _ = try child.program.wait()
            let wrong = try scratch.converge("kcl", "--store-kind", "paper")
            #expect(wrong.code == 2 && wrong.output.isEmpty && wrong.errors.contains("store.kind"))
        }
    }
}
