import Foundation
import TestSupport

/// Programs that tests run to their end.
public enum Programs {
    public struct Failed: Error, CustomStringConvertible { public let description: String }

    /// What it prints, once it has ended well.
    @discardableResult
    public static func run(_ program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.runBound()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(description: "\(program) \(arguments) ended with \(process.terminationStatus)")
        }
        return data
    }
}
