import EngineCore
import Foundation
import Ingest
import Servers
import TestSupport
import Testing

extension ProgramTests {
    @Suite("a worker's state over HTTP")
    struct StateOverHTTPTests {
        private static let kinds = ["agent", "contact", "customer", "flow", "queue", "session", "username", "volume"]
        private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../..").standardized

        /// Every record of the fixtures, whatever form its file has.
        private static func fixtures() throws -> [[UInt8]] {
            let source = try FileSource(paths: [root.appendingPathComponent("fixtures").path])
            let block = RecordBlock()
            var records: [[UInt8]] = []
            while true {
                block.removeAll()
                guard case .records = try source.read(into: block) else { return records }
                for record in block.records { records.append(Array(block.text.bytes.slice(record.offset, record.length))) }
            }
        }

        /// A worker that has all fixtures and is ready.
        private func worker(_ broker: Broker, in scratch: Scratch, _ flags: [String] = []) throws -> KafkaWorker {
            let records = try Self.fixtures()
            try broker.create("events", partitions: 3)
            try broker.produce(records, to: "events", partitions: 3)
            let worker = try KafkaWorker(broker.flags(topics: "events", state: "state") + flags, in: scratch)
            try eventually("all is durable", of: [worker]) {
                worker.metric("converge_records_total") == Double(records.count) && worker.isReady
                    && worker.metric("converge_kafka_lag_records") == 0
            }
            return worker
        }

        /// Walks a kind by its cursors: every page is made of the lines that `show` prints, byte for byte.
        private func walk(_ kind: String, limit: Int, _ lines: [String], _ worker: KafkaWorker) throws {
            var told = 0
            var cursor = ""
            while true {
                let page = try #require(worker.page("/state/\(kind)?limit=\(limit)&registers=true\(cursor)"))
                let json = try #require(JSONSerialization.jsonObject(with: Data(page.utf8)) as? [String: Any], "\(page)")
                let end = min(told + limit, lines.count)
                let next = json["next"] as? String
                let items = lines[told..<end].joined(separator: ",")
                #expect(page == "{\"items\":[\(items)],\"next\":\(next.map { "\"\($0)\"" } ?? "null"),\"scope\":\"member\"}\n")
                told = end
                guard let next else { break }
                try #require(told < lines.count)
                cursor = "&cursor=\(next)"
            }
            #expect(told == lines.count, "\(kind)")
        }

        @Test("all pages of all kinds form the state, and every response conforms to docs/openapi.yaml")
        func state() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let worker = try worker(broker, in: scratch)
            var all: [String] = []
            for kind in Self.kinds {
                let shown = try scratch.converge("show", kind, "--state", "state", "--format", "json")
                let lines = shown.text.split(separator: "\n").map(String.init)
                #expect(shown.code == 0 && !lines.isEmpty, "\(kind)")
                for limit in [2, lines.count, 1000] { try walk(kind, limit: limit, lines, worker) }
                all += lines
            }
            #expect(try scratch.converge("digest", "state").digest == sha256(Data(all.jsonLines.utf8)))

            try hold(worker, in: scratch)
            #expect(worker.entries("http.state").isEmpty)
            try worker.drain()
        }

        @Test("lists of a worker that follows changes have what its state has, and conform to docs/openapi.yaml")
        func lists() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let worker = try worker(broker, in: scratch, ["--http-changes"])
            let shown = try scratch.converge("show", "agent", "--state", "state", "--format", "json")
            let count = shown.text.split(separator: "\n").count
            try eventually("all agents are counted", of: [worker]) {
                worker.page("/v1/summary")?.contains(#""total":\#(count)},"contacts""#) ?? false
            }
            try hold(worker, in: scratch, only: "lists")
            try worker.drain()
        }

