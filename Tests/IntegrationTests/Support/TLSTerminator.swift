import Foundation
import TestSupport
import Testing

/// TLS in front of a broker, and certificates for both sides, made for the occasion. Ended with the last reference.
final class TLSTerminator {
    struct Failed: Error { let command: [String] }

    let port: Int
    private let scratch: Scratch
    private let process = Process()
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../Kafka/tls.py").standardized.path

    /// Whether a process may have a network namespace here.
    static let isPermitted = (try? run(["unshare", "-rn", "true"])) != nil

    init(asksForCertificate: Bool) throws {
        scratch = try Scratch()
        port = try Broker.freePort()
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        for authority in ["ca", "other"] {
            let files = ["-keyout", path("\(authority).key"), "-out", path("\(authority).pem")]
            try Self.run(["openssl", "req", "-x509", "-subj", "/CN=\(authority)"] + files + key)
        }
        for name in ["server", "client"] {
            try Self.run(
                [
                    "openssl", "req", "-x509", "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-subj", "/CN=\(name)",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout",
                    path("\(name).key"), "-out", path("\(name).pem"),
                ] + key)
        }
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["python3", Self.script, "outside", path("socket"), "\(port)", path("server.pem"), path("server.key")]
            + (asksForCertificate ? [path("ca.pem")] : [])
        process.standardError = FileHandle.nullDevice
        try process.runBound()
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func path(_ name: String) -> String { scratch.path(name) }

    /// What the broker's command line begins with.
    var prefix: [String] { ["unshare", "-rn", "python3", Self.script, "inside", path("socket"), "\(port)"] }

    var clientOptions: [String: String] {
        [
            "security.protocol": "ssl", "ssl.ca.location": path("ca.pem"), "ssl.certificate.location": path("client.pem"),
            "ssl.key.location": path("client.key"),
        ]
    }

    private static func run(_ command: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        try process.runBound()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(command: command) }
    }
}
