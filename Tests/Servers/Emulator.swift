import Foundation

/// An emulator of AWS that verifies signatures (https://pypi.org/project/ministack/), on a free loopback port.
///
/// Its root key is `test`, with the secret `test`; it is taken without a look at the signature.
public final class Emulator: @unchecked Sendable {
    private let process = Process()
    public let base: String

    public init() throws {
        let bin = try PythonEnvironment.make("ministack", "ministack==1.5.33", "cbor2==6.2.1")
        let port = try Emulator.freePort()
        base = "http://127.0.0.1:\(port)"
        process.executableURL = bin.appendingPathComponent("ministack")
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["BIND_HOST": "127.0.0.1", "GATEWAY_PORT": "\(port)", "AUTH": "true"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try wait()
    }

    deinit {
        // It may hold the signal off while it starts.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// What a program needs to find it.
    public func environment(region: String = "us-east-1") -> [String: String] {
        [
            "AWS_ENDPOINT_URL": base, "AWS_REGION": region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
    }

    private func wait() throws {
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline {
            let curl = Process()
            curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            curl.arguments = ["curl", "-sf", "--max-time", "2", "\(base)/_ministack/health"]
            curl.standardOutput = FileHandle.nullDevice
            try curl.run()
            curl.waitUntilExit()
            if curl.terminationStatus == 0 { return }
            guard process.isRunning else { throw PythonEnvironment.Failed(description: "ministack ended at once") }
            usleep(50_000)
        }
        throw PythonEnvironment.Failed(description: "ministack does not answer")
    }

    /// A port that nobody listens on now.
    public static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer -> UInt16? in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Bool in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            } ? UInt16(bigEndian: pointer.pointee.sin_port) : nil
        }
        guard let port else { throw PythonEnvironment.Failed(description: "no free port") }
        return Int(port)
    }
}
