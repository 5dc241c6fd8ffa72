import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// Two emulated Regions whose tables are replicated, a worker in each, and a `converge serve` in the second.
    @Suite("changes over tables", .waiting(minutes: 10))
    struct TablesChangesTests {
        /// Writes down what a process tells at `/v1/changes`.
        private final class Listener {
            private let process = Process()
            private let path: String

            init(_ address: String, last: String? = nil, in scratch: Scratch) throws {
                path = try scratch.write("\(UUID().uuidString).sse", "")
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments =
                    ["curl", "-sN", "\(address)/v1/changes?kinds=session"]
                    + (last.map { ["-H", "Last-Event-ID: \($0)"] } ?? [])
                process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                process.standardInput = FileHandle.nullDevice
                try process.runBound()
            }

            deinit { kill(process.processIdentifier, SIGKILL) }

            var text: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
            var position: String? {
                text.components(separatedBy: "\n").last { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) }
            }

            func heard(of session: String) -> Bool { text.contains("\"kind\":\"session\",\"id\":\"\(session)\"") }
        }

        private let scratch: Scratch
        private let regions: TwoRegions
        private let east: KafkaWorker
        private let west: KafkaWorker

        init() throws {
            scratch = try Scratch()
            regions = try TwoRegions(prefixes: ["converge"], lag: 0.05...0.3)
            for region in TwoRegions.names {
                let ended = try scratch.converge(
                    "tables", "create", "--prefix", "converge", environment: regions.environment(region))
                try #require(ended.code == 0, "\(ended.errors)")
            }
            try Script.run("feed.py", ["stream", "--stream", "events"] + TwoRegions.names, regions.environment)
            let flags = [
                "--source-kind", "kinesis", "--kinesis-streams", "events", "--streams", "local", "--store-kind", "dynamodb",
                "--http-port", "0", "--http-changes", "--retain-contacts", "36500d",
            ]
            east = try KafkaWorker(flags: flags, regions.environment("us-east-1"), in: scratch)
            west = try KafkaWorker(flags: flags, regions.environment("us-west-2"), in: scratch)
        }

        private func put(_ session: String, _ second: Int, in region: String) throws {
            let event =
                #"{"specversion":"1.0","id":"\#(session)-\#(second)","source":"/t","type":"converge.session.v1","subject":"\#(session)","time":"2026-03-02T14:00:\#(second).000Z","data":{"tab":\#(second)}}"#
            let path = try scratch.write("\(UUID().uuidString).jsonl", [event].jsonLines)
            try Script.run("feed.py", ["put", "--stream", "events", "\(region)=\(path)"], regions.environment)
        }

        @Test(
            "what a Region writes is told and held in memory in the other one; when the follower is killed another process goes on"
        )
        func together() throws {
            let served = try Served(
                ["--store-kind", "dynamodb", "--http-changes"], in: scratch, environment: regions.environment("us-west-2"))
            func figure(_ name: String) -> Double? {
                guard let page = try? served.get("/metrics").body else { return nil }
                return page.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap {
                    Double($0.dropFirst(name.count + 1))
                }
            }
            func standing() -> String {
                "\((try? served.get("/health/ready").body) ?? "") \(west.page("/health/ready") ?? "") \(east.page("/health/ready") ?? "")"
            }
            try eventually("somebody follows in each Region, not \(standing())", of: [east, west]) {
                let follows = (figure("converge_feed_follows") ?? 0) + (west.metric("converge_feed_follows") ?? 0)
                return east.metric("converge_feed_follows") == 1 && follows == 1
            }
            let here = try Listener(try #require(east.address), in: scratch)
            let there = try Listener("http://\(served.address)", in: scratch)
            try eventually("both are told where they are: \(here.text), \(there.text)") {
                here.position != nil && there.position != nil
            }
            try put("ann", 10, in: "us-east-1")
            try put("ben", 10, in: "us-west-2")
            try eventually("each Region tells of both: \(here.text), \(there.text), \(standing())", every: 0.1) {
                [here, there].allSatisfy { $0.heard(of: "ann") && $0.heard(of: "ben") }
            }
            try eventually("all hold both: \(standing())", every: 0.1) {
                east.metric("converge_feed_resident_entities") == 2 && west.metric("converge_feed_resident_entities") == 2
                    && figure("converge_feed_resident_entities") == 2 && (figure("converge_feed_age_seconds") ?? 60) < 20
            }

            // The second Region's follower goes without a word.
            let isServing = figure("converge_feed_follows") == 1
            let position = try #require(there.position)
            kill(isServing ? served.program.pid : west.program.pid, SIGKILL)
            try put("ann", 11, in: "us-east-1")
            let rest = isServing ? try #require(west.address) : "http://\(served.address)"
            try eventually("the other one follows: \(standing())", every: 0.1) {
                isServing ? west.metric("converge_feed_follows") == 1 : figure("converge_feed_follows") == 1
            }
            let again = try Listener(rest, last: position, in: scratch)
            try eventually("a client that comes again hears what it missed: \(again.text)", every: 0.1) {
                again.heard(of: "ann") || again.text.contains("event: reset")
            }
            try put("cid", 12, in: "us-east-1")
            try eventually("and what comes then: \(again.text)", every: 0.1) { again.heard(of: "cid") }
        }
    }
}
