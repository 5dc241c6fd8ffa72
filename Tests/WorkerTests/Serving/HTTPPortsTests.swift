import API
import Foundation
import HTTPServer
import Observability
import Servers
import TestSupport
import Testing

@testable import Worker

/// A process's ports: what stands where, and who is asked who they are.
@Suite("ports of a process", .waiting(minutes: 5))
struct HTTPPortsTests {
    private final class Sink: LogSink {
        var droppedLines: Int { 0 }
        func put(_ line: [UInt8]) {}
    }

    private static let kafka = ["--kafka-bootstrap-servers", "a", "--kafka-topics", "t", "--http-port", "0"]

    /// With tokens, and a route that wants a scope. `ports`: in the order in which they are told.
    private func start(_ flags: String...) throws -> (HTTPPorts, ports: [Int]) {
        let keys = NSTemporaryDirectory() + "converge-keys-\(UUID().uuidString).json"
        _ = try TokenMaker.issue(keysTo: keys, issuer: "https://i.example", [["scope": "read"]])
        let tokens = [
            "--http-tokens-issuers", "https://i.example", "--http-tokens-jwks", keys, "--http-tokens-audiences", "converge",
        ]
        let http = try #require(try WorkerSettings(flags: Self.kafka + tokens + flags).http)
        let operations = Operations(metrics: Metrics(), live: { HealthReport() }, ready: { HealthReport() })
        let log = Log(level: .error, format: .json, sink: Sink())
        let ports = try HTTPPorts(http, operations, isBeside: true, log) { $0.addFailover(nil) }
        return (ports, ports.place.split(separator: ",").compactMap { $0.split(separator: ":").last.flatMap { Int($0) } })
    }

    private func status(_ path: String, _ port: Int) throws -> Int {
        try #require(try RawHTTPClient(port: port).get(path)).status
    }

    @Test("on one port health and metrics are open, and the rest wants a token: of a controller alone, too")
    func one() throws {
        let (served, ports) = try start()
        try #require(ports.count == 1)
        #expect(try status("/health/live", ports[0]) == 200)
        #expect(try status("/metrics", ports[0]) == 200)
        #expect(try status("/v1/failover/status", ports[0]) == 401)
        served.stop()
    }

    @Test("health and metrics on a port of their own are nowhere else, and nothing else is there")
    func two() throws {
        let (served, ports) = try start("--http-operations-port", "0")
        try #require(ports.count == 2)
        for path in ["/health/live", "/health/ready", "/metrics"] {
            #expect(try status(path, ports[1]) == 200)
            #expect(try status(path, ports[0]) == 404)
        }
        #expect(try status("/v1/failover/status", ports[0]) == 401)
        #expect(try status("/v1/failover/status", ports[1]) == 404)
        served.stop()
    }

    @Test(
        "a port for operations that cannot be is refused, and says which key",
        arguments: [
            (["--http-operations-port", "9464", "--http-port", "9464"], "http.operations.port 9464 is http.port, too"),
            (["--http-operations-port", "1", "--http-operations-address", "here"], "http.operations.address 'here'"),
        ])
    func refused(flags: [String], problem: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try WorkerSettings(flags: Self.kafka + flags) }
        #expect(error?.problems.contains { $0.hasPrefix(problem) } == true, "\(String(describing: error))")
    }
}
