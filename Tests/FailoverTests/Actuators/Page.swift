import Foundation
import TestSupport
import Servers

/// The code of `docs/actuators.md`, as it stands there.
enum Page {
    struct Missing: Error, CustomStringConvertible { let description: String }

    /// A block of a language, counted from zero.
    static func block(_ language: String, _ index: Int) throws -> String {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../docs/actuators.md")
        let text = try String(contentsOf: file.standardized, encoding: .utf8)
        let blocks = text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        guard blocks.indices.contains(index) else {
            throw Missing(description: "docs/actuators.md has no \(language) \(index)")
        }
        return blocks[index]
    }

    /// What a program prints, with boto3 at hand.
    static func python(_ code: String, _ environment: [String: String] = [:]) throws -> String {
        let process = Process()
        process.executableURL = try PythonEnvironment.make("boto", "boto3==1.44.5").appendingPathComponent("python")
        process.arguments = ["-B", "-c", code]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        try process.runBound()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
