import Servers
import Synchronization
import TestSupport
import Testing

@testable import HTTPClient
@testable import Platform

@Suite("the HTTP client", .waiting(minutes: 5))
struct HTTPClientTests {
    private let client: HTTPClient

    init() throws { client = try HTTPClient() }

    @Test("the request is sent as given: method, path, query, body, and headers in order and repeated")
    func exact() throws {
        var request = try get("/echo/a%2Fb/../c;d:e+f?q=%20+&q=2&r")
        request.method = .put
        request.headers = [HTTPHeader("X-One", "1"), HTTPHeader("X-Two", ""), HTTPHeader("x-one", "2")]
        request.body = Array("body\u{0}with a zero".utf8)
        let echo = try Echo(client.perform(request))
        #expect(echo.method == "PUT")
        #expect(echo.path == "/echo/a%2Fb/../c;d:e+f?q=%20+&q=2&r")
        #expect(echo.values("x-one") == ["1", "2"])
        #expect(echo.values("x-two") == [""])
        #expect(echo.values("content-length") == ["16"])
        #expect(echo.values("content-type").isEmpty && echo.values("expect").isEmpty)
        #expect(echo.body == "body\u{0}with a zero")
    }

    @Test("PUT and POST without a body are sent with Content-Length 0", arguments: [HTTPMethod.put, .post])
    func empty(method: HTTPMethod) throws {
        var request = try get("/echo")
        request.method = method
        #expect(try Echo(client.perform(request)).values("content-length") == ["0"])
    }

    @Test("the client returns status, headers and body; no status is an error, and HEAD has no body")
    func answers() throws {
        let refused = try client.perform(get("/status/418"))
        #expect(refused.status == 418 && !refused.isSuccess && refused.body.text == "status")
        let echo = try client.perform(get("/echo"))
        #expect(echo.header("x-twice") == "a")
        #expect(echo.header("x-none") == nil)
        #expect(echo.header("content-length").flatMap { Int($0) } == echo.body.count)
        var head = try get("/big/1000")
        head.method = .head
        #expect(try client.perform(head).body.count == 0)
    }

    @Test("connections are reused, and handles also after errors")
    func keepAlive() throws {
        let first = try Echo(client.perform(get("/echo"))).peer
        #expect(try Echo(client.perform(get("/echo"))).peer == first)
        let closed = HTTPRequest(.get, .init(scheme: .http, host: "127.0.0.1", port: 1))
        #expect(client.kind(of: closed) == .cannotConnect)
        #expect(try Echo(client.perform(get("/echo"))).peer == first)
    }

