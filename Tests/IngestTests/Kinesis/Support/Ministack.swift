import AWS
import Foundation
import Glibc

/// An emulator of DynamoDB that verifies signatures (https://pypi.org/project/ministack/), in a virtual environment of its own; it ends with the
/// last reference.
final class Ministack: @unchecked Sendable {
    struct Failed: Error, CustomStringConvertible { let description: String }

    private static let making = NSLock()
    private let process = Process()
    let base: String

    init() throws {
        let program = try Ministack.program()
        let port = try Ministack.freePort()
        base = "http://127.0.0.1:\(port)"
        process.executableURL = program
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["BIND_HOST": "127.0.0.1", "GATEWAY_PORT": "\(port)", "AUTH": "true"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let http = try HTTPClient()
        guard let health = HTTPURL(base + "/_ministack/health") else { throw Failed(description: base) }
        for _ in 0..<1_200 {
            if let answer = try? http.perform(HTTPRequest(.get, health)), answer.isSuccess { return }
            usleep(50_000)
        }
        throw Failed(description: "ministack does not answer")
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Variables for a session that finds DynamoDB here.
    var variables: [String: String] {
        [
            "AWS_ENDPOINT_URL_DYNAMODB": base, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
        ]
    }

    func session() throws -> AWSSession { try AWSSession(Environment(variables)) }

    private static func program() throws -> URL {
        making.lock()
        defer { making.unlock() }
        let build = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
                ".build")
        let home = build.appendingPathComponent("venv-ministack")
        let program = home.appendingPathComponent("bin/ministack")
        let mark = home.appendingPathComponent(".has-ministack==1.5.33-cbor2")
        if !FileManager.default.fileExists(atPath: mark.path) {
            _ = try run("/usr/bin/env", ["python3", "-m", "venv", home.path])
            _ = try run(
                home.appendingPathComponent("bin/pip").path,
                ["install", "-q", "--disable-pip-version-check", "ministack==1.5.33", "cbor2==6.2.1"])
            try Data().write(to: mark)
        }
        return program
    }

    private static func freePort() throws -> Int {
        let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
        let text = try run("/usr/bin/env", ["python3", "-c", script]).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let port = Int(text) else { throw Failed(description: text) }
        return port
    }

    private static func run(_ path: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(description: "\(path) \(arguments)") }
        return text
    }
}

extension AWSSession {
    /// An operation of a service with its input as JSON text, and the answer's text.
    @discardableResult
    func ask(_ service: AWSService, _ operation: String, _ json: String) throws -> String {
        try client(service, region: "us-east-1").perform(operation, Array(json.utf8)).body.text
    }
}
