import Foundation
import Servers
import TestSupport
import Testing

/// Something between a worker and what it needs, and by which checks readiness says so.
private struct Trouble {
    let name: String
    let checks: Set<String>
    let begin: (Gateway, Emulator) throws -> Void

    /// Every request of these operations is refused.
    static func refused(_ name: String, _ checks: Set<String>, _ code: String, status: Int = 400, _ operations: [String]?)
        -> Trouble
    {
        Trouble(name: name, checks: checks) { gateway, _ in
            let all: [[String: Any]] = operations.map { $0.map { ["operation": $0] } } ?? [[:]]
            try gateway.set(faults: all.map { $0.merging(["fault": "error", "code": code, "status": status]) { $1 } })
        }
    }

    static var all: [Trouble] {
        [
            refused("PutItem denied", ["store.writes"], "AccessDeniedException", ["PutItem"]),
            refused(
                "the tables of the state dropped", ["store.writes"], "ResourceNotFoundException",
                ["PutItem", "BatchGetItem", "GetItem"]),
            refused("GetRecords denied", ["kinesis.reads"], "AccessDeniedException", ["GetRecords"]),
            refused(
                "GetRecords throttled", ["kinesis.reads", "kinesis.caught-up"], "ProvisionedThroughputExceededException",
                ["GetRecords"]),
            refused(
                "the stream deleted", ["kinesis.reads", "kinesis.reachable"], "ResourceNotFoundException",
                ["GetRecords", "GetShardIterator", "ListShards"]),
            refused("all calls 403", ["kinesis.reads", "store.writes"], "AccessDeniedException", status: 403, nil),
            Trouble(name: "the tables unreachable", checks: ["store.writes", "kinesis.reachable"]) { gateway, _ in
                try gateway.set(faults: [["service": "dynamodb", "fault": "reset"]])
            },
            Trouble(
                name: "the emulator stopped as by SIGSTOP", checks: ["kinesis.reads", "kinesis.caught-up", "kinesis.reachable"]
            ) {
                $1.suspend()
            },
        ]
    }
}

extension ProgramTests {
    @Suite("readiness and lag")
    struct ReadinessTests {
        private struct Report: Decodable {
            struct Check: Decodable {
                var name: String
                var status: String
                var detail: String?
                var since: String?
            }
            var status: String
            var checks: [Check]
        }

        private func report(_ worker: KafkaWorker) throws -> Report? {
            try worker.page("/health/ready").map { try JSONDecoder().decode(Report.self, from: Data($0.utf8)) }
        }

        @Test("readiness and lag are right during each of several faults under one worker, and recover from each")
        func troubles() throws {
            let emulator = try Emulator()
            let gateway = try Gateway(emulator)
            let rig = try KinesisRig(emulator, through: ["AWS_ENDPOINT_URL": gateway.base], shards: 2)
            let lines = try Array(Captures.small.get().prefix(30 * Trouble.all.count))
            let worker = try rig.worker("--heartbeat-write-interval", "0ms", "--kinesis-ready-behind", "5s")
            try eventually("it is ready", of: [worker]) { worker.isReady }
            for (number, trouble) in Trouble.all.enumerated() {
                let share = lines.dropFirst(number * 30).prefix(30)
                // A process that is stopped takes no events.
                if number == Trouble.all.count - 1 { try rig.put(share) }
                try trouble.begin(gateway, emulator)
                if number < Trouble.all.count - 1 { try rig.put(share) }
                var found: Report?
                try eventually("\(trouble.name): it is not ready, \(String(describing: found))", of: [worker]) {
                    found = try report(worker)
                    let failing = found?.checks.filter { $0.status == "failing" } ?? []
                    return failing.contains { trouble.checks.contains($0.name) }
                }
                #expect(worker.page("/health/live")?.hasPrefix("{\"status\":\"ok\"") == true, "\(trouble.name)")
                // From here on it knows, and nothing gets better by itself.
                let first = worker.metric("converge_oldest_event_age_seconds") ?? 0
                try eventually("\(trouble.name): the lag grows", of: [worker]) {
                    if let now = try report(worker) { #expect(now.status == "failing", "\(trouble.name)") }
                    return worker.metric("converge_oldest_event_age_seconds") ?? 0 > first + 1
                }
                try gateway.set(faults: [])
                emulator.resume()
                try eventually("\(trouble.name): it is ready again", of: [worker]) { worker.isReady }
                #expect(worker.metric("converge_oldest_event_age_seconds") ?? .infinity < 60)
            }
            try eventually("it has read everything", of: [worker]) { worker.records >= lines.count }
            try worker.drain()
            try rig.expect(lines)
        }

        @Test("if the capture cannot be written, the worker is not ready, reports the capture and since when, and continues")
        func capture() throws {
            let emulator = try Emulator()
            let rig = try KinesisRig(emulator, shards: 1)
            let lines = try Array(Captures.small.get().prefix(60))
            let worker = try rig.worker("--capture", "captures")
            try eventually("it is ready", of: [worker]) { worker.isReady }
            // Where files are made there is none any more.
            try FileManager.default.removeItem(atPath: rig.scratch.path("captures"))
            try rig.put(lines)
            try eventually("it is not ready", of: [worker]) {
                try report(worker)?.checks.contains { $0.name == "capture.writes" && $0.status == "failing" && $0.since != nil }
                    ?? false
            }
            try eventually("it has read everything", of: [worker]) { worker.records >= lines.count }
            #expect(!worker.isReady)
            try worker.drain()
            try rig.expect(lines)
        }

        @Test("while a broker hangs after everything was read, the worker is not ready, and its lag grows or is unknown")
        func hangingBroker() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 2)
            let worker = try KafkaWorker(broker.flags(topics: "events", state: "state"), in: scratch)
            try eventually("it is ready", of: [worker]) { worker.isReady }
            broker.suspend()
            try eventually("it is not ready", of: [worker]) { try report(worker)?.status == "failing" }
            let first = worker.metric("converge_oldest_event_age_seconds") ?? 0
            try eventually("the lag grows, or the group takes the partitions away", of: [worker]) {
                let now = try report(worker)
                #expect(now?.status == "failing")
                guard let age = worker.metric("converge_oldest_event_age_seconds") else { return true }
                return age > first + 1
            }
            broker.resume()
            try eventually("it is ready again, not \(String(describing: try? report(worker)))", of: [worker]) { worker.isReady }
            try eventually("nothing is old", of: [worker]) { worker.metric("converge_oldest_event_age_seconds") == 0 }
            try worker.drain()
        }
    }
}
