import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HTTPServer

@Suite("TLS of the HTTP server", .waiting(minutes: 5))
struct ServerTLSTests {
    private final class Feed: Sendable {
        let streams = Mutex<[HTTPStream]>([])
        let over = Atomic<Int>(0)
        let failures = Mutex<[String]>([])
        let mayLeave = Atomic<Bool>(false)

        var count: Int { streams.withLock { $0.count } }
    }

    private func start(
        _ files: MadeCertificate, _ feed: Feed = Feed(), _ change: (inout HTTPLimits) -> Void = { _ in }
    ) throws -> HTTPServer {
        var router = HTTPRouter()
        router.add("GET", "/word", access: .open, limit: .read) { request in
            HTTPResponse(contentType: "text/plain", body: Array("\(request.isEncrypted) \(request.peer)".utf8))
        }
        router.add("POST", "/count", access: .open, limit: .write, bodyBytesMax: 1_000_000) { request in
            HTTPResponse(contentType: "text/plain", body: Array("\(request.body.count);".utf8))
        }
        router.add("GET", "/large", access: .open, limit: .read) { _ in
            HTTPResponse(contentType: "text/plain", body: [UInt8](repeating: 120, count: 3_000_000))
        }
        router.add("GET", "/slow", access: .open, limit: .read) { _ in
            try? eventually("it may leave") { feed.mayLeave.load(ordering: .acquiring) }
            return .json("{}")
        }
        router.add("GET", "/health/live", access: .open, limit: .operations) { _ in .json("{}") }
        router.add("GET", "/stream", access: .open, limit: .stream) { _ in
            let stream = HTTPStream(bytesMax: 100_000)
            stream.onEnd { feed.over.add(1, ordering: .acquiringAndReleasing) }
            feed.streams.withLock { $0.append(stream) }
            return HTTPResponse(contentType: "text/event-stream", stream: stream)
        }
        var limits = HTTPLimits()
        change(&limits)
        let tls = HTTPTLS(certificate: files.certificate, key: files.key) { text in feed.failures.withLock { $0.append(text) } }
        return try HTTPServer(port: 0, limits: limits, tls: tls, router: router)
    }

    @Test(
        "requests, large answers and large bodies come through, on one connection, and the route knows that they were encrypted"
    )
    func whole() throws {
        let files = try MadeCertificate()
        let server = try start(files)
        let client = try RawTLSClient(port: server.port, trusting: files.certificate)
        #expect(client.get("/word")?.contains(" 200 ") == true)
        #expect(client.bytes("true 127.0.0.1".utf8.count) != nil)
        #expect(client.get("/large")?.contains("Content-Length: 3000000\r\n") == true && client.bytes(3_000_000) == 3_000_000)
        client.send(
            "POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
                + String(repeating: "x", count: 1_000_000))
        #expect(client.text(to: ";")?.hasSuffix("\r\n1000000;") == true)
        #expect(client.get("/nowhere")?.contains(" 404 ") == true)
    }

