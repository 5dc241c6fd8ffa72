import Foundation
import TestSupport

/// An issuer with a key set over `https`, by `python/tokens.py`. Ended with the last reference or this process.
public final class TokenProvider: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let directory = NSTemporaryDirectory() + "converge-provider-" + UUID().uuidString
    /// What `iss` has, and where its key set is below.
    public let issuer: String

    public init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        process.executableURL = try TokenMaker.python()
        process.arguments = ["-B", "-W", "ignore", "\(Script.folder)/tokens.py", "provider", directory]
        process.standardInput = input
        process.standardOutput = output
        try process.runBound()
        let ready = try TokenProvider.line(output)
        guard ready.hasPrefix("ready ") else { throw PythonEnvironment.Failed(description: "tokens.py said \(ready)") }
        issuer = "https://127.0.0.1:" + ready.dropFirst(6)
    }

    deinit {
        process.terminate()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// The one that its certificate is to be verified with.
    public var certificate: String { directory + "/certificate.pem" }

    /// Says a word of `tokens.py`, or claims, and returns what it answers.
    @discardableResult
    public func tell(_ line: String) throws -> String {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        return try TokenProvider.line(output)
    }

    private static func line(_ pipe: Pipe) throws -> String {
        var line = ""
        while !line.hasSuffix("\n") {
            let data = pipe.fileHandleForReading.availableData
            if data.isEmpty { throw PythonEnvironment.Failed(description: "tokens.py ended") }
            line += String(decoding: data, as: UTF8.self)
        }
        return String(line.dropLast())
    }
}
