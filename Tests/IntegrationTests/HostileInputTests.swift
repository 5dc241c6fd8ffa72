import Foundation
import Testing

extension ProgramTests {
    @Suite("hostile input")
    struct HostileInputTests {
        private let scratch: Scratch
        private let events: [String]

        init() throws {
            scratch = try Scratch()
            events = try Array(Captures.small.get().prefix(300))
            try scratch.write("clean.jsonl", events.jsonLines)
        }

        @Test(
            "one malformed line between valid ones becomes one dead letter with its reason, line and bytes",
            arguments: [
                (Array("{\"half\":".utf8), "not-json"),
                (Array("nonsense".utf8), "not-json"),
                (Array("{} {\"a\":1} nonsense".utf8), "not-json"),
                (Array("[1]".utf8), "not-object"),
                (Array("42".utf8), "not-object"),
                ([0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D], "not-utf8"),
                ([0, 1, 2, 3, 4], "not-json"),
                (Array(repeating: UInt8(ascii: "["), count: 100_000), "not-json"),
                (
                    Array(repeating: UInt8(ascii: "["), count: 2_000) + Array(repeating: UInt8(ascii: "]"), count: 2_000),
                    "too-deep"
                ),
                (
                    Array("{\"AgentARN\":\"arn:aws:connect:us-east-1:1:instance/i/agent/a\",\"EventType\":\"LOGIN\"}".utf8),
                    "no-stamp"
                ),
                (Array("{\"capture\":1,\"data\":\"!\"}".utf8), "bad-envelope"),
            ])
        func badLine(line: [UInt8], reason: String) throws {
            let bytes = Array(events[..<200].jsonLines.utf8) + line + [10] + Array(events[200...].jsonLines.utf8)
            try scratch.write("a.jsonl", bytes)
            let ended = try scratch.converge("replay", "a.jsonl", "--memory", "--format", "json")
            #expect(ended.code == 0)
            let summary = try ended.json()
            #expect(summary["records"] as? Int == 301)
            let letter = try #require(try scratch.lines("dead-letters.jsonl").first)
            let told = try #require(try JSONSerialization.jsonObject(with: Data(letter.utf8)) as? [String: Any])
            let found = told["reason"] as? String
            #expect(found == reason || (reason == "not-json" && found == "too-deep"))
            #expect(summary["deadLetters"] as? [String: Int] == [found ?? "": 1])
            #expect((told["position"] as? String)?.hasPrefix("201") == true)
            #expect((told["stream"] as? String)?.hasSuffix("/a.jsonl") == true)
            let data = try #require(Data(base64Encoded: told["data"] as? String ?? ""))
            #expect(Data(line).range(of: data) != nil && !data.isEmpty)
            #expect(try summary["digest"] as? String == scratch.digest(ofCaptures: "clean.jsonl"))
        }

        @Test("objects of unknown shape are listed; --strict exits with 1, and --keep-unknown stores a sample of each kind")
        func unknownObjects() throws {
            let unknown = [
                "{\"b\":1,\"a\\u001b\":2}", "{\"detail-type\":\"Scheduled Event\",\"detail\":{}}", "{\"a\\u001b\":3,\"b\":4}",
            ]
            try scratch.write("a.jsonl", events.jsonLines + unknown.jsonLines)
            let ended = try scratch.converge("replay", "a.jsonl", "--memory", "--strict", "--format", "json")
            #expect(ended.code == 1)
            let summary = try ended.json()
            #expect(summary["unknown"] as? Int == 3)
            #expect(summary["unknownKinds"] as? [String: Int] == ["a\\u001b,b": 2, "EventBridge: Scheduled Event": 1])
            #expect(summary["deadLetters"] as? [String: Int] == [:])
            #expect(try summary["digest"] as? String == scratch.digest(ofCaptures: "clean.jsonl"))
            let table = try scratch.converge("replay", "a.jsonl", "--memory", "--keep-unknown")
            #expect(table.code == 0)
            #expect(table.text.contains("  EventBridge: Scheduled Event"))
            let letters = try scratch.lines("dead-letters.jsonl")
            #expect(letters.count == 2 && letters.allSatisfy { $0.contains("\"reason\":\"unknown-shape\"") })
            #expect(letters.first?.contains("\"position\":\"301\"") == true)
        }

        @Test("for a file that consists mainly of unknown objects, samples are stored without --keep-unknown")
        func mostlyUnknown() throws {
            try scratch.write("a.jsonl", events.prefix(100).jsonLines + (0..<500).map { "{\"mine\":\($0)}" }.jsonLines)
            let ended = try scratch.converge("replay", "a.jsonl", "--memory", "--format", "json")
            #expect(ended.code == 0)
            let letters = try #require(try ended.json()["deadLetters"] as? [String: Int])
            #expect(Array(letters.keys) == ["unknown-shape"])
            // Of each block of the file one.
            #expect((1...8).contains(letters["unknown-shape"] ?? 0))
            #expect(try scratch.lines("dead-letters.jsonl").count == letters["unknown-shape"])
        }

        @Test(
            "an array that ends after an element is reported, the records before it are merged, and reading continues there when it has grown"
        )
        func cutArray() throws {
            let array = "[" + events.joined(separator: ",\n") + "]\n"
            let cut = "[" + events.prefix(200).joined(separator: ",\n")
            try scratch.write("a.json", cut)
            for _ in 0..<2 {
                let ended = try scratch.converge("replay", "a.json", "--state", "s")
                #expect(ended.code == 1)
                #expect(
                    ended.errors.contains("a.json is incomplete: its JSON array does not end. 200 records"), "\(ended.errors)")
            }
            try scratch.write("before.jsonl", events.prefix(200).jsonLines)
            #expect(try scratch.converge("digest", "s").digest == scratch.digest(ofCaptures: "before.jsonl"))
            try scratch.write("a.json", array)
            let whole = try scratch.converge("replay", "a.json", "--state", "s", "--format", "json")
            #expect(whole.code == 0, "\(whole.errors)")
            #expect(try whole.json()["records"] as? Int == 100)
            #expect(try whole.digest == scratch.digest(ofCaptures: "clean.jsonl"))
        }

