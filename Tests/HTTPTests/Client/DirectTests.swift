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

    private func post(_ path: String, _ body: String = "", timeouts: HTTPTimeouts = .init()) throws -> HTTPRequest {
        var request = HTTPRequest(.post, try LoopbackServer.url(path), body: Array(body.utf8), timeouts: timeouts)
        request.isDirect = true
        return request
    }

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
        var options = HTTPOptions()
        options.connectionsPerHostMax = connections
        let client = try HTTPClient(options)
        let tally = Mutex((done: 0, good: 0, peers: Set<Int>()))
        let all = Awaited<Bool>()
        for number in 0..<count {
            client.submit(try post("/echo?n=\(number)")) { result in
                let echo = try? Echo(result.get())
                let isLast = tally.withLock { tally in
                    tally.done += 1
                    tally.good += echo?.path == "/echo?n=\(number)" ? 1 : 0
                    if let echo { tally.peers.insert(echo.peer) }
                    return tally.done == count
                }
                if isLast { all.bring(true) }
            }
        }
        #expect(all.wait())
        #expect(tally.withLock { $0.good } == count)
        #expect(tally.withLock { $0.peers.count } <= connections)
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
        #expect(kind { () throws(HTTPError) in _ = try client.perform(request("/reset/direct-lost")) } == .connectionLost)
        #expect(kind { () throws(HTTPError) in _ = try client.perform(request("/short")) } == .cutShort)
        #expect(try client.perform(post("/count/direct-lost")).body.text == "{\"count\": 1}")
        var nowhere = HTTPRequest(.post, HTTPURL(scheme: .http, host: "nowhere.invalid"))
        nowhere.isDirect = true
        #expect(kind { () throws(HTTPError) in _ = try client.perform(nowhere) } == .cannotResolve)
        nowhere.url = .init(scheme: .http, host: "127.0.0.1", port: 1)
        #expect(kind { () throws(HTTPError) in _ = try client.perform(nowhere) } == .cannotConnect)
    }

    private static let short = Duration.milliseconds(150)

    private func request(_ path: String, _ timeouts: HTTPTimeouts = .init()) -> HTTPRequest {
        guard let request = try? post(path, timeouts: timeouts) else { preconditionFailure("no server") }
        return request
    }

    @Test("a timeout error contains the stage that took too long, and the wait for a connection counts")
    func timeouts() throws {
        for (path, timeouts, stage) in [
            ("/hang", HTTPTimeouts(firstByte: Self.short), HTTPError.Stage.firstByte),
            ("/drip", HTTPTimeouts(idle: Self.short), .idle), ("/drip", HTTPTimeouts(total: Self.short), .total),
        ] {
            #expect(kind { () throws(HTTPError) in _ = try client.perform(request(path, timeouts)) } == .timedOut(stage))
        }
        var options = HTTPOptions()
        options.connectionsPerHostMax = 1
        let narrow = try HTTPClient(options)
        let blocker = narrow.submit(try post("/hang")) { _ in }
        #expect(
            kind { () throws(HTTPError) in _ = try narrow.perform(request("/echo", .init(total: Self.short))) }
                == .timedOut(.total))
        blocker.cancel()
        #expect(try narrow.perform(post("/status/200")).status == 200)
    }

    @Test("requests beyond the limit are refused, cancelled ones end, and the others continue")
    func bounded() throws {
        var options = HTTPOptions()
        options.inFlightMax = 2
        options.waitingMax = 3
        options.connectionsPerHostMax = 1
        let client = try HTTPClient(options)
        let kinds = Mutex<[HTTPError.Kind]>([])
        let all = Awaited<Bool>()
        let transfers = try (0..<7).map { _ in
            client.submit(try post("/hang")) { result in
                guard case .failure(let error) = result else { return }
                let count = kinds.withLock { kinds in
                    kinds.append(error.kind)
                    return kinds.count
                }
                if count == 7 { all.bring(true) }
            }
        }
        #expect(kinds.withLock { $0 } == [.overloaded, .overloaded])
        for transfer in transfers.reversed() { transfer.cancel() }
        #expect(all.wait())
        #expect(kinds.withLock { $0.filter { $0 == .cancelled }.count } == 5)
        #expect(try client.perform(post("/status/200")).status == 200)
    }

    @Test("a body over the maximum size is refused")
    func tooLarge() throws {
        var options = HTTPOptions()
        options.bodyBytesMax = 1000
        let client = try HTTPClient(options)
        #expect(try client.perform(post("/big/1000")).body.count == 1000)
        #expect(kind { () throws(HTTPError) in _ = try client.perform(request("/big/1001")) } == .tooLarge)
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
        let ended = Mutex<[HTTPError.Kind?]>([])
        let all = Awaited<Bool>()
        do {
            var options = HTTPOptions()
            options.connectionsPerHostMax = 1
            let client = try HTTPClient(options)
            #expect(try client.perform(post("/status/200")).status == 200)
            for _ in 0..<3 {
                client.submit(try post("/hang")) { result in
                    var kind: HTTPError.Kind?
                    if case .failure(let error) = result { kind = error.kind }
                    let count = ended.withLock { ended in
                        ended.append(kind)
                        return ended.count
                    }
                    if count == 3 { all.bring(true) }
                }
            }
        }
        #expect(all.wait())
        #expect(ended.withLock { $0 } == [.cancelled, .cancelled, .cancelled])
    }
}
