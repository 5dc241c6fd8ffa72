import Foundation
import Synchronization
import TestSupport
import Testing

@testable import API
@testable import HTTPServer
@testable import Observability
@testable import Platform

@Suite("the HTTP server", .waiting(minutes: 5))
struct HTTPServerTests {
    /// Shared by the routes of a test.
    private final class World: Sendable {
        let isReady = Atomic<Bool>(true)
        let isInside = Atomic<Bool>(false)
        let inside = Atomic<Int>(0)
        let mayLeave = Atomic<Bool>(false)
    }

    private func start(_ world: World = World(), _ change: (inout HTTPLimits) -> Void = { _ in }) throws -> HTTPServer {
        let metrics = Metrics()
        try metrics.counters("converge_records_total", "Records.", labels: []).with().add(7)
        var router = HTTPRouter()
        router.addOperations(
            metrics: metrics, live: { HealthReport() },
            ready: {
                let isReady = world.isReady.load(ordering: .relaxed)
                return HealthReport([
                    .init("store", isHealthy: true),
                    .init(
                        "kafka.lag", isHealthy: isReady, isReady ? "" : "120 s behind",
                        since: isReady ? nil : Timestamp("2026-03-02T14:30:00.000Z")),
                ])
            })
        router.add("GET", "/echo/{what...}", access: .open, limit: .read) { request in
            let query = request.query.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
            return HTTPResponse(contentType: "text/plain", body: Array("\(request.parameters["what"] ?? "")?\(query)".utf8))
        }
        router.add("GET", "/large", access: .open, limit: .read) { _ in
            HTTPResponse(contentType: "text/plain", body: Array(repeating: UInt8(ascii: "x"), count: 3_000_000))
        }
        router.add("GET", "/slow", access: .open, limit: .read) { _ in
            world.inside.add(1, ordering: .acquiringAndReleasing)
            world.isInside.store(true, ordering: .releasing)
            try? eventually("it may leave") { world.mayLeave.load(ordering: .acquiring) }
            return .json("{}")
        }
        var limits = HTTPLimits()
        change(&limits)
        return try HTTPServer(port: 0, limits: limits, router: router)
    }

