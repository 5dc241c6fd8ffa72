import Foundation
import Testing

extension ProgramTests {
    /// The scenario `fixtures/aliases`, on the command line.
    @Suite("aliases on the command line")
    struct AliasToolsTests {
        private static let folder = FixtureTests.root + "/aliases"
        private static let key = ["--alias-key-file", folder + "/alias.key", "--alias-country", "44"]
        private static let id = "phone/a1ede1be6862782d7b4afa266f8c4982"
        private let scratch: Scratch

        init() throws { scratch = try Scratch() }

        private func run(_ arguments: String...) throws -> Ended { try run(arguments + Self.key) }

        private func run(_ arguments: [String]) throws -> Ended { try Program(arguments, in: scratch).wait() }

        @Test(
            "an alias is shown by a number, an address or a chat identity in any spelling, given the key, and by its id without"
        )
        func show() throws {
            #expect(try run("replay", Self.folder, "--state", "s").code == 0)
            let line = try scratch.converge("show", "alias", Self.id, "--state", "s", "--format", "json").text
            #expect(line.contains(#""customers":["cust-6001","cust-6003"]"#))
            for number in ["+442079460018", "020 7946 0018", "phone:0044 20 7946 0018"] {
                #expect(try run("show", "alias", number, "--state", "s", "--format", "json").text == line, "\(number)")
            }
            for (told, customer) in [
                ("MAJA.novak@example.com", "cust-6001"), ("chat:maja@chat.example", "cust-6001"), ("+12065550142", "cust-6002"),
            ] {
                let shown = try run("show", "alias", told, "--state", "s")
                #expect(shown.code == 0 && shown.text.contains(customer), "\(told)")
            }
            let listed = try scratch.converge("show", "alias", "--state", "s").text
            #expect(listed.split(separator: "\n").count == 6 && listed.contains(Self.id + "\n"))
        }

        @Test("explain finds what was told of a number, in captures and in a state")
        func explain() throws {
            let told = try run("explain", "alias", "020 7946 0018", "customers", "--from", Self.folder)
            #expect(told.code == 0 && told.text.contains("cust-6003") && told.text.contains("alias \(Self.id)"))
        }

        @Test("what is no number, or has no alias, is said without the number")
        func unknown() throws {
            #expect(try run("replay", Self.folder, "--state", "s").code == 0)
            let absent = try run("show", "alias", "+442079460999", "--state", "s")
            #expect(absent.code == 1 && absent.errors.contains("no alias 'phone/") && !absent.errors.contains("7946"))
            let broken = try run("show", "alias", "+4420x", "--state", "s")
            #expect(broken.code == 2 && !broken.errors.contains("4420x"))
            let keyless = try scratch.converge("show", "alias", "+442079460018", "--state", "s")
            #expect(keyless.code == 2 && keyless.errors.contains("--alias-key-file") && !keyless.errors.contains("7946"))
        }

        @Test("aliases may begin late in a state; another key or country is refused, and neither is shown")
        func keys() throws {
            #expect(try scratch.converge("replay", Self.folder, "--state", "s").code == 0)
            let more = try scratch.write("more.jsonl", "{}\n")
            #expect(try run("replay", more, "--state", "s").code == 0)
            try scratch.write("other.key", String(repeating: "k", count: 40))
            for flags in [["--alias-key-file", "other.key", "--alias-country", "44"], Array(Self.key.prefix(2))] {
                let refused = try run(["replay", more, "--state", "s"] + flags)
                #expect(refused.code == 1 && refused.errors.contains("another key or country"), "\(refused.errors)")
                #expect(!refused.errors.contains("kkkk") && !refused.errors.contains("a key for tests"))
            }
            try scratch.write("short.key", "too short")
            let short = try scratch.converge("replay", more, "--memory", "--alias-key-file", "short.key")
            #expect(short.code == 2 && short.errors.contains("at least 32") && !short.errors.contains("too short"))
            #expect(try scratch.converge("replay", more, "--memory", "--alias-country", "44").code == 2)
        }

        @Test("shuffled, repeated and split, events with a key give one digest, and the lines of a state the same again")
        func digest() throws {
            #expect(try run("verify", Self.folder, "--rounds", "5").code == 0)
            let whole = try run("replay", Self.folder, "--memory", "--output", "state.jsonl").digest
            #expect(try scratch.converge("replay", "state.jsonl", "--memory").digest == whole)
            #expect(try scratch.converge("replay", Self.folder, "--memory").digest != whole)
        }
    }
}
