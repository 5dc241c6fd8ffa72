import Glibc
import Synchronization
import TestSupport
import Testing

@testable import HTTPServer

@Suite("streams of the HTTP server", .waiting(minutes: 5))
struct ServerStreamTests {
    /// The streams that were opened, in their order, and how many of them are over.
    private final class Feed: Sendable {
        let streams = Mutex<[HTTPStream]>([])
        let ended = Atomic<Int>(0)

        var count: Int { streams.withLock { $0.count } }
        var over: Int { ended.load(ordering: .acquiring) }

        subscript(index: Int) -> HTTPStream { streams.withLock { $0[index] } }

        func wait(_ count: Int) throws {
            try eventually("\(count) streams are open, not \(self.count)") { self.count == count }
        }
        func waitOver(_ count: Int) throws { try eventually("\(count) streams are over, not \(over)") { over == count } }
    }

    private func start(
        _ feed: Feed, bytesMax: Int = 262_144, _ change: (inout HTTPLimits) -> Void = { _ in }
    ) throws -> HTTPServer {
        var router = HTTPRouter()
        router.add("GET", "/stream", access: .open, limit: .stream) { _ in
            let stream = HTTPStream(bytesMax: bytesMax)
            stream.onEnd { feed.ended.add(1, ordering: .acquiringAndReleasing) }
            feed.streams.withLock { $0.append(stream) }
            stream.send(Array("first\n".utf8))
            return HTTPResponse(contentType: "text/event-stream", headers: [("X-Accel-Buffering", "no")], stream: stream)
        }
        router.add("GET", "/word", access: .open, limit: .read) { _ in .json("{}") }
        router.add("GET", "/health/live", access: .open, limit: .operations) { _ in .json("{}") }
        router.add("GET", "/over", access: .open, limit: .stream) { _ in
            let stream = HTTPStream()
            stream.send(Array("all".utf8))
            stream.end()
            return HTTPResponse(contentType: "text/plain", stream: stream)
        }
        var limits = HTTPLimits()
        limits.connectionsMax = 16
        change(&limits)
        return try HTTPServer(port: 0, limits: limits, router: router)
    }

