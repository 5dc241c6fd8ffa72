import Foundation
import Testing

extension ProgramTests {
    @Suite("the worker on Kafka")
    struct KafkaRunTests {
        @Test("topics by name and by regular expression lead to the digest of a replay, and a second run reads nothing new")
        func wholeTopics() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.large.get()
            for topic in ["agents", "contact-a", "contact-b"] { try broker.create(topic, partitions: 3) }
            for (number, topic) in ["agents", "contact-a", "contact-b"].enumerated() {
                try broker.produce(lines.part(number, of: 3), to: topic, partitions: 3)
            }
            let flags = broker.flags(topics: "agents,^contact-.*", state: "state")
            let first = try KafkaWorker.toEnd(flags, in: scratch)
            #expect(first.fields("run.end")["records"] as? Int == lines.count)
            #expect(try #require(first.fields("run.end")["seconds"] as? Double) > 0)
            #expect(first.entries("kafka.partition.new").count == 9)
            let expected = try scratch.digest(ofLines: lines)
            #expect(try scratch.digest(of: "state") == expected)

            let second = try KafkaWorker.toEnd(flags, in: scratch)
            #expect(second.fields("run.end")["records"] as? Int == 0)
            #expect(second.entries("kafka.partition.new").isEmpty)
            #expect(try scratch.digest(of: "state") == expected)

            // The group has committed everything; another state directory is complete all the same.
            let third = try KafkaWorker.toEnd(broker.flags(topics: "agents,^contact-.*", state: "other"), in: scratch)
            #expect(third.fields("run.end")["records"] as? Int == lines.count)
            #expect(try scratch.digest(of: "other") == expected)
        }

        @Test("a state in memory is possible, and --from TIME skips older records")
        func memoryAndFrom() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 2)
            try broker.produce(Captures.small.get(), to: "events", partitions: 2)
            let flags = broker.flags(topics: "events", state: nil) + ["--store-kind", "memory"]
            #expect(try KafkaWorker.toEnd(flags, in: scratch).fields("run.end")["records"] as? Int == 3_000)
            #expect(!scratch.exists("converge-state"))
            let later = try KafkaWorker.toEnd(flags + ["--from", "2100-01-01T00:00:00Z"], in: scratch)
            #expect(later.fields("run.end")["records"] as? Int == 0)
            let earlier = try KafkaWorker.toEnd(flags + ["--from", "2001-01-01T00:00:00Z"], in: scratch)
            #expect(earlier.fields("run.end")["records"] as? Int == 3_000)
        }

        @Test("--from beginning and --from latest override the stored position; without --from it applies")
        func words() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.small.get()
            try broker.create("events", partitions: 2)
            try broker.produce(lines.part(0, of: 3), to: "events", partitions: 2)
            let flags = broker.flags(topics: "events", state: "state")
            func records(_ from: [String]) throws -> Int? {
                try KafkaWorker.toEnd(flags + from, in: scratch).fields("run.end")["records"] as? Int
            }
            #expect(try records(["--from", "latest"]) == 0)
            #expect(try records([]) == 0)
            try broker.produce(lines.part(1, of: 3), to: "events", partitions: 2)
            #expect(try records([]) == 1_000)
            #expect(try records(["--from", "beginning"]) == 2_000)
            try broker.produce(lines.part(2, of: 3), to: "events", partitions: 2)
            #expect(try records(["--from", "latest"]) == 0)
            #expect(try scratch.digest(of: "state") == scratch.digest(ofLines: lines.part(0, of: 3) + lines.part(1, of: 3)))
        }

        @Test(
            "with two members, a third that joins and one that leaves, the join of their states equals the replay's")
        func members() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.large.get()
            try broker.create("events", partitions: 6)
            let feeder = try Feeder(lines, to: broker, topic: "events", partitions: 6, perSecond: 500)
            func member(_ name: String) throws -> KafkaWorker {
                try KafkaWorker(broker.flags(topics: "events", state: name), in: scratch)
            }
            func awaitShared(_ members: KafkaWorker...) throws {
                try eventually("\(members.count) share the partitions", of: members) {
                    members.allSatisfy {
                        $0.metric("converge_kafka_assigned_partitions") == Double(6 / members.count)
                    }
                }
                // Each reads in this sharing.
                for member in members {
                    let before = member.metric("converge_records_total") ?? 0
                    try eventually("it reads what is its own", of: [member]) {
                        (member.metric("converge_records_total") ?? 0) > before
                    }
                }
            }
            let first = try member("first")
            let second = try member("second")
            try awaitShared(first, second)
            let third = try member("third")
            try awaitShared(first, second, third)
            try first.drain()
            try awaitShared(second, third)
            try feeder.end()
            for member in [second, third] {
                try eventually("it has everything", of: [member]) {
                    // A lag that is not known yet counts as none; ready is who knows it.
                    member.metric("converge_kafka_lag_records") == 0 && member.isReady
                }
            }
            for member in [second, third] { try member.drain() }
            for member in [first, second, third] {
                let revoked = member.entries("kafka.revoked").compactMap { $0["fields"] as? [String: Any] }
                #expect(revoked.allSatisfy { $0["settled"] as? Bool == true }, "\(revoked)")
            }
            #expect(try scratch.digest(ofJoined: ["first", "second", "third"]) == scratch.digest(ofLines: feeder.fed))
        }

        @Test("records of kcat are read with every compression")
        func kcat() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.small.get()
            try broker.create("events", partitions: 3)
            for (number, codec) in ["none", "gzip", "snappy", "lz4", "zstd"].enumerated() {
                let path = try scratch.write("in-\(codec)", lines.part(number, of: 5).jsonLines)
                try broker.produceByKcat(path, to: "events", "-X", "compression.codec=\(codec)")
            }
            let worker = try KafkaWorker.toEnd(broker.flags(topics: "events", state: "state"), in: scratch)
            #expect(worker.fields("run.end")["records"] as? Int == lines.count)
            #expect(try scratch.digest(of: "state") == scratch.digest(ofLines: lines))
        }

        @Test("after kill -9 of the broker the worker waits, is not ready, and continues when the broker is up again")
        func brokerAway() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.small.get()
            try broker.create("events", partitions: 2)
            try broker.produce(lines.part(0, of: 2), to: "events", partitions: 2)
            let worker = try KafkaWorker(broker.flags(topics: "events", state: "state"), in: scratch)
            try eventually("it is ready", of: [worker]) {
                worker.isReady && (worker.metric("converge_records_total") ?? 0) >= 1_500
            }
            try broker.awaitKept("events", partitions: 2, records: 1_500)
            broker.kill()
            try eventually("it is not ready", of: [worker]) { !worker.isReady }
            #expect(worker.page("/health/live")?.hasPrefix("{\"status\":\"ok\"") == true)
            #expect(!worker.entries("kafka.trouble").isEmpty)
            try broker.restart()
            try broker.produce(lines.part(1, of: 2), to: "events", partitions: 2)
            try eventually("it has the rest", of: [worker]) {
                (worker.metric("converge_records_total") ?? 0) >= 3_000 && worker.metric("converge_kafka_lag_records") == 0
            }
            try eventually("it is ready again", of: [worker]) { worker.isReady }
            try worker.drain()
            #expect(try scratch.digest(of: "state") == scratch.digest(ofLines: lines))
        }
    }
}
