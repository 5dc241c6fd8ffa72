import Foundation
import Servers
import Testing

extension ProgramTests {
    /// Completions in the shells that they are for, and manual pages as mandoc reads them.
    @Suite("completions and manual pages")
    struct ManualTests {
        private let scratch: Scratch

        init() throws { scratch = try Scratch() }

        private func write(_ shell: String) throws -> String {
            let ended = try scratch.converge("completion", shell)
            #expect(ended.code == 0 && ended.errors.isEmpty)
            try scratch.write("completion", ended.text)
            return scratch.path("completion")
        }

        private func said(_ command: String...) throws -> [String] {
            try String(decoding: Programs.run("/usr/bin/env", command), as: UTF8.self).split(separator: "\n").map(String.init)
        }

        /// What a line of words may go on with. The last one is what has been typed of the next.
        private static let lines: [(words: [String], has: [String], hasNot: [String])] = [
            (["re"], ["replay"], ["run", "--help"]),
            ([""], ["run", "failover", "tables"], ["move"]),
            (["failover", ""], ["run", "move", "return"], ["replay", "tables"]),
            (["tables", ""], ["create", "check", "drop"], ["move"]),
            (["tables", "create", "--"], ["--replicas", "--help"], ["--why"]),
            (["failover", "move", "--s"], ["--share"], ["--config"]),
            (["run", "--store-kind", ""], ["embedded", "memory", "dynamodb"], ["--config"]),
            (["run", "--kafka-sasl-mechanism", "SC"], ["SCRAM-SHA-256", "SCRAM-SHA-512"], ["PLAIN"]),
            (["failover", "run", "--failover-mode", "a"], ["advise", "approve", "automatic"], ["observe"]),
            (["run", "--threads", ""], [], ["kafka", "replay", "file.jsonl"]),
            (["replay", "fil"], ["file.jsonl"], ["folder"]),
            (["replay", "--state", "f"], ["folder"], ["file.jsonl"]),
        ]

        @Test("bash completes commands, actions, flags, words and paths")
        func bash() throws {
            let script = try write("bash")
            try scratch.write("file.jsonl", "")
            try FileManager.default.createDirectory(atPath: scratch.path("folder"), withIntermediateDirectories: false)
            for line in Self.lines {
                let words = (["converge"] + line.words).map { "'\($0)'" }.joined(separator: " ")
                let call = """
                    set -eu; compopt() { :; }; source '\(script)'; cd '\(scratch.path("."))'
                    COMP_WORDS=(\(words)) COMP_CWORD=\(line.words.count); _converge; printf '%s\\n' "${COMPREPLY[@]}"
                    """
                let found = Set(try said("bash", "--norc", "-c", call))
                #expect(found.isSuperset(of: line.has), "\(line.words): \(found)")
                #expect(found.isDisjoint(with: line.hasNot), "\(line.words): \(found)")
            }
            // As bash takes `--format=js` apart.
            let equal = """
                source '\(script)'; COMP_WORDS=(converge replay --format = js) COMP_CWORD=4; _converge; echo "${COMPREPLY[@]}"
                """
            #expect(try said("bash", "--norc", "-c", equal) == ["json"])
        }

        @Test("fish completes them, too")
        func fish() throws {
            let script = try write("fish")
            try scratch.write("file.jsonl", "")
            try FileManager.default.createDirectory(atPath: scratch.path("folder"), withIntermediateDirectories: false)
            for line in Self.lines {
                let text = (["converge"] + line.words).joined(separator: " ")
                let call = "source '\(script)'; cd '\(scratch.path("."))'; complete -C '\(text)'"
                let found = Set(
                    try said("fish", "--no-config", "-c", call).compactMap { line in
                        line.split(separator: "\t").first.map { $0.hasSuffix("/") ? String($0.dropLast()) : String($0) }
                    })
                #expect(found.isSuperset(of: line.has), "\(line.words): \(found)")
                // A file is offered behind every flag that does not say what it takes.
                #expect(found.isDisjoint(with: line.hasNot), "\(line.words): \(found)")
            }
        }

        @Test("zsh is given the commands, and each flag with what it takes")
        func zsh() throws {
            let script = try write("zsh")
            func given(_ words: [String]) throws -> [String] {
                let line = (["converge"] + words).map { "'\($0)'" }.joined(separator: " ")
                let call = """
                    _arguments() { print -rl -- "$@" }; _describe() { print -rl -- ${(P)2} }; compdef() { : }
                    source '\(script)'; words=(\(line)); CURRENT=\(words.count + 1); _converge
                    """
                return try said("zsh", "-f", "-c", call)
            }
            #expect(try given([""]).contains { $0.hasPrefix("run:Reads events") })
            #expect(try given(["failover", ""]).contains { $0.hasPrefix("move:Moves contacts") })
            let run = try given(["run", ""])
            #expect(run.contains { $0.hasPrefix("--store-kind=[") && $0.hasSuffix(":(embedded memory dynamodb)") })
            #expect(try given(["tables", ""]).contains { $0.hasPrefix("1:action:(create check") })
            #expect(
                try given(["failover", "move", ""]).contains { $0.hasPrefix("--config=[") && $0.hasSuffix(":FILE:_files") })
            #expect(try given(["replay", ""]).contains { $0.hasPrefix("--state=[") && $0.hasSuffix(":_files -/") })
        }

        @Test("every command has a manual page, and the configuration one, that mandoc finds nothing wrong with")
        func pages() throws {
            try FileManager.default.createDirectory(atPath: scratch.path("man"), withIntermediateDirectories: false)
            let names = try scratch.converge("man").text.split(separator: "\n").map(String.init)
            #expect(try scratch.converge("man", "--output", "man").code == 0)
            #expect(try Set(FileManager.default.contentsOfDirectory(atPath: scratch.path("man"))) == Set(names))
            for name in ["converge.1", "converge-run.1", "converge-failover-move.1", "converge.yaml.5"] {
                #expect(names.contains(name))
            }
            for name in names {
                // It says on what line of which page.
                let found = try Programs.run(
                    "/usr/bin/env", ["sh", "-c", "mandoc -Tlint -Wwarning '\(scratch.path("man/" + name))' || true"])
                #expect(String(decoding: found, as: UTF8.self).isEmpty, "\(String(decoding: found, as: UTF8.self))")
            }
            // What a terminal shows, without the bold letters, which are written twice.
            let shown = try said("sh", "-c", "mandoc -Tutf8 '\(scratch.path("man/converge-tables.1"))' | sed 's/.\\x08//g'")
                .joined(separator: " ")
            #expect(shown.contains("Creates, checks or drops the DynamoDB tables of a state;"))
            #expect(shown.contains("EXIT STATUS"))
        }

        @Test("an unknown shell and a folder that is not there are named")
        func wrong() throws {
            #expect(try Program(["completion", "tcsh"], in: scratch).wait().errors.contains("bash, zsh, fish"))
            #expect(try Program(["completion"], in: scratch).wait().code == 2)
            let ended = try Program(["man", "--output", "nowhere"], in: scratch).wait()
            #expect(ended.code == 1 && ended.errors.contains("nowhere"))
        }
    }
}
