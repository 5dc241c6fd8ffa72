import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HTTPServer

/// What two servers on one way could read differently, and what has no end.
@Suite("requests of an attacker", .waiting(minutes: 5))
struct HostileRequestTests {
    private static let word = "GET /word HTTP/1.1\r\nHost: localhost\r\n\r\n"

    private func start(_ change: (inout HTTPLimits) -> Void = { _ in }) throws -> HTTPServer {
        var router = HTTPRouter()
        router.add("GET", "/word", access: .open, limit: .read) { _ in .json("{}") }
        router.add("POST", "/echo", access: .open, limit: .write, bodyBytesMax: 64) { request in
            HTTPResponse(contentType: "text/plain", body: request.body)
        }
        router.add("GET", "/v1/{id}", access: .open, limit: .read) { request in
            HTTPResponse(contentType: "text/plain", body: Array((request.parameters["id"] ?? "").utf8))
        }
        router.add("GET", "/large", access: .open, limit: .read) { _ in
            HTTPResponse(contentType: "text/plain", body: [UInt8](repeating: 120, count: 50_000_000))
        }
        var limits = HTTPLimits()
        change(&limits)
        return try HTTPServer(port: 0, limits: limits, router: router)
    }

    /// The statuses of all answers on one connection, until it is closed.
    private func statuses(_ server: HTTPServer, _ text: String) throws -> [Int] {
        let client = try RawHTTPClient(port: server.port)
        client.send(text)
        var statuses: [Int] = []
        while let answer = client.answer() { statuses.append(answer.status) }
        return statuses
    }

    @Test(
        "whose length can be read in two ways is refused, and nothing behind it on the connection is taken for a request",
        arguments: [
            "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: identity, chunked",
            "Transfer-Encoding: xchunked", "Transfer-Encoding: identity", "Transfer-Encoding: gzip",
            "Transfer-Encoding: chunked, identity", "Transfer-Encoding:\u{B}chunked", "Transfer-Encoding: \"chunked\"",
            "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", "Content-Length: 5\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 5", "Content-Length: +5", "Content-Length: -5",
            "Content-Length: 0x5", "Content-Length: 5 5", "Content-Length:", "Content-Length : 5",
            "Content-Length: 99999999999999999999", "Host: localhost\r\nContent-Length: 5",
            "X: a\r\n Content-Length: 5", "X: a\r\n\tTransfer-Encoding: chunked", " Content-Length: 5",
        ])
    func smuggled(fields: String) throws {
        let server = try start { $0.idleSecondsMax = 1 }
        let text = "POST /echo HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n\r\n0\r\n\r\n" + Self.word
        let statuses = try statuses(server, text)
        #expect(statuses.count <= 1 && statuses.allSatisfy { $0 >= 400 && $0 < 500 }, "\(statuses)")
        #expect(try RawHTTPClient(port: server.port).get("/word")?.status == 200)
    }

    @Test(
        "a body in chunks ends where it says, and one that is broken ends the connection",
        arguments: [
            ("5\r\nhello\r\n0\r\n\r\n", [200, 200]), ("5;name=value\r\nhello\r\n0\r\n\r\n", [200, 200]),
            ("00005\r\nhello\r\n0\r\n\r\n", [200, 200]), ("5\r\nhello\r\n0\r\nX: y\r\n\r\n", [200, 200]),
            ("5\r\nhelloX\r\n0\r\n\r\n", []), ("-5\r\nhello\r\n0\r\n\r\n", []), ("0x5\r\nhello\r\n0\r\n\r\n", []),
            ("ffffffffffffffff1\r\nhello\r\n0\r\n\r\n", []), ("fffffffffffffffb\r\nhello\r\n0\r\n\r\n", []), ("x\r\n", []),
            ("\r\nhello\r\n0\r\n\r\n", []),
        ] as [(String, [Int])])
    func chunks(body: String, expected: [Int]) throws {
        let server = try start { $0.idleSecondsMax = 1 }
        let text = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + body + Self.word
        let statuses = try statuses(server, text)
        #expect(expected.isEmpty ? !statuses.contains(200) : statuses == expected, "\(statuses)")
    }

    @Test("a body that comes byte by byte, or not at all, is ended by the time-out")
    func slowBody() throws {
        let server = try start { $0.idleSecondsMax = 1 }
        for fields in ["Content-Length: 60", "Transfer-Encoding: chunked"] {
            let client = try RawHTTPClient(port: server.port)
            client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n\r\n")
            try eventually("its time is over", every: 0.02) { !client.trickle("1") }
            let silent = try RawHTTPClient(port: server.port)
            silent.send("POST /echo HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n\r\n")
            #expect(silent.isClosed)
        }
    }

    @Test("a client that does not take its answer has its time, and then no more")
    func slowReader() throws {
        let server = try start {
            $0.connectionsMax = 1
            $0.answerSecondsMax = 1
            // Not what ends it.
            $0.idleSecondsMax = 3_600
        }
        let deaf = try RawHTTPClient(port: server.port)
        deaf.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        // The one place is free again.
        try eventually("another client is served") { try RawHTTPClient(port: server.port).get("/word")?.status == 200 }
        withExtendedLifetime(deaf) {}
    }

    @Test(
        "what a path says is not made into another path",
        arguments: [
            ("/v1/../word", 404), ("/./word", 404), ("/x/../word", 404), ("/%2e%2e/word", 404), ("/v1/..%2Fword", 200),
            ("/v1/%2e%2e", 200), ("/v1\\word", 404), ("/word;a=b", 404), ("/WORD", 404), ("/word%00", 404),
            ("/word%2F", 404), ("/v1/a%00b", 200), ("/%c0%afword", 400), ("/v1/%ed%a0%80", 400), ("/v1/%f5%80%80%80", 400),
            ("/v1/%e0%80%af", 400), ("/v1/%C0%AE%C0%AE", 400), ("http://localhost/word", 400), ("/v1/%252e", 200),
            ("/v1/a%0d%0aSet-Cookie:%20x", 200),
        ])
    func paths(target: String, status: Int) throws {
        let server = try start()
        let answer = try #require(RawHTTPClient(port: server.port).get(target))
        #expect(answer.status == status, "\(answer.body)")
        #expect(answer.headers["set-cookie"] == nil)
    }

    @Test("bytes that are no UTF-8 are no path, also where they are not escaped")
    func rawBytes() throws {
        #expect(HTTPRequest(method: "GET", target: "/v1/\u{FFFD}") != nil)
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        client.send([UInt8]("GET /v1/".utf8) + [0xC0, 0xAF] + [UInt8](" HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        #expect(client.answer()?.status == 400)
    }

    @Test("a name that the client gives its request comes back only where it is one", arguments: ["a b", "ü", "a\"b", "a;b"])
    func requestNames(name: String) throws {
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        client.send("GET /word HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: \(name)\r\n\r\n")
        let answer = try #require(client.answer())
        #expect(answer.status == 200 && answer.headers["x-request-id"] != name)
    }

    @Test("a compressed body is taken for what it is, and unpacked by nobody")
    func compressed() throws {
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        client.send(
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")
        #expect(client.answer()?.status == 415)
    }

    @Test("every answer says that it is not to be guessed at, and that nobody keeps it")
    func headers() throws {
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        for target in ["/word", "/nothing", "/%zz", "/large"] {
            let answer = try #require(client.get(target, method: "HEAD"))
            #expect(answer.headers["x-content-type-options"] == "nosniff" && answer.headers["cache-control"] == "no-store")
            #expect(answer.headers["server"] == nil && answer.headers["x-powered-by"] == nil)
        }
    }
}