    @Test("/metrics responds in Prometheus text format")
    func metrics() throws {
        let server = try start()
        let answer = try #require(RawHTTPClient(port: server.port).get("/metrics"))
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.body.contains("\nconverge_records_total 7\n"))
    }

    @Test("health is 200 if all checks pass, and otherwise 503 with the failing checks")
    func health() throws {
        let world = World()
        let server = try start(world)
        func get(_ path: String) throws -> RawHTTPClient.Answer { try #require(RawHTTPClient(port: server.port).get(path)) }
        let live = try get("/health/live")
        #expect(live.status == 200 && live.json["status"] as? String == "ok")
        #expect(try get("/health/ready").status == 200)
        world.isReady.store(false, ordering: .relaxed)
        let ready = try get("/health/ready")
        #expect(ready.status == 503 && ready.json["status"] as? String == "failing")
        let checks = try #require(ready.json["checks"] as? [[String: String]])
        #expect(
            checks == [
                ["name": "store", "status": "ok"],
                [
                    "name": "kafka.lag", "status": "failing", "detail": "120 s behind", "since": "2026-03-02T14:30:00.000Z",
                ],
            ])
        #expect(ready.headers["cache-control"] == "no-store")
    }

    @Test("a refused request gets a problem document, and the connection stays open")
    func problems() throws {
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        for (target, method, status, title) in [
            ("/nope", "GET", 404, "Not Found"), ("/metrics", "DELETE", 405, "Method Not Allowed"),
            ("/%zz", "GET", 400, "Bad Request"),
        ] {
            let answer = try #require(client.get(target, method: method))
            #expect(answer.status == status && answer.headers["content-type"] == "application/problem+json")
            #expect(answer.json["status"] as? Int == status && answer.json["title"] as? String == title)
            #expect(answer.headers["allow"] == (status == 405 ? "GET, HEAD, OPTIONS" : nil))
        }
        #expect(client.get("/metrics")?.status == 200)
    }

    @Test("every answer bears this machine's clock: of routes, refusals, preflights and health")
    func clock() throws {
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        let before = Timestamp.now.milliseconds
        for (method, target, status) in [
            ("GET", "/echo/x", 200), ("HEAD", "/echo/x", 200), ("GET", "/nope", 404), ("DELETE", "/metrics", 405),
            ("OPTIONS", "/echo/x", 204), ("GET", "/%zz", 400),
        ] {
            let answer = try #require(client.get(target, method: method))
            let time = try #require(answer.headers["converge-time"].flatMap { Int64($0) }, "\(method) \(target)")
            #expect(answer.status == status && (before...Timestamp.now.milliseconds).contains(time))
        }
        let health = try #require(RawHTTPClient(port: server.port).get("/health/live"))
        #expect(health.headers["converge-time"].flatMap { Int64($0) } ?? 0 >= before)
        client.send("POST /echo/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n")
        let large = try #require(client.answer())
        #expect(large.status == 413 && large.headers["converge-time"] != nil)
    }

    @Test("the router gets paths and queries as the client sent them")
    func targets() throws {
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        #expect(client.get("/echo/1111/a%2Fb%20c?limit=5&cursor=x%2By+z")?.body == "1111/a/b c?cursor=x+y z&limit=5")
        #expect(client.get("/echo/%C3%BC")?.body == "ü?")
    }

    @Test("HEAD returns only the headers, and the responses on one connection come in the order of the requests")
    func keepAlive() throws {
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        let head = try #require(client.get("/large", method: "HEAD"))
        #expect(head.headers["content-length"] == "3000000" && head.body.isEmpty)
        client.send((0..<20).map { "GET /echo/\($0) HTTP/1.1\r\nHost: localhost\r\n\r\n" }.joined())
        for index in 0..<20 { #expect(client.answer()?.body == "\(index)?") }
        #expect(client.get("/large")?.body.utf8.count == 3_000_000)
    }

    @Test("a request body is accepted and ignored, up to its maximum size, said before or not")
    func bodies() throws {
        let server = try start { $0.bodyBytesMax = 1000 }
        for (count, status) in [(1000, 200), (1001, 413), (100_000, 413)] {
            let client = try RawHTTPClient(port: server.port)
            client.send(
                "GET /echo/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\(String(count, radix: 16))\r\n"
                    + String(repeating: "x", count: count) + "\r\n0\r\n\r\n")
            let answer = client.answer()
            #expect(answer?.status == status && (status == 200 || client.isClosed), "\(count)")
        }
        func send(_ count: Int) throws -> RawHTTPClient.Answer? {
            let client = try RawHTTPClient(port: server.port)
            client.send(
                "GET /echo/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(count)\r\n\r\n"
                    + String(repeating: "x", count: count))
            return client.answer()
        }
        #expect(try send(1000)?.status == 200)
        #expect(try send(100_000)?.status != 200)
    }

    @Test("headers and request targets beyond the maximum size are refused")
    func headers() throws {
        let server = try start { $0.headerBytesMax = 4096 }
        let client = try RawHTTPClient(port: server.port)
        client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 10_000))\r\n\r\n")
        #expect(client.answer().map { [413, 431].contains($0.status) } ?? true)
        let other = try RawHTTPClient(port: server.port)
        #expect(other.get("/" + String(repeating: "x", count: 10_000)).map { [414, 431].contains($0.status) } ?? true)
        #expect(try RawHTTPClient(port: server.port).get("/metrics")?.status == 200)
    }

    @Test(
        "a connection that does not send HTTP is closed, and the server continues",
        arguments: ["\r\n\r\n\0\u{1}garbage\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}"])
    func garbage(text: String) throws {
        let server = try start { $0.idleSecondsMax = 1 }
        let client = try RawHTTPClient(port: server.port)
        client.send(text)
        while !client.isClosed {}
        #expect(try RawHTTPClient(port: server.port).get("/metrics")?.status == 200)
    }

    @Test("an idle connection is closed after the timeout")
    func idle() throws {
        let patient = try start { $0.idleSecondsMax = 3_600 }
        let server = try start { $0.idleSecondsMax = 1 }
        let other = try RawHTTPClient(port: patient.port)
        other.send("GET /metrics HT")
        let client = try RawHTTPClient(port: server.port)
        client.send("GET /metrics HT")
        while !client.isClosed {}
        // Another server's time is longer: this one's connection was there before, and still is.
        #expect(other.isOpen)
    }

    @Test("at the maximum number of connections, a new one replaces the connection that has been idle longest")
    func connections() throws {
        let server = try start { $0.connectionsMax = 4 }
        var clients: [RawHTTPClient] = []
        for _ in 0..<4 {
            let client = try RawHTTPClient(port: server.port)
            #expect(client.get("/metrics")?.status == 200)
            clients.append(client)
        }
        let extra = try RawHTTPClient(port: server.port)
        #expect(extra.get("/metrics")?.status == 200)
        #expect(extra.get("/metrics")?.status == 200)
        #expect(clients.count { $0.get("/metrics")?.status == 200 } == 3)
    }

    @Test("if all connections are busy, a new one waits, and gets 503 after the timeout")
    func allAnswering() throws {
        let world = World()
        let server = try start(world) {
            $0.connectionsMax = 2
            $0.idleSecondsMax = 1
        }
        let slow = try (0..<2).map { _ in try RawHTTPClient(port: server.port) }
        for client in slow { client.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        try eventually("both are inside") { world.inside.load(ordering: .acquiring) == 2 }
        let extra = try RawHTTPClient(port: server.port)
        let answer = try #require(extra.get("/metrics"))
        #expect(answer.status == 503 && answer.headers["retry-after"] == "1")
        #expect(try #require(RawHTTPClient(port: server.port).get("/health/live")).status == 200)
        world.mayLeave.store(true, ordering: .releasing)
        for client in slow { #expect(client.answer()?.status == 200) }
    }

    @Test("health responds while any number of other requests hang, idle or arrive byte by byte")
    func healthOfItsOwn() throws {
        let world = World()
        let server = try start(world)
        let hanging = try (0..<20).map { _ in try RawHTTPClient(port: server.port) }
        for client in hanging { client.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        try eventually("all are inside") { world.inside.load(ordering: .acquiring) == 20 }
        let silent = try (0..<150).map { _ in try RawHTTPClient(port: server.port) }
        let stalling = try ["G", "GET /heal", "GET /metrics HTTP/1.1\r\nHost: loc", "GET /health/live HTTP/1.1\r\nHo"].flatMap {
            text in
            try (0..<20).map { _ in
                let client = try RawHTTPClient(port: server.port)
                client.send(text)
                return client
            }
        }
        for path in ["/health/live", "/health/ready", "/metrics", "/health/live"] {
            #expect(try RawHTTPClient(port: server.port).get(path)?.status == 200, "\(path)")
        }
        let late = try RawHTTPClient(port: server.port)
        late.send("GET /health/")
        late.send("ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(late.answer()?.status == 200)
        world.mayLeave.store(true, ordering: .releasing)
        withExtendedLifetime((hanging, silent, stalling)) {}
    }

    @Test("the thread for health serves only health, and closes the connection")
    func healthAlone() throws {
        let server = try start()
        for path in ["/health/../metrics", "/health//metrics", "/health/%2e%2e/slow"] {
            #expect(try #require(RawHTTPClient(port: server.port).get(path)).status != 200, "\(path)")
        }
        let client = try RawHTTPClient(port: server.port)
        let answer = try #require(client.get("/health/live"))
        #expect(answer.headers["connection"] == "close" && client.isClosed)
        // On another path's connection it is answered, too.
        let other = try RawHTTPClient(port: server.port)
        #expect(other.get("/metrics")?.status == 200)
        #expect(other.get("/health/live")?.status == 200)
    }

    @Test("a request that arrives byte by byte is ended by the timeout")
    func trickle() throws {
        let server = try start { $0.idleSecondsMax = 1 }
        let client = try RawHTTPClient(port: server.port)
        client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ")
        // Never silent for long, and never done.
        try eventually("its time is over", every: 0.02) { !client.trickle("x") }
    }

    @Test(
        "on loopback, a request with a foreign Host is refused, so that a web site whose name resolves to loopback cannot read the state",
        arguments: [
            ("localhost", 200), ("LocalHost:9464", 200), ("localhost.", 200), ("127.0.0.1:80", 200), ("127.8.9.1", 200),
            ("[::1]:80", 200), ("example.com", 421), ("example.com:9464", 421), ("127.0.0.1.example.com", 421), ("", 421),
            ("localhost.example", 421), ("notlocalhost", 421), ("a.localhost", 421), ("10.0.0.1", 421), ("[::2]", 421),
        ])
    func foreignNames(host: String, status: Int) throws {
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        client.send("GET /metrics HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        let answer = try #require(client.answer())
        #expect(answer.status == status)
        #expect(answer.body.contains("converge_records_total") == (status == 200))
    }

    @Test(
        "loopback addresses check the Host; other addresses accept any Host",
        arguments: [
            ("127.0.0.1", true), ("127.1.2.3", true), ("::1", true), ("0:0:0:0:0:0:0:1", true), ("0.0.0.0", false),
            ("::", false), ("10.0.0.1", false), ("::ffff:10.0.0.1", false), ("1::1", false), ("", false),
        ])
    func loopback(address: String, isLoopback: Bool) {
        #expect(LoopbackHost.isLoopback(address: address) == isLoopback)
    }

    @Test("the error for a port in use says what to do")
    func portInUse() throws {
        let server = try start()
        let error = #expect(throws: HTTPServerError.self) { try HTTPServer(port: server.port, router: HTTPRouter()) }
        #expect(error?.description.contains("port \(server.port): the port is in use") == true)
    }

    @Test(
        "the error for an invalid address, or one of another machine, contains the address",
        arguments: [
            ("localhost", 0, "not an IPv4 or IPv6 address"), ("192.0.2.1", 0, "no interface"),
            ("127.0.0.1", 70_000, "not a port"),
        ])
    func addresses(address: String, port: Int, message: String) {
        let error = #expect(throws: HTTPServerError.self) { try HTTPServer(address: address, port: port, router: HTTPRouter()) }
        #expect(error?.description.contains(message) == true)
    }

    @Test("after a stop the server does not respond, and the port is free at once")
    func stops() throws {
        let server = try start()
        let client = try RawHTTPClient(port: server.port)
        #expect(client.get("/metrics")?.status == 200)
        server.stop()
        server.stop()
        #expect(client.isClosed)
        #expect(throws: RawHTTPClient.Refused.self) { try RawHTTPClient(port: server.port) }
        let again = try HTTPServer(port: server.port, router: HTTPRouter())
        #expect(try RawHTTPClient(port: again.port).get("/")?.status == 404)
    }

    @Test(
        "a stop closes connections without a request, waits until responses in progress are sent, and says that none follows on these"
    )
    func stopsCleanly() async throws {
        let world = World()
        let server = try start(world)
        let idle = try RawHTTPClient(port: server.port)
        let first = idle.get("/metrics")
        #expect(first?.status == 200 && first?.headers["connection"] == nil)
        let client = try RawHTTPClient(port: server.port)
        client.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try eventually("it is inside") { world.isInside.load(ordering: .acquiring) }
        async let stopped: Void = { server.stop(graceMilliseconds: 10_000) }()
        #expect(idle.isClosed)
        world.mayLeave.store(true, ordering: .releasing)
        let last = client.answer()
        #expect(last?.status == 200 && last?.headers["connection"]?.lowercased() == "close" && client.isClosed)
        await stopped
    }

    @Test(
        "a client that disconnects during its request or response leaves nothing behind",
        arguments: [
            "GET /metrics HTTP/1.1\r\n", "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ",
            "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /echo/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx",
        ])
    func leaves(text: String) throws {
        let server = try start()
        for _ in 0..<10 { try RawHTTPClient(port: server.port).send(text) }
        #expect(try RawHTTPClient(port: server.port).get("/metrics")?.status == 200)
        // A request that was not forgotten would be waited for, beyond the time that a test has.
        server.stop(graceMilliseconds: 3_600_000)
    }

    @Test("the server listens on IPv6 if the machine has it")
    func six() throws {
        guard let server = try? HTTPServer(address: "::1", port: 0, router: HTTPRouter()) else { return }
        #expect(try RawHTTPClient(port: server.port, address: "::1").get("/")?.status == 404)
    }

    @Test("many concurrent clients all get their responses")
    func load() async throws {
        let server = try start()
        let port = server.port
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let client = try RawHTTPClient(port: port)
                    return (0..<200).filter { client.get("/echo/\($0)")?.body == "\($0)?" }.count
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(answered == 1600)
    }
}
