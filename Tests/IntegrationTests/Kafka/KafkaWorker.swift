import Foundation
import TestSupport
import Testing

/// A `converge run` under way, with what it says of itself.
struct KafkaWorker {
    let program: Program
    private let scratch: Scratch
    private let logName: String

    init(_ flags: [String], in scratch: Scratch) throws {
        try self.init(flags: flags + ["--kafka-statistics-interval", "100ms"], [:], in: scratch)
    }

    init(flags: [String], _ environment: [String: String], in scratch: Scratch) throws {
        self.scratch = scratch
        logName = "run-\(UUID().uuidString).log"
        // A machine that is busy with other work is no reason to break a drain off; ``drain()`` waits for longer than this.
        let patience = ["CONVERGE_DRAIN_TIMEOUT": "4m"].merging(environment) { $1 }
        program = try Program(["run"] + flags + ["--log-path", logName], in: scratch, environment: patience)
    }

    /// Reads all that is there, and ends in good order.
    @discardableResult
    static func toEnd(_ flags: [String], in scratch: Scratch) throws -> KafkaWorker {
        let worker = try KafkaWorker(flags + ["--until-end"], in: scratch)
        let ended = try worker.program.wait()
        #expect(ended.code == 0 && !ended.wasKilled, "\(ended.errors) \(worker.log.suffix(3))")
        return worker
    }

    var log: [[String: Any]] {
        ((try? scratch.lines(logName)) ?? []).compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    func entries(_ event: String) -> [[String: Any]] { log.filter { $0["event"] as? String == event } }

    func fields(_ event: String) -> [String: Any] { entries(event).last?["fields"] as? [String: Any] ?? [:] }

    /// Where it serves HTTP, once it does.
    var address: String? { (fields("run.start")["http"] as? String).map { "http://\($0)" } }

    /// The body of a page, whatever its status.
    func page(_ path: String) -> String? {
        guard let address else { return nil }
        let curl = Process()
        let output = Pipe()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments = ["curl", "-s", "--max-time", "60", "\(address)\(path)"]
        curl.standardOutput = output
        guard (try? curl.runBound()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        curl.waitUntilExit()
        return curl.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
    }

    /// The sum of a metric's series.
    func metric(_ name: String) -> Double? {
        let values = series(name).values
        return values.isEmpty ? nil : values.reduce(0, +)
    }

    /// A metric's values by their labels.
    func series(_ name: String) -> [String: Double] {
        let lines = page("/metrics")?.split(separator: "\n").filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
        let values = (lines ?? []).compactMap { line -> (String, Double)? in
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else { return nil }
            return (line[..<space].dropFirst(name.count).description, value)
        }
        return Dictionary(values) { $0 + $1 }
    }

    /// Where the partitions of a topic are read.
    func position(_ topic: String, partition: Int) -> Double? {
        series("converge_kafka_position")["{topic=\"\(topic)\",partition=\"\(partition)\"}"]
    }

    var isReady: Bool { page("/health/ready")?.hasPrefix("{\"status\":\"ok\"") ?? false }

    /// Whether it runs, and what it said last.
    var standing: String {
        let state = program.isRunning ? "process \(program.pid) runs" : "process \(program.pid) has ended with \(program.code)"
        let lines = ((try? scratch.lines(logName)) ?? []).suffix(5)
        return "\(state); standard error: \"\(program.errorsSoFar)\"; log: \(lines.joined(separator: "\n"))"
    }

    func moveLog(to name: String) throws {
        try FileManager.default.moveItem(atPath: scratch.path(logName), toPath: scratch.path(name))
    }

    func signal(_ signal: Int32) { kill(program.pid, signal) }

    /// Ends it in good order. `meanwhile`: once it was told to.
    func drain(meanwhile: () throws -> Void = {}) throws {
        signal(SIGTERM)
        try meanwhile()
        let ended = try program.wait()
        #expect(ended.code == 0 && !ended.wasKilled, "\(ended.errors) \(log.suffix(3))")
        #expect(entries("run.end").count == 1)
    }
}

extension Scratch {
    /// The digest of these records merged in memory.
    func digest(ofLines lines: [String]) throws -> String {
        try write("reference.jsonl", lines.jsonLines)
        return try digest(ofCaptures: "reference.jsonl")
    }

    func digest(of state: String) throws -> String { try #require(try converge("digest", state).digest) }

    func digest(ofJoined states: [String]) throws -> String {
        let ended = try Program(["join"] + states + ["--output", "joined.jsonl"], in: self).wait()
        try #require(ended.code == 0, "\(ended.errors)")
        return try digest(of: "joined.jsonl")
    }
}
