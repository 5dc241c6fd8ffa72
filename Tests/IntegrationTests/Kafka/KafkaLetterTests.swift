import Foundation
import Testing

extension ProgramTests {
    @Suite("dead letters of the worker on Kafka")
    struct KafkaLetterTests {
        private let broken: [[UInt8]] = [
            Array("{\"broken\":".utf8), [0xFF, 0x00, 0xFE], Array("{\"a\":\"\u{00e9}\"} trailing".utf8), Array("[1,2".utf8),
        ]

        @Test("dead letters are written unchanged to a topic with their origin and reason, and everything else is merged")
        func topic() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let lines = try Captures.small.get()
            try broker.create("events", partitions: 1)
            try broker.create("letters", partitions: 1)
            try broker.produce(lines.map { Array($0.utf8) } + broken, to: "events")
            let worker = try KafkaWorker(
                broker.flags(topics: "events", state: "state")
                    + ["--until-end", "--dead-letters-kind", "kafka", "--dead-letters-topic", "letters"], in: scratch)
            #expect(try worker.program.wait().code == 0, "\(worker.log.suffix(3))")
            #expect(worker.fields("run.end")["dead-letters"] as? Int == broken.count)

            let letters = try broker.records(of: "letters")
            #expect(Set(letters.map(\.bytes)) == Set(broken))
            for letter in letters {
                let number = try #require(broken.firstIndex(of: letter.bytes))
                #expect(letter.headers["converge.source"] == "kafka")
                #expect(letter.headers["converge.topic"] == "events")
                #expect(letter.headers["converge.partition"] == "0")
                #expect(letter.headers["converge.offset"] == "\(lines.count + number)")
                #expect(letter.headers["converge.reason"]?.isEmpty == false)
                #expect(letter.headers["converge.time"]?.hasSuffix("Z") == true)
            }
            try scratch.write("reference.jsonl", lines.jsonLines)
            #expect(try scratch.converge("digest", "state").digest == scratch.digest(ofCaptures: "reference.jsonl"))
        }

        @Test("by default dead letters are written to a file with their offsets")
        func file() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 1)
            try broker.produce(broken, to: "events")
            let worker = try KafkaWorker(broker.flags(topics: "events", state: "state") + ["--until-end"], in: scratch)
            #expect(try worker.program.wait().code == 0)
            let letters = try scratch.lines("state/dead-letters.jsonl").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
            let data = letters.compactMap { ($0["data"] as? String).flatMap { Data(base64Encoded: $0) }.map { Array($0) } }
            #expect(data == broken)
            #expect(letters.compactMap { $0["position"] as? String } == ["0", "1", "2", "3"])
            #expect(letters.allSatisfy { $0["stream"] as? String == "events" && $0["source"] as? String == "kafka" })
        }
    }
}
