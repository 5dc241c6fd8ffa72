import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// The console in Chromium (`Tests/Console`): against a double of the server in every state, and against a real worker.
    ///
    /// `CONVERGE_CONSOLE_TESTS=1`: every page in every state, too (`make test-console`).
    @Suite("the console", .waiting(minutes: 20))
    struct ConsolePagesTests {
        private static let isLong = ProcessInfo.processInfo.environment["CONVERGE_CONSOLE_TESTS"] == "1"
        static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Console").standardized

        private func run(_ arguments: [String]) throws {
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = arguments
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            process.standardError = output
            try process.runBound()
            let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(said)")
        }

        /// The interpreter that has what the tests need.
        static func environment() throws -> URL {
            try PythonEnvironment.make(
                "console", "playwright==1.65.2", "axe-playwright-python==0.1.8", "jsonschema==4.23.0", "PyYAML==6.0.2",
                "pillow==13.0.0"
            ).appendingPathComponent("python")
        }

        private func python(_ name: String, _ arguments: String...) throws {
            try run([Self.environment().path, "-B", Self.folder.appendingPathComponent(name).path] + arguments)
        }

        @Test("what pages reckon with, without a browser")
        func core() throws { try run(["node", "--test", Self.folder.appendingPathComponent("core.test.mjs").path]) }

        @Test("the double says nothing that the document of the API does not know")
        func worlds() throws { try python("test_worlds.py") }

        @Test("every page is clean, accessible and says what it has to, in every state")
        func pages() throws { if Self.isLong { try python("test_pages.py", "long") } else { try python("test_pages.py") } }

        @Test("ten tasks of somebody on call, each in three clicks or one search")
        func tasks() throws { try python("test_tasks.py") }

        @Test("pictures of the states are those of docs/console", .enabled(if: isLong, "make test-console"))
        func pictures() throws { try python("test_pictures.py") }

        @Test("pages of a real worker")
        func real() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 2)
            try broker.produce(Captures.small.get(), to: "events", partitions: 2)
            let worker = try KafkaWorker(
                flags: broker.flags(topics: "events", state: "state") + ["--http-changes"], [:], in: scratch)
            try eventually("its agents are listed", of: [worker]) {
                worker.page("/v1/agents?limit=1")?.contains("\"id\"") == true
            }
            try python("test_real.py", try #require(worker.address))
            try worker.drain()
        }
    }
}
