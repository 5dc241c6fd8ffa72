import Servers
import Synchronization
import TestSupport
import Testing

@testable import HTTPClient
@testable import Platform

@Suite("direct requests of the HTTP client", .waiting(minutes: 5))
struct DirectTests {
    private let client: HTTPClient

    init() throws { client = try HTTPClient() }

    @Test("the request is sent as given: path, query, body, and headers in order and repeated")
    func exact() throws {
        var request = try post("/echo/a%2Fb/../c;d:e+f?q=%20+&q=2&r", "body\u{0}with a zero")
        request.headers = [HTTPHeader("X-One", "1"), HTTPHeader("X-Two", ""), HTTPHeader("x-one", "2")]
        let echo = try Echo(client.perform(request))
        #expect(echo.method == "POST" && echo.body == "body\u{0}with a zero")
        #expect(echo.path == "/echo/a%2Fb/../c;d:e+f?q=%20+&q=2&r")
        #expect(echo.values("x-one") == ["1", "2"] && echo.values("x-two") == [""])
        #expect(echo.values("content-length") == ["16"] && echo.values("host") == [request.url.authority])
        #expect(try Echo(client.perform(post("/echo"))).values("content-length") == ["0"])
        request.headers = [HTTPHeader("host", "elsewhere")]
        #expect(try Echo(client.perform(request)).values("host") == ["elsewhere"])
    }

    @Test("the client returns status, headers and body, of any size and in chunks, and uses the connection again")
    func answers() throws {
        let first = try Echo(client.perform(post("/echo"))).peer
        let refused = try client.perform(post("/status/418"))
        #expect(refused.status == 418 && !refused.isSuccess && refused.body.text == "status")
        #expect(try client.perform(post("/echo")).header("x-twice") == "a")
        #expect(try client.perform(post("/big/3000000")).body.count == 3_000_000)
        let large = String(repeating: "x", count: 3_000_000)
        #expect(try Echo(client.perform(post("/echo", large))).body == large)
        #expect(try client.perform(post("/chunks/50")).body.text == (0..<50).map { "chunk \($0);" }.joined())
        #expect(try Echo(client.perform(post("/echo"))).peer == first)
    }

    @Test("a direct request and an ordinary one to the same server have connections of their own")
    func apart() throws {
        var ordinary = try post("/echo")
        ordinary.isDirect = false
        let direct = try Echo(client.perform(post("/echo"))).peer
        let other = try Echo(client.perform(ordinary)).peer
        #expect(direct != other)
        #expect(try Echo(client.perform(post("/echo"))).peer == direct)
        #expect(try Echo(client.perform(ordinary)).peer == other)
    }

    @Test(
        "hundreds of concurrent requests each get one response, over no more connections than there may be",
        arguments: [(60, 3), (600, 128)])
    func many(count: Int, connections: Int) throws {
        let client = try HTTPClient { $0.connectionsPerHostMax = connections }
        let peers = Endings<Int?>(count)
        for number in 0..<count {
            client.submit(try post("/echo?n=\(number)")) { result in
                let echo = try? Echo(result.get())
                peers.add(echo?.path == "/echo?n=\(number)" ? echo?.peer : nil)
            }
        }
        let found = peers.wait().compactMap(\.self)
        #expect(found.count == count)
        #expect(Set(found).count <= connections)
    }

    @Test("a connection that the server has ended is replaced, also if the request crosses its end")
    func stale() throws {
        #expect(try client.perform(post("/leave/direct-left")).status == 200)
        #expect(try client.perform(post("/leave/direct-left")).status == 200)
        #expect(try client.perform(post("/once/direct-once")).status == 200)
        // On a connection that was used the server ends it without an answer, and the request is sent again on a new one: once.
        #expect(try client.perform(post("/once/direct-once")).status == 200)
        #expect(try client.perform(post("/count/direct-left")).body.text == "{\"count\": 2}")
        #expect(try client.perform(post("/count/direct-once")).body.text == "{\"count\": 3}")
    }

    @Test("what a server sends behind an answer is not taken for the answer to the next request")
    func tooMuch() throws {
        for _ in 0..<3 {
            let peer = try Echo(client.perform(post("/echo"))).peer
            #expect(try client.perform(post("/more")).body.text == "right")
            let next = try Echo(client.perform(post("/echo")))
            #expect(next.peer != peer)
        }
    }

