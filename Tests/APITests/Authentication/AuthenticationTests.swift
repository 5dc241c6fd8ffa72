import HTTPServer
import Observability
import Synchronization
import TestSupport
import Testing
import Tokens

@testable import API

/// Lines of a log.
final class LogLines: LogSink {
    let lines = Mutex<[String]>([])
    var droppedLines: Int { 0 }
    func put(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    var all: [String] { lines.withLock { $0 } }
}

@Suite("who asks over HTTP", .limited)
struct AuthenticationTests {
    private let lines = LogLines()
    private let denials = Denials()
    private let router: HTTPRouter

    /// An issuer that is not there: no token is good. What good ones do is tried with the whole server.
    init() {
        let log = Log(level: .debug, format: .json, sink: lines)
        let verifier = TokenVerifier(issuers: [TokenIssuer(name: "https://i.example", audiences: ["c"])])
        let authentication = Authentication(
            TokenGate(verifier) { _ in .failure(.init("nobody answers")) }, denials: denials, log)
        var router = HTTPRouter()
        router.use { authentication.answer($0, $1, $2) }
        router.add("GET", "/open", access: .open, limit: .operations) { _ in .json("{}") }
        router.add("GET", "/closed", access: .scopes(["read", "operate"]), limit: .read) { _ in .json("{}") }
        router.add("GET", "/known", access: .known, limit: .read) { .json($0.caller == nil ? "{}" : "{\"known\":true}") }
        self.router = router
    }

    private func answer(_ path: String, _ fields: (String, String)..., query: [String: String] = [:]) -> HTTPResponse {
        router.answer(
            HTTPRequest(
                method: "GET", path: path, query: query, headers: HTTPHeaders(fields.map { (name: $0.0, value: $0.1) }),
                id: "r-1"))
    }

    @Test("what is open asks nobody, and what is not there tells nobody more than that")
    func open() {
        #expect(answer("/open").status == 200 && answer("/open", ("Authorization", "Bearer x")).status == 200)
        #expect(answer("/nothing").status == 404)
    }

    @Test("who brings no token is told to bring one, without an error code")
    func none() {
        let answer = answer("/closed")
        #expect(answer.status == 401 && answer.header("www-authenticate") == "Bearer realm=\"converge\"")
        #expect(answer.contentType == "application/problem+json")
    }

    @Test(
        "what is no token of ours gets the code of RFC 6750, and not the reason",
        arguments: ["Bearer", "Bearer ", "Bearer x", "bearer a.b.c", "Basic dXNlcjpwYXNz", "x", "Bearer a, Bearer b", ""])
    func bad(field: String) throws {
        let answer = answer("/closed", ("Authorization", field))
        #expect(answer.status == 401)
        #expect(answer.header("WWW-Authenticate") == "Bearer realm=\"converge\", error=\"invalid_token\"")
        let body = String(decoding: answer.body.bytes, as: UTF8.self)
        #expect(body.contains("\"detail\":\"the access token is not accepted; get a new one\""))
        let line = try #require(lines.all.first { $0.contains("http.token") })
        #expect(line.contains("\"reason\":\"") && line.contains("r-1"))
    }

    @Test("a token in the query or in a cookie is none")
    func elsewhere() {
        #expect(answer("/closed", query: ["access_token": "a.b.c"]).status == 401)
        #expect(answer("/closed", ("Cookie", "token=a.b.c")).status == 401)
    }

    @Test("while no issuer's keys were read, a token may be a good one: come again later")
    func noKeys() {
        let claims = #"{"iss":"https://i.example","aud":"c","sub":"s","exp":99999999999}"#
        let token = [#"{"alg":"RS256","kid":"a"}"#, claims, "x"].map { text in
            text == "x" ? "eHh4" : base64URL(text)
        }.joined(separator: ".")
        let answer = answer("/closed", ("Authorization", "Bearer \(token)"))
        #expect(answer.status == 503 && answer.header("Retry-After") == "10")
        // Where nobody has to be known, they are not told either that they are nobody.
        #expect(self.answer("/known", ("Authorization", "Bearer \(token)")).status == 503)
        #expect(self.answer("/known").status == 200 && self.answer("/known", ("Authorization", "Bearer x")).status == 200)
    }

    private func base64URL(_ text: String) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var out = ""
        var (bits, width) = (0, 0)
        for byte in text.utf8 {
            bits = bits << 8 | Int(byte)
            width += 8
            while width >= 6 {
                width -= 6
                out.append(digits[bits >> width & 63])
            }
            bits &= (1 << width) - 1
        }
        if width > 0 { out.append(digits[bits << (6 - width) & 63]) }
        return out
    }

    @Test("an agent reads what is their own, by any of its names, and nobody else's")
    func agents() {
        func request(_ agent: String?) -> HTTPRequest {
            HTTPRequest(
                method: "GET", path: "/",
                caller: HTTPCaller(issuer: "i", subject: "s", scopes: ["read"], agent: agent))
        }
        let id = "111122223333/7c1d52e0/a0000001"
        for (claim, username, may) in [
            (nil, nil, true), (id, nil, true), ("a0000001", nil, true), ("maria", "maria", true), ("Maria", "maria", true),
            ("maria", nil, false), ("a0000002", "maria", false), ("7c1d52e0", nil, false), ("0001", nil, false),
            ("", nil, false), ("\u{212A}ate", "kate", false), ("jos\u{E9}", "jose\u{301}", false),
            ("jos\u{E9}", "jos\u{E9}", true),
        ] as [(String?, String?, Bool)] {
            #expect(request(claim).mayRead(agent: id, username: username) == may, "\(claim ?? "nobody") \(username ?? "")")
        }
        #expect(HTTPRequest(method: "GET", path: "/").mayRead(agent: id), "nobody is asked")
        #expect(request("maria").isAgents && !request(nil).isAgents)
    }
}
