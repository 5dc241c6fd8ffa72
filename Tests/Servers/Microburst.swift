import Foundation
import TestSupport

/// Makes what goes to AWS through it go wrong, by rules (https://pypi.org/project/microburst/): not of this project, slow, with
/// the services' own models for its errors.
///
/// Requests go on with another Host, so behind it only the emulator's root key is good, whose signature is not looked at. Ended
/// with the last reference or this process.
public final class Microburst: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    public let base: String

    /// `upstream`: where requests go on to.
    public init(_ upstream: String) throws {
        let port = try Emulator.freePort()
        // By an address it would look into the models of all services for the host's name, at the first request and while all others wait:
        // three seconds of a processor, on a busy machine longer than a worker tries.
        base = "http://localhost:\(port)"
        process.executableURL = try PythonEnvironment.make("microburst", "microburst==0.10.0").appendingPathComponent("python")
        process.arguments = [
            "-B", "\(Script.folder)/kept.py", "microburst", "--upstream", upstream, "--host", "127.0.0.1", "--port",
            "\(port)",
        ]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.runBound()
        try Emulator.wait(base + "/_microburst/health", for: process)
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Takes the place of the rules before; their form is in its documentation.
    public func set(rules: [[String: Any]]) throws { _ = try JSONRequest.send("POST", base + "/_microburst/rules", rules) }

    /// What it did, oldest first.
    public func fired() throws -> [[String: Any]] {
        try JSONRequest.send("GET", base + "/_microburst/fired", nil) as? [[String: Any]] ?? []
    }
}
