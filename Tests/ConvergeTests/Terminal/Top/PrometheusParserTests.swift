import Foundation
import TestSupport
import Testing

@testable import Observability
@testable import converge
@testable import converge

/// Prometheus's own parser reads what is told: an oracle that knows nothing of this code. It is installed once, under `.build`.
@Suite("metrics in prometheus_client", .waiting(minutes: 5))
struct PrometheusParserTests {
    private static let version = "0.26.0"

    private static let script = """
        import json, sys
        from prometheus_client.parser import text_string_to_metric_families
        families = text_string_to_metric_families(sys.stdin.buffer.read().decode("utf-8"))
        print(json.dumps([
            {"name": f.name, "type": f.type, "help": f.documentation,
             "samples": [{"name": s.name, "labels": s.labels, "value": repr(float(s.value))} for s in f.samples]}
            for f in families]))
        """

    private struct Family: Decodable {
        struct Sample: Decodable {
            var name: String
            var labels: [String: String]
            var value: String
        }
        var name: String
        var type: String
        var help: String
        var samples: [Sample]
    }

    private static func run(_ program: String, _ arguments: [String], input: Data = Data()) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let (given, taken) = (Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = taken
        try process.runBound()
        try given.fileHandleForWriting.write(contentsOf: input)
        try given.fileHandleForWriting.close()
        let output = taken.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(program) \(arguments.joined(separator: " "))")
        return output
    }

    private static func parse(_ text: [UInt8]) throws -> [Family] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../..").standardized
        let environment = root.appendingPathComponent(".build/venv-prometheus").path
        let python = environment + "/bin/python"
        let mark = environment + "/installed-\(version)"
        if !FileManager.default.fileExists(atPath: mark) {
            _ = try run("/usr/bin/env", ["python3", "-m", "venv", "--clear", environment])
            _ = try run(python, ["-m", "pip", "install", "--quiet", "prometheus_client==\(version)"])
            try Data().write(to: URL(fileURLWithPath: mark))
        }
        return try JSONDecoder().decode([Family].self, from: run(python, ["-c", script], input: Data(text)))
    }

    @Test("prometheus_client reads every kind of metric as it was recorded, including unusual labels and numbers")
    func oracle() throws {
        let metrics = Metrics()
        let labels = [
            "plain", "", "a\"b", "back\\slash", "line\nbreak", "\\n", "ünï😀", "{a=\"b\"}", "a,b=c", " x ", "\\\\\"\n",
        ]
        let help = "Back\\slash, a line\nbreak and \"quotes\"."
        let counters = try metrics.counters("converge_events_total", help, labels: ["type", "other"])
        for (index, label) in labels.enumerated() { counters.with(label, "x").add(index + 1) }
        let numbers = [
            0, -1, 0.1, 1e-7, 1e21, 123_456_789.123, .infinity, -.infinity, .nan, .greatestFiniteMagnitude,
            9_007_199_254_740_991,
        ]
        try metrics.observe("converge_value", "Values.", labels: ["index"]) {
            numbers.enumerated().map { MetricReading($1, labels: ["\($0)"]) }
        }
        let bounds: [Int64] = [100_000, 500_000_000, 10_000_000_000]
        var flushes = Histogram(bounds: bounds)
        for nanoseconds: Int64 in [10_000, 200_000_000, 300_000_000, 70_000_000_000] { flushes.add(nanoseconds) }
        try metrics.observe("converge_flush_seconds", "Flush.", bounds: bounds, scale: 1e-9) { [flushes] in flushes }
        try metrics.observeProcess(version: "0.1.0")

        let families = try Self.parse(metrics.text())
        func family(_ name: String) throws -> Family {
            try #require(families.first { $0.name == name }, "\(families.map(\.name))")
        }

        let events = try family("converge_events")
        #expect(events.type == "counter" && events.help == help)
        #expect(events.samples.count == labels.count)
        for (index, label) in labels.enumerated() {
            let sample = events.samples.first { $0.labels == ["type": label, "other": "x"] }
            #expect(sample?.value == "\(index + 1).0" && sample?.name == "converge_events_total", "\(label.debugDescription)")
        }

        let values = try family("converge_value")
        #expect(values.type == "gauge")
        for (index, value) in numbers.enumerated() {
            let told = Double(try #require(values.samples.first { $0.labels == ["index": "\(index)"] }).value) ?? .nan
            #expect(told == value || told.isNaN && value.isNaN, "\(told) for \(value)")
        }

        let flush = try family("converge_flush_seconds")
        #expect(flush.type == "histogram")
        #expect(flush.samples.filter { $0.name.hasSuffix("_bucket") }.map(\.value) == ["1.0", "3.0", "3.0", "4.0"])
        #expect(flush.samples.compactMap { $0.labels["le"].flatMap(Double.init) } == [1e-4, 0.5, 10, .infinity])
        #expect(flush.samples.first { $0.name.hasSuffix("_count") }?.value == "4.0")

        // What `converge top` reads by agrees with the oracle.
        let text = try PrometheusText(String(decoding: metrics.text(), as: UTF8.self))
        for sample in families.flatMap(\.samples) {
            let value = try #require(text[sample.name].first { $0.labels == sample.labels }, "\(sample)").value
            let told = Double(sample.value) ?? .nan
            #expect(sample.name.hasPrefix("process_") || value == told || value.isNaN && told.isNaN, "\(sample)")
        }

        #expect(try family("converge_build_info").samples.first?.labels == ["version": "0.1.0"])
        #expect(try family("process_resident_memory_bytes").type == "gauge")
        #expect(try family("process_cpu_seconds").type == "counter")
    }
}
