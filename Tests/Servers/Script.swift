import Foundation
import HTTPClient
import TestSupport

/// The programs in Python of the folder `python` beside this file, in a virtual environment that has boto3.
public enum Script {
    /// Where they are.
    public static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("python").path

    static func python() throws -> URL {
        try PythonEnvironment.make("boto", "boto3==1.44.5").appendingPathComponent("python")
    }

    /// What it prints, once it has ended well.
    @discardableResult
    public static func run(
        _ name: String, _ arguments: [String], _ environment: [String: String] = [:], input: String = ""
    ) throws -> String {
        let process = try process(name, arguments, environment)
        let output = Pipe()
        process.standardOutput = output
        let given = Pipe()
        process.standardInput = given
        try process.runBound()
        // Less than a pipe holds.
        try given.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try given.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw PythonEnvironment.Failed(description: "\(name) \(arguments) ended with \(process.terminationStatus): \(text)")
        }
        return text
    }

    /// What it prints, each line as JSON.
    public static func objects(
        _ name: String, _ arguments: [String], _ environment: [String: String] = [:], input: String = ""
    ) throws -> [[String: Any]] {
        try run(name, arguments, environment, input: input).split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    static func process(_ name: String, _ arguments: [String], _ environment: [String: String]) throws -> Process {
        let process = Process()
        process.executableURL = try python()
        process.arguments = ["-B", "\(folder)/\(name)"] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        return process
    }
}

/// A server out of ``Script``'s folder on a free loopback port, ended with the last reference or this process.
public final class ScriptServer: @unchecked Sendable {
    private let process: Process
    private let input = Pipe()
    public let port: Int

    public init(_ name: String, _ arguments: [String], _ environment: [String: String] = [:]) throws {
        process = try Script.process(name, arguments, environment)
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = input
        try process.runBound()
        var line = ""
        while !line.hasSuffix("\n") {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { throw PythonEnvironment.Failed(description: "\(name) ended before it was ready") }
            line += String(decoding: data, as: UTF8.self)
        }
        guard let port = line.dropFirst(6).dropLast().split(separator: " ").first.flatMap({ Int($0) }) else {
            throw PythonEnvironment.Failed(description: "\(name) said no port: \(line)")
        }
        self.port = port
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    public var base: String { "http://127.0.0.1:\(port)" }

    /// Asks it for something at its port; the answer is JSON.
    @discardableResult
    public func ask(_ method: String, _ path: String, _ body: Any? = nil) throws -> Any {
        try JSONRequest.send(method, base + path, body)
    }
}

/// A request with a body of JSON, and an answer of JSON.
enum JSONRequest {
    private static let client = Result { try HTTPClient() }

    static func send(_ method: String, _ url: String, _ body: Any?, header: HTTPHeader? = nil) throws -> Any {
        guard let address = HTTPURL(url), let known = HTTPMethod(rawValue: method) else {
            throw PythonEnvironment.Failed(description: "nothing to ask: \(method) \(url)")
        }
        var request = HTTPRequest(known, address)
        request.isFresh = true
        if let body {
            request.body = try Array(JSONSerialization.data(withJSONObject: body, options: .fragmentsAllowed))
            request.headers.append(HTTPHeader("Content-Type", "application/json"))
        }
        if let header { request.headers.append(header) }
        let whole = Duration.seconds(300)
        request.timeouts = HTTPTimeouts(connect: whole, firstByte: whole, idle: whole, total: whole)
        let answer = try client.get().perform(request)
        let data = answer.body.withBytes { Data($0) }
        guard answer.isSuccess else {
            throw PythonEnvironment.Failed(
                description: "\(method) \(url): \(answer.status) \(String(decoding: data, as: UTF8.self))")
        }
        // Some operations of AWS answer with nothing.
        return try data.isEmpty ? [:] : JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
    }
}
