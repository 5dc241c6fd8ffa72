import HTTPServer
import Observability
import TestSupport
import Testing

@testable import API

@Suite("the trail of what was read", .limited)
struct AuditTrailTests {
    private func lines(
        _ path: String, method: String = "GET", level: LogLevel = .error, tells subjects: [String] = [], caller: HTTPCaller?
    ) -> [String] {
        let lines = LogLines()
        let trail = AuditTrail(Log(level: level, format: .json, sink: lines), denials: Denials())
        var router = HTTPRouter()
        router.use { trail.answer($0, $1, $2) }
        router.add("GET", "/state/{kind}/{id...}", access: .scopes(["read:personal"]), limit: .read) { request in
            request.parameters["id"] == "away" ? .problem(404, "no") : .json("{}")
        }
        router.add("GET", "/v1/usernames/{id}", access: .scopes(["read:personal"]), limit: .read) { _ in .json("{}") }
        router.add("GET", "/v1/agents/{id}", access: .scopes(["read"]), limit: .read) { _ in .json("{}") }
        router.add("GET", "/state/{kind}", access: .scopes(["read:personal"]), limit: .list) { _ in
            var answer = HTTPResponse.json("{}")
            answer.subjects = subjects
            return answer
        }
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

    @Test("a caller whose name has breaks and blanks writes no line of their own", arguments: [LogFormat.json, .text])
    func injected(format: LogFormat) throws {
        let lines = LogLines()
        let trail = AuditTrail(Log(format: format, sink: lines), denials: Denials())
        var router = HTTPRouter()
        router.use { trail.answer($0, $1, $2) }
        router.add("GET", "/state/{kind}/{id...}", access: .scopes(["read:personal"]), limit: .read) { _ in .json("{}") }
        var caller = caller
        caller.subject = "s\n2026-01-01T00:00:00.000Z  info  audit.read\u{2028}\u{1B}[2J"
        let path = "/state/contact/c%0a2026%0d%00%E2%80%A8%1b%5b2J"
        _ = router.answer(HTTPRequest(method: "GET", path: path, peer: "192.0.2.1", id: "r", caller: caller))
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1 && line.utf8.dropLast().allSatisfy { $0 >= 32 && $0 != 127 }, "\(line)")
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

    @Test("whom an answer tells of stands there, all of them, in lines of a bounded length; names by their digest")
    func subjects() {
        #expect(
            lines("/state/agent", tells: ["a-1", "a 2"], caller: caller).first?.contains("\"of\":\"kind=agent a-1 a%202\"")
                == true)
        #expect(lines("/state/agent", caller: caller).count == 1, "an empty page was asked for, too")
        let many = (0..<2_000).map { "agent-\($0)" }
        let all = lines("/state/agent", tells: many, caller: caller)
        #expect(all.count > 2 && all.allSatisfy { $0.utf8.count < AuditTrail.subjectsBytesMax + 1_024 })
        let told = all.flatMap { $0.split(whereSeparator: { " \"".contains($0) }).filter { $0.hasPrefix("agent-") } }
        #expect(told.map(String.init) == many)
        let name = lines("/state/username", tells: ["maria.doe"], caller: caller).first ?? ""
        #expect(!name.contains("maria") && name.contains(" 8e0944367cfed47f"))
        // An id of any length is told.
        #expect(lines("/state/agent", tells: [String(repeating: "x", count: 10_000), "y"], caller: caller).count == 2)
    }

    @Test(
        "while the log cannot be written, what is personal is not shown, each time is tried to be written, and what is not personal goes on"
    )
    func unwritable() throws {
        final class Full: LogSink {
            let isWriting = false
            let droppedLines = 0
            let lines = LogLines()
            func put(_ line: [UInt8]) { lines.put(line) }
        }
        let full = Full()
        let denials = Denials()
        let trail = AuditTrail(Log(format: .json, sink: full), denials: denials)
        var router = HTTPRouter()
        router.use { trail.answer($0, $1, $2) }
        router.add("GET", "/state/{kind}", access: .scopes(["read:personal"]), limit: .list) { _ in .json("[\"secret\"]") }
        router.add("GET", "/v1/regions", access: .scopes(["read"]), limit: .read) { _ in .json("{}") }
        let answer = router.answer(HTTPRequest(method: "GET", path: "/state/agent", caller: caller))
        #expect(answer.status == 503 && answer.header("Retry-After") == "10" && denials[.audit] == 1)
        #expect(!String(decoding: answer.body.bytes, as: UTF8.self).contains("secret"))
        #expect(full.lines.all.count == 1 && full.lines.all[0].contains("\"status\":503"))
        var reader = caller
        reader.scopes = ["read"]
        #expect(router.answer(HTTPRequest(method: "GET", path: "/v1/regions", caller: reader)).status == 200)
    }
}
