import Foundation
import Testing

extension ProgramTests {
    @Suite("show, explain, join, verify and generate")
    struct StateToolsTests {
        private let scratch: Scratch
        private let lines: [String]
        private let whole: String
        /// The state as lines, parsed.
        private let state: [(line: String, object: [String: Any])]

        init() throws {
            scratch = try Scratch()
            lines = try Captures.small.get()
            try scratch.write("a.jsonl", lines.jsonLines)
            whole = try #require(try scratch.converge("replay", "a.jsonl", "--state", "s", "--output", "state.jsonl").digest)
            state = try scratch.lines("state.jsonl").map { line in
                (line, try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:])
            }
        }

        private func entities(_ kind: String) -> [(line: String, object: [String: Any])] {
            state.filter { $0.object["kind"] as? String == kind }
        }

        private func id(_ entity: [String: Any]) throws -> String { try #require(entity["id"] as? String) }

        @Test("show counts the entities of each kind")
        func counts() throws {
            let rows = try scratch.converge("show", "--state", "s").text.split(separator: "\n").map { $0.split(separator: " ") }
            #expect(rows.count == 9)
            for row in rows { #expect(Int(row[1]) == entities(String(row[0])).count) }
            #expect(try scratch.converge("show", "--state", "s", "--format", "json").output == scratch.read("state.jsonl"))
        }

        @Test(
            "show KIND lists ids, and as JSON the lines of the state",
            arguments: ["agent", "contact", "flow", "queue", "username"])
        func kind(kind: String) throws {
            let table = try scratch.converge("show", kind, "--state", "s").text
            #expect(try table == entities(kind).map { try id($0.object) }.jsonLines)
            let json = try scratch.converge("show", kind, "--state", "s", "--format", "json").text
            #expect(json == entities(kind).map(\.line).jsonLines)
        }

        @Test("show KIND ID shows one entity, and as JSON its line", arguments: ["agent", "contact", "customer", "session"])
        func one(kind: String) throws {
            let entity = try #require(entities(kind).last)
            let id = try id(entity.object)
            #expect(try scratch.converge("show", kind, id, "--state", "s", "--format", "json").text == entity.line + "\n")
            let table = try scratch.converge("show", kind, id, "--state", "s").text
            #expect(table.hasPrefix("\(kind) \(id)\n\n"))
            for name in try #require(entity.object["state"] as? [String: Any]).keys {
                #expect(table.contains("\n  \(name)"), "\(table)")
            }
            let missing = try scratch.converge("show", kind, "nobody", "--state", "s")
            #expect(missing.code == 1)
            #expect(missing.errors.contains("no \(kind) 'nobody' in s"))
        }

        @Test(
            "explain marks one winner per last-writer-wins register, the one that show shows, with its line",
            arguments: ["agent", "contact", "flow", "session", "queue"])
        func explain(kind: String) throws {
            let entity = try #require(entities(kind).max { $0.line.utf8.count < $1.line.utf8.count })
            let registers = try #require(entity.object["registers"] as? [String: [String: Any]])
            let id = try id(entity.object)
            let told = try scratch.converge("explain", kind, id, "--from", "a.jsonl", "--format", "json")
            var winners: [String: Int] = [:]
            var paths: Set<String> = []
            for line in told.text.split(separator: "\n") {
                let candidate = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                let path = try #require(candidate["path"] as? String)
                let place = try #require(candidate["place"] as? String)
                paths.insert(path)
                let number = try #require(place.hasPrefix("a.jsonl:") ? Int(place.dropFirst(8)) : nil)
                #expect(lines[number - 1].contains(id.split(separator: "/").last ?? ""), "\(place)")
                guard candidate["winner"] as? Bool == true, registers[path]?["rule"] as? String != "union" else { continue }
                winners[path, default: 0] += 1
                let register = try #require(candidate["register"] as? NSDictionary)
                #expect(register == registers[path].map { $0 as NSDictionary }, "\(path)")
            }
            #expect(paths == Set(registers.keys))
            let single = registers.filter { $0.value["rule"] == nil }.keys
            #expect(!single.isEmpty)
            for path in single { #expect(winners[path] == 1, "\(path) has \(winners[path] ?? 0) winners") }
        }

        @Test("explain lists each member of a union in stamp order, from several captures")
        func explainUnion() throws {
            let customer = try #require(entities("customer").max { $0.line.utf8.count < $1.line.utf8.count })
            let id = try id(customer.object)
            try scratch.write("b,0.jsonl", lines.part(0, of: 2).jsonLines)
            try scratch.write("b1.jsonl", lines.part(1, of: 2).jsonLines)
            let told = try scratch.converge(
                "explain", "customer", id, "contacts", "--from", "b1.jsonl", "--from", "b,0.jsonl", "--format", "json")
            let candidates = try told.text.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
            let registers = try candidates.map { try #require($0["register"] as? [String: Any]) }
            let members = try registers.map { try #require($0["members"] as? [[String: Any]]) }
            #expect(members.count > 1 && members.allSatisfy { $0.count == 1 })
            let times = try members.map { try #require($0[0]["time"] as? String) }
            #expect(times == times.sorted())
            let state = try #require((customer.object["registers"] as? [String: [String: Any]])?["contacts"])
            let kept = Set(try #require(state["members"] as? [NSDictionary]))
            let won = zip(candidates, members).filter { $0.0["winner"] as? Bool == true }
            #expect(Set(won.map { $0.1[0] as NSDictionary }) == kept)
        }

        @Test("explain shows a single register, or reports that it does not exist")
        func explainOne() throws {
            let agent = try #require(entities("agent").first)
            let id = try id(agent.object)
            let path = try #require((agent.object["registers"] as? [String: Any])?.keys.first { $0.hasPrefix("snapshot/") })
            let table = try scratch.converge("explain", "agent", id, path, "--from", "a.jsonl").text
            #expect(table.contains("\n\(path)\n"))
            #expect(!table.contains("\nfirstSeen/"))
            #expect(table.split(separator: "\n").count { $0.hasPrefix("  *") } == 1)
            let none = try scratch.converge("explain", "agent", id, "nothing", "--from", "a.jsonl")
            #expect(none.code == 1)
            #expect(none.errors.contains(path))
            #expect(try scratch.converge("explain", "agent", "nobody", "--from", "a.jsonl").code == 1)
        }

        @Test("the join of the states of all parts equals the state of the whole, from directories or files, in any order")
        func join() throws {
            for part in 0..<3 {
                // The parts overlap.
                try scratch.write("part-\(part).jsonl", (lines.part(part, of: 3) + lines.part(0, of: 2)).jsonLines)
                let output = ["--output", "state-\(part).jsonl", "--state", "s\(part)"]
                #expect(try Program(["replay", "part-\(part).jsonl"] + output, in: scratch).wait().code == 0)
            }
            for states in [
                ["s0", "s1", "s2"], ["state-2.jsonl", "s1", "state-0.jsonl"], ["state-1.jsonl", "s0", "s2", "s2"],
            ] {
                let ended = try Program(["join"] + states + ["--output", "joined.jsonl"], in: scratch).wait()
                #expect(ended.digest == whole, "\(ended.errors)")
                #expect(try scratch.read("joined.jsonl") == scratch.read("state.jsonl"))
            }
            let ended = try scratch.converge("join", "s0", "s1", "s2", "--output", "-")
            #expect(try ended.output == scratch.read("state.jsonl"))
        }

        @Test("verify finds one digest, equal to the replay's")
        func verify() throws {
            let ended = try scratch.converge("verify", "a.jsonl", "--rounds", "5")
            #expect(ended.code == 0)
            #expect(ended.text == "3,000 records, 5 rounds, one digest  \(whole)\n")
            let json = try scratch.converge("verify", "a.jsonl", "--rounds", "2", "--seed", "9", "--format", "json").json()
            #expect(json["digest"] as? String == whole)
            #expect(json["disagreeing"] as? Int == 0)
            #expect(json["rounds"] as? Int == 2)
        }

        @Test("generate without --start gives events that are neither in the future nor too old for a worker")
        func generateNow() throws {
            let made = try scratch.converge("generate", "--events", "2000", "--output", "now")
            #expect(made.code == 0)
            let times = try scratch.lines("now").compactMap { line in
                line.firstMatch(of: /"(?:EventTimestamp|DisconnectTimestamp|eventTimestamp)":"([0-9TZ:.-]+)"/).map {
                    String($0.1)
                }
            }
            #expect(times.count > 1000)
            let style = Date.ISO8601FormatStyle()
            let (least, most) = (style.format(Date(timeIntervalSinceNow: -22 * 86_400)), style.format(Date()))
            #expect(times.allSatisfy { least <= $0 && $0 <= most })
        }

        @Test(
            "check and backup keep the digest; damage is reported with its file, and --accept-loss repairs it"
        )
        func checkAndBackup() throws {
            try scratch.write("mine.jsonl", Captures.small.get().prefix(500).jsonLines)
            let replayed = try scratch.converge("replay", "mine.jsonl", "--state", "own")
            try #require(replayed.code == 0, "\(replayed.errors)")
            let digest = try scratch.converge("digest", "own").text.trimmingCharacters(in: .newlines)
            let checked = try scratch.converge("check", "own")
            #expect(checked.code == 0)
            #expect(checked.text.contains("own: intact"))
            #expect(checked.text.contains("\(digest)  same as when the worker stopped"))
            let copied = try scratch.converge("backup", "own", "--output", "copy")
            #expect(copied.code == 0, "\(copied.errors)")
            #expect(try scratch.converge("digest", "copy").text == digest + "\n")
            #expect(try scratch.converge("backup", "own", "--output", "copy").code == 1)

            let directory = URL(fileURLWithPath: scratch.path("own"))
            let log = try #require(
                try FileManager.default.contentsOfDirectory(atPath: directory.path).first { $0.hasSuffix(".log") })
            var bytes = try Data(contentsOf: directory.appendingPathComponent(log))
            bytes[bytes.count / 2] ^= 0x10
            try bytes.write(to: directory.appendingPathComponent(log))
            for command in [
                ["digest", "own"], ["show", "--state", "own"], ["check", "own"], ["replay", "mine.jsonl", "--state", "own"],
            ] {
                let ended = try Program(command, in: scratch).wait()
                #expect(ended.code == 1)
                #expect(ended.errors.contains("its file \(log) is damaged at byte"), "\(ended.errors)")
                #expect(ended.errors.contains("converge check own --accept-loss"))
            }
            let told = try scratch.converge("check", "own", "--format", "json")
            #expect(told.code == 1)
            let report = try #require(try JSONSerialization.jsonObject(with: Data(told.text.utf8)) as? [String: Any])
            #expect(report["status"] as? String == "damaged")
            let accepted = try scratch.converge("check", "own", "--accept-loss")
            #expect(accepted.code == 0, "\(accepted.errors)")
            #expect(accepted.text.contains("own/lost/\(log)"))
            // What was lost is still in the capture.
            #expect(try scratch.converge("replay", "mine.jsonl", "--state", "own").code == 0)
            #expect(try scratch.converge("digest", "own").text == digest + "\n")
        }

        @Test(
            "generate gives equal bytes for equal seeds, different bytes for different ones, and the requested number of events"
        )
        func generate() throws {
            func made(_ seed: String, _ output: String) throws -> Ended {
                try scratch.converge(
                    "generate", "--events", "500", "--seed", seed, "--duplicates", "0.5", "--regions", "eu-west-1,eu-central-1",
                    "--start", "2026-03-02T14:00:00Z", "--output", output)
            }
            #expect(try made("5", "g5").code == 0)
            #expect(try made("6", "g6").code == 0)
            #expect(try made("5", "-").output == scratch.read("g5"))
            #expect(try scratch.read("g5") != scratch.read("g6"))
            #expect(try scratch.lines("g5").count == 500)
            #expect(try scratch.lines("g5").contains { $0.contains("eu-central-1") })
        }
    }
}
