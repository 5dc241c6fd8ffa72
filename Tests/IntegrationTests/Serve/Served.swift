import Foundation
import TestSupport
import Testing

/// A `converge serve` under way, and what it answers.
struct Served {
    let program: Program
    let address: String
    private let scratch: Scratch
    private let logName: String

    /// An answer with its head.
    struct Answer {
        var status: Int
        var head: String
        var body: String

        /// As a JSON object.
        func json() throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any], "\(body)")
        }
    }

    init(_ flags: [String], in scratch: Scratch, environment: [String: String] = [:]) throws {
        self.scratch = scratch
        let name = "serve-\(UUID().uuidString).log"
        logName = name
        let patience = ["CONVERGE_DRAIN_TIMEOUT": "2m"].merging(environment) { $1 }
        let program = try Program(
            ["serve", "--http-port", "0", "--log-path", name] + flags, in: scratch, environment: patience)
        self.program = program
        var place: String?
        try eventually("it serves") {
            if !program.isRunning { throw Ended.early(program.errorsSoFar + ((try? scratch.lines(name).joined()) ?? "")) }
            let start = Served.entries("serve.start", of: name, in: scratch).first
            place = (start?["fields"] as? [String: Any])?["http"] as? String
            return place != nil
        }
        address = try #require(place)
    }

    enum Ended: Error { case early(String) }

    private static func entries(_ event: String, of name: String, in scratch: Scratch) -> [[String: Any]] {
        ((try? scratch.lines(name)) ?? []).compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }.filter { $0["event"] as? String == event }
    }

    func entries(_ event: String) -> [[String: Any]] { Served.entries(event, of: logName, in: scratch) }

    /// `arguments`: of curl, before the address.
    func get(_ path: String, _ arguments: String...) throws -> Answer {
        let curl = Process()
        let output = Pipe()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments = ["curl", "-s", "-i", "--max-time", "60"] + arguments + ["http://\(address)\(path)"]
        curl.standardOutput = output
        curl.standardInput = FileHandle.nullDevice
        try curl.runBound()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        curl.waitUntilExit()
        let parts = try #require(text.range(of: "\r\n\r\n"), "\(path): curl ended with \(curl.terminationStatus)")
        let head = String(text[..<parts.lowerBound])
        return Answer(
            status: try #require(Int(head.split(separator: " ")[1])), head: head, body: String(text[parts.upperBound...]))
    }

    /// Ends it in good order.
    func drain() throws {
        kill(program.pid, SIGTERM)
        let ended = try program.wait()
        #expect(ended.code == 0 && !ended.wasKilled, "\(ended.errors)")
        #expect(entries("serve.end").count == 1)
    }
}
