import Foundation
import Testing

extension ProgramTests {
    @Suite("the worker on Kafka")
    struct KafkaRunTests {
        private func reference(_ lines: [String], in scratch: Scratch) throws -> String {
            try scratch.write("reference.jsonl", lines.jsonLines)
            return try scratch.digest(ofCaptures: "reference.jsonl")
        }

        private func digest(_ state: String, in scratch: Scratch) throws -> String {
            try #require(try scratch.converge("digest", state).digest)
        }

        private func joined(_ states: [String], in scratch: Scratch) throws -> String {
            let ended = try Program(["join"] + states + ["--output", "joined.jsonl"], in: scratch).wait()
            try #require(ended.code == 0, "\(ended.errors)")
            return try digest("joined.jsonl", in: scratch)
        }

        private func runToEnd(_ flags: [String], in scratch: Scratch) throws -> KafkaWorker {
            let worker = try KafkaWorker(flags + ["--until-end"], in: scratch)
            let ended = try worker.program.wait(seconds: 120)
            #expect(ended.code == 0 && !ended.wasKilled, "\(ended.errors) \(worker.log.suffix(3))")
            return worker
        }

        @Test("topics by name and by regular expression come to the digest of a replay, and once more to nothing new")
        func wholeTopics() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.large.get()
            for topic in ["agents", "contact-a", "contact-b"] { try broker.create(topic, partitions: 3) }
            for (number, topic) in ["agents", "contact-a", "contact-b"].enumerated() {
                try broker.produce(lines.part(number, of: 3), to: topic, partitions: 3)
            }
            let flags = broker.flags(topics: "agents,^contact-.*", state: "state")
            let first = try runToEnd(flags, in: scratch)
            #expect(first.fields("run.end")["records"] as? Int == lines.count)
            #expect(first.entries("kafka.partition.new").count == 9)
            let expected = try reference(lines, in: scratch)
            #expect(try digest("state", in: scratch) == expected)

            let second = try runToEnd(flags, in: scratch)
            #expect(second.fields("run.end")["records"] as? Int == 0)
            #expect(second.entries("kafka.partition.new").isEmpty)
            #expect(try digest("state", in: scratch) == expected)

            // The group has committed everything; another state directory is complete all the same.
            let third = try runToEnd(broker.flags(topics: "agents,^contact-.*", state: "other"), in: scratch)
            #expect(third.fields("run.end")["records"] as? Int == lines.count)
            #expect(try digest("other", in: scratch) == expected)
        }

