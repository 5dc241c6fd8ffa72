import API
import EngineCore
import Foundation
import HTTPServer
import Observability
import Servers
import Storage
import TestSupport
import Testing

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

    private let tokens: [String: String]
    private let routers: [HTTPRouter]
    private let metrics = Metrics()

    init() throws {
        let made = try Self.tokens.get()
        tokens = made.tokens
        let settings = try WorkerSettings(flags: [
            "--kafka-bootstrap-servers", "a", "--kafka-topics", "t", "--http-tokens-issuers", Self.issuer, "--http-tokens-jwks",
            made.keys, "--http-tokens-audiences", "converge", "--http-tokens-scope-prefix", "converge/",
            "--http-tokens-agent-claim", "username", "--http-rates-read", "0", "--http-rates-list", "0",
        ])
        let http = try #require(settings.http)
        let log = Log(level: .error, format: .json, sink: Sink())
        let access = try APIAccess(#require(http.tokens), rates: http.rates, log)
        try access.observe(metrics)
        let store = MemoryStore()
        let states: [APIServer.State] = [.member(store), .all { (_, _, _) throws(StoreError) in }]
        let reading = ReadingSource(store, at: "memory", regions: { [] }, failed: { _ in })
        routers = states.map {
            var router = HTTPPorts.guarded(by: access)
            Operations(metrics: Metrics(), live: { HealthReport() }, ready: { HealthReport() }).add(to: &router)
            APIServer.addRoutes(to: &router, APIServer.Source(state: $0, reading: reading), nil)
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
                    #expect(["/metrics", "/health/live", "/health/ready"].contains(route.pattern), "\(route.pattern) is open")
                    #expect(try answer(router, route.method, path, nil).status == 200)
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
                guard method != "head", !["/metrics", "/health/live", "/health/ready"].contains(path) else { continue }
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
