import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// The commands of `docs/tutorial.md`, run in one shell as they stand there.
    @Suite("docs/tutorial.md")
    struct TutorialTests {
        private let page: String

        init() throws {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").standardized
            page = try String(contentsOf: root.appendingPathComponent("docs/tutorial.md"), encoding: .utf8)
        }

        /// The blocks of a language, in order.
        private func blocks(_ language: String) -> [String] {
            page.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
                $0.components(separatedBy: "\n```").first
            }
        }

        @Test("every block of docs/tutorial.md is run by this test, or is marked as not run")
        func allBlocks() {
            let fences = page.split(separator: "\n").filter { $0.hasPrefix("```") && $0 != "```" }
            #expect(fences.count == blocks("sh").count + blocks("console").count)
            #expect(page.components(separatedBy: "*Not run by the test.*\n\n```console\n").count == blocks("console").count + 1)
        }

        @Test("all commands of docs/tutorial.md succeed, and a file, Kafka, and Kinesis with DynamoDB lead to one digest")
        func commands() throws {
            let scratch = try Scratch()
            // Ends what is still running, whatever happened. A pipe may be left before its end (`head`), so pipes do not fail.
            let script = "set -eu\ntrap 'kill -9 $(jobs -p) 2> /dev/null || true' EXIT\n" + blocks("sh").joined(separator: "\n")
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            shell.arguments = ["timeout", "-k", "5", "500", "bash", try scratch.write("tutorial.sh", script)]
            let inherited = ProcessInfo.processInfo.environment.filter {
                !$0.key.hasPrefix("CONVERGE_") && !$0.key.hasPrefix("AWS_")
            }
            shell.environment = try inherited.merging(environment(scratch)) { $1 }
            shell.currentDirectoryURL = URL(fileURLWithPath: scratch.root)
            let output = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.write("output", "")))
            shell.standardInput = FileHandle.nullDevice
            shell.standardOutput = output
            shell.standardError = output
            try shell.runBound()
            shell.waitUntilExit()
            let lines = try scratch.lines("output")
            let end = lines.suffix(30).joined(separator: "\n")
            #expect(shell.terminationStatus == 0, "\(end)")
            #expect(lines.count { $0 == "same" } == 2, "\(end)")
        }

        /// The variables of the page. Its packages are there already, with these versions; none is fetched.
        private func environment(_ scratch: Scratch) throws -> [String: String] {
            func home(_ bin: URL) -> String { bin.deletingLastPathComponent().path }
            return [
                "BIN": URL(fileURLWithPath: Program.path).deletingLastPathComponent().path,
                "DIR": scratch.path("tutorial"),
                "KAFKA_PORT": "\(try Emulator.freePort())", "AWS_PORT": "\(try Emulator.freePort())",
                "HTTP_PORT": "\(try Emulator.freePort())",
                "KAFKA_VENV": home(try PythonEnvironment.make("noida", "noida-db==0.2.3")),
                "AWS_VENV": home(try Emulator.programs()),
                "CLI_VENV": home(try PythonEnvironment.make("awscli", "boto3==1.40.0", "awscli==1.42.0")),
                "PIP_NO_INDEX": "1", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            ]
        }
    }
}
