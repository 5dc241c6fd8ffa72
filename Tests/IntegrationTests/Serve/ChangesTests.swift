import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("changes over HTTP", .waiting(minutes: 10))
    struct ChangesTests {
        private struct Change: Decodable, Hashable {
            var position: UInt64
            var kind: String
            var id: String
            var path: String
            var change: String
        }

        /// A client that writes down what it hears.
        private final class Client {
            private let process = Process()
            private let path: String

            init(_ worker: KafkaWorker, _ query: String, last: UInt64? = nil, in scratch: Scratch) throws {
                path = try scratch.write("\(UUID().uuidString).sse", "")
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments =
                    ["curl", "-sN", "\(try #require(worker.address))/v1/changes\(query)"]
                    + (last.map { ["-H", "Last-Event-ID: \($0)"] } ?? [])
                process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                process.standardInput = FileHandle.nullDevice
                try process.runBound()
            }

            deinit { kill(process.processIdentifier, SIGKILL) }

            var text: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
            var isRunning: Bool { process.isRunning }

            /// Events that came whole.
            var events: [[String: String]] {
                text.components(separatedBy: "\n\n").dropLast().map { event in
                    Dictionary(
                        event.split(separator: "\n").compactMap { line in
                            line.range(of: ": ").map { (String(line[..<$0.lowerBound]), String(line[$0.upperBound...])) }
                        }
                    ) { $1 }
                }
            }

            func changes() throws -> [Change] {
                try events.filter { $0["event"] == "change" }.map {
                    try JSONDecoder().decode(Change.self, from: Data(($0["data"] ?? "").utf8))
                }
            }

            /// Where it is by what it heard first.
            var begin: UInt64? { events.first { $0["event"] == nil && $0["id"] != nil }?["id"].flatMap { UInt64($0) } }
        }

        private func event(_ id: String, _ session: String, _ second: Int, _ data: String) -> String {
            #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"converge.session.v1","subject":"\#(session)","time":"2026-03-02T14:00:\#(second).000Z","data":\#(data)}"#
        }

        @Test(
            "a client hears what changes, and nothing twice; it goes on from where it was, and after a restart it is told to read anew"
        )
        func heard() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 1)
            try broker.produce([event("1", "before", 10, #"{"status":"new"}"#)], to: "events")
            let flags = broker.flags(topics: "events", state: "state") + ["--http-changes"]
            let worker = try KafkaWorker(flags, in: scratch)
            try eventually("the first is durable", of: [worker]) { worker.page("/v1/sessions/before")?.contains("new") == true }

            let all = try Client(worker, "", in: scratch)
            let one = try Client(worker, "?kinds=session&ids=session%2Fann", in: scratch)
            try eventually("both are told where they are") { all.begin != nil && one.begin != nil }
            #expect(one.text.hasPrefix("retry: "))
            let events = [
                event("2", "ann", 11, #"{"status":"connected","tab":1}"#), event("3", "ben", 11, #"{"status":"connected"}"#),
                // Known already, older than what is known, and new.
                event("2", "ann", 11, #"{"status":"connected","tab":1}"#), event("0", "ann", 10, #"{"tab":0}"#),
                event("4", "ann", 12, #"{"tab":2}"#),
            ]
            try broker.produce(events, to: "events")
            try eventually("the last is durable", of: [worker]) {
                worker.page("/v1/sessions/ann")?.contains("\"tab\":2") == true
            }
            try eventually("the last is told: \(one.text)") {
                let paths = try one.changes().map(\.path)
                return paths.contains("field/status") && paths.contains("field/tab")
            }
            try eventually("ben's is told: \(all.text)") { try all.changes().contains { $0.id == "ben" } }
            let heard = try one.changes()
            #expect(heard.allSatisfy { $0.id == "ann" && $0.kind == "session" })
            #expect(heard.map(\.position) == heard.map(\.position).sorted() && Set(heard.map(\.change)).count == heard.count)
            #expect(try Set(heard).isSubset(of: all.changes()))

            // From its first change on: the rest again, the same.
            let first = try #require(heard.first)
            let again = try Client(worker, "?ids=session%2Fann", last: first.position, in: scratch)
            try eventually("the rest comes again: \(again.text)") { try again.changes() == Array(one.changes().dropFirst()) }
            #expect(worker.page("/v1/changes?ids=ann")?.contains("is not KIND/ID") == true)

            kill(worker.program.pid, SIGTERM)
            _ = try worker.program.wait()
            try eventually("the streams end with the worker") { !all.isRunning && !one.isRunning && !again.isRunning }
            let next = try KafkaWorker(flags, in: scratch)
            try eventually("it serves", of: [next]) { next.address != nil }
            let late = try Client(next, "", last: first.position, in: scratch)
            try eventually("it reads anew: \(late.text)") { late.events.contains { $0["event"] == "reset" } }
            let reset = try #require(late.events.first { $0["event"] == "reset" }?["id"].flatMap { UInt64($0) })
            #expect(reset > (heard.last?.position ?? 0))
            try broker.produce([event("5", "ann", 13, #"{"tab":3}"#)], to: "events")
            try eventually("and hears what comes then: \(late.text)") { try late.changes().map(\.path) == ["field/tab"] }
        }
    }
}