    @Test("plain HTTP, older TLS, garbage and silence are refused, and cost the others nothing")
    func refused() throws {
        let files = try MadeCertificate()
        let server = try start(files) { $0.idleSecondsMax = 1 }
        let silent = try RawHTTPClient(port: server.port)
        for text in ["GET /word HTTP/1.1\r\nHost: localhost\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0", "\0\0\0\0"] {
            let client = try RawHTTPClient(port: server.port)
            client.send(text)
            while !client.isClosed {}
        }
        // TLS 1.1.
        #expect(throws: RawTLSClient.Refused.self) {
            try RawTLSClient(port: server.port, trusting: files.certificate, versionMax: 0x0302)
        }
        #expect(try RawTLSClient(port: server.port, trusting: files.certificate, versionMax: 0x0303).get("/word") != nil)
        #expect(silent.isClosed)
    }

    @Test("health is answered on a thread of its own over TLS, too, and its connection is closed")
    func health() throws {
        let files = try MadeCertificate()
        let feed = Feed()
        let server = try start(files, feed) { $0.connectionsMax = 2 }
        let slow = try (0..<2).map { _ in try RawTLSClient(port: server.port, trusting: files.certificate) }
        for client in slow { client.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        for _ in 0..<20 {
            let client = try RawTLSClient(port: server.port, trusting: files.certificate)
            #expect(client.get("/health/live")?.contains("Connection: close") == true)
        }
        feed.mayLeave.store(true, ordering: .releasing)
        for client in slow { #expect(client.text(to: "\r\n\r\n")?.contains(" 200 ") == true) }
    }

    @Test("streams over TLS: many at a time, each gets its own, and one whose client reads nothing or leaves is over")
    func streams() throws {
        let files = try MadeCertificate()
        let feed = Feed()
        let server = try start(files, feed)
        var clients = try (0..<100).map { index in
            let client = try RawTLSClient(port: server.port, trusting: files.certificate)
            #expect(client.get("/stream")?.contains("text/event-stream") == true)
            try eventually("it is open") { feed.count == index + 1 }
            return client
        }
        for index in 0..<100 { feed.streams.withLock { $0[index] }.send(Array("number \(index);".utf8)) }
        for index in 0..<100 { #expect(clients[index].text(to: ";")?.hasSuffix("number \(index);") == true) }
        clients.removeFirst(50)
        try eventually("those who left are gone, not \(feed.over.load(ordering: .relaxed))") {
            feed.over.load(ordering: .acquiring) == 50
        }
        // Nobody reads.
        let deaf = feed.streams.withLock { $0[50] }
        try eventually("it is cut off", every: 0.0001) { !deaf.send([UInt8](repeating: 120, count: 50_000)) }
        #expect(feed.streams.withLock { $0[51] }.send(Array("x;".utf8)) && clients[1].text(to: "x;") != nil)
    }

    @Test("a handshake that does not go on has its time, and then its place is another's")
    func silentHandshakes() throws {
        let files = try MadeCertificate()
        let server = try start(files) {
            $0.idleSecondsMax = 1
            $0.encryptedConnectionsMax = 2
        }
        let silent = try (0..<2).map { _ in try RawHTTPClient(port: server.port) }
        // The beginning of a hello.
        silent[1].send("\u{16}\u{3}\u{1}")
        for client in silent { #expect(client.isClosed) }
        try eventually("another is served") {
            (try? RawTLSClient(port: server.port, trusting: files.certificate))?.get("/word") != nil
        }
    }

    @Test("a new certificate counts from the next connection on, and one that cannot be used is told and leaves the old one")
    func renewal() throws {
        let files = try MadeCertificate()
        let other = try MadeCertificate(name: "other")
        let feed = Feed()
        let server = try start(files, feed)
        let before = files.folder + "/before.pem"
        try FileManager.default.copyItem(atPath: files.certificate, toPath: before)
        let old = try RawTLSClient(port: server.port, trusting: before)
        #expect(old.get("/word") != nil)
        // Only one of the two: they do not belong together.
        try Data(contentsOf: URL(fileURLWithPath: other.certificate)).write(
            to: URL(fileURLWithPath: files.certificate), options: .atomic)
        try eventually("it is told", every: 0.05) {
            #expect(throws: Never.self) { try RawTLSClient(port: server.port, trusting: before) }
            return feed.failures.withLock { $0.count } == 1
        }
        try Data(contentsOf: URL(fileURLWithPath: other.key)).write(to: URL(fileURLWithPath: files.key), options: .atomic)
        try eventually("the new one is used", every: 0.05) {
            (try? RawTLSClient(port: server.port, trusting: other.certificate))?.get("/word") != nil
        }
        #expect(old.get("/word") != nil)
        #expect(throws: RawTLSClient.Refused.self) { try RawTLSClient(port: server.port, trusting: before) }
        #expect(feed.failures.withLock { $0.count } == 1)
    }

    @Test("files that are no certificate and key of each other do not start a server, and the error names them")
    func unusable() throws {
        let files = try MadeCertificate()
        let other = try MadeCertificate()
        for (certificate, key) in [
            (files.certificate, other.key), (files.certificate, "/nowhere"), (files.key, files.key), ("/nowhere", files.key),
        ] {
            let error = #expect(throws: HTTPServerError.self) {
                try HTTPServer(port: 0, tls: HTTPTLS(certificate: certificate, key: key), router: HTTPRouter())
            }
            #expect(error?.description.contains(certificate) == true && error?.description.contains(key) == true)
        }
    }

    @Test("a stop lets encrypted answers go out, ends streams in order and closes the rest")
    func drains() throws {
        let files = try MadeCertificate()
        let feed = Feed()
        let server = try start(files, feed)
        let idle = try RawTLSClient(port: server.port, trusting: files.certificate)
        #expect(idle.get("/word") != nil && idle.bytes(14) != nil)
        let client = try RawTLSClient(port: server.port, trusting: files.certificate)
        #expect(client.get("/stream") != nil)
        try eventually("it is open") { feed.count == 1 }
        feed.streams.withLock { $0[0] }.send(Array("last;".utf8))
        server.stop(graceMilliseconds: 60_000)
        #expect(client.text(to: "0\r\n\r\n")?.hasSuffix("last;\r\n0\r\n\r\n") == true && client.isClosed)
        #expect(idle.isClosed)
    }
}
