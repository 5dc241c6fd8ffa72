import AWS
import Foundation
import Ingest
import JSON
import Servers
import Testing

extension ProgramTests {
    @Suite("KCL 3.1.3 itself")
    struct KCLDaemonTests {
        @Test(
            "reads a stream through converge kcl to the digest of a replay, and gives it back checkpointed",
            .timeLimit(.minutes(4)))
        func wholeStream() throws {
            let scratch = try Scratch()
            let emulator = try Emulator()
            let lines = try Captures.small.get()
            let stream = try KinesisStream("events", shards: 2, in: emulator)
            try stream.put(lines)
            let expected = try scratch.digest(ofLines: lines)
            let daemon = try KCLDaemon(
                emulator, stream: "events", application: "app", worker: "w", flags: KCLFlags.embedded("state", in: scratch),
                in: scratch)
            try eventually("all is durable", seconds: 120) {
                usleep(300_000)
                return try scratch.digest(ofShards: "state") == expected
            }
            try daemon.stop()
            let released = daemon.entries("kcl.released")
            #expect(released.count == 2 && released.allSatisfy { $0["settled"] as? Bool == true })
            #expect(daemon.entries("run.end").compactMap { $0["records"] as? Int }.reduce(0, +) == lines.count)

            // What KCL wrote is what Converge writes beside it, and both leave each other's alone.
            let client = try AWSSession(Environment(emulator.environment())).client(.dynamoDB)
            let leases = KCLLeaseTable("app", client)
            for shard in daemon.shards {
                let before = try row(client, shard)
                let checkpoint = try #require(before["checkpoint"])
                #expect(checkpoint.allSatisfy(\.isNumber) && !checkpoint.isEmpty, "\(before)")
                #expect(try leases.epoch(of: shard) == nil)
                try leases.record("e1", of: shard)
                #expect(try leases.epoch(of: shard) == "e1")
                #expect(try row(client, shard) == before.merging(["convergeEpoch": "e1"]) { $1 })
            }
            #expect(throws: KCLError.self) { try leases.record("e1", of: "shardId-none") }
            #expect(try leases.epoch(of: "shardId-none") == nil)
            #expect(throws: KCLError.self) { try KCLLeaseTable("none", client).epoch(of: "shardId-none") }
        }

        /// The texts and numbers of a shard's lease.
        private func row(_ client: ServiceClient, _ shard: String) throws -> [String: String] {
            var json = JSONWriter()
            json.object { json in
                json.member("TableName", "app")
                json.object("Key") { json in json.object("leaseKey") { $0.member("S", shard) } }
            }
            return try client.perform("GetItem", json.bytes).readJSON { root in
                var row: [String: String] = [:]
                guard let item = root.member("Item") else { return row }
                for (name, value) in item.members {
                    row[String(decoding: name, as: UTF8.self)] = value.text("S") ?? value.text("N")
                }
                return row
            }
        }
    }

    /// Minutes long because of KCL's own lock of 120 s on who leads.
    @Suite("KCL 3.1.3 itself, two of them", .enabled(if: ProcessInfo.processInfo.environment["CONVERGE_SLOW_TESTS"] == "1"))
    struct KCLTakeOverTests {
        @Test(
            "one daemon is killed, the other takes its shards over: the digest is the replay's", .timeLimit(.minutes(15)),
            arguments: ["leader", "other"])
        func takeOver(killed: String) throws {
            let scratch = try Scratch()
            let emulator = try Emulator()
            let lines = try Captures.large.get()
            let stream = try KinesisStream("events", shards: 4, in: emulator)
            try stream.put(lines.part(0, of: 4))
            func start(_ worker: String) throws -> KCLDaemon {
                try KCLDaemon(
                    emulator, stream: "events", application: "app", worker: worker,
                    flags: KCLFlags.embedded("state", in: scratch), in: scratch)
            }
            // Who is first leads.
            let first = try start("w1")
            try eventually("the first reads all", seconds: 200) { first.shards.count == 4 }
            let second = try start("w2")
            // Traffic is what shards are shared out by.
            var fed = lines.part(0, of: 4)
            var rest = lines.part(1, of: 4)[...]
            func feed(_ count: Int) throws {
                try stream.put(Array(rest.prefix(count)))
                fed += rest.prefix(count)
                rest = rest.dropFirst(count)
            }
            try eventually("the second has its share", seconds: 400) {
                if !rest.isEmpty { try feed(40) }
                usleep(500_000)
                return second.shards.count >= 1
            }
            let (victim, heir) = killed == "leader" ? (first, second) : (second, first)
            try stream.put(lines.part(2, of: 4))
            victim.kill()
            let start = ContinuousClock.now
            try stream.put(lines.part(3, of: 4) + Array(rest))
            fed += Array(rest) + lines.part(2, of: 4) + lines.part(3, of: 4)
            let expected = try scratch.digest(ofLines: fed)
            // What the dead one held is there only once the other has read it.
            try eventually("the other took over, and all is durable", seconds: 400) {
                usleep(500_000)
                return try scratch.digest(ofShards: "state") == expected
            }
            print("the \(killed) killed: all is durable after \(ContinuousClock.now - start)")
            try heir.stop()
            #expect(heir.entries("kcl.failed").isEmpty && heir.entries("run.failed").isEmpty)
        }
    }
}

enum KCLFlags {
    /// Of a state below a directory.
    static func embedded(_ state: String, in scratch: Scratch) -> [String] {
        // The events are of a day that is long gone.
        ["--store-path", scratch.path(state), "--retain-contacts", "36500d"]
    }
}
