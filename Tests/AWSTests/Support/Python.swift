import Foundation
import Testing

@testable import HTTPClient
@testable import Platform

/// Python scripts beside these tests.
enum Python {
    struct Failed: Error, CustomStringConvertible { let description: String }

    static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    static func script(_ name: String) -> String { tests.appendingPathComponent("oracle/\(name)").path }

    /// A port that nobody listened on a moment ago.
    static func freePort() throws -> UInt16 {
        let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
        let text = String(decoding: try run("/usr/bin/env", ["python3", "-c", script]), as: UTF8.self)
        return try #require(UInt16(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// The answer of a server that is starting: asked again until there is one.
    static func wait(_ client: HTTPClient, for request: HTTPRequest) throws -> HTTPResponse {
        for _ in 0..<600 {
            do throws(HTTPError) {
                return try client.perform(request)
            } catch {
                guard error.kind == .cannotConnect || error.kind == .connectionLost else { throw error }
            }
            let pause = Awaited<Bool>()
            client.after(.milliseconds(50)) { pause.bring(true) }
            _ = pause.wait()
        }
        throw Failed(description: "\(request) is not answered")
    }

    /// What a program prints.
    @discardableResult
    static func run(_ program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(description: "\(program) \(arguments) ended with \(process.terminationStatus)")
        }
        return data
    }
}

/// The web server of `oracle/server.py`, ended with the last reference.
final class LoopbackServer: @unchecked Sendable {
    static let shared = Result { try LoopbackServer() }

    private let process = Process()
    private let output = Pipe()
    private let input = Pipe()
    let port: UInt16

    init() throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", Python.script("server.py")]
        process.standardOutput = output
        // The server ends with its standard input, so it does not outlive the tests however these end.
        process.standardInput = input
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { throw Python.Failed(description: "server.py ended without a port") }
            line += String(decoding: data, as: UTF8.self)
        }
        guard let port = UInt16(line.dropLast()) else { throw Python.Failed(description: "no port: \(line)") }
        self.port = port
    }

    deinit { process.terminate() }

    var base: String { "http://127.0.0.1:\(port)" }

    static func url(_ path: String) throws -> HTTPURL { try #require(HTTPURL(shared.get().base + path)) }
}
