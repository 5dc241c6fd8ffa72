import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// Events go on coming meanwhile.
    @Suite("workers on Kinesis and DynamoDB under load")
    struct KinesisTortureTests {
        /// Held commits are let go soon, so that kills strike at all states of them.
        private let heartbeats = ["--heartbeat-write-interval", "2s"]

        private func start(_ rig: KinesisRig) throws -> KafkaWorker { try rig.worker(heartbeats[0], heartbeats[1]) }

        // A worker that was killed is missed after six seconds, so two others are there while the third waits.
        @Test("twenty kill -9 at random times of reading workers, sometimes of two at once, lose no event")
        func kills() throws {
            let seed = UInt64.random(in: .min ... .max)
            var dice = Dice(seed: seed)
            let rig = try KinesisRig(Emulator(), shards: 8)
            let lines = try withHeartbeats(Captures.large.get().prefix(6_000))
            let feed = try rig.feed(lines, perSecond: 150)
            var workers = try (0..<3).map { _ in try start(rig) }
            var kills = 0
            var starts = Set<String>()
            while kills < 20 {
                var reading: [Int] = []
                try eventually("somebody reads, after \(kills) kills; seed \(seed)", of: workers) {
                    reading = workers.indices.filter { workers[$0].records > 0 }
                    return !reading.isEmpty
                }
                usleep(UInt32.random(in: 0...800_000, using: &dice))
                let struck = reading.shuffled(using: &dice).prefix(Bool.random(using: &dice) ? 1 : 2)
                for index in struck { workers[index].program.stop() }
                for index in struck {
                    #expect(try workers[index].program.wait().wasKilled, "seed \(seed): \(workers[index].log.suffix(3))")
                    starts.formUnion(places(workers[index]))
                    workers[index] = try start(rig)
                    kills += 1
                }
            }
            // The last ones strike while what was read last is held.
            let count = try feed.end()
            let before = workers.map(\.records).reduce(0, +)
            try eventually("somebody reads to the last; seed \(seed)", of: workers) {
                workers.map(\.records).reduce(0, +) > before
            }
            usleep(500_000)
            for worker in workers { worker.program.stop() }
            #expect(starts.count > rig.shardCount, "seed \(seed): the kills left no more than \(starts)")
            try rig.toEnd(heartbeats[0], heartbeats[1])
            #expect(count > 500)
            try rig.expect(lines.prefix(count), "seed \(seed), \(count) lines")
            try rig.expectNothingNew()
        }

        /// Behind every line a heartbeat of an agent that was told of before, with nothing new but its time.
        private func withHeartbeats(_ lines: some Sequence<String>) throws -> [String] {
            var agents: [String: [String: Any]] = [:]
            var seconds = 0
            return try lines.flatMap { line -> [String] in
                if line.contains("\"EventType\":\"STATE_CHANGE\"") {
                    let event = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                    agents[event["AgentARN"] as? String ?? ""] = event
                }
                guard var beat = agents.values.randomElement() else { return [line] }
                seconds += 1
                let time = Date(timeIntervalSince1970: 1_772_500_000 + Double(seconds))
                beat["EventType"] = "HEART_BEAT"
                beat["EventId"] = UUID().uuidString.lowercased()
                beat["EventTimestamp"] = ISO8601DateFormatter().string(from: time)
                return try [line, String(decoding: JSONSerialization.data(withJSONObject: beat), as: UTF8.self)]
            }
        }

        /// Where shards were read from.
        private func places(_ worker: KafkaWorker) -> [String] {
            worker.entries("kinesis.assigned").compactMap { $0["fields"] as? [String: Any] }.map {
                "\($0["shard"] ?? "")@\($0["from"] ?? "")"
            }
        }

        @Test("workers wait while both services are down, and continue when they are up again")
        func servicesAway() throws {
            let emulator = try Emulator()
            let rig = try KinesisRig(emulator)
            let lines = try Captures.small.get()
            let worker = try start(rig)
            let feed = try rig.feed(lines.prefix(1_500), perSecond: 500)
            try eventually("it reads", of: [worker]) { worker.records > 300 }
            #expect(try feed.wait() == 1_500)
            emulator.stop()
            try eventually("it says so", of: [worker]) { !worker.entries("kinesis.trouble").isEmpty && !worker.isReady }
            #expect(worker.page("/health/live")?.hasPrefix("{\"status\":\"ok\"") == true)
            try emulator.start()
            try rig.put(lines.dropFirst(1_500))
            try eventually("it has read the rest", of: [worker]) { worker.records >= lines.count && worker.isReady }
            try worker.drain()
            try rig.expect(lines)
        }

        @Test("workers end when a table is recreated, and the next worker reads everything again")
        func tableMadeAnew() throws {
            let emulator = try Emulator()
            let rig = try KinesisRig(emulator)
            let lines = try Captures.small.get()
            try rig.put(lines.prefix(1_500))
            let worker = try rig.worker("--heartbeat-write-interval", "0ms")
            try eventually("it has read and written", of: [worker]) {
                worker.records == 1_500 && worker.metric("converge_dirty_bytes") == 0
            }
            let table = "\(rig.prefix)-contact"
            try emulator.cli(
                "us-east-1", "dynamodb", "update-table", "--table-name", table, "--no-deletion-protection-enabled")
            try emulator.cli("us-east-1", "dynamodb", "delete-table", "--table-name", table)
            try rig.createTables()
            try rig.put(lines.dropFirst(1_500))
            let ended = try worker.program.wait()
            #expect(ended.code == 1 && !ended.wasKilled)
            let message = try #require(worker.entries("run.failed").first?["message"] as? String, "\(worker.log.suffix(3))")
            #expect(message.contains("restored, emptied or replaced"), "\(message)")

            let next = try rig.toEnd()
            #expect(next.entries("kinesis.checkpoint.void").count == rig.shardCount)
            #expect(next.recordsInAll == lines.count)
            try rig.expect(lines)
        }

        @Test("workers continue with new credentials after theirs expire, even if the first renewals fail")
        func credentials() throws {
            let emulator = try Emulator()
            let endpoint = try ContainerCredentials(emulator, seconds: 4)
            let nothing = ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""]
            let files = ["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"]
            let rig = try KinesisRig(
                emulator, through: nothing.merging(files) { $1 }.merging(endpoint.environment) { $1 })
            let lines = try Captures.small.get()
            let worker = try start(rig)
            let feed = try rig.feed(lines, perSecond: 300)
            try eventually("it reads", of: [worker]) { worker.records > 0 }
            try endpoint.set(isFailing: true)
            try eventually("it has none that are good", of: [worker]) { !worker.isReady }
            try endpoint.set(isFailing: false)
            try eventually("it goes on", of: [worker]) { worker.isReady }
            #expect(try feed.wait() == lines.count)
            try eventually("it has read everything", of: [worker]) { worker.records >= lines.count }
            let handed = try endpoint.handed()
            try eventually("it has renewed them", of: [worker]) { try endpoint.handed() > handed + 1 }
            try worker.drain()
            try rig.expect(lines)
        }
    }
}
