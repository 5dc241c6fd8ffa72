import Foundation
import Testing

extension ProgramTests {
    @Suite("redrive of dead letters")
    struct RedriveTests {
        private let scratch: Scratch
        private let whole: String

        init() throws {
            scratch = try Scratch()
            try scratch.write("clean.jsonl", Captures.small.get().jsonLines)
            whole = try scratch.digest(ofCaptures: "clean.jsonl")
        }

        /// What the state `a` and the dead letters replayed into another one come to together.
        private func redriven(_ arguments: String...) throws -> String? {
            let ended = try Program(["replay", "a/dead-letters.jsonl", "--state", "b"] + arguments, in: scratch).wait()
            #expect(ended.code == 0, "\(ended.errors)")
            #expect(!scratch.exists("b/dead-letters.jsonl"))
            return try scratch.converge("join", "a", "b", "--output", "joined.jsonl").digest
        }

        @Test("quarantined events are merged with a larger --max-skew")
        func skew() throws {
            let lines = try Captures.small.get()
            // Every third came by a broker whose clock was two hours slow.
            let captured = lines.enumerated().map { number, line in
                let arrival = number % 3 == 0 ? "2026-03-02T12:00:00Z" : "2026-03-20T12:00:00Z"
                return #"{"arrival":"\#(arrival)","capture":1,"data":"\#(Data(line.utf8).base64EncodedString())","#
                    + #""partition":"0","position":"1","source":"kafka","stream":"s"}"#
            }
            try scratch.write("captured.jsonl", captured.jsonLines)
            let ended = try scratch.converge("replay", "captured.jsonl", "--state", "a", "--format", "json")
            let summary = try ended.json()
            #expect(summary["quarantined"] as? Int == 1_000)
            #expect(ended.digest != whole)
            #expect(try redriven("--max-skew", "30d") == whole)
        }

        @Test("events that were ahead of --now are merged with a later --now")
        func now() throws {
            let ended = try scratch.converge(
                "replay", "clean.jsonl", "--state", "a", "--now", "2026-03-02T14:00:30Z", "--max-skew", "1m", "--format", "json"
            )
            let held = try #require(ended.json()["quarantined"] as? Int)
            #expect(held > 300 && held < 3_000)
            #expect(try redriven() == whole)
        }

        /// A Kinesis-to-Lambda envelope of events that arrived at a time, in seconds.
        private func envelope(_ events: some Sequence<(line: String, arrival: String)>) -> String {
            let records = events.map { event in
                let data = Data(event.line.utf8).base64EncodedString()
                return #"{"kinesis":{"approximateArrivalTimestamp":\#(event.arrival),"data":"\#(data)"}}"#
            }
            return "{\"Records\":[" + records.joined(separator: ",") + "]}\n"
        }

        @Test("a refused event inside an envelope is replayed alone")
        func envelope() throws {
            let events = try Captures.small.get().enumerated().map { number, line in
                (line: line, arrival: number % 2 == 0 ? "1772452800.5" : "1774000000.5")
            }
            try scratch.write("envelope.json", envelope(events))
            let ended = try scratch.converge("replay", "envelope.json", "--state", "a", "--format", "json")
            #expect(try ended.json()["deadLetters"] as? [String: Int] == ["skew": 1_500])
            #expect(try redriven("--max-skew", "30d") == whole)
        }

        @Test("a record with more refused events than are kept one by one is replayed as a whole")
        func manyRefusals() throws {
            let lines = try Captures.small.get()
            let short = lines.sorted { $0.utf8.count < $1.utf8.count }.prefix(100)
            let early = (0..<120).flatMap { _ in short.map { (line: $0, arrival: "1772452800.5") } }
            try scratch.write("others.jsonl", lines.filter { !short.contains($0) }.jsonLines)
            try scratch.write("envelope.json", envelope(early))
            let ended = try scratch.converge("replay", "others.jsonl", "envelope.json", "--state", "a", "--format", "json")
            let deadLetters = try #require(ended.json()["deadLetters"] as? [String: Int])
            #expect(deadLetters["too-large"] == 1)
            #expect((deadLetters["skew"] ?? 0) < early.count)
            #expect(try redriven("--max-skew", "30d") == whole)
        }

        @Test("dead letters that fail again are written to another file than their input")
        func failingAgain() throws {
            try scratch.write("a.jsonl", "broken\n")
            #expect(try scratch.converge("replay", "a.jsonl", "--state", "a").code == 0)
            let letters = try scratch.read("a/dead-letters.jsonl")
            let refused = try scratch.converge("replay", "a/dead-letters.jsonl", "--state", "a")
            #expect(refused.code == 2)
            #expect(refused.errors.contains("--dead-letters: a/dead-letters.jsonl is also an input"), "\(refused.errors)")
            #expect(try scratch.read("a/dead-letters.jsonl") == letters)
            let again = try scratch.converge(
                "replay", "a/dead-letters.jsonl", "--state", "a", "--dead-letters", "again.jsonl", "--strict")
            #expect(again.code == 1)
            let letter = try #require(try scratch.lines("again.jsonl").first)
            #expect(letter.contains("\"data\":\"\(Data("broken".utf8).base64EncodedString())\""))
            #expect(letter.contains("\"position\":\"1/1\""))
        }

        @Test("a dead letter contains the bytes of the record, which can be corrected and replayed")
        func mended() throws {
            var lines = try Captures.small.get().map { Array($0.utf8) }
            for number in stride(from: 0, to: lines.count, by: 10) {
                // Half of them cut off, half of them with a byte that is not UTF-8.
                if number % 20 == 0 { lines[number].removeLast() } else { lines[number].insert(0xFF, at: 2) }
            }
            try scratch.write("a.jsonl", lines.joined(separator: [10]))
            #expect(try scratch.converge("replay", "a.jsonl", "--state", "a").code == 0)
            var mended: [[UInt8]] = []
            for letter in try scratch.lines("a/dead-letters.jsonl") {
                let told = try #require(try JSONSerialization.jsonObject(with: Data(letter.utf8)) as? [String: Any])
                let line = try #require(Int(told["position"] as? String ?? ""))
                var bytes = try Array(#require(Data(base64Encoded: told["data"] as? String ?? "")))
                #expect(bytes == lines[line - 1])
                if told["reason"] as? String == "not-utf8" { bytes.remove(at: 2) } else { bytes.append(UInt8(ascii: "}")) }
                mended.append(bytes)
            }
            #expect(mended.count == 300)
            try scratch.write("mended.jsonl", mended.joined(separator: [10]))
            #expect(try scratch.converge("replay", "mended.jsonl", "--state", "a").digest == whole)
        }
    }
}