        /// Holds the worker against the document. `only`: what alone.
        private func hold(_ worker: KafkaWorker, in scratch: Scratch, only: String? = nil) throws {
            let process = Process()
            process.executableURL = try PythonEnvironment.make("schemathesis", "schemathesis==4.32.5").appendingPathComponent(
                "python")
            let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            process.arguments = [
                here.appendingPathComponent("openapi.py").path, Self.root.appendingPathComponent("docs/openapi.yaml").path,
                try #require(worker.address),
            ]
            if let only { process.arguments?.append(only) }
            process.currentDirectoryURL = URL(fileURLWithPath: scratch.root)
            let output = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.write("schemathesis.txt", "")))
            process.standardOutput = output
            process.standardError = output
            process.standardInput = FileHandle.nullDevice
            try process.runBound()
            process.waitUntilExit()
            let text = String(decoding: try scratch.read("schemathesis.txt"), as: UTF8.self)
            #expect(process.terminationStatus == 0, "\(text.suffix(4_000))")
            let document = try String(contentsOf: Self.root.appendingPathComponent("docs/openapi.yaml"), encoding: .utf8)
            let all = document.components(separatedBy: "\n      operationId: ").count - 1
            // Five lists, each with HEAD.
            let count = only == nil ? all : 10
            #expect(
                text.contains("walked ") && text.contains("API Operations:\n  Selected: \(count)/\(all)\n  Tested: \(count)"),
                "\(text)")
        }

        @Test("converge top shows a worker, in a table, as JSON and in place on a terminal")
        func top() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let worker = try worker(broker, in: scratch)
            let url = try #require(worker.address)

            let table = try scratch.converge("top", "--url", url, "--interval", "100ms")
            #expect(table.code == 0 && table.text.contains("\nREADY\n"), "\(table.text) \(table.errors)")
            #expect(
                table.text.contains("\n0 records behind in 3 partitions\nTOPIC   PARTITION  BEHIND  CHANGE/S  READ/S  NEXT"))
            #expect(table.text.contains("\ndead letters: ") && !table.text.contains("\u{1B}"))

            let report = try scratch.converge("top", "--url", url + "/", "--once", "--format", "json", "--interval", "100ms")
                .json()
            #expect(report["ready"] as? Bool == true && report["recordsPerSecond"] as? Double == 0)
            #expect((report["partitions"] as? [[String: Any]])?.compactMap { $0["lagRecords"] as? Double } == [0, 0, 0])

            let terminal = try Terminal()
            let watch = try Program(
                ["top", "--url", url, "--interval", "100ms"], in: scratch, input: terminal.side, output: terminal.side)
            try eventually("it is drawn") { terminal.text.contains("READY") && terminal.text.contains("events") }
            try worker.drain()
            try eventually("it says that the worker is away") { terminal.text.contains("NO RESPONSE") }
            #expect(watch.isRunning && !terminal.echoes)
            terminal.type("q")
            #expect(try watch.wait().code == 0)
            #expect(terminal.echoes && terminal.text.hasPrefix("\u{1B}[?25l") && terminal.text.hasSuffix("\u{1B}[?25h"))

            let away = try scratch.converge("top", "--url", url, "--once")
            #expect(away.code == 1 && away.text.isEmpty)
            #expect(away.errors.contains(url) && away.errors.contains("check that 'converge run' is running"), "\(away.errors)")
        }

        @Test("converge top ends on a signal like on q, and restores the terminal", arguments: [SIGINT, SIGTERM])
        func topSignals(signal: Int32) throws {
            let scratch = try Scratch()
            let terminal = try Terminal()
            let port = try Broker.freePort()
            let watch = try Program(
                ["top", "--url", "http://127.0.0.1:\(port)"], in: scratch, input: terminal.side, output: terminal.side)
            try eventually("it is drawn") { terminal.text.contains("NO RESPONSE") }
            kill(watch.pid, signal)
            #expect(try watch.wait().code == 0)
            #expect(terminal.echoes && terminal.text.hasSuffix("\u{1B}[?25h"))
        }
    }
}