        @Test("a file that is not UTF-8 and has no lines is one dead letter")
        func utf16() throws {
            let text: [UInt8] =
                [0xFF, 0xFE] + events.prefix(3).jsonLines.utf16.flatMap { unit in [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
            try scratch.write("a.jsonl", text)
            let ended = try scratch.converge("replay", "a.jsonl", "--memory", "--format", "json")
            #expect(try ended.json()["deadLetters"] as? [String: Int] == ["not-utf8": 1])
            let letter = try #require(try scratch.lines("dead-letters.jsonl").first)
            let told = try #require(try JSONSerialization.jsonObject(with: Data(letter.utf8)) as? [String: Any])
            #expect(Data(base64Encoded: told["data"] as? String ?? "") == Data(text))
        }

        @Test("explain prints control characters of an event escaped")
        func controlCharacters() throws {
            try scratch.write(
                "a.json",
                """
                {"specversion":"1.0","id":"e\\u001b[2J","source":"/x","type":"converge.session.v1","subject":"s\\u001b[1m",\
                "time":"2026-03-02T14:00:00Z","data":{"a\\u001b]0;x\\u0007\\u009b":"y\\u007f"}}
                """)
            for arguments in [["s\u{1B}[1m"], ["s\u{1B}[1m", "no\u{1B}"], ["t\u{1B}"]] {
                let ended = try Program(["explain", "session"] + arguments + ["--from", "a.json"], in: scratch).wait()
                let shown = (ended.text + ended.errors).unicodeScalars
                #expect(!shown.contains { $0.properties.generalCategory == .control && $0 != "\n" })
                #expect((ended.text + ended.errors).contains("\\u001B"))
            }
        }

        @Test("--strict exits with 1 exactly if there was a dead letter")
        func strict() throws {
            try scratch.write("a.jsonl", events.jsonLines + "broken\n")
            for (file, code) in [("a.jsonl", 1), ("clean.jsonl", 0)] as [(String, Int32)] {
                let ended = try scratch.converge("replay", file, "--memory", "--strict")
                #expect(ended.code == code)
                #expect(try ended.digest == scratch.digest(ofCaptures: "clean.jsonl"))
                #expect(ended.errors.contains("1 dead letter in dead-letters.jsonl") == (code == 1))
            }
        }

        @Test("a file of random bytes gives dead letters and no state", arguments: 1...6)
        func garbage(seed: UInt64) throws {
            // A linear congruential generator (Knuth's MMIX): the same bytes in every run.
            var state = seed
            let bytes = (0..<20_000).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            try scratch.write("a.jsonl", bytes)
            let ended = try scratch.converge("replay", "a.jsonl", "--memory", "--format", "json")
            #expect(ended.code == 0 || (ended.code == 1 && ended.errors.contains("a.jsonl")), "\(ended.errors)")
            #expect(!ended.wasKilled)
        }

        @Test("an empty file is read to its end", arguments: ["", "\n\n\n", "\u{FEFF}"])
        func empty(text: String) throws {
            try scratch.write("a.jsonl", text)
            let ended = try scratch.converge("replay", "a.jsonl", "--state", "s", "--format", "json")
            #expect(ended.code == 0, "\(ended.errors)")
            #expect(try ended.json()["records"] as? Int == 0)
            #expect(
                try scratch.converge("replay", "a.jsonl", "--state", "s", "--format", "json").json()["skippedFiles"] as? Int
                    == 1)
        }

        @Test("a line of 100 MB is a record like any other")
        func longLine() throws {
            let filling = String(repeating: "x", count: 100 << 20)
            try scratch.write("a.jsonl", events[0] + "\n{\"x\":\"" + filling + "\"}\n" + events[1] + "\n")
            try scratch.write("b.jsonl", events[..<2].jsonLines)
            let ended = try scratch.converge("replay", "a.jsonl", "--memory", "--format", "json")
            #expect(ended.code == 0, "\(ended.errors)")
            let summary = try ended.json()
            #expect(summary["records"] as? Int == 3)
            #expect(summary["unknown"] as? Int == 1)
            #expect(try summary["digest"] as? String == scratch.digest(ofCaptures: "b.jsonl"))
        }

        @Test(
            "of a truncated compressed file the records before the cut are merged, and the error contains the file",
            arguments: ["gz", "zst"])
        func cutOff(form: String) throws {
            let text = try Captures.small.get().jsonLines
            let packed = try form == "gz" ? gzipped(text) : zstdCompressed(text)
            try scratch.write("a.\(form)", packed.prefix(packed.count * 2 / 3))
            let ended = try scratch.converge("replay", "a.\(form)", "--state", "s")
            #expect(ended.code == 1)
            #expect(ended.errors.contains("a.\(form): the "), "\(ended.errors)")
            let read = try #require(ended.errors.firstMatch(of: /([0-9]+) records before it were read/).flatMap { Int($0.1) })
            #expect(read > 500 && read < 3_000)
            try scratch.write("before.jsonl", Captures.small.get().prefix(read).jsonLines)
            #expect(try scratch.converge("digest", "s").digest == scratch.digest(ofCaptures: "before.jsonl"))
        }
    }
}
