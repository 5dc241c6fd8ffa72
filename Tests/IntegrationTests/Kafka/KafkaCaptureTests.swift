import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("the capture of the worker on Kafka")
    struct KafkaCaptureTests {
        private func files(_ scratch: Scratch) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: scratch.path("captures")).filter { !$0.hasPrefix(".") }.sorted()
        }

        @Test(
            "a replay of the capture gives the digest and dead letters of the run; its files are readable only by their owner")
        func replayed() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.small.get()
            try broker.create("events", partitions: 3)
            let broken: [[UInt8]] = [Array("{\"broken\":".utf8), [0xFF, 0x00, 0xFE]]
            try broker.produce(lines, to: "events", partitions: 3)
            try broker.produce(broken, to: "events")
            let worker = try KafkaWorker(
                broker.flags(topics: "events", state: "state")
                    + ["--until-end", "--capture", "captures", "--capture-file-bytes", "64k"], in: scratch)
            #expect(try worker.program.wait().code == 0, "\(worker.log.suffix(3))")
            #expect(try files(scratch).count > 2)
            for file in try files(scratch) {
                let mode = try FileManager.default.attributesOfItem(atPath: scratch.path("captures/\(file)"))[.posixPermissions]
                #expect(mode as? Int == 0o600)
            }
            let ended = try scratch.converge("replay", "captures", "--state", "again", "--format", "json")
            #expect(ended.code == 0, "\(ended.errors)")
            let summary = try ended.json()
            #expect(summary["records"] as? Int == lines.count + broken.count)
            #expect((summary["deadLetters"] as? [String: Int])?.values.reduce(0, +) == broken.count)
            #expect(try ended.digest == scratch.digest(of: "state"))
        }

        @Test("the capture contains the whole run, even if the worker was killed several times")
        func killed() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.large.get()
            try broker.create("events", partitions: 4)
            try broker.produce(lines, to: "events", partitions: 4)
            let flags =
                broker.flags(topics: "events", state: "state")
                + ["--kafka-group-instance-id", "a", "--capture", "captures", "--capture-file-bytes", "512k"]
            for number in 0..<6 {
                let worker = try KafkaWorker(flags, in: scratch)
                try eventually("run \(number) reads", of: [worker]) {
                    let records = worker.metric("converge_records_total") ?? 0
                    return records > 0 || (worker.metric("converge_kafka_lag_records") == 0)
                }
                usleep(UInt32.random(in: 0...150_000))
                worker.program.stop()
                #expect(try worker.program.wait().wasKilled)
            }
            let killsMidway = try files(scratch).count { $0.hasSuffix(".open.jsonl.zst") }
            #expect(killsMidway > 0)
            let worker = try KafkaWorker(flags + ["--until-end"], in: scratch)
            #expect(try worker.program.wait().code == 0, "\(worker.log.suffix(3))")
            let ended = try scratch.converge("replay", "captures", "--memory", "--strict", "--format", "json")
            #expect(ended.code == 0, "\(ended.errors)")
            let cutFiles = try #require(ended.json()["cutFiles"] as? Int)
            #expect(cutFiles > 0 && cutFiles <= killsMidway)
            #expect(ended.errors.components(separatedBy: "is cut off").count == cutFiles + 1, "\(ended.errors)")
            #expect(try ended.digest == scratch.digest(of: "state"))
            #expect(try ended.digest == scratch.digest(ofLines: lines))
        }

        @Test(
            "on a full disk only the capture stops: the worker reports this and merges everything",
            .enabled(if: SmallFileSystem.isPermitted, "mounting a small file system is not permitted here"))
        func fullDisk() throws {
            let scratch = try Scratch()
            let disk = try #require(SmallFileSystem("256k"))
            let broker = try Broker()
            let lines = try Captures.small.get()
            try broker.create("events", partitions: 2)
            try broker.produce(lines, to: "events", partitions: 2)
            let worker = try KafkaWorker(
                broker.flags(topics: "events", state: "state") + ["--capture", disk.path + "/captures"], in: scratch)
            try eventually("it has everything", of: [worker]) { worker.metric("converge_records_total") == Double(lines.count) }
            #expect(worker.metric("converge_capture_errors_total") == 1)
            #expect(!worker.isReady, "a capture was asked for, and there is none")
            #expect((worker.metric("converge_capture_missed_records_total") ?? 0) > 0)
            try worker.drain()
            #expect(worker.entries("capture.failed").count == 1)
            let message = worker.entries("capture.failed").first?["message"] as? String
            #expect(message?.contains("No space left") == true, "\(message ?? "none")")
            #expect(try scratch.digest(of: "state") == scratch.digest(ofLines: lines))
            #expect(try scratch.converge("replay", disk.path + "/captures", "--memory", "--strict").code == 0)
        }
    }
}
