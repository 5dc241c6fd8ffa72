import TestSupport
import Testing

import Platform

@testable import Worker

@Suite(.limited) struct OptionsTests {
    static let command = Command(
        "replay", usage: "", summary: "",
        flags: [Flag("threads", "N", former: "workers", ""), Flag("memory", nil, ""), Flag("max-skew", "D", "")])

    @Test("the value of a flag is the next argument or follows an equals sign")
    func values() throws {
        for arguments in [["--threads", "4", "a"], ["a", "--threads=4"]] {
            let options = try Options(arguments, for: Self.command)
            #expect(options["threads"] == "4")
            #expect(options.operands == ["a"])
        }
    }

    @Test("the command line overrides the environment")
    func environment() throws {
        let environment = ["CONVERGE_THREADS": "2", "CONVERGE_MAX_SKEW": "10s"]
        let options = try Options(["--threads", "4"], for: Self.command, environment: environment)
        #expect(options["threads"] == "4")
        #expect(try options.duration("max-skew") == 10_000)
    }

    @Test("the error for an unknown flag contains the nearest one and all accepted flags")
    func unknownFlag() {
        let error = #expect(throws: UsageError.self) { try Options(["--thread", "4"], for: Self.command) }
        #expect(error?.description.contains("did you mean --threads") == true)
        #expect(error?.description.contains("--max-skew") == true)
    }

    @Test("a former name sets the flag and warns, on the command line and in the environment")
    func formerName() throws {
        for arguments in [["--workers", "4"], ["--workers=4"]] {
            let options = try Options(arguments, for: Self.command, environment: ["CONVERGE_THREADS": "2"])
            #expect(options["threads"] == "4")
            #expect(options.isGiven("threads"))
            #expect(options.warnings == ["--workers was renamed; write --threads instead"])
        }
        let options = try Options([], for: Self.command, environment: ["CONVERGE_WORKERS": "4"])
        #expect(options["threads"] == "4")
        #expect(options.warnings == ["CONVERGE_WORKERS was renamed; set CONVERGE_THREADS instead"])
    }

    @Test("if the environment has both the former and the current name of a flag, the current one counts")
    func bothNames() throws {
        let environment = ["CONVERGE_WORKERS": "4", "CONVERGE_THREADS": "2"]
        let options = try Options([], for: Self.command, environment: environment)
        #expect(options["threads"] == "2")
        #expect(options.warnings.isEmpty)
    }

    @Test("a flag without its value, or with a value that it does not take, is an error")
    func arity() {
        #expect(throws: UsageError.self) { try Options(["--threads"], for: Self.command) }
        #expect(throws: UsageError.self) { try Options(["--memory=yes"], for: Self.command) }
    }

    @Test("arguments after -- are not flags")
    func dashes() throws {
        #expect(try Options(["--", "--threads"], for: Self.command).operands == ["--threads"])
    }

    @Test("durations need a unit", arguments: [("5m", 300_000), ("250ms", 250), ("2h", 7_200_000), ("1d", 86_400_000)])
    func durations(text: String, milliseconds: Int64) throws {
        #expect(try Options(["--max-skew", text], for: Self.command).duration("max-skew") == milliseconds)
    }

    @Test("an invalid duration is refused", arguments: ["5", "m", "", "-5m", "5 m", "99999999999999999999s"])
    func badDurations(text: String) throws {
        let options = try Options(["--max-skew=" + text], for: Self.command)
        #expect(throws: UsageError.self) { try options.duration("max-skew") }
    }

    @Test(
        "sizes are bytes, or multiples of 1,024, 1,024² and 1,024³ bytes",
        arguments: [("1", 1), ("4096", 4096), ("64k", 65_536), ("8M", 8 << 20), ("3g", 3 << 30)])
    func sizes(text: String, bytes: Int) throws {
        #expect(try Options(["--max-skew", text], for: Self.command).size("max-skew") == bytes)
    }

    @Test(
        "an invalid size is refused",
        arguments: ["", "0", "0k", "k", "-1", "1.5m", "64 k", "64kb", "1t", "9999999999999g", "٣"])
    func badSizes(text: String) throws {
        let options = try Options(["--max-skew=" + text], for: Self.command)
        #expect(throws: UsageError.self) { try options.size("max-skew") }
    }

    @Test("control characters are printed escaped, not sent to the terminal")
    func controlCharacters() {
        #expect(printable("a\u{1B}[2Jb\n\u{9B}c") == "a\\u001B[2Jb\\u000A\\u009Bc")
        #expect(printable("Paket hängt – ok") == "Paket hängt – ok")
    }
}
