import HTTPServer
import TestSupport
import Testing

@testable import API

@Suite("which pages read what is answered", .limited)
struct CrossOriginTests {
    private static let desk = "https://desk.example.com"

    private func answer(
        _ method: String, _ fields: [(name: String, value: String)],
        origins: [String] = [desk, "https://desk.example.com:8443"],
        path: String = "/v1/sessions/ann"
    ) -> HTTPResponse {
        var router = HTTPRouter()
        let pages = CrossOrigin(origins)
        router.use { pages.answer($0, $1, $2) }
        for method in ["GET", "PATCH"] {
            router.add(method, "/v1/sessions/{id...}", access: .open, limit: .read) { _ in .json("{}") }
        }
        return router.answer(HTTPRequest(method: method, path: path, headers: HTTPHeaders(fields)))
    }

    private func preflight(_ origin: String, origins: [String] = [desk]) -> HTTPResponse {
        answer("OPTIONS", [("Origin", origin), ("Access-Control-Request-Method", "PATCH")], origins: origins)
    }

    private func headers(_ answer: HTTPResponse) -> [String: String] {
        Dictionary(
            answer.headers.filter { $0.name.hasPrefix("Access-Control-") || $0.name == "Vary" }.map { ($0.name, $0.value) }
        ) { "\($0), \($1)" }
    }

    @Test(
        "a preflight of a listed origin says what docs/desktop.md lists, for two hours, and allows no credentials of the browser's own"
    )
    func asked() {
        let answer = preflight(Self.desk)
        #expect(answer.status == 204 && answer.body.bytes.isEmpty)
        #expect(
            headers(answer) == [
                "Access-Control-Allow-Origin": Self.desk, "Access-Control-Allow-Methods": "GET, PATCH, POST",
                "Access-Control-Allow-Headers":
                    "Authorization, Content-Type, Idempotency-Key, Prefer, Last-Event-ID, Converge-After, Converge-Before",
                "Access-Control-Max-Age": "7200", "Vary": "Origin",
            ])
    }

    @Test("every answer to a page of a listed origin can be read, errors included, with the two headers that a page needs")
    func read() {
        for (method, path, status) in [
            ("GET", "/v1/sessions/ann", 200), ("PATCH", "/v1/sessions/ann", 200), ("DELETE", "/v1/sessions/ann", 405),
            ("GET", "/nothing", 404), ("OPTIONS", "/v1/sessions/ann", 204),
        ] {
            let answer = answer(method, [("Origin", Self.desk)], path: path)
            #expect(answer.status == status)
            #expect(
                headers(answer) == [
                    "Access-Control-Allow-Origin": Self.desk, "Access-Control-Expose-Headers": "Retry-After, Converge-Time",
                    "Vary": "Origin",
                ], "\(method) \(path)")
        }
    }

    @Test(
        "an origin that is not listed to the letter gets no header, and its preflight 403",
        arguments: [
            "null", "*", "", "https://desk.example.com.evil.example", "https://evil-desk.example.com",
            "https://desk.example.co",
            "https://evil.example/https://desk.example.com", "https://desk.example.com:444", "https://desk.example.com:443",
            "https://desk.example.com/", "https://DESK.example.com", "HTTPS://desk.example.com", "http://desk.example.com",
            "https://deskXexample.com", "https://desk.example.com, https://evil.example", " https://desk.example.com",
            "https://sub.desk.example.com",
        ])
    func notListed(origin: String) {
        #expect(headers(answer("GET", [("Origin", origin)])) == ["Vary": "Origin"])
        let asked = preflight(origin)
        #expect(asked.status == 403 && headers(asked) == ["Vary": "Origin"])
    }

    @Test("caches keep answers apart by origin, also those to nobody's page; a port is a part of the origin")
    func apart() {
        #expect(headers(answer("GET", [])) == ["Vary": "Origin"])
        let other = "https://desk.example.com:8443"
        #expect(headers(answer("GET", [("Origin", other)]))["Access-Control-Allow-Origin"] == other)
        #expect(preflight("https://desk.example.com:8443").status == 403)
    }

    @Test("without origins nothing is said of them, and every preflight is refused")
    func none() {
        #expect(headers(answer("GET", [("Origin", Self.desk)], origins: [])).isEmpty)
        let asked = preflight(Self.desk, origins: [])
        #expect(asked.status == 403 && headers(asked).isEmpty)
        // What is no preflight asks what a path allows.
        #expect(answer("OPTIONS", [], origins: []).header("Allow") == "GET, HEAD, OPTIONS, PATCH")
    }

    @Test(
        "what can be listed is what a browser sends, of pages that nobody on the way can change",
        arguments: [
            ("https://desk.example.com", true), ("https://desk.example.com:8443", true),
            ("https://xn--bcher-kva.example", true),
            ("https://[2001:db8::1]:8443", true), ("http://localhost:3000", true), ("http://127.0.0.1", true),
            ("http://[::1]:8080", true),
            ("*", false), ("null", false), ("", false), ("desk.example.com", false), ("https://", false), ("https://*", false),
            ("https://*.example.com", false), ("https://desk.example.com/", false), ("https://desk.example.com/app", false),
            ("https://Desk.example.com", false), ("HTTPS://desk.example.com", false), ("https://desk.example.com:443", false),
            ("http://localhost:80", false), ("https://desk.example.com:", false), ("https://desk.example.com:0", false),
            ("https://desk.example.com:08443", false), ("https://desk.example.com:65536", false),
            ("https://a@b.example", false),
            ("https://a.example https://b.example", false), ("http://desk.example.com", false), ("file://", false),
            ("https://[2001:db8::1", false), ("ftp://desk.example.com", false), ("http://localhost.evil.example", false),
            ("https://desk.example.com?x", false), ("https://desk.example.com#x", false), ("https://[::1]x", false),
        ])
    func listed(origin: String, isFine: Bool) {
        #expect((CrossOrigin.flaw(in: origin) == nil) == isFine, "\(CrossOrigin.flaw(in: origin) ?? "is fine")")
    }
}