        @Test("a state in memory runs too; --from leaves out what is older")
        func memoryAndFrom() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 2)
            try broker.produce(Captures.small.get(), to: "events", partitions: 2)
            let flags = broker.flags(topics: "events", state: "unused") + ["--store-kind", "memory"]
            #expect(try runToEnd(flags, in: scratch).fields("run.end")["records"] as? Int == 3_000)
            #expect(!scratch.exists("unused"))
            let later = try runToEnd(flags + ["--from", "2100-01-01T00:00:00Z"], in: scratch)
            #expect(later.fields("run.end")["records"] as? Int == 0)
            let earlier = try runToEnd(flags + ["--from", "2001-01-01T00:00:00Z"], in: scratch)
            #expect(earlier.fields("run.end")["records"] as? Int == 3_000)
        }

        @Test("--from beginning and --from latest hold whatever the store has; without it the store's position does")
        func words() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.small.get()
            try broker.create("events", partitions: 2)
            try broker.produce(lines.part(0, of: 3), to: "events", partitions: 2)
            let flags = broker.flags(topics: "events", state: "state")
            func records(_ from: [String]) throws -> Int? {
                try runToEnd(flags + from, in: scratch).fields("run.end")["records"] as? Int
            }
            #expect(try records(["--from", "latest"]) == 0)
            #expect(try records([]) == 0)
            try broker.produce(lines.part(1, of: 3), to: "events", partitions: 2)
            #expect(try records([]) == 1_000)
            #expect(try records(["--from", "beginning"]) == 2_000)
            try broker.produce(lines.part(2, of: 3), to: "events", partitions: 2)
            #expect(try records(["--from", "latest"]) == 0)
            #expect(try digest("state", in: scratch) == reference(lines.part(0, of: 3) + lines.part(1, of: 3), in: scratch))
        }

        @Test(
            "a member that joins and one that leaves midstream: their states joined are the replay's",
            .timeLimit(.minutes(4)))
        func members() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.large.get()
            try broker.create("events", partitions: 6)
            let parts = (0..<4).map { lines.part($0, of: 4) }
            try broker.produce(parts[0], to: "events", partitions: 6)

            let first = try KafkaWorker(broker.flags(topics: "events", state: "first"), in: scratch)
            try eventually("the first reads") { (first.metric("converge_records_total") ?? 0) > 0 }
            let second = try KafkaWorker(broker.flags(topics: "events", state: "second"), in: scratch)
            try broker.produce(parts[1], to: "events", partitions: 6)
            try eventually("both have partitions") {
                first.metric("converge_kafka_assigned_partitions") == 3
                    && second.metric("converge_kafka_assigned_partitions") == 3
            }
            try broker.produce(parts[2], to: "events", partitions: 6)
            try first.drain()
            try broker.produce(parts[3], to: "events", partitions: 6)
            try eventually("the second has everything", seconds: 120) {
                // A lag that is not known yet counts as none; ready is who knows it.
                second.metric("converge_kafka_assigned_partitions") == 6 && second.metric("converge_kafka_lag_records") == 0
                    && second.isReady
            }
            try second.drain()
            #expect(first.entries("kafka.revoked").allSatisfy { ($0["fields"] as? [String: Any])?["settled"] as? Bool == true })
            #expect(try joined(["first", "second"], in: scratch) == reference(lines, in: scratch))
        }

        // A static member is given its partitions at once when it comes back; this broker waits long for any other.
        @Test("kill -9 of a static member at random moments: digest of an undisturbed run", .timeLimit(.minutes(4)))
        func kills() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.large.get()
            try broker.create("events", partitions: 4)
            try broker.produce(lines, to: "events", partitions: 4)
            let flags = broker.flags(topics: "events", state: "state") + ["--kafka-group-instance-id", "a"]
            var killsMidway = 0
            for number in 0..<8 {
                let worker = try KafkaWorker(flags, in: scratch)
                try eventually("run \(number) reads") {
                    let records = worker.metric("converge_records_total") ?? 0
                    return records > 0 || (worker.metric("converge_kafka_lag_records") == 0)
                }
                usleep(UInt32.random(in: 0...150_000))
                worker.program.stop()
                #expect(try worker.program.wait().wasKilled)
                let starts = worker.entries("kafka.assigned").map { ($0["fields"] as? [String: Any])?["from"] as? String }
                if starts.contains(where: { $0 != "beginning" && $0 != "\(lines.count / 4)" }) { killsMidway += 1 }
            }
            #expect(killsMidway > 0)
            _ = try runToEnd(flags, in: scratch)
            #expect(try digest("state", in: scratch) == reference(lines, in: scratch))
        }

        @Test("kill -9 of the broker: the worker waits, is not ready meanwhile, and goes on", .timeLimit(.minutes(4)))
        func brokerAway() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.small.get()
            try broker.create("events", partitions: 2)
            try broker.produce(lines.part(0, of: 2), to: "events", partitions: 2)
            let worker = try KafkaWorker(broker.flags(topics: "events", state: "state"), in: scratch)
            try eventually("it is ready") { worker.isReady && worker.metric("converge_records_total") == 1_500 }
            try broker.awaitKept("events", partitions: 2, records: 1_500)
            broker.kill()
            try eventually("it is not ready") { !worker.isReady }
            #expect(worker.page("/health/live")?.hasPrefix("{\"status\":\"ok\"") == true)
            #expect(!worker.entries("kafka.trouble").isEmpty)
            try broker.restart()
            try broker.produce(lines.part(1, of: 2), to: "events", partitions: 2)
            try eventually("it has the rest") {
                (worker.metric("converge_records_total") ?? 0) >= 3_000 && worker.metric("converge_kafka_lag_records") == 0
            }
            try eventually("it is ready again") { worker.isReady }
            try worker.drain()
            #expect(try digest("state", in: scratch) == reference(lines, in: scratch))
        }
    }
}