    @Test("on a new connection a lost answer is an error, not a second request")
    func lost() throws {
        #expect(try client.kind(of: post("/reset/direct-lost")) == .connectionLost)
        #expect(try client.kind(of: post("/short")) == .cutShort)
        #expect(try client.perform(post("/count/direct-lost")).body.text == "{\"count\": 1}")
        var nowhere = HTTPRequest(.post, HTTPURL(scheme: .http, host: "nowhere.invalid"))
        nowhere.isDirect = true
        #expect(client.kind(of: nowhere) == .cannotResolve)
        nowhere.url = .init(scheme: .http, host: "127.0.0.1", port: 1)
        #expect(client.kind(of: nowhere) == .cannotConnect)
    }

    @Test("a timeout error contains the stage that took too long, and the wait for a connection counts")
    func timeouts() throws {
        for (path, timeouts, stage) in [
            ("/hang", HTTPTimeouts(firstByte: short), HTTPError.Stage.firstByte), ("/drip", HTTPTimeouts(idle: short), .idle),
            ("/drip", HTTPTimeouts(total: short), .total),
        ] {
            #expect(try client.kind(of: post(path, "", timeouts)) == .timedOut(stage))
        }
        let narrow = try HTTPClient { $0.connectionsPerHostMax = 1 }
        let blocker = narrow.submit(try post("/hang")) { _ in }
        #expect(try narrow.kind(of: post("/echo", "", .init(total: short))) == .timedOut(.total))
        blocker.cancel()
        #expect(try narrow.perform(post("/status/200")).status == 200)
    }

    @Test("requests beyond the limit are refused, cancelled ones end, and the others continue")
    func bounded() throws {
        let client = try HTTPClient {
            $0.inFlightMax = 2
            $0.waitingMax = 3
            $0.connectionsPerHostMax = 1
        }
        let kinds = Endings<HTTPError.Kind?>(7)
        let transfers = try (0..<7).map { _ in client.submit(try post("/hang")) { kinds.add($0.kind) } }
        #expect(kinds.soFar == [.overloaded, .overloaded])
        for transfer in transfers.reversed() { transfer.cancel() }
        #expect(kinds.wait().dropFirst(2) == Array(repeating: .cancelled, count: 5)[...])
        #expect(try client.perform(post("/status/200")).status == 200)
    }

    @Test("a body over the maximum size is refused")
    func tooLarge() throws {
        let client = try HTTPClient { $0.bodyBytesMax = 1000 }
        #expect(try client.perform(post("/big/1000")).body.count == 1000)
        #expect(try client.kind(of: post("/big/1001")) == .tooLarge)
    }

    @Test(
        "where a proxy is set, where another method is used and where the body is streamed, the request goes the ordinary way")
    func ordinary() throws {
        let server = try LoopbackServer.shared.get()
        let client = try HTTPClient(HTTPOptions(Environment(["http_proxy": server.base])))
        var elsewhere = HTTPRequest(.post, HTTPURL(scheme: .http, host: "elsewhere.invalid", path: "/x"))
        elsewhere.isDirect = true
        #expect(try client.perform(elsewhere).body.text.contains("http://elsewhere.invalid/x"))
        var around = try post("/echo")
        around.bypassesProxy = true
        #expect(try Echo(client.perform(around)).path == "/echo")
        around.method = .put
        #expect(try Echo(client.perform(around)).method == "PUT")
        let streamed = Mutex("")
        let done = Awaited<Int?>()
        self.client.submit(
            try post("/chunks/3"),
            onChunk: { _, chunk in
                streamed.withLock { $0 += chunk.text }
                return .more
            }, completion: { done.bring((try? $0.get())?.body.count) })
        #expect(done.wait() == 0)
        #expect(streamed.withLock { $0 } == "chunk 0;chunk 1;chunk 2;")
    }

    @Test("requests in progress and waiting when the client is closed end once, as cancelled")
    func end() throws {
        let ended = Endings<HTTPError.Kind?>(3)
        do {
            let client = try HTTPClient { $0.connectionsPerHostMax = 1 }
            #expect(try client.perform(post("/status/200")).status == 200)
            for _ in 0..<3 { client.submit(try post("/hang")) { ended.add($0.kind) } }
        }
        #expect(ended.wait() == [.cancelled, .cancelled, .cancelled])
    }
}
