import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("the worker on Kinesis and DynamoDB")
    struct KinesisRunTests {
        @Test("a stream with several shards leads to the digest of a replay, and a second run reads nothing new")
        func wholeStream() throws {
            let rig = try KinesisRig(Emulator())
            let lines = try Captures.small.get()
            try rig.put(lines)
            let first = try rig.toEnd()
            #expect(first.recordsInAll == lines.count)
            #expect(first.entries("kinesis.assigned").count == rig.shardCount)
            #expect(first.entries("kinesis.released").count == rig.shardCount)
            try rig.expect(lines)

            try rig.expectNothingNew()
            try rig.expect(lines)

            // The leases of another application say nothing yet.
            let other = try rig.toEnd("--kinesis-application", "another")
            #expect(other.recordsInAll == lines.count)
            try rig.expect(lines)
        }

        @Test("two workers share the shards; when one is stopped, the other continues with its shards")
        func twoWorkers() throws {
            let rig = try KinesisRig(Emulator())
            let lines = try Captures.small.get()
            let first = try rig.worker()
            let second = try rig.worker()
            try eventually("each has its half") { first.held == 2 && second.held == 2 }
            let feed = try rig.feed(lines, perSecond: 500)
            try eventually("both read") { first.records > 0 && second.records > 0 }
            try first.drain()
            let released = first.entries("kinesis.released").compactMap { $0["fields"] as? [String: Any] }
            #expect(released.count == 2 && released.allSatisfy { $0["settled"] as? Bool == true }, "\(released)")
            #expect(try feed.wait() == lines.count)
            let read = try #require(first.recordsInAll)
            try eventually("the other has read the rest") { second.records >= lines.count - read }
            try eventually("it is ready") { second.held == 4 && second.isReady }
            try second.drain()
            // Of what was committed nothing is read twice but a record a shard.
            #expect((0...2).contains(try #require(second.recordsInAll) - (lines.count - read)))
            try rig.expect(lines)
        }

        @Test("the worker serves state, metrics and health over HTTP")
        func overHTTP() throws {
            let rig = try KinesisRig(Emulator())
            let lines = try Array(Captures.small.get().prefix(1_000))
            try rig.put(lines)
            let worker = try rig.worker("--heartbeat-write-interval", "0ms")
            try eventually("it has read everything") { worker.records == lines.count && worker.isReady }
            #expect(worker.page("/health/live")?.hasPrefix("{\"status\":\"ok\"") == true)
            #expect(worker.metric("converge_kinesis_held_shards") == 4)
            #expect(worker.series("converge_kinesis_leases_total")["{change=\"taken\"}"] == 4)
            #expect(worker.series("converge_kinesis_behind_seconds").count == 4)
            try eventually("what was read is durable") { worker.metric("converge_dirty_bytes") == 0 }
            #expect((worker.metric("converge_dynamodb_rows_written_total") ?? 0) > 60)
            #expect((worker.metric("converge_dynamodb_capacity_units_total") ?? 0) > 60)
            #expect(worker.metric("converge_dynamodb_conflicts_total") == 0)

            try rig.scratch.write("reference.jsonl", lines.jsonLines)
            try #require(
                try rig.scratch.converge("replay", "reference.jsonl", "--memory", "--output", "state.jsonl").code == 0)
            let ids = try rig.scratch.lines("state.jsonl").compactMap { line in
                let entity = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return entity?["kind"] as? String == "agent" ? entity?["id"] as? String : nil
            }
            let id = try #require(ids.first)
            let page = try #require(worker.page("/state/agent/\(id)?registers=true"))
            let told = try #require(try JSONSerialization.jsonObject(with: Data(page.utf8)) as? [String: Any])
            #expect(told["id"] as? String == id, "\(page)")
            try worker.drain()
            try rig.expect(lines)
        }
    }
}
