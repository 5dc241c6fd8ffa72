import Foundation
import TestSupport

/// Lines on their way into a stream at a pace (`feed.py put`), while something else goes on. Ended with the last reference or this
/// process.
public final class Feed: @unchecked Sendable {
    private let process: Process
    private let input = Pipe()
    private let output = Pipe()
    private let region: String

    /// `environment`: says where the stream is. `file`: JSON Lines.
    public init(
        _ file: String, to stream: String, perSecond: Int, region: String = "us-east-1", _ environment: [String: String]
    ) throws {
        let pace = ["put", "--stream", stream, "--per-second", "\(perSecond)", "--until-input-ends"]
        process = try Script.process("feed.py", pace + ["\(region)=\(file)"], environment)
        self.region = region
        process.standardInput = input
        process.standardOutput = output
        try process.runBound()
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    public var isUnderWay: Bool { process.isRunning }

    /// Puts no more; how many of the lines are in the stream, from the first on.
    public func end() throws -> Int {
        try input.fileHandleForWriting.close()
        return try wait()
    }

    /// Waits until all lines are in the stream.
    public func wait() throws -> Int {
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let counts = try JSONSerialization.jsonObject(with: data) as? [String: Int]
        guard process.terminationStatus == 0, let count = counts?[region] else {
            throw PythonEnvironment.Failed(description: "feed.py ended with \(process.terminationStatus)")
        }
        return count
    }
}
