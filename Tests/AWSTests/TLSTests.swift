import Foundation
import Servers
import Synchronization
import TestSupport
import Testing

@testable import HTTPClient
@testable import Platform

/// A TLS server with a certificate of its own for `127.0.0.1`, which nobody else trusts.
private final class TLSServer: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    let port: UInt16
    let certificate: String

    init(_ scratch: Scratch) throws {
        // Its interpreter has an HTTP/2 server.
        let bin = try Emulator.programs()
        certificate = try scratch.file("certificate.pem", "")
        let key = try scratch.file("key.pem", "")
        try Python.run(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key,
            ])
        port = try Python.freePort()
        process.executableURL = bin.appendingPathComponent("python")
        process.arguments = [Python.script("tls_server.py"), "\(port)", certificate, key]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    var url: HTTPURL { HTTPURL(scheme: .https, host: "127.0.0.1", port: port) }
}

@Suite("TLS and HTTP/2", .waiting(minutes: 5))
struct TLSTests {
    @Test("HTTP/2 is used if the server offers it, and only if its certificate is trusted")
    func versions() throws {
        let scratch = try Scratch()
        let server = try TLSServer(scratch)
        let client = try HTTPClient(HTTPOptions(Environment(["AWS_CA_BUNDLE": server.certificate])))
        let request = HTTPRequest(.post, server.url, body: Array("over TLS".utf8))
        let response = try Python.wait(client, for: request)
        #expect(response.header("x-version") == "2" && response.body.text == "over TLS")
        try many(client, request)

        let stranger = try HTTPClient(HTTPOptions(Environment([:])))
        #expect(kind { () throws(HTTPError) in _ = try stranger.perform(request) } == .untrusted)
        var elsewhere = request
        elsewhere.url.host = "localhost"
        #expect(kind { () throws(HTTPError) in _ = try client.perform(elsewhere) } == .untrusted)
    }

    private func many(_ client: HTTPClient, _ request: HTTPRequest) throws {
        let count = 300
        let tally = Mutex((done: 0, good: 0))
        let all = Awaited<Bool>()
        for _ in 0..<count {
            client.submit(request) { result in
                let isGood = (try? result.get().body.text) == "over TLS"
                let isLast = tally.withLock { tally in
                    tally.done += 1
                    tally.good += isGood ? 1 : 0
                    return tally.done == count
                }
                if isLast { all.bring(true) }
            }
        }
        #expect(all.wait())
        #expect(tally.withLock { $0.good } == count)
    }
}