    @Test("a body stays valid after its request, and its memory is reused when it is released")
    func reusedMemory() throws {
        let kept = try client.perform(get("/big/100000"))
        for _ in 0..<20 { #expect(try client.perform(get("/big/50")).body.count == 50) }
        #expect(kept.body.count == 100_000)
        kept.body.withBytes { bytes in #expect(bytes.allSatisfy { $0 == UInt8(ascii: "x") }) }
    }

    @Test("hundreds of concurrent requests each get one response")
    func many() throws {
        let areOwn = Endings<Bool>(600)
        for number in 0..<600 {
            client.submit(try get("/echo?n=\(number)")) { areOwn.add((try? Echo($0.get()).path) == "/echo?n=\(number)") }
        }
        #expect(areOwn.wait() == Array(repeating: true, count: 600))
    }

    @Test("requests beyond the limit are refused, and the others continue")
    func bounded() throws {
        let client = try HTTPClient {
            $0.inFlightMax = 2
            $0.waitingMax = 3
        }
        let kinds = Endings<HTTPError.Kind?>(7)
        let transfers = try (0..<7).map { _ in client.submit(try get("/hang")) { kinds.add($0.kind) } }
        #expect(kinds.soFar == [.overloaded, .overloaded])
        for transfer in transfers { transfer.cancel() }
        #expect(kinds.wait().dropFirst(2) == Array(repeating: .cancelled, count: 5)[...])
        #expect(try client.perform(get("/status/200")).status == 200)
    }

    @Test("a timeout error contains the stage that took too long")
    func timeouts() throws {
        #expect(try client.kind(of: get("/hang", .init(firstByte: short))) == .timedOut(.firstByte))
        #expect(try client.kind(of: get("/drip", .init(idle: short))) == .timedOut(.idle))
        #expect(try client.kind(of: get("/drip", .init(total: short))) == .timedOut(.total))
    }

    @Test("a request that waits for a connection slot also times out")
    func waitingTimeout() throws {
        let client = try HTTPClient { $0.inFlightMax = 1 }
        let blocker = client.submit(try get("/hang")) { _ in }
        #expect(try client.kind(of: get("/echo", .init(total: short))) == .timedOut(.total))
        blocker.cancel()
        #expect(try client.perform(get("/status/200")).status == 200)
    }

    @Test("a reset connection, an incomplete response and an unknown host name are different errors")
    func broken() throws {
        #expect(try client.kind(of: get("/reset")) == .connectionLost)
        #expect(try client.kind(of: get("/short")) == .cutShort)
        let nowhere = HTTPRequest(.get, HTTPURL(scheme: .http, host: "nowhere.invalid"))
        #expect(client.kind(of: nowhere) == .cannotResolve)
    }

    @Test("a body over the maximum size is refused")
    func tooLarge() throws {
        let client = try HTTPClient { $0.bodyBytesMax = 1000 }
        #expect(try client.perform(get("/big/1000")).body.count == 1000)
        #expect(try client.kind(of: get("/big/1001")) == .tooLarge)
    }

    @Test("a request that would inject another request or header is refused and not sent")
    func malformed() throws {
        let url = try LoopbackServer.url("/count/malformed")
        for (name, value) in [("A", "1\r\nB: 2"), ("A", "1\nB: 2"), ("A: 1\r\nB", "2"), ("", "1"), ("A", "\u{0}")] {
            let request = HTTPRequest(.get, url, headers: [HTTPHeader(name, value)])
            #expect(client.kind(of: request) == .badRequest)
        }
        for path in ["/a b", "/a\r\nB: 2", "/ü"] {
            let request = HTTPRequest(.get, HTTPURL(scheme: .http, host: "127.0.0.1", path: path))
            #expect(client.kind(of: request) == .badRequest)
        }
    }

    @Test("a server without TLS gets no https request, also not in plain text")
    func plain() throws {
        let server = try LoopbackServer.shared.get()
        let request = HTTPRequest(.get, HTTPURL(scheme: .https, host: "127.0.0.1", port: server.port, path: "/echo"))
        #expect(client.kind(of: request) == .connectionLost)
    }

    @Test("requests use the proxy of the environment, except to excluded hosts and if they must not")
    func proxy() throws {
        let server = try LoopbackServer.shared.get()
        let environment = Environment(["http_proxy": server.base, "NO_PROXY": "127.0.0.1"])
        let client = try HTTPClient(HTTPOptions(environment))
        let elsewhere = HTTPRequest(.get, HTTPURL(scheme: .http, host: "elsewhere.invalid", path: "/x"))
        #expect(try client.perform(elsewhere).body.text.contains("http://elsewhere.invalid/x"))
        #expect(try Echo(client.perform(get("/echo"))).path == "/echo")
        let around = try HTTPClient(HTTPOptions(Environment(["http_proxy": "http://127.0.0.1:1"])))
        var direct = try get("/echo")
        #expect(around.kind(of: direct) == .cannotConnect)
        direct.bypassesProxy = true
        #expect(try Echo(around.perform(direct)).path == "/echo")
    }

    @Test("a missing CA file is an error and does not disable verification")
    func authority() throws {
        let client = try HTTPClient(HTTPOptions(Environment(["AWS_CA_BUNDLE": "/nonexistent/ca.pem"])))
        let server = try LoopbackServer.shared.get()
        let request = HTTPRequest(.get, HTTPURL(scheme: .https, host: "127.0.0.1", port: server.port))
        #expect(client.kind(of: request) == .untrusted)
    }

    @Test("requests in progress when the client is closed end once, as cancelled")
    func end() throws {
        let ended = Awaited<HTTPError.Kind?>()
        do {
            let client = try HTTPClient()
            client.submit(try get("/hang")) { ended.bring($0.kind) }
        }
        #expect(ended.wait() == .cancelled)
    }

    @Test("timers fire in order of time")
    func timers() throws {
        let order = Mutex<[Int]>([])
        let done = Awaited<Bool>()
        client.after(.milliseconds(120)) {
            order.withLock { $0.append(2) }
            done.bring(true)
        }
        client.after(.zero) { order.withLock { $0.append(1) } }
        #expect(done.wait())
        #expect(order.withLock { $0 } == [1, 2])
    }
}

@Suite("streamed bodies of the HTTP client", .waiting(minutes: 5))
struct HTTPStreamTests {
    private struct Stream: Sendable {
        var text = ""
        var pauses = 0
    }

    @Test("a streamed body is delivered in pieces, may be paused, and is not kept")
    func pieces() throws {
        let client = try HTTPClient()
        let stream = Mutex(Stream())
        let transfer = Mutex<HTTPTransfer?>(nil)
        let done = Awaited<Result<Int, HTTPError>>()
        let handle = client.submit(
            try get("/chunks/50"),
            onChunk: { status, chunk in
                stream.withLock { stream in
                    // Every third offer is put off; resuming is asked of another moment.
                    stream.pauses += 1
                    if stream.pauses % 3 == 0 {
                        client.after(.zero) { transfer.withLock { $0 }?.resume() }
                        return .pause
                    }
                    stream.text += chunk.text
                    return .more
                }
            }, completion: { result in done.bring(result.map(\.body.count)) })
        transfer.withLock { $0 = handle }
        handle.resume()
        #expect(try done.wait().get() == 0)
        #expect(stream.withLock { $0.text } == (0..<50).map { "chunk \($0);" }.joined())
    }

    @Test("a streamed body is stopped when its receiver has enough")
    func stop() throws {
        let client = try HTTPClient()
        let done = Awaited<HTTPError.Kind?>()
        client.submit(
            try get("/drip"), onChunk: { _, _ in .stop }, completion: { done.bring($0.kind) })
        #expect(done.wait() == .cancelled)
    }

    @Test("the body of an unsuccessful response is collected")
    func refused() throws {
        let client = try HTTPClient()
        let done = Awaited<Result<String, HTTPError>>()
        client.submit(
            try get("/status/503"), onChunk: { _, _ in .stop },
            completion: { result in done.bring(result.map(\.body.text)) })
        #expect(try done.wait().get() == "status")
    }
}
