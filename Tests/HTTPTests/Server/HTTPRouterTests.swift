import Synchronization
import TestSupport
import Testing

@testable import HTTPServer

@Suite("HTTP routes", .limited)
struct HTTPRouterTests {
    private static let router: HTTPRouter = {
        var router = HTTPRouter()
        for pattern in ["/state/{kind}/{id...}", "/state/{kind}", "/state/queue", "/", "/metrics"] {
            router.add("GET", pattern, access: .open, limit: .read) { request in
                let parameters = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return HTTPResponse(
                    contentType: "text/plain", body: Array(([pattern] + parameters).joined(separator: " ").utf8))
            }
        }
        router.add("POST", "/metrics", access: .scopes(["operate"]), limit: .operate) { _ in .json("{}", status: 201) }
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
        #expect(String(decoding: answer(target).body.bytes, as: UTF8.self) == body)
    }

    @Test("an unknown path is 404; a method that a path does not accept is 405 with the accepted ones")
    func refusals() {
        for target in ["/nope", "/state", "/metrics/x"] { #expect(answer(target).status == 404) }
        let refused = answer("/metrics", "DELETE")
        #expect(refused.status == 405 && refused.headers.map(\.value) == ["GET, HEAD, OPTIONS, POST"])
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
            String(decoding: problem.body.bytes, as: UTF8.self)
                == #"{"type":"about:blank","title":"Not Found","status":404,"detail":"no \"x\""}"# + "\n")
    }
}

@Suite("middleware", .limited)
struct HTTPMiddlewareTests {
    /// What happened, in its order.
    private final class Journal: Sendable {
        let lines = Mutex<[String]>([])
        func note(_ line: String) { lines.withLock { $0.append(line) } }
    }

    @Test("middleware is called from the outside in, with the route or without one, and sees the answer")
    func order() {
        let journal = Journal()
        var router = HTTPRouter()
        router.add("GET", "/a/{id}", access: .scopes(["read"]), limit: .read) { request in
            journal.note("route \(request.parameters["id"] ?? "") \(request.caller?.subject ?? "")")
            return .json("{}")
        }
        router.use { request, route, next in
            journal.note("outer \(route?.pattern ?? "none")")
            var request = request
            request.caller = HTTPCaller(issuer: "i", subject: "s", scopes: ["read"])
            let answer = next(request)
            journal.note("answered \(answer.status)")
            return answer
        }
        router.use { request, route, next in
            journal.note("inner \(request.caller?.subject ?? "")")
            return route == nil ? .problem(401, "who are you?") : next(request)
        }
        #expect(router.answer(HTTPRequest(method: "GET", path: "/a/1")).status == 200)
        #expect(router.answer(HTTPRequest(method: "POST", path: "/a/1")).status == 401)
        #expect(
            journal.lines.withLock { $0 } == [
                "outer /a/{id}", "inner s", "route 1 s", "answered 200", "outer none", "inner s", "answered 401",
            ])
    }

    @Test("a router tells all its routes, with who may ask and what a request counts as")
    func listed() {
        var router = HTTPRouter()
        router.add("GET", "/a", access: .open, limit: .operations) { _ in .json("{}") }
        router.add("PUT", "/a/{id...}", access: .scopes(["x", "y"]), limit: .write, bodyBytesMax: 5) { _ in .json("{}") }
        #expect(
            router.routes == [
                HTTPRoute(method: "GET", pattern: "/a", access: .open, limit: .operations, bodyBytesMax: nil),
                HTTPRoute(method: "PUT", pattern: "/a/{id...}", access: .scopes(["x", "y"]), limit: .write, bodyBytesMax: 5),
            ])
    }

    @Test("the method is part of what finds a route: a word's route for another method leaves the path to a name's")
    func methodsAndNames() {
        var router = HTTPRouter()
        for (method, pattern) in [
            ("POST", "/a/b"), ("GET", "/a/{x}"), ("GET", "/a/{x}/c"), ("GET", "/a/b/{y}"), ("PUT", "/{all...}"),
        ] {
            router.add(method, pattern, access: .open, limit: .read) { request in
                let values = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return .json(([method, pattern] + values).joined(separator: " "))
            }
        }
        for (method, path, body) in [
            ("GET", "/a/b", "GET /a/{x} x=b"), ("POST", "/a/b", "POST /a/b"), ("GET", "/a/b/c", "GET /a/b/{y} y=c"),
            ("GET", "/a/d/c", "GET /a/{x}/c x=d"), ("PUT", "/a/b", "PUT /{all...} all=a/b"),
            ("PUT", "/a/b/c/d", "PUT /{all...} all=a/b/c/d"),
        ] {
            let answer = router.answer(HTTPRequest(method: method, path: path))
            #expect(String(decoding: answer.body.bytes, as: UTF8.self) == body, "\(method) \(path)")
        }
        #expect(
            router.answer(HTTPRequest(method: "DELETE", path: "/a/b")).headers.map(\.value) == ["GET, HEAD, OPTIONS, POST, PUT"]
        )
    }
}
