import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// People who log in to the console of a real `converge serve`, at an issuer of its own.
    @Suite("logging in to the console", .waiting(minutes: 10))
    struct ConsoleLoginTests {
        @Test("in Chromium: in and out, renewed, refused, and attacked")
        func login() throws {
            let scratch = try Scratch()
            try scratch.write("a.jsonl", Captures.small.get().jsonLines)
            try #require(try scratch.converge("replay", "a.jsonl", "--state", "state").code == 0)
            let provider = try TokenProvider()
            let port = try Emulator.freePort()
            let address = "http://127.0.0.1:\(port)"
            let flags = [
                "--store-path", "state", "--http-port", "\(port)", "--http-tokens-issuers", provider.issuer,
                "--http-tokens-audiences", "converge", "--http-login-client", "console", "--http-login-address", address,
                "--http-login-scopes", "openid,read,read:personal,operate", "--http-tokens-leeway", "0s",
            ]
            let served = try Program(
                ["serve", "--log-path", "serve.log"] + flags, in: scratch,
                environment: ["AWS_CA_BUNDLE": provider.certificate, "CONVERGE_DRAIN_TIMEOUT": "2m"])
            try eventually("it serves, and has the issuer's keys: \(served.errorsSoFar)") {
                let curl = ["curl", "-s", "--max-time", "10", "\(address)/health/ready"]
                guard let said = try? Programs.run("/usr/bin/env", curl) else { return false }
                return String(decoding: said, as: UTF8.self).contains(#""name":"tokens.keys","status":"ok""#)
            }
            try drive("test_login.py", [address, provider.issuer]) { try provider.tell($0) }
            let log = try scratch.lines("serve.log").joined()
            #expect(!log.contains("eyJ") && !log.contains("code_verifier"), "no token is in the log")
            served.stop()
        }

        /// Runs a test in Chromium; what it wants the issuer to be told is told.
        private func drive(_ name: String, _ arguments: [String], _ tell: (String) throws -> Void) throws {
            let python = try ConsolePagesTests.environment()
            let process = Process()
            let (input, output, errors) = (Pipe(), Pipe(), Pipe())
            process.executableURL = python
            process.arguments = ["-B", ConsolePagesTests.folder.appendingPathComponent(name).path] + arguments
            (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
            try process.runBound()
            var text = ""
            while true {
                let data = output.fileHandleForReading.availableData
                if data.isEmpty { break }
                text += String(decoding: data, as: UTF8.self)
                while let end = text.firstIndex(of: "\n") {
                    let line = text[..<end]
                    text = String(text[text.index(after: end)...])
                    guard line.hasPrefix("tell ") else { continue }
                    try tell(String(line.dropFirst(5)))
                    try input.fileHandleForWriting.write(contentsOf: Data("told\n".utf8))
                }
            }
            let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(said)")
        }
    }
}
