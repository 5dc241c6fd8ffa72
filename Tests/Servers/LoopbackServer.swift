import Foundation
import TestSupport
public import HTTPClient

/// The web server of `python/loopback.py`, which answers over HTTP as its paths say; ended with the last reference or this process.
public final class LoopbackServer: @unchecked Sendable {
    public static let shared = Result { try LoopbackServer() }

    private let process = Process()
    private let input = Pipe()
    public let port: UInt16

    public init() throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-B", "\(Script.folder)/loopback.py"]
        process.standardOutput = output
        process.standardInput = input
        process.standardError = FileHandle.nullDevice
        try process.runBound()
        var line = ""
        while !line.hasSuffix("\n") {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { throw PythonEnvironment.Failed(description: "loopback.py ended without a port") }
            line += String(decoding: data, as: UTF8.self)
        }
        guard let port = UInt16(line.dropLast()) else { throw PythonEnvironment.Failed(description: "no port: \(line)") }
        self.port = port
    }

    deinit { process.terminate() }

    public var base: String { "http://127.0.0.1:\(port)" }

    /// A path of the one that all tests share.
    public static func url(_ path: String) throws -> HTTPURL {
        let text = try shared.get().base + path
        guard let url = HTTPURL(text) else { throw PythonEnvironment.Failed(description: "no URL: \(text)") }
        return url
    }
}
