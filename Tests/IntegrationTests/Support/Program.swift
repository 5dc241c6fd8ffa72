import Foundation
import TestSupport
import Testing

/// All tests that run the program itself. Most of their time they wait, for brokers, leases and timeouts, so several run at once.
@Suite("the program", .waiting(minutes: 10))
enum ProgramTests {}

/// How a run ended.
struct Ended {
    /// The exit code, or the number of the signal that ended it.
    var code: Int32
    var wasKilled: Bool
    var output: Data
    var errors: String

    var text: String { String(decoding: output, as: UTF8.self) }

    /// The standard output as one JSON object.
    func json() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: output) as? [String: Any], "no JSON object: \(text)")
    }

    /// The digest in a summary of either format, or alone.
    var digest: String? {
        let hexadecimal = Set("0123456789abcdef")
        return text.split(whereSeparator: { !hexadecimal.contains($0) }).first { $0.count == 64 }.map(String.init)
    }
}

struct TimedOut: Error { let arguments: [String] }

/// The program under test, running. Ends with the last reference at the latest.
final class Program {
    /// It lies beside the test bundle: both are products of one build.
    static let path =
        (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])).resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("converge").path

    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    private let arguments: [String]
    private let directory: Scratch
    private let outputPath: String
    private let errorsPath: String

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    /// Its exit code, or the number of the signal that ended it; once it has ended.
    var code: Int32 { process.terminationStatus }
    /// What it has written to its standard error and ``wait(seconds:)`` has not taken.
    var errorsSoFar: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }

    /// `output`, `errors`: where these go instead of into ``Ended``.
    init(
        _ arguments: [String], in directory: Scratch, environment: [String: String] = [:], input: FileHandle? = nil,
        output: FileHandle? = nil, errors: FileHandle? = nil
    ) throws {
        self.arguments = arguments
        self.directory = directory
        outputPath = directory.path(".\(UUID().uuidString).out")
        errorsPath = directory.path(".\(UUID().uuidString).err")
        for path in [outputPath, errorsPath] { try Data().write(to: URL(fileURLWithPath: path)) }
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory.root)
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CONVERGE_") }
        process.environment = inherited.merging(environment) { $1 }
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardOutput = try output ?? FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
        process.standardError = try errors ?? FileHandle(forWritingTo: URL(fileURLWithPath: errorsPath))
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.runBound()
    }

    deinit { if process.isRunning { kill(pid, SIGKILL) } }

    func stop() { kill(pid, SIGKILL) }

    /// Whether it ends within the time.
    func ends(within seconds: Double) -> Bool {
        let hasEnded = ended.wait(timeout: .now() + seconds) == .success
        if hasEnded { ended.signal() }
        return hasEnded
    }

    /// Waits for the end; kills it and throws when that takes too long.
    func wait(seconds: Double = 300) throws -> Ended {
        guard ends(within: seconds) else {
            stop()
            throw TimedOut(arguments: arguments)
        }
        let output = try Data(contentsOf: URL(fileURLWithPath: outputPath))
        let errors = try Data(contentsOf: URL(fileURLWithPath: errorsPath))
        for path in [outputPath, errorsPath] { try? FileManager.default.removeItem(atPath: path) }
        return Ended(
            code: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal, output: output,
            errors: String(decoding: errors, as: UTF8.self))
    }
}
