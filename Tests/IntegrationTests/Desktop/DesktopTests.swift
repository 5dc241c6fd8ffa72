import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// `deploy/desktop`, whose tests are in JavaScript as it is (`Tests/Desktop`), and in Python where a browser is driven.
    @Suite("the desktop's client")
    struct DesktopTests {
        private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Desktop").standardized

        private func run(_ arguments: [String]) throws {
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = arguments
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            try process.runBound()
            let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(said)")
        }

        @Test(
            "the client keeps its promises without a browser",
            arguments: ["core", "streams", "size", "property", "herd"])
        func node(name: String) throws {
            try run(["timeout", "240", "node", "--test", Self.folder.appendingPathComponent("\(name).test.mjs").path])
        }

        private func chromium(_ arguments: String...) throws {
            let python = try PythonEnvironment.make("playwright", "playwright==1.65.2").appendingPathComponent("python")
            try run(["timeout", "280", python.path, "-B", "\(Script.folder)/test_desktop.py"] + arguments)
        }

        @Test("in Chromium, a page saves in both Regions, comes through a flap, and is told of a failover")
        func page() throws { try chromium() }

        @Test(
            "in Chromium, nothing is lost where Regions die, are slow or silent, tokens expire, tabs close and pages reload",
            .enabled(if: ProcessInfo.processInfo.environment["CONVERGE_DESKTOP_TESTS"] == "1", "make test-desktop"))
        func trouble() throws { try chromium("long") }
    }
}
