import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// `deploy/desktop` in a browser against workers of two emulated Regions, each with a broker and a state of its own; the tests themselves are in Python.
    @Suite("the desktop's client with real endpoints", .waiting(minutes: 10))
    struct DesktopEndpointsTests {
        private static let isLong = ProcessInfo.processInfo.environment["CONVERGE_DESKTOP_TESTS"] == "1"

        private func run(_ arguments: String...) throws {
            let pair = try LocalPair()
            // A move takes seconds, as with Connect.
            let latency = [400, 500]
            try pair.connect.control("PUT", "latency", [LocalPair.east: latency, LocalPair.west: latency])
            let brokers = try [Broker(), Broker()]
            var regions: [String: Any] = [:]
            for (region, broker) in zip([LocalPair.east, LocalPair.west], brokers) {
                try broker.create("events", partitions: 1)
                let writing = ["CONVERGE_WRITING_KEYS": "0123456789abcdef0123456789abcdef"]
                regions[region] = [
                    "flags": [
                        "--config", pair.configuration, "--failover-mode", "approve", "--failover-round", "1s",
                        "--writing-topic", "events",
                    ]
                        + broker.flags(topics: "events", state: nil),
                    "environment": pair.environment(at: region).merging(writing) { $1 },
                ]
            }
            let places: [String: Any] = [
                "program": Program.path, "folder": pair.scratch.root, "config": pair.configuration,
                "regions": regions,
            ]
            let python = try PythonEnvironment.make("desktop", "playwright==1.65.2", "pyjwt[crypto]==2.15.1")
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments =
                [
                    "timeout", "500", python.appendingPathComponent("python").path, "-B",
                    "\(Script.folder)/test_desktop_endpoints.py",
                ]
                + arguments
            let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CONVERGE_") }
            process.environment = inherited.merging([
                "PLACES": String(decoding: try JSONSerialization.data(withJSONObject: places), as: UTF8.self)
            ]) { $1 }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            process.standardError = output
            try process.runBound()
            let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(said)")
            for line in said.split(separator: "\n") where line.contains("failover told") || line.contains("a thousand") {
                print(line)
            }
        }

        @Test("in Chromium, a page saves in both Regions, comes through a cut, and hears of a failover from the intent on")
        func page() throws { try run() }

        @Test(
            "in Chromium, nothing is lost where workers are killed, links are slow and flap, and tokens end; other pages read nothing",
            .enabled(if: isLong, "make test-desktop"))
        func trouble() throws { try run("long") }

        @Test("a thousand clients whose link is cut come back over the window", .enabled(if: isLong, "make test-desktop"))
        func herd() throws { try run("herd") }
    }
}
