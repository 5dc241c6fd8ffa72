import AWS
import Foundation
import HTTPClient
import Platform
import TestSupport

/// The double of Kinesis in `double/kinesis_double.py`, which says what it can be told; it ends with the last reference.
final class KinesisDouble: @unchecked Sendable {
    struct Failed: Error, CustomStringConvertible { let description: String }

    static let home = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("double")

    private let process = Process()
    /// The double ends with its standard input, so it does not outlive the tests however these end.
    private let input = Pipe()
    let port: UInt16
    let session: AWSSession

    init() throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-B", KinesisDouble.home.appendingPathComponent("kinesis_double.py").path, "--until-stdin-ends",
        ]
        process.standardOutput = output
        process.standardInput = input
        try process.runBound()
        var line = ""
        while !line.hasSuffix("\n") {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { throw Failed(description: "the double ended without a port") }
            line += String(decoding: data, as: UTF8.self)
        }
        guard let port = UInt16(line.dropLast()) else { throw Failed(description: "no port: \(line)") }
        self.port = port
        session = try AWSSession(
            Environment([
                "AWS_ENDPOINT_URL_KINESIS": "http://127.0.0.1:\(port)", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            ]))
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    var base: String { "http://127.0.0.1:\(port)" }

    /// An operation of the service, with its input as JSON.
    @discardableResult
    func call(_ operation: String, _ input: [String: Any]) throws -> [String: Any] {
        let client = try session.client(.kinesis, region: "us-east-1")
        let body = try client.perform(operation, Array(JSONSerialization.data(withJSONObject: input))).body.text
        return try body.isEmpty ? [:] : KinesisDouble.object(body)
    }

    /// Settings, faults and the like: `what` is behind `/_double/`.
    func control(_ what: String, _ input: [String: Any]) throws {
        guard let url = HTTPURL(base + "/_double/" + what) else { throw Failed(description: what) }
        let body = try Array(JSONSerialization.data(withJSONObject: input))
        let answer = try session.http.perform(HTTPRequest(.post, url, body: body))
        guard answer.isSuccess else { throw Failed(description: "\(what): \(answer.body.text)") }
    }

    func fault(_ kind: String, _ operation: String, _ more: [String: Any] = [:]) throws {
        try control("faults", ["operation": operation, "kind": kind].merging(more) { $1 })
    }

    /// How often each operation was called.
    func calls() throws -> [String: Int] {
        try KinesisDouble.object(state("calls")) as? [String: Int] ?? [:]
    }

    /// When each operation was called, in seconds; of which shard; and the code of its error.
    func log() throws -> [(at: Double, operation: String, shard: String, code: String)] {
        let lines = try JSONSerialization.jsonObject(with: Data(state("log").utf8)) as? [[Any]] ?? []
        return lines.map {
            ($0[0] as? Double ?? 0, $0[1] as? String ?? "", $0[2] as? String ?? "", $0[3] as? String ?? "")
        }
    }

    private func state(_ what: String) throws -> String {
        guard let url = HTTPURL(base + "/_double/" + what) else { throw Failed(description: what) }
        return try session.http.perform(HTTPRequest(.get, url)).body.text
    }

    private static func object(_ text: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }
}
