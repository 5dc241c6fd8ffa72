import Foundation
import Ingest
import Servers
import Testing

extension ProgramTests {
    @Suite("converge kcl with KCL 3.1.3")
    struct KCLDaemonTests {
        @Test("KCL reads a stream through converge kcl into tables, and a native worker continues from its checkpoints")
        func wholeStream() throws {
            let fleet = try ChangeOver()
            let events = try Captures.small.get()
            try fleet.put(events.part(0, of: 2))
            let daemon = try fleet.daemon("kcl")
            try eventually("KCL has put all into the tables", every: 0.3) { try fleet.isWhole() }
            let epoch = try fleet.epoch()
            try fleet.waitForCheckpoints()
            #expect(try fleet.shares() == ["kcl": 4])
            try daemon.stop()
            let released = daemon.entries("kcl.released")
            #expect(released.count == 4 && released.allSatisfy { $0["settled"] as? Bool == true })
            #expect(daemon.entries("kcl.failed").isEmpty)

            let native = try fleet.native()
            try fleet.put(events.part(1, of: 2))
            try eventually("the native worker has put the rest into the tables", every: 0.3) {
                try fleet.isWhole()
            }
            #expect(native.entries("kinesis.checkpoint.void").isEmpty)
            try native.drain()

            // The epoch stands beside what KCL wrote, and both leave each other's alone.
            let table = KCLLeaseTable("app", fleet.client)
            for (shard, before) in try fleet.leases() {
                #expect(try table.epoch(of: shard) == epoch)
                try table.record("e1", of: shard)
                #expect(try fleet.leases()[shard] == before.merging(["convergeEpoch": "e1"]) { $1 })
            }
            #expect(throws: KCLError.self) { try table.record("e1", of: "shardId-none") }
            #expect(try table.epoch(of: "shardId-none") == nil)
            #expect(throws: KCLError.self) { try KCLLeaseTable("none", fleet.client).epoch(of: "shardId-none") }
        }
    }

    /// Minutes long because of KCL's own lock of 120 s on who leads.
    @Suite(
        "converge kcl with two daemons of KCL 3.1.3",
        .enabled(if: ProcessInfo.processInfo.environment["CONVERGE_SLOW_TESTS"] == "1"))
    struct KCLTakeOverTests {
        @Test(
            "after one daemon is killed the other takes over its shards, and the digest equals the replay's",
            .waiting(minutes: 15),
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
            try eventually("the first reads all") { first.shards.count == 4 }
            let second = try start("w2")
            // Traffic is what shards are shared out by.
            var fed = lines.part(0, of: 4)
            var rest = lines.part(1, of: 4)[...]
            func feed(_ count: Int) throws {
                try stream.put(Array(rest.prefix(count)))
                fed += rest.prefix(count)
                rest = rest.dropFirst(count)
            }
            try eventually("the second has its share", seconds: 400, every: 0.5) {
                if !rest.isEmpty { try feed(40) }
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
            try eventually("the other took over, and all is durable", seconds: 400, every: 0.5) {
                try scratch.digest(ofShards: "state") == expected
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
