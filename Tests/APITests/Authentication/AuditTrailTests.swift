import HTTPServer
import Observability
import TestSupport
import Testing

@testable import API

@Suite("the trail of what was read", .limited)
struct AuditTrailTests {
    private func lines(_ path: String, method: String = "GET", level: LogLevel = .error, caller: HTTPCaller?) -> [String] {
        let lines = LogLines()
        let trail = AuditTrail(Log(level: level, format: .json, sink: lines))
        var router = HTTPRouter()
        router.use { trail.answer($0, $1, $2) }
        router.add("GET", "/state/{kind}/{id...}", access: .scopes(["read:personal"]), limit: .read) { request in
            request.parameters["id"] == "away" ? .problem(404, "no") : .json("{}")
        }
        router.add("GET", "/v1/usernames/{id}", access: .scopes(["read:personal"]), limit: .read) { _ in .json("{}") }
        router.add("GET", "/v1/agents/{id}", access: .scopes(["read"]), limit: .read) { _ in .json("{}") }
        _ = router.answer(HTTPRequest(method: method, path: path, peer: "192.0.2.1", id: "r-9", caller: caller))
        return lines.all
    }

    private let caller = HTTPCaller(issuer: "https://i.example", subject: "s-1", scopes: ["read:personal"], agent: nil)

    @Test("each read of personal data is a line with who, whom, when and the request, whatever the level and the answer")
    func personal() throws {
        for (path, status) in [("/state/contact/c-1", 200), ("/state/contact/away", 404)] {
            let line = try #require(lines(path, caller: caller).first)
            for part in [
                "\"event\":\"audit.read\"", "\"issuer\":\"https://i.example\"", "\"subject\":\"s-1\"", "kind=contact",
                "\"status\":\(status)", "\"peer\":\"192.0.2.1\"", "\"request\":\"r-9\"", "\"time\":\"",
                "\"route\":\"GET /state/{kind}/{id...}\"",
            ] { #expect(line.contains(part), "\(part): \(line)") }
        }
        #expect(lines("/state/contact/c-1", method: "HEAD", caller: caller).count == 1)
    }

    @Test("names, numbers and addresses of persons do not stand in it")
    func redacted() throws {
        for path in ["/state/username/maria.doe", "/v1/usernames/maria.doe"] {
            let line = try #require(lines(path, caller: caller).first)
            #expect(!line.contains("maria") && line.contains("=8e0944367cfed47f"), "\(line)")
        }
        let line = try #require(lines("/state/customer/+15551234567", caller: caller).first)
        #expect(!line.contains("5551234567") && line.contains("[phone]"), "\(line)")
    }

    @Test("what is not personal, and what nobody in particular reads, leaves no line")
    func others() {
        var reader = caller
        reader.scopes = ["read"]
        #expect(lines("/v1/agents/a", caller: reader).isEmpty)
        reader.scopes = ["read", "read:personal"]
        #expect(lines("/v1/agents/a", caller: reader).count == 1, "it shows more to this caller")
        #expect(lines("/state/contact/c-1", caller: nil).isEmpty)
        #expect(lines("/nothing", caller: caller).isEmpty)
    }
}
