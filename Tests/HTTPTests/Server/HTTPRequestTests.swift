import Synchronization
import TestSupport
import Testing

@testable import HTTPServer

@Suite("requests of the HTTP server", .waiting(minutes: 5))
struct HTTPRequestTests {
    /// Answers with what it got; `/small` takes 10 bytes, `/large` 200,000.
    private func start() throws -> HTTPServer {
        var router = HTTPRouter()
        let echo: HTTPRouter.Answer = { request in
            let told = [
                request.method, request.path, request.header("x-tell") ?? "-", request.peer, request.id,
                request.isEncrypted ? "encrypted" : "plain", request.caller?.subject ?? "-", "\(request.body.count)",
            ]
            return HTTPResponse(
                contentType: "text/plain",
                body: Array(told.joined(separator: " ").utf8) + [UInt8(ascii: "\n")] + request.body.prefix(100))
        }
        for method in ["GET", "PUT", "PATCH", "POST", "DELETE"] {
            router.add(method, "/echo", access: .open, limit: .write, echo)
        }
        router.add("POST", "/small", access: .open, limit: .write, bodyBytesMax: 10, echo)
        router.add("POST", "/large", access: .open, limit: .write, bodyBytesMax: 200_000, echo)
        return try HTTPServer(port: 0, router: router)
    }

    private func ask(_ port: Int, _ text: String) throws -> RawHTTPClient.Answer? {
        let client = try RawHTTPClient(port: port)
        client.send(text)
        return client.answer()
    }

    @Test("a route gets method, headers, address and the whole body", arguments: ["PUT", "PATCH", "POST", "DELETE", "GET"])
    func whole(method: String) throws {
        let server = try start()
        let answer = try ask(
            server.port,
            "\(method) /echo HTTP/1.1\r\nHost: localhost\r\nX-TELL: a\r\nx-tell: b\r\nX-Request-Id: a.B_9-\r\nContent-Length: 5\r\n\r\nhello"
        )
        #expect(answer?.body == "\(method) /echo a, b 127.0.0.1 a.B_9- plain - 5\nhello")
        #expect(answer?.headers["x-request-id"] == "a.B_9-")
    }

    @Test(
        "a body longer than its route takes is 413, whatever its length was said to be",
        arguments: [
            ("/small", 10, false, 200), ("/small", 11, false, 413), ("/small", 10, true, 200), ("/small", 11, true, 413),
            ("/echo", 65_536, false, 200), ("/echo", 65_537, false, 413), ("/echo", 65_536, true, 200),
            ("/echo", 65_537, true, 413),
            ("/large", 200_000, false, 200), ("/large", 200_001, true, 413), ("/nowhere", 10, false, 404),
            ("/nowhere", 65_537, true, 413),
        ])
    func lengths(path: String, count: Int, isChunked: Bool, status: Int) throws {
        let server = try start()
        let body = String(repeating: "x", count: count)
        let head = "POST \(path) HTTP/1.1\r\nHost: localhost\r\n"
        let answer = try ask(
            server.port,
            isChunked
                ? head + "Transfer-Encoding: chunked\r\n\r\n" + String(count, radix: 16) + "\r\n\(body)\r\n0\r\n\r\n"
                : head + "Content-Length: \(count)\r\n\r\n\(body)")
        #expect(answer?.status == status)
        #expect(answer?.headers["connection"] == (status == 413 ? "close" : nil))
        if status == 200 { #expect(answer?.body.contains(" \(count)\n") == true) }
    }

    @Test("a body without an end is not read for ever")
    func endless() throws {
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        client.send("POST /small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n"
        try eventually("the connection is closed", every: 0.0001) { !client.trickle(chunk) }
        #expect(try RawHTTPClient(port: server.port).get("/echo")?.status == 200)
    }

    @Test("a length that is none is refused", arguments: ["-1", "1x", "99999999999999999999", "5, 6"])
    func lengthsThatAreNone(length: String) throws {
        let server = try start()
        let answer = try ask(server.port, "POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(length)\r\n\r\nhello")
        #expect(answer.map { (400...499).contains($0.status) } ?? true)
    }

    @Test(
        "a request keeps its own id if that is 1 to 64 harmless characters, and gets one otherwise",
        arguments: [
            ("", false), ("a", true), (String(repeating: "a", count: 64), true), (String(repeating: "a", count: 65), false),
            ("a b", false), ("ü", false), ("a\"b", false), ("a, b", false), ("00-4bf9.x_y", true),
        ])
    func ids(id: String, isKept: Bool) throws {
        let server = try start()
        let answer = try #require(try ask(server.port, "GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: \(id)\r\n\r\n"))
        let told = try #require(answer.headers["x-request-id"])
        #expect((told == id) == isKept)
        #expect(RequestID.isAccepted(told) && answer.body.contains(" \(told) "))
    }

    @Test("every answer bears an id, and no two are equal")
    func everyAnswer() throws {
        let server = try start()
        var ids: Set<String> = []
        for target in ["/echo", "/nowhere", "/%zz", "/small"] {
            ids.insert(try #require(RawHTTPClient(port: server.port).get(target)?.headers["x-request-id"]))
        }
        #expect(ids.count == 4)
        #expect(Set((0..<10_000).map { _ in RequestID.next() }).count == 10_000)
    }

    @Test(
        "OPTIONS tells what a path allows, TRACE is refused, HEAD is GET without content",
        arguments: [
            ("OPTIONS", "/echo", 204, "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
            ("OPTIONS", "/small", 204, "OPTIONS, POST"),
            ("OPTIONS", "*", 204, "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"), ("OPTIONS", "/nowhere", 404, nil),
            ("TRACE", "/small", 405, "OPTIONS, POST"), ("HEAD", "/small", 405, "OPTIONS, POST"), ("HEAD", "/echo", 200, nil),
            ("FETCH", "/small", 405, "OPTIONS, POST"), ("GET", "*", 400, nil),
        ])
    func methods(method: String, target: String, status: Int, allow: String?) throws {
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        let answer = try #require(client.get(target, method: method))
        #expect(answer.status == status && answer.headers["allow"] == allow)
        #expect(client.get("/echo")?.status == 200)
    }
}
