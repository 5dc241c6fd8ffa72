import Foundation
import TestSupport

/// Who comes to a broker through here has to log in by SASL/PLAIN. Ended with the last reference.
///
/// The broker tells clients its own address, so they come through here to begin with and go on at the broker, which takes any
/// password.
final class SASLGate {
    let user = "converge"
    let password = "right-\(UUID().uuidString)"
    private let port: Int
    private let process = Process()

    init(to broker: Broker) throws {
        port = try Broker.freePort()
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Kafka/sasl.py")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script.standardized.path, "\(port)", "\(broker.port)", user, password]
        process.standardError = FileHandle.nullDevice
        try process.runBound()
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    var address: String { "127.0.0.1:\(port)" }
}
