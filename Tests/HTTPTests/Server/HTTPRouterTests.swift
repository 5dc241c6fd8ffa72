import TestSupport
import Testing

@testable import HTTPServer

@Suite("HTTP routes", .limited)
struct HTTPRouterTests {
    private static let router: HTTPRouter = {
        var router = HTTPRouter()
        for pattern in ["/state/{kind}/{id...}", "/state/{kind}", "/state/queue", "/", "/metrics"] {
            router.add("GET", pattern) { request in
                let parameters = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return HTTPResponse(
                    contentType: "text/plain", body: Array(([pattern] + parameters).joined(separator: " ").utf8))
            }
        }
        router.add("POST", "/metrics") { _ in .json("{}", status: 201) }
        return router
    }()

    private func answer(_ target: String, _ method: String = "GET") -> HTTPResponse {
        HTTPRequest(method: method, target: target).map { Self.router.answer($0) } ?? .badTarget
    }

    @Test(
        "a path is split before its parameters are decoded, and finds its route",
        arguments: [
            ("/", "/"),
            ("/metrics", "/metrics"),
            ("/metrics/", "/metrics"),
            ("/metrics?x=1", "/metrics"),
            ("/state/agent", "/state/{kind} kind=agent"),
            ("/state/queue", "/state/queue"),
            ("/state/agent/1111/7c1d/a%20b", "/state/{kind}/{id...} id=1111/7c1d/a b kind=agent"),
            ("/state/a%2Fb", "/state/{kind} kind=a/b"),
            ("/state/agent/x%2Fy", "/state/{kind}/{id...} id=x/y kind=agent"),
            ("/state/agent//x//y/", "/state/{kind}/{id...} id=/x//y/ kind=agent"),
            ("/state/agent/", "/state/{kind} kind=agent"),
            ("//state//agent//", "/state/{kind} kind=agent"),
            ("/state/agent/a%2F", "/state/{kind}/{id...} id=a/ kind=agent"),
            ("/state/queue/%C3%BC+", "/state/{kind}/{id...} id=ü+ kind=queue"),
        ])
    func routes(target: String, body: String) {
        #expect(String(decoding: answer(target).body, as: UTF8.self) == body)
    }

    @Test("an unknown path is 404; a method that a path does not accept is 405 with the accepted ones")
    func refusals() {
        for target in ["/nope", "/state", "/metrics/x"] { #expect(answer(target).status == 404) }
        let refused = answer("/metrics", "DELETE")
        #expect(refused.status == 405 && refused.headers.map(\.value) == ["GET, HEAD, POST"])
        #expect(answer("/metrics", "POST").status == 201)
        #expect(answer("/metrics", "HEAD").status == 200)
        #expect(answer("/nope", "POST").status == 404)
    }

    @Test("a malformed request target is 400", arguments: ["/%", "/%zz", "/%ff", "/a%2", "x", "", "*", "/?a=%zz"])
    func unreadable(target: String) {
        #expect(answer(target).status == 400)
    }

    @Test("the query is decoded; if a name is repeated, its last value counts")
    func query() {
        let request = HTTPRequest(method: "GET", target: "/a?limit=5&x=a+b%26c&limit=7&flag&=&y=1=2")
        #expect(request?.query == ["limit": "7", "x": "a b&c", "flag": "", "": "", "y": "1=2"])
        #expect(request?.repeatedNames == ["limit"])
    }

    @Test("a problem is a JSON object of RFC 9457")
    func problem() {
        let problem = HTTPResponse.problem(404, "no \"x\"")
        #expect(problem.contentType == "application/problem+json")
        #expect(
            String(decoding: problem.body, as: UTF8.self)
                == #"{"type":"about:blank","title":"Not Found","status":404,"detail":"no \"x\""}"# + "\n")
    }
}