    /// A client that has asked for a stream and read its headers.
    private func open(_ port: Int, path: String = "/stream") throws -> (client: RawHTTPClient, head: RawHTTPClient.Answer) {
        let client = try RawHTTPClient(port: port)
        client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\n\r\n")
        return (client, try #require(client.answer()))
    }

    @Test("a stream has headers, then what is sent to it, in order, then its end")
    func whole() throws {
        let feed = Feed()
        let server = try start(feed)
        let (client, head) = try open(server.port)
        #expect(head.status == 200 && head.headers["content-type"] == "text/event-stream")
        #expect(head.headers["transfer-encoding"] == "chunked" && head.headers["connection"] == "close")
        #expect(head.headers["x-request-id"] == "mine" && head.headers["x-accel-buffering"] == "no")
        #expect(head.headers["cache-control"] == "no-store" && head.headers["date"]?.hasSuffix(" GMT") == true)
        #expect(client.chunk() == "first\n")
        for index in 0..<200 {
            #expect(feed[0].send(Array("event \(index)\n".utf8)))
            #expect(client.chunk() == "event \(index)\n")
        }
        feed[0].end()
        #expect(!feed[0].send([1]))
        #expect(client.chunk() == "" && client.isClosed)
        try feed.waitOver(1)
    }

    @Test("a stream that was ended before it is returned is whole, too")
    func early() throws {
        let server = try start(Feed())
        let (client, _) = try open(server.port, path: "/over")
        #expect(client.chunk() == "all" && client.chunk() == "" && client.isClosed)
    }

    @Test("a client of HTTP/1.0 gets a stream without chunks, and HEAD gets the headers alone")
    func older() throws {
        let feed = Feed()
        let server = try start(feed)
        let client = try RawHTTPClient(port: server.port)
        client.send("GET /over HTTP/1.0\r\n\r\n")
        #expect(try #require(client.answer()).headers["transfer-encoding"] == nil)
        #expect(client.text(3) == "all" && client.isClosed)
        let head = try #require(RawHTTPClient(port: server.port).get("/stream", method: "HEAD"))
        #expect(head.status == 200 && head.headers["content-type"] == "text/event-stream")
        try feed.waitOver(1)
        #expect(!feed[0].send([1]))
    }

    @Test("hundreds of streams at a time need no connection of those that requests have, and each gets its own")
    func hundreds() throws {
        let feed = Feed()
        let server = try start(feed)
        let clients = try (0..<400).map { _ in try open(server.port).client }
        try feed.wait(400)
        for index in 0..<400 { feed[index].send(Array("number \(index)".utf8)) }
        for index in 0..<400 {
            #expect(clients[index].chunk() == "first\n" && clients[index].chunk() == "number \(index)")
        }
        #expect(try RawHTTPClient(port: server.port).get("/word")?.status == 200)
        #expect(try RawHTTPClient(port: server.port).get("/health/live")?.status == 200)
    }

    @Test("a client that leaves ends its stream, however it leaves, and nobody else's")
    func leaves() throws {
        let feed = Feed()
        let server = try start(feed)
        let stays = try open(server.port).client
        for _ in 0..<20 { _ = try open(server.port) }
        // Not a word of the headers is read: the system resets such a connection.
        for _ in 0..<20 { try RawHTTPClient(port: server.port).send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        try feed.wait(41)
        try feed.waitOver(40)
        #expect(stays.chunk() == "first\n")
        #expect(feed.streams.withLock { $0.count { $0.send(Array("x".utf8)) } } == 1)
        #expect(stays.chunk() == "x")
    }

    @Test("a client that reads nothing is cut off at its bound, and the others get everything meanwhile")
    func slow() throws {
        let feed = Feed()
        let server = try start(feed, bytesMax: 100_000)
        let slow = try (0..<3).map { _ in try open(server.port).client }
        try feed.wait(3)
        let quick = try open(server.port).client
        try feed.wait(4)
        #expect(quick.chunk() == "first\n")
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 10_000)
        var rounds = 0
        // What the system holds for a client is bounded: some megabytes on its side.
        while feed.over < 3, rounds < 10_000 {
            for index in 0..<4 { feed[index].send(block) }
            #expect(quick.chunk()?.utf8.count == 10_000)
            rounds += 1
        }
        #expect(feed.over == 3)
        #expect(feed[3].send(Array("last".utf8)) && quick.chunk() == "last")
        withExtendedLifetime(slow) {}
    }

    @Test("what all clients together leave lying is bounded: then those with more than an equal share are cut off")
    func together() throws {
        let feed = Feed()
        let server = try start(feed, bytesMax: 50_000_000) {
            $0.streamBytesMax = 1_000_000
            $0.streamsMax = 100
        }
        let slow = try (0..<5).map { _ in try open(server.port).client }
        try feed.wait(5)
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
        for _ in 0..<500 where feed.over < 5 { for index in 0..<5 { feed[index].send(block) } }
        #expect(feed.over == 5)
        let other = try open(server.port).client
        try feed.wait(6)
        #expect(other.chunk() == "first\n" && feed[5].send(block) && other.chunk()?.utf8.count == 100_000)
        withExtendedLifetime(slow) {}
    }

    @Test("a client may take its time within its bound, and gets everything in order")
    func resumes() throws {
        let feed = Feed()
        let server = try start(feed, bytesMax: 20_000_000)
        let client = try open(server.port).client
        try feed.wait(1)
        let lines = (0..<2000).map { "\($0) " + String(repeating: "x", count: 5000) }
        for line in lines { #expect(feed[0].send(Array(line.utf8))) }
        feed[0].end()
        #expect(client.chunk() == "first\n")
        for line in lines { #expect(client.chunk() == line) }
        #expect(client.chunk() == "" && client.isClosed)
        try feed.waitOver(1)
    }

    @Test("a stream that has a time ends whole when it has come, whether or not anything is sent; others go on")
    func timed() throws {
        let feed = Feed()
        let server = try start(feed)
        let clients = try (0..<3).map { _ in try open(server.port).client }
        try feed.wait(3)
        feed[0].end(inMilliseconds: 1)
        feed[1].end(inMilliseconds: .max)
        feed[2].end(inMilliseconds: -5)
        for index in [0, 2] {
            #expect(clients[index].chunk() == "first\n" && clients[index].chunk() == "" && clients[index].isClosed)
        }
        try feed.waitOver(2)
        #expect(feed[1].send(Array("more".utf8)) && clients[1].chunk() == "first\n" && clients[1].chunk() == "more")
    }

    @Test("a client that talks on a stream is cut off")
    func talks() throws {
        let feed = Feed()
        let server = try start(feed)
        let client = try open(server.port).client
        client.send("GET /word HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(feed[0].send([120]))
        try eventually("it is cut off") {
            client.send(String(repeating: "x", count: 10_000))
            return feed.over == 1
        }
    }

    @Test("one stream more than the maximum is 503, and there is room again when one is over")
    func most() throws {
        let feed = Feed()
        let server = try start(feed) { $0.streamsMax = 2 }
        var clients = try (0..<2).map { _ in try open(server.port) }
        let refused = try open(server.port)
        #expect(refused.head.status == 503 && refused.head.headers["retry-after"] == "5")
        #expect(refused.client.get("/word")?.status == 200)
        try feed.waitOver(1)
        clients.removeFirst()
        try feed.waitOver(2)
        #expect(try open(server.port).head.status == 200)
    }

    @Test(
        "a stop ends the streams after what was sent to them, lets answers go out, and does not wait for those who read nothing"
    )
    func drains() throws {
        let feed = Feed()
        let server = try start(feed, bytesMax: 50_000_000)
        let idle = try RawHTTPClient(port: server.port)
        #expect(idle.get("/word")?.status == 200)
        let clients = try (0..<50).map { _ in try open(server.port).client }
        let deaf = try open(server.port).client
        try feed.wait(51)
        feed[50].send([UInt8](repeating: 120, count: 20_000_000))
        for index in 0..<50 { feed[index].send(Array("last".utf8)) }
        server.stop(graceMilliseconds: 200)
        for client in clients {
            #expect(client.chunk() == "first\n" && client.chunk() == "last" && client.chunk() == "" && client.isClosed)
        }
        #expect(idle.isClosed && feed.over == 51 && !feed[50].send([1]))
        withExtendedLifetime(deaf) {}
    }

    @Test("a stream that no client ever got is told its end")
    func unused() {
        let over = Atomic<Int>(0)
        let stream = HTTPStream(bytesMax: 10)
        stream.onEnd { over.add(1, ordering: .relaxed) }
        #expect(stream.send([UInt8](repeating: 0, count: 10)) && over.load(ordering: .relaxed) == 0)
        #expect(!stream.send([0]) && over.load(ordering: .relaxed) == 1)
        stream.onEnd { over.add(1, ordering: .relaxed) }
        stream.end()
        #expect(!stream.send([0]) && over.load(ordering: .relaxed) == 2)
    }

    @Test("many threads may send to one stream and end it: each message is whole, and the end is told once")
    func threads() async throws {
        let feed = Feed()
        let server = try start(feed, bytesMax: 50_000_000)
        let client = try open(server.port).client
        try feed.wait(1)
        let stream = feed[0]
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask { for index in 0..<200 { stream.send(Array("\(writer)-\(index);".utf8)) } }
            }
        }
        stream.end()
        #expect(client.chunk() == "first\n")
        var next = [Int](repeating: 0, count: 8)
        for _ in 0..<1600 {
            let parts = try #require(client.chunk()).dropLast().split(separator: "-").compactMap { Int($0) }
            #expect(parts.count == 2 && next[parts[0]] == parts[1])
            next[parts[0]] += 1
        }
        #expect(client.chunk() == "")
        try feed.waitOver(1)
    }
}
