import API
import ContactCenter
import EngineCore
import Foundation
import HTTPServer
import Observability
import Servers
import Storage
import Synchronization
import TestSupport
import Testing
import Tokens

@testable import Worker

/// The routes of a worker and of `converge serve`, behind tokens.
@Suite("every route of the server", .waiting(minutes: 5))
struct RoutesAndScopesTests {
    private static let issuer = "https://i.example"
    private static let scopes = ["read", "read:personal", "session", "operate", "erase"]
    /// By scope; `agent` is one with every scope that names an agent, `none` one without a scope.
    private static let tokens = Result { () throws -> (keys: String, tokens: [String: String]) in
        let file = NSTemporaryDirectory() + "converge-keys-\(UUID().uuidString).json"
        let all = scopes.map { "converge/" + $0 }.joined(separator: " ")
        let claims: [[String: Any]] =
            scopes.map { ["scope": "converge/" + $0] } + [
                ["scope": all, "username": "a0000001"], ["scope": "openid"], ["scope": all, "exp": 1_000_000_000],
                ["scope": all, "aud": "other"], ["scope": scopes.joined(separator: " ")],
            ]
        let names = scopes + ["agent", "none", "expired", "of another", "without prefix"]
        let tokens = try TokenMaker.issue(keysTo: file, issuer: issuer, claims)
        return (file, Dictionary(uniqueKeysWithValues: zip(names, tokens)))
    }

    private final class Sink: LogSink {
        var droppedLines: Int { 0 }
        func put(_ line: [UInt8]) {}
    }

    /// Of everybody: how a process is, and the console's own files, which hold nothing of the state.
    private static let open = [
        "/metrics", "/health/live", "/health/ready", "/", "/console", "/console/v/{hash}/{path...}", "/console/me",
        "/console/login", "/console/callback", "/console/refresh", "/console/logout",
    ]

    private let tokens: [String: String]
    private let routers: [HTTPRouter]
    private let metrics = Metrics()

    init() throws {
        let made = try Self.tokens.get()
        tokens = made.tokens
        let settings = try WorkerSettings(flags: [
            "--kafka-bootstrap-servers", "a", "--kafka-topics", "t", "--http-tokens-issuers", Self.issuer, "--http-tokens-jwks",
            made.keys, "--http-tokens-audiences", "converge", "--http-tokens-scope-prefix", "converge/",
            "--http-tokens-agent-claim", "username", "--http-login-client", "console", "--http-login-address",
            "https://converge.example.com", "--http-rates-read", "0", "--http-rates-list", "0",
        ])
        let http = try #require(settings.http)
        let log = Log(level: .error, format: .json, sink: Sink())
        let access = try APIAccess(#require(http.tokens), rates: http.rates, log)
        try access.observe(metrics)
        let store = MemoryStore()
        let states: [APIServer.State] = [.member(store), .all { (_, _, _) throws(StoreError) in }]
        let reading = ReadingSource(store, at: "memory", regions: { [] }, failed: { _ in })
        let login = Login(try #require(http.login), try LoginProvider(#require(http.login)), log) { _ throws(TokenFailure) in
            throw .form
        }
        routers = states.map {
            var router = HTTPPorts.guarded(by: access)
            Operations(metrics: Metrics(), live: { HealthReport() }, ready: { HealthReport() }).add(to: &router)
            let source = APIServer.Source(state: $0, reading: reading)
            APIServer.addRoutes(to: &router, source, nil)
            APIServer.addConsole(to: &router, APIServer.identity(source, http), ProcessStanding())
            Login.add(login, to: &router)
            return router
        }
    }

    /// Of a route, with something that fits for every name in its pattern.
    private func path(_ route: HTTPRoute) -> String {
        "/"
            + route.pattern.split(separator: "/").map { part in
                part == "{kind}" ? "agent" : part == "{id...}" ? "1/2/a0000001" : part.hasPrefix("{") ? "x" : String(part)
            }.joined(separator: "/")
    }

    private func answer(_ router: HTTPRouter, _ method: String, _ path: String, _ token: String?) throws -> HTTPResponse {
        let fields = try token.map { [(name: "Authorization", value: "Bearer \(try #require(tokens[$0]))")] } ?? []
        return router.answer(HTTPRequest(method: method, path: path, headers: HTTPHeaders(fields), id: "r"))
    }

    @Test("with every scope: it answers who has one of its scopes, and nobody else")
    func scopes() throws {
        for router in routers {
            #expect(router.routes.count >= 5)
            for route in router.routes {
                let path = path(route)
                guard case .scopes(let accepted) = route.access else {
                    #expect(Self.open.contains(route.pattern), "\(route.pattern) is open")
                    let answer = try answer(router, route.method, path, nil)
                    #expect([200, 307, 400, 403, 404, 502].contains(answer.status), "\(route.pattern) \(answer.status)")
                    continue
                }
                #expect(!accepted.isEmpty && accepted.allSatisfy(Self.scopes.contains), "\(route.pattern)")
                let nobody = try answer(router, route.method, path, nil)
                #expect(nobody.status == 401 && nobody.header("WWW-Authenticate") == "Bearer realm=\"converge\"")
                for token in ["expired", "of another"] {
                    let answer = try answer(router, route.method, path, token)
                    #expect(answer.status == 401, "\(route.pattern) \(token)")
                    #expect(answer.header("WWW-Authenticate")?.contains("error=\"invalid_token\"") == true)
                }
                for token in Self.scopes + ["none", "without prefix"] {
                    let answer = try answer(router, route.method, path, token)
                    let isIn = accepted.contains(token)
                    #expect(
                        (answer.status == 403) == !isIn && answer.status != 401, "\(route.pattern) \(token) \(answer.status)")
                    guard !isIn else { continue }
                    let challenge = answer.header("WWW-Authenticate") ?? ""
                    #expect(challenge.contains("error=\"insufficient_scope\""))
                    #expect(challenge.contains("scope=\"\(accepted.joined(separator: " "))\""), "\(challenge)")
                }
            }
        }
        let text = String(decoding: metrics.text(), as: UTF8.self)
        #expect(text.contains("converge_http_tokens_refused_total{reason=\"expired\"}"))
        #expect(text.contains("converge_http_requests_denied_total{reason=\"scope\"}"))
    }

