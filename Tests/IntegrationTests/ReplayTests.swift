import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("replay")
    struct ReplayTests {
        private let scratch: Scratch
        private let whole: String

        init() throws {
            scratch = try Scratch()
            try scratch.write("a.jsonl", Captures.small.get().jsonLines)
            whole = try scratch.digest(ofCaptures: "a.jsonl")
        }

        @Test("a state directory and memory, with one thread or several, give one digest")
        func oneDigest() throws {
            for arguments in [
                ["--memory", "--threads", "1"], ["--memory", "--threads", "4"], ["--state", "s1", "--threads", "1"],
                ["--state", "s3", "--threads", "3", "--flush-bytes", "100k"],
                ["--state", "s2", "--cache-bytes", "64k", "--flush-bytes", "50k"],
            ] {
                let ended = try Program(["replay", "a.jsonl"] + arguments, in: scratch).wait()
                #expect(ended.code == 0, "\(ended.errors)")
                #expect(ended.digest == whole, "\(arguments)")
            }
        }

        @Test("a second replay of the same files reads nothing and prints the same digest")
        func resume() throws {
            #expect(try scratch.converge("replay", "a.jsonl", "--state", "s").code == 0)
            let again = try scratch.converge("replay", "a.jsonl", "--state", "s", "--format", "json")
            let summary = try again.json()
            #expect(summary["records"] as? Int == 0)
            #expect(summary["skippedFiles"] as? Int == 1)
            #expect(summary["digest"] as? String == whole)
        }

        @Test("later files are merged into the existing state")
        func later() throws {
            let lines = try Captures.small.get()
            try scratch.write("in/first.jsonl", lines.part(0, of: 2).jsonLines)
            #expect(try scratch.converge("replay", "in", "--state", "s").digest != whole)
            try scratch.write("in/second.jsonl", lines.part(1, of: 2).jsonLines)
            let ended = try scratch.converge("replay", "in", "--state", "s")
            #expect(ended.digest == whole, "\(ended.errors)")
        }

        @Test("a file that has grown is read from where the last replay stopped")
        func grown() throws {
            let lines = try Captures.small.get()
            try scratch.write("b.jsonl", lines.prefix(1_000).jsonLines)
            #expect(try scratch.converge("replay", "b.jsonl", "--state", "s").code == 0)
            try scratch.write("b.jsonl", lines.jsonLines)
            let ended = try scratch.converge("replay", "b.jsonl", "--state", "s", "--format", "json")
            #expect(ended.code == 0, "\(ended.errors)")
            #expect(try ended.json()["records"] as? Int == 2_000)
            #expect(ended.digest == whole)
        }

        @Test("`-` is standard input, compressed or not, always read from its beginning", arguments: [false, true])
        func standardInput(compressed: Bool) throws {
            let text = try Captures.small.get().jsonLines
            try scratch.write("in", compressed ? [UInt8](gzipped(text)) : Array(text.utf8))
            for (arguments, state) in [(["--memory"], ""), (["--state", "s"], "s"), (["--state", "s"], "s")] {
                let pipe = Pipe()
                let source = Process()
                source.executableURL = URL(fileURLWithPath: "/bin/cat")
                source.arguments = [scratch.path("in")]
                source.standardOutput = pipe
                try source.runBound()
                let ended = try Program(
                    ["replay", "-", "--format", "json"] + arguments, in: scratch, input: pipe.fileHandleForReading
                ).wait()
                source.waitUntilExit()
                #expect(ended.code == 0, "\(ended.errors)")
                #expect(try ended.json()["records"] as? Int == 3_000, "\(state)")
                #expect(ended.digest == whole)
            }
        }

        @Test("without --state and --memory the state is kept in converge-state, which is created if it does not exist")
        func defaultState() throws {
            let ended = try scratch.converge("replay", "a.jsonl")
            #expect(ended.code == 0, "\(ended.errors)")
            #expect(try scratch.converge("digest", "converge-state").digest == whole)
            #expect(try scratch.converge("show").code == 0)
        }

        @Test("--output FILE contains the state with the printed digest, and `digest` prints the same for file and directory")
        func outputFile() throws {
            let ended = try scratch.converge("replay", "a.jsonl", "--state", "s", "--output", "out.jsonl")
            #expect(ended.digest == whole)
            #expect(try sha256(scratch.read("out.jsonl")) == whole)
            for state in ["out.jsonl", "s"] {
                #expect(try scratch.converge("digest", state).text == whole + "\n")
            }
            #expect(!scratch.exists("out.jsonl.partial"))
        }

        @Test("--output - writes the state to standard output, and the summary to standard error")
        func outputToStandardOutput() throws {
            let ended = try scratch.converge("replay", "a.jsonl", "--memory", "--output", "-")
            #expect(sha256(ended.output) == whole)
            #expect(ended.errors.contains(whole))
        }

        @Test("--format json prints one object with exactly the members in docs/state.md, and consistent counts")
        func json() throws {
            let summary = try scratch.converge("replay", "a.jsonl", "--memory", "--format", "json").json()
            #expect(try Set(summary.keys) == documentedNames())
            #expect(summary["records"] as? Int == 3_000)
            #expect((summary["events"] as? [String: Int])?.values.reduce(0, +) == 3_000)
            #expect((summary["deadLetters"] as? [String: Int]) == [:])
            #expect(summary["unknown"] as? Int == 0)
            #expect(summary["digest"] as? String == whole)
            let entities = try #require(summary["entities"] as? [String: Int])
            let state = try scratch.converge("replay", "a.jsonl", "--memory", "--output", "-").output
            #expect(entities.values.reduce(0, +) == state.count { $0 == UInt8(ascii: "\n") })
            #expect(summary["stateBytes"] as? Int == state.count)
            #expect(try #require(summary["cpuSeconds"] as? Double) > 0)
        }

        @Test("the table contains records, entities and digest")
        func table() throws {
            let text = try scratch.converge("replay", "a.jsonl", "--memory").text
            #expect(text.contains("\nevents "))
            #expect(text.contains(" 3,000\n"))
            #expect(text.hasSuffix("digest  \(whole)\n"))
        }

        @Test("a flag may be set by the environment, and the command line overrides it")
        func environment() throws {
            let fromEnvironment = try scratch.converge(
                "replay", "a.jsonl", environment: ["CONVERGE_MEMORY": "1", "CONVERGE_FORMAT": "json"])
            #expect(try fromEnvironment.json()["digest"] as? String == whole)
            #expect(!scratch.exists("converge-state"))
            let beaten = try scratch.converge(
                "replay", "a.jsonl", "--memory", "--format", "table", environment: ["CONVERGE_FORMAT": "json"])
            #expect(beaten.text.hasPrefix("records"))
            let inMemory = try scratch.converge("replay", "a.jsonl", "--memory", environment: ["CONVERGE_STATE": "s"])
            #expect(inMemory.digest == whole)
            #expect(!scratch.exists("s"))
            let kept = try scratch.converge("replay", "a.jsonl", "--state", "t", environment: ["CONVERGE_MEMORY": "1"])
            #expect(kept.digest == whole)
            #expect(scratch.exists("t"))
        }

        @Test("missing captures do not fix the options of a new state")
        func noMeaningYet() throws {
            #expect(try scratch.converge("replay", "gone", "--state", "s", "--max-skew", "1h").code == 1)
            #expect(try scratch.converge("replay", "a.jsonl", "--state", "s").digest == whole)
        }

        /// The names in the table under "Summary" of the output contract.
        private func documentedNames() throws -> Set<String> {
            let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docs/state.md")
            let text = try String(contentsOf: page, encoding: .utf8)
            let section = try #require(text.components(separatedBy: "\n## Summary\n").last)
            let cells = section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { $0.split(separator: "|")[0] }
            return Set(cells.flatMap { $0.split(separator: "`").filter { $0.allSatisfy(\.isLetter) }.map(String.init) })
        }
    }
}
