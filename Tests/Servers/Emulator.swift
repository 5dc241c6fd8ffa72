import Foundation
import TestSupport

/// An emulator of AWS that verifies signatures (https://pypi.org/project/ministack/), on a free loopback port.
///
/// Its root key is `test`, with the secret `test`; it is taken without a look at the signature. ``worker`` is a user of every
/// emulator of this process, as IAM is one for all Regions. Ended with the last reference or this process.
public final class Emulator: @unchecked Sendable {
    /// A user's key, whose signatures are verified.
    public static let worker = ["AWS_ACCESS_KEY_ID": "AKIAWORKER0000000001", "AWS_SECRET_ACCESS_KEY": UUID().uuidString]
    /// A role that the user may assume.
    public static let role = "arn:aws:iam::000000000000:role/task"

    public let port: Int
    public let region: String
    private let directory = NSTemporaryDirectory() + "converge-emulator-" + UUID().uuidString
    private var process = Process()
    private var input = Pipe()

    /// `region`: for requests that are not signed. It knows every Region, and keeps their tables and streams apart.
    public init(region: String = "us-east-1") throws {
        self.region = region
        port = try Emulator.freePort()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try start()
    }

    deinit {
        // It may hold the signal off while it starts.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// The directory of the programs of the emulator's virtual environment.
    public static func programs() throws -> URL {
        try PythonEnvironment.make("ministack", "ministack==1.5.33", "cbor2==6.2.1")
    }

    public var base: String { "http://127.0.0.1:\(port)" }

    /// What a program needs to find it, as root.
    public func environment(region: String = "us-east-1") -> [String: String] {
        [
            "AWS_ENDPOINT_URL": base, "AWS_REGION": region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
    }

    // MARK: Its life

    /// Ends it in good order. ``start()`` finds what was there, except records of DynamoDB's streams and sessions of STS.
    public func stop() {
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
    }

    /// Starts it again, at the same port.
    public func start() throws {
        process = Process()
        input = Pipe()
        process.executableURL = try Emulator.programs().appendingPathComponent("python")
        process.arguments = ["-B", "\(Script.folder)/emulator.py"]
        let own = [
            "GATEWAY_PORT": "\(port)", "MINISTACK_REGION": region, "STATE_DIR": "\(directory)/state",
            "S3_DATA_DIR": "\(directory)/s3",
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(own) { $1 }.merging(Emulator.worker) { $1 }
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.runBound()
        try Emulator.wait(base + "/_ministack/health", for: process)
    }

    /// Answers no more, and keeps its connections.
    public func suspend() { kill(process.processIdentifier, SIGSTOP) }

    public func resume() { kill(process.processIdentifier, SIGCONT) }

    /// Waits until a server that is starting answers there.
    static func wait(_ url: String, for process: Process) throws {
        try eventually("\(url) answers") {
            let curl = Process()
            curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            curl.arguments = ["curl", "-sf", "--max-time", "2", url]
            curl.standardOutput = FileHandle.nullDevice
            try curl.runBound()
            curl.waitUntilExit()
            if curl.terminationStatus == 0 { return true }
            guard process.isRunning else { throw PythonEnvironment.Failed(description: "\(url): its server ended at once") }
            return false
        }
    }

    /// A port that nobody listens on now, below those that the system gives to clients (from 32768 on): one of those could be
    /// taken while the server that had it is away.
    public static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 10_000..<32_000)
            if isFree(port) { return port }
        }
        throw PythonEnvironment.Failed(description: "no free port")
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