    @Test(
        "an agent's token reads this agent's own, whatever its scopes are, and is told the same of what is there and what is not"
    )
    func agents() throws {
        for router in routers {
            for path in [
                "/state/agent/1/2/a0000001", "/v1/agents/1/2/a0000001", "/v1/usernames/A0000001", "/v1/sessions/a0000001",
                "/v1/sessions/a0000001/tab", "/v1/explain/agent/1/2/a0000001", "/v1/contacts/c", "/v1/customers/c/context",
            ] {
                let answer = try answer(router, "GET", path, "agent")
                #expect(answer.status == 404, "\(path) \(answer.status): allowed, and not there")
            }
            for path in [
                "/state/agent/1/2/a0000002", "/state/agent/a0000001/x", "/state/agent/1%2F2%2Fa0000002",
                "/state/username/a0000001",
                "/state/contact/a0000001", "/state/session/c", "/state/customer/a0000001", "/v1/agents/1/2/a0000002",
                "/v1/agents/1%2F2%2Fa0000002", "/v1/usernames/maria", "/v1/sessions/maria", "/v1/sessions/a00000011",
                "/v1/explain/agent/1/2/a0000002", "/v1/explain/contact/c", "/v1/explain/username/a0000001",
            ] {
                let answer = try answer(router, "GET", path, "agent")
                #expect(answer.status == 403, "\(path) \(answer.status)")
            }
        }
        #expect(try answer(routers[0], "GET", "/state/agent", "agent").status == 403)
    }

