import Foundation
import TestSupport
import Testing

/// kcat, a client of other people's making: what it produces, and what it finds.
extension Broker {
    /// Produces the lines of a file, each to any partition.
    func produceByKcat(_ path: String, to topic: String, _ options: String...) throws {
        try kcat(["-P", "-t", topic, "-l"] + options + [path], output: nil)
    }

    /// Everything that is in a topic, a record a line.
    func linesByKcat(of topic: String, in scratch: Scratch) throws -> [String] {
        let path = try scratch.write("kcat-\(topic)", "")
        try kcat(
            ["-C", "-t", topic, "-o", "beginning", "-e", "-q", "-X", "receive.message.max.bytes=1000000000"],
            output: FileHandle(forWritingTo: URL(fileURLWithPath: path)))
        return try scratch.lines("kcat-\(topic)")
    }

    private func kcat(_ arguments: [String], output: FileHandle?) throws {
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "60", "kcat", "-b", address] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = errors
        try process.runBound()
        let said = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let reason = String(decoding: said, as: UTF8.self)
            throw Failed(description: "kcat \(arguments): \(process.terminationStatus) \(reason)")
        }
    }
}
