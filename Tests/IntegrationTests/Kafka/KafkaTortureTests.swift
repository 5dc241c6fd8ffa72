import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// Events go on coming meanwhile.
    @Suite("the worker on Kafka under load")
    struct KafkaTortureTests {
        private let partitions = 4

        /// Everything that a topic holds, as another client finds it.
        private func held(by broker: Broker, in scratch: Scratch) throws -> [String] {
            try broker.linesByKcat(of: "events", in: scratch)
        }

        // A static member is given its partitions at once when it comes back; this broker waits long for any other.
        @Test("twenty kill -9 at random times, each followed by a restart, lose no event")
        func kills() throws {
            let seed = UInt64.random(in: .min ... .max)
            var dice = Dice(seed: seed)
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: partitions)
            let feeder = try Feeder(
                Captures.large.get(), to: broker, topic: "events", partitions: partitions, perSecond: 1_000)
            let flags = broker.flags(topics: "events", state: "state") + ["--kafka-group-instance-id", "a"]
            var starts = Set<String>()
            for number in 0..<20 {
                let worker = try KafkaWorker(flags, in: scratch)
                // Every other one has made something durable before, so that the whole comes along.
                if number % 2 == 0 {
                    try eventually("run \(number) makes something durable", of: [worker]) {
                        (worker.metric("converge_flushes_total") ?? 0) > 0
                    }
                }
                usleep(UInt32.random(in: 0...400_000, using: &dice))
                worker.program.stop()
                #expect(try worker.program.wait().wasKilled, "seed \(seed): run \(number) \(worker.log.suffix(3))")
                let fields = worker.entries("kafka.assigned").compactMap { $0["fields"] as? [String: Any] }
                for case let (partition as String, from as String) in fields.map({ ($0["partition"], $0["from"]) }) {
                    starts.insert("\(partition)@\(from)")
                }
            }
            #expect(starts.count > partitions, "seed \(seed): the kills left no more than \(starts)")
            try feeder.end()
            try KafkaWorker.toEnd(flags, in: scratch)
            let held = try held(by: broker, in: scratch)
            #expect(Set(held) == Set(feeder.fed), "seed \(seed)")
            #expect(try scratch.digest(of: "state") == scratch.digest(ofLines: held), "seed \(seed)")
        }

        @Test("five kill -9 of the broker at random times lose no event that the broker still has")
        func brokerKills() throws {
            let seed = UInt64.random(in: .min ... .max)
            var dice = Dice(seed: seed)
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: partitions)
            try broker.produce(Captures.small.get(), to: "events", partitions: partitions)
            try broker.awaitKept("events", partitions: partitions, records: 3_000)
            let feeder = try Feeder(
                Captures.large.get(), to: broker, topic: "events", partitions: partitions, perSecond: 1_000)
            let worker = try KafkaWorker(broker.flags(topics: "events", state: "state"), in: scratch)
            for number in 0..<5 {
                let before = worker.metric("converge_records_total") ?? 0
                try eventually("it reads before kill \(number)", of: [worker]) {
                    (worker.metric("converge_records_total") ?? 0) > before
                }
                usleep(UInt32.random(in: 0...1_500_000, using: &dice))
                broker.kill()
                try feeder.rest()
                try broker.restart()
                try awaitNothingAhead(worker, of: broker)
                feeder.goOn()
            }
            try feeder.end()
            #expect(feeder.repeated > 0, "seed \(seed): no kill came while something was under way")
            // What the broker acknowledged and lost, whoever produced it has to produce again.
            let lost = try Set(feeder.fed + Captures.small.get()).subtracting(held(by: broker, in: scratch))
            try broker.produce(Array(lost), to: "events", partitions: partitions)

            let held = try held(by: broker, in: scratch)
            try eventually("it has read everything", of: [worker]) {
                let ends = try broker.ends(of: "events", partitions: partitions)
                let isThere = ends.indices.allSatisfy { worker.position("events", partition: $0) == Double(ends[$0]) }
                return isThere && worker.metric("converge_kafka_lag_records") == 0 && worker.isReady
            }
            try worker.drain()
            #expect(try scratch.digest(of: "state") == scratch.digest(ofLines: held), "seed \(seed), \(lost.count) lost")
        }

        /// Waits until the worker knows of what the broker lost: it reads nothing that lies behind the end. Were there more again at
        /// that place before it looks, neither broker nor client could tell.
        private func awaitNothingAhead(_ worker: KafkaWorker, of broker: Broker) throws {
            try eventually("it knows of what the broker lost", of: [worker]) {
                let ends = try broker.ends(of: "events", partitions: partitions)
                return ends.indices.allSatisfy { index in
                    worker.position("events", partition: index).map { $0 <= Double(ends[index]) } ?? false
                }
            }
        }

        @Test("a topic that was deleted and created again is read from its beginning")
        func topicMadeAnew() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.small.get()
            try broker.create("events", partitions: 1)
            try broker.produce(Array(lines.prefix(2_000)), to: "events")
            let worker = try KafkaWorker(broker.flags(topics: "events", state: "state"), in: scratch)
            try eventually("it has read the old", of: [worker]) { (worker.metric("converge_records_total") ?? 0) >= 2_000 }
            try broker.delete("events")
            try broker.create("events", partitions: 1)
            try broker.produce(Array(lines.dropFirst(2_000)), to: "events")
            try eventually("it has read the new", of: [worker]) { (worker.metric("converge_records_total") ?? 0) >= 3_000 }
            try eventually("it knows where it is", of: [worker]) {
                worker.position("events", partition: 0) == 1_000 && worker.isReady
            }
            try worker.drain()
            #expect(try scratch.digest(of: "state") == scratch.digest(ofLines: lines))
            let again = try KafkaWorker.toEnd(broker.flags(topics: "events", state: "state"), in: scratch)
            #expect(again.fields("run.end")["records"] as? Int == 0)
        }
    }
}
