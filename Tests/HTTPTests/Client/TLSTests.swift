import Foundation
import Servers
import TestSupport
import Testing

@testable import HTTPClient
@testable import Platform

/// A TLS server with a certificate of its own for `127.0.0.1`, which nobody else trusts.
private final class TLSServer: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    private let directory = NSTemporaryDirectory() + "converge-tls-" + UUID().uuidString
    let port: UInt16
    let certificate: String

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        certificate = directory + "/certificate.pem"
        let key = directory + "/key.pem"
        try Programs.run(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key,
            ])
        port = try UInt16(Emulator.freePort())
        // Its interpreter has an HTTP/2 server.
        process.executableURL = try Emulator.programs().appendingPathComponent("python")
        process.arguments = ["-B", "\(Script.folder)/tls_server.py", "\(port)", certificate, key]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.runBound()
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var url: HTTPURL { HTTPURL(scheme: .https, host: "127.0.0.1", port: port) }
}

@Suite("TLS and HTTP/2", .waiting(minutes: 5))
struct TLSTests {
    @Test("HTTP/2 is used if the server offers it, and only if its certificate is trusted")
    func versions() throws {
        let server = try TLSServer()
        let client = try HTTPClient(HTTPOptions(Environment(["AWS_CA_BUNDLE": server.certificate])))
        // A machine that is busy takes longer than services may.
        let patience = HTTPTimeouts(connect: .seconds(120), firstByte: .seconds(120), idle: .seconds(120), total: .seconds(240))
        let request = HTTPRequest(.post, server.url, body: Array("over TLS".utf8), timeouts: patience)
        let response = try answer(client, request)
        #expect(response.header("x-version") == "2" && response.body.text == "over TLS")
        try many(client, request)
        var direct = request
        direct.isDirect = true
        #expect(try client.perform(direct).header("x-version") == "1.1")
        try many(client, direct)

        let stranger = try HTTPClient(HTTPOptions(Environment([:])))
        for request in [request, direct] {
            #expect(stranger.kind(of: request) == .untrusted)
            var elsewhere = request
            elsewhere.url.host = "localhost"
            #expect(client.kind(of: elsewhere) == .untrusted)
        }
    }

    /// The server is starting: it is asked until it answers.
    private func answer(_ client: HTTPClient, _ request: HTTPRequest) throws -> HTTPResponse {
        var response: HTTPResponse?
        try eventually("\(request) is answered") {
            do throws(HTTPError) {
                response = try client.perform(request)
                return true
            } catch {
                guard error.kind == .cannotConnect || error.kind == .connectionLost else { throw error }
                return false
            }
        }
        return try #require(response)
    }

    private func many(_ client: HTTPClient, _ request: HTTPRequest) throws {
        let count = 300
        let bodies = Endings<String?>(count)
        for _ in 0..<count { client.submit(request) { bodies.add(try? $0.get().body.text) } }
        #expect(bodies.wait() == Array(repeating: "over TLS", count: count))
    }
}
