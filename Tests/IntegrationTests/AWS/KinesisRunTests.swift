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
            try eventually("each has its half", of: [first, second]) { first.held == 2 && second.held == 2 }
            let thefts = [first, second].map { $0.entries("kinesis.lost").count }
            let feed = try rig.feed(lines, perSecond: 500)
            try eventually("both read", of: [first, second]) { first.records > 0 && second.records > 0 }
            try first.drain()
            let released = first.entries("kinesis.released").compactMap { $0["fields"] as? [String: Any] }
            #expect(released.allSatisfy { $0["settled"] as? Bool == true }, "\(released)")
            // What it had it gave up, or lost before: to the other as it came, or to a machine that stood still for seconds.
            let lost = first.entries("kinesis.lost").count
            #expect(first.entries("kinesis.assigned").count == released.count + lost, "\(first.log)")
            #expect(try feed.wait() == lines.count)
            let read = try #require(first.recordsInAll)
            try eventually("the other has read the rest", of: [second]) { second.records >= lines.count - read }
            try eventually("it is ready", of: [second]) { second.held == 4 && second.isReady }
            try second.drain()
            // Of what was committed nothing is read twice but a record a shard; what was read and not committed is, of a lease that was lost.
            let again = try #require(second.recordsInAll) - (lines.count - read)
            let isUndisturbed = [first, second].map { $0.entries("kinesis.lost").count } == thefts
            #expect(again >= 0 && (again <= 2 || !isUndisturbed), "\(again)")
            try rig.expect(lines)
        }

        @Test("the worker serves state, metrics and health over HTTP")
        func overHTTP() throws {
            let rig = try KinesisRig(Emulator())
            let lines = try Array(Captures.small.get().prefix(1_000))
            try rig.put(lines)
            let worker = try rig.worker("--heartbeat-write-interval", "0ms")
            try eventually("it has read everything", of: [worker]) { worker.records == lines.count && worker.isReady }
            #expect(worker.page("/health/live")?.hasPrefix("{\"status\":\"ok\"") == true)
            #expect(worker.metric("converge_kinesis_held_shards") == 4)
            #expect(worker.series("converge_kinesis_leases_total")["{change=\"taken\"}"] == 4)
            #expect(worker.series("converge_kinesis_behind_seconds").count == 4)
            try eventually("what was read is durable", of: [worker]) { worker.metric("converge_dirty_bytes") == 0 }
            #expect((worker.metric("converge_dynamodb_rows_written_total") ?? 0) > 60)
            #expect((worker.metric("converge_dynamodb_capacity_units_total") ?? 0) > 60)
            #expect(worker.metric("converge_dynamodb_conflicts_total") == 0)
            try eventually("units and rows are counted by all their labels", of: [worker]) {
                let units = worker.series("converge_dynamodb_write_units_total")
                return units.values.reduce(0, +) == worker.series("converge_dynamodb_capacity_units_total")["{kind=\"write\"}"]
                    && (units["{table=\"agent\",write=\"first\"}"] ?? 0) > 0
                    && worker.metric("converge_dynamodb_rows_by_units_total")
                        == worker.metric("converge_dynamodb_rows_written_total")
            }
            let bytes = worker.series("converge_dynamodb_registers_bytes_total")
            #expect((bytes["{form=\"encoded\"}"] ?? 0) > 2 * (bytes["{form=\"written\"}"] ?? .infinity))
            #expect(worker.series("converge_dynamodb_row_format").keys.first?.hasPrefix("{format=\"3\",dictionary=\"") == true)

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