    @Test(
        "every route with an id: an agent's token that asks for another's is refused, but for what its scopes let everybody see"
    )
    func others() throws {
        let shared: Set = [
            "/v1/contacts/{id}", "/v1/customers/{id}", "/v1/customers/{id}/context", "/v1/flows/{id}", "/v1/queues/{id...}",
        ]
        for router in routers {
            for route in router.routes
            where route.pattern.contains("{id") && route.method == "GET" && !shared.contains(route.pattern) {
                for kind in EntityKind.allCases.map({ "\($0)" }) {
                    for id in [
                        "1/2/a0000002", "a0000001/../a0000002", "%2e%2e", "a0000001%00", "A0000001%20", "*", "1/2/a0000001/x",
                    ] {
                        // A session is an agent's own whose id begins with the agent's name and a slash, whatever follows.
                        if route.pattern.hasPrefix("/v1/sessions/"), id.hasPrefix("a0000001/") { continue }
                        let path = route.pattern.replacing("{kind}", with: kind).replacing("{id...}", with: id).replacing(
                            "{id}", with: id)
                        let answer = try answer(router, "GET", path, "agent")
                        #expect(
                            answer.status == 403
                                || answer.status == 404
                                    && ["/v1/usernames/{id}", "/v1/dead-letters/{id}"].contains(route.pattern),
                            "\(path) \(answer.status)")
                        #expect(!String(decoding: answer.body.bytes, as: UTF8.self).contains("in the state"), "\(path)")
                    }
                }
            }
        }
    }

    @Test("a stream ends when the token ends that it was opened with")
    func streamsOfTokens() throws {
        let made = try Self.tokens.get()
        let keys = try Data(contentsOf: URL(fileURLWithPath: made.keys))
        let issuer = TokenIssuer(name: Self.issuer, audiences: ["converge"], scopePrefix: "converge/")
        let hours = Mutex(0.0)
        let authentication = Authentication(
            TokenGate(TokenVerifier(issuers: [issuer])) { _ in .success(Array(keys)) }, denials: Denials(),
            Log(level: .error, format: .json, sink: Sink()),
            wall: { Date().timeIntervalSince1970 + hours.withLock { $0 } * 3_600 })
        var router = HTTPRouter()
        router.use { authentication.answer($0, $1, $2) }
        router.add("GET", "/stream", access: .scopes(["read"]), limit: .stream) { _ in
            let stream = HTTPStream()
            stream.send(Array("first".utf8))
            return HTTPResponse(contentType: "text/event-stream", stream: stream)
        }
        let server = try HTTPServer(port: 0, router: router)
        func open() throws -> RawHTTPClient {
            let client = try RawHTTPClient(port: server.port)
            client.send(
                "GET /stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(try #require(tokens["read"]))\r\n\r\n")
            #expect(client.answer()?.status == 200 && client.chunk() == "first")
            return client
        }
        let long = try open()
        // Its token is of an hour; this one is opened in the last moment of it.
        hours.withLock { $0 = 2 }
        let short = try open()
        #expect(short.chunk() == "" && short.isClosed && long.isOpen)
    }

    @Test("other methods than a route's are refused, and no answer says what is inside")
    func methods() throws {
        let routes = routers[0].routes
        for route in routes {
            let pattern = route.pattern.replacing("...", with: "")
            let served = Set(routes.filter { $0.pattern.replacing("...", with: "") == pattern }.map(\.method))
            for method in ["POST", "PUT", "DELETE", "TRACE", "PATCH", "CONNECT"] where !served.contains(method) {
                let answer = try answer(routers[0], method, path(route), nil)
                #expect(answer.status == 405 && answer.header("Allow") != nil, "\(method) \(route.pattern)")
            }
            let options = try answer(routers[0], "OPTIONS", path(route), nil)
            #expect(options.status == 204 && options.header("Access-Control-Allow-Origin") == nil)
        }
    }

    @Test("stands in docs/openapi.yaml, and nothing else does")
    func document() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../docs/openapi.yaml").standardized.path
        let root = try YAMLReader.read(Array(Data(contentsOf: URL(fileURLWithPath: file))))
        var documented: Set<String> = []
        for (path, item) in members(members(root)["paths"]) {
            for method in members(item).keys where ["get", "head", "post", "put", "patch", "delete"].contains(method) {
                documented.insert("\(method.uppercased()) \(path)")
                guard method != "head", !Self.open.contains(path.replacing("{path}", with: "{path...}")) else { continue }
                let statuses = Set(members(members(members(item)[method])["responses"]).keys)
                #expect(statuses.isSuperset(of: ["401", "403", "429"]), "\(method) \(path)")
            }
        }
        var served: Set<String> = []
        for route in routers.flatMap(\.routes) {
            let path = route.pattern.replacingOccurrences(of: "...}", with: "}")
            served.insert("\(route.method) \(path)")
            if route.method == "GET" { served.insert("HEAD \(path)") }
        }
        #expect(documented.subtracting(served).isEmpty && served.subtracting(documented).isEmpty)
    }

    private func members(_ node: YAMLNode?) -> [String: YAMLNode] {
        guard case .mapping(let members)? = node?.content else { return [:] }
        return Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
    }
}
