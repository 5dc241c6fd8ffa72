import Foundation
import Testing

extension ProgramTests {
    @Suite("the command line")
    struct UsageTests {
        private static let commands = [
            "replay", "show", "explain", "verify", "join", "digest", "check", "backup", "generate", "simulate", "config",
        ]

        @Test("--help of every command lists its flags", arguments: commands)
        func help(command: String) throws {
            let ended = try Scratch().converge(command, "--help")
            #expect(ended.code == 0)
            #expect(ended.text.hasPrefix("usage: converge \(command) "))
            #expect(ended.errors.isEmpty)
        }

        @Test("--help lists the commands, and a call without arguments lists them as an error")
        func overview() throws {
            let scratch = try Scratch()
            let asked = try scratch.converge("--help")
            let bare = try Program([], in: scratch).wait()
            #expect(asked.code == 0)
            #expect(bare.code == 2)
            #expect(bare.errors == asked.text)
            for command in Self.commands { #expect(asked.text.contains("  \(command) ")) }
            #expect(try scratch.converge("--version").text.hasPrefix("converge "))
        }

        @Test(
            "the error for a misspelled word contains the nearest accepted word",
            arguments: [
                (["repaly", "a"], "did you mean 'replay'?"),
                (["replay", "a", "--thread", "2"], "did you mean --threads?"),
                (["replay", "a", "--max-skwe=5m"], "did you mean --max-skew?"),
                (["show", "agnet"], "did you mean 'agent'?"),
                (["explain", "contcat", "x", "--from", "a"], "did you mean 'contact'?"),
            ])
        func nearest(arguments: [String], message: String) throws {
            let ended = try Program(arguments, in: Scratch()).wait()
            #expect(ended.code == 2)
            #expect(ended.errors.contains(message), "\(ended.errors)")
            #expect(ended.output.isEmpty)
        }

        @Test(
            "wrong usage is named, with exit code 2",
            arguments: [
                (["replay"], "PATH"),
                (["replay", "a", "--memory", "--state", "s"], "--state and --memory exclude each other"),
                (["replay", "a", "--threads", "0"], "--threads"),
                (["replay", "a", "--threads"], "--threads needs a value"),
                (["replay", "a", "--format", "xml"], "table, json"),
                (["replay", "a", "--max-skew", "5"], "--max-skew"),
                (["replay", "a", "--now", "yesterday"], "--now"),
                (["replay", "a", "--flush-bytes", "0"], "--flush-bytes"),
                (["replay", "a", "--flush-bytes", "64mb"], "--flush-bytes"),
                (["replay", "a", "--customer-attribute="], "--customer-attribute"),
                (["show", "agent", "x", "y"], "too many"),
                (["explain", "agent", "x"], "--from"),
                (["verify"], "PATH"),
                (["simulate", "--faults", "kill,kil"], "unknown fault 'kil'"),
                (["simulate", "--mutant", "x"], "unknown mutant 'x'"),
                (["simulate", "--seed", "x"], "--seed"),
                (["simulate", "--seeds", "0"], "--seeds"),
                (["verify", "a", "--rounds", "0"], "--rounds"),
                (["join", "a"], "--output"),
                (["join", "--output", "b"], "STATE"),
                (["digest"], "STATE"),
                (["digest", "a", "b"], "STATE"),
                (["generate", "--output", "a"], "--events"),
                (["generate", "--events", "10"], "--output"),
                (["generate", "--events", "10", "--output", "a", "--mix", "agnet=1"], "--mix"),
                (["generate", "--events", "10", "--output", "a", "--duplicates", "0.6"], "--duplicates"),
                (["generate", "--events", "10", "--output", "a", "--agents", "2000000"], "--agents"),
                (["generate", "--events", "10", "--output", "a", "--disorder", "2d"], "--disorder"),
                (["generate", "--events", "10", "--output", "a", "--start", "yesterday"], "--start"),
                (["check"], "STATE"), (["check", "a", "b"], "STATE"), (["backup", "a"], "--output"),
                (["backup", "--output", "b"], "STATE"),
            ])
        func wrongUsage(arguments: [String], named: String) throws {
            let scratch = try Scratch()
            let ended = try Program(arguments, in: scratch).wait()
            #expect(ended.code == 2, "\(ended.text)")
            #expect(ended.errors.contains(named), "\(ended.errors)")
            #expect(ended.output.isEmpty)
            #expect(!scratch.exists("a") && !scratch.exists("converge-state"))
        }

        @Test(
            "output that cannot be written is an error, not silence",
            arguments: [["show"], ["show", "--format", "json"], ["digest", "s"]])
        func fullOutput(command: [String]) throws {
            let scratch = try Scratch()
            try scratch.write("a.jsonl", Captures.small.get().prefix(200).jsonLines)
            #expect(try scratch.converge("replay", "a.jsonl", "--state", "s").code == 0)
            let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
            let arguments = command.first == "show" ? command + ["--state", "s"] : command
            let ended = try Program(arguments, in: scratch, output: full).wait()
            #expect(ended.code == 1)
            #expect(ended.errors.contains("No space left on device"), "\(ended.errors)")
        }
    }
}
