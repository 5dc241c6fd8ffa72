import Foundation
import Synchronization
import TestSupport
import Testing

@testable import API
@testable import HTTPServer
@testable import Platform

@Suite("a failover over HTTP", .limited)
struct FailoverRoutesTests {
    private static let operators = HTTPCaller(issuer: "i", subject: "ann@example.com", scopes: ["operate"])

    /// Says what it was asked.
    private final class Heard: FailoverAnswers {
        let regions = ["us-east-1", "us-west-2"]
        let ownRegion = "us-east-1"
        let heard = Mutex<[String]>([])
        let problem: FailoverProblem?

        init(_ problem: FailoverProblem? = nil) { self.problem = problem }

        private func hear(_ what: String) throws(FailoverProblem) -> String {
            heard.withLock { $0.append(what) }
            if let problem { throw problem }
            return #"{"ok":true}"#
        }

        func status() throws(FailoverProblem) -> String { try hear("status") }
        func plan(to region: String, share: Int) throws(FailoverProblem) -> String { try hear("plan \(region) \(share)") }
        func history(of term: Int64?, limit: Int) throws(FailoverProblem) -> String {
            try hear("history \(term ?? 0) \(limit)")
        }
        func explain(_ term: Int64) throws(FailoverProblem) -> String { try hear("explain \(term)") }
        func approve(
            _ proposal: String, isYes: Bool, confirmation: String?, by person: String, why: String
        ) throws(FailoverProblem) -> String {
            try hear("approve \(proposal) \(isYes) \(confirmation ?? "-") \(person): \(why)")
        }
        func hold(by person: String, why: String) throws(FailoverProblem) -> String { try hear("hold \(person): \(why)") }
        func resume(by person: String, why: String) throws(FailoverProblem) -> String { try hear("resume \(person): \(why)") }
        func move(
            to region: String, share: Int, after term: Int64?, by person: String, why: String
        ) throws(FailoverProblem) -> String { try hear("move \(region) \(share) \(term ?? -1) \(person): \(why)") }
        func beginReturn(
            to region: String, share: Int, step: Int, hold: Int64, by person: String, why: String
        ) throws(FailoverProblem) -> String {
            try hear("return \(region) \(share) \(step) \(hold) \(person): \(why)")
        }
        func haltReturn(by person: String, why: String) throws(FailoverProblem) -> String {
            try hear("halt \(person): \(why)")
        }
        func acknowledge(by person: String, why: String) throws(FailoverProblem) -> String {
            try hear("acknowledge \(person): \(why)")
        }
        func reports() throws(FailoverProblem) -> String { try hear("reports") }
    }

    private func answer(
        _ failover: (any FailoverAnswers)?, _ method: String, _ target: String, _ body: String = "",
        type: String = "application/json",
        as caller: HTTPCaller? = operators, from peer: String = "127.0.0.1"
    ) throws -> HTTPResponse {
        var router = HTTPRouter()
        router.addFailover(failover, clock: { Timestamp(milliseconds: 7) })
        var request = try #require(HTTPRequest(method: method, target: target))
        request.headers = HTTPHeaders([("Content-Type", type)])
        request.body = Array(body.utf8)
        request.caller = caller
        request.peer = peer
        return router.answer(request)
    }

    @Test(
        "what is asked and commanded arrives, under the name of the token's subject",
        arguments: [
            ("GET", "/v1/failover/status", "", 200, "status"),
            ("GET", "/v1/failover/plan?to=us-west-2", "", 200, "plan us-west-2 100"),
            ("GET", "/v1/failover/plan?to=us-east-1&share=30", "", 200, "plan us-east-1 30"),
            ("GET", "/v1/failover/history", "", 200, "history 0 100"),
            ("GET", "/v1/failover/history?term=4&limit=2", "", 200, "history 4 2"),
            ("GET", "/v1/failover/explain/12", "", 200, "explain 12"),
            ("GET", "/v1/failover/reports", "", 200, "reports"),
            (
                "POST", "/v1/failover/return", #"{"to":"us-east-1","confirm":"us-east-1","why":"w"}"#, 202,
                "return us-east-1 50 10 300000 ann@example.com: w"
            ),
            (
                "POST", "/v1/failover/return",
                #"{"to":"us-east-1","confirm":"us-east-1","share":100,"step":20,"hold":60,"why":"w"}"#, 202,
                "return us-east-1 100 20 60000 ann@example.com: w"
            ),
            ("POST", "/v1/failover/halt", #"{"why":"w"}"#, 200, "halt ann@example.com: w"),
            ("POST", "/v1/failover/acknowledge", #"{"why":"w"}"#, 200, "acknowledge ann@example.com: w"),
            ("POST", "/v1/failover/hold", #"{"why":"a test"}"#, 200, "hold ann@example.com: a test"),
            ("POST", "/v1/failover/resume", #"{"why":"a \"test\""}"#, 200, "resume ann@example.com: a \"test\""),
            (
                "POST", "/v1/failover/approve", #"{"proposal":"p1","answer":"yes","confirm":"us-west-2","why":"w"}"#, 202,
                "approve p1 true us-west-2 ann@example.com: w"
            ),
            (
                "POST", "/v1/failover/approve", #"{"proposal":"p1","answer":"no","why":"w"}"#, 202,
                "approve p1 false - ann@example.com: w"
            ),
            (
                "POST", "/v1/failover/move", #"{"to":"us-west-2","confirm":"us-west-2","why":"w"}"#, 202,
                "move us-west-2 100 -1 ann@example.com: w"
            ),
            (
                "POST", "/v1/failover/move", #"{"to":"us-east-1","confirm":"us-east-1","share":50,"after":3,"why":"w"}"#, 202,
                "move us-east-1 50 3 ann@example.com: w"
            ),
        ])
    func arrives(method: String, target: String, body: String, status: Int, heard: String) throws {
        let failover = Heard()
        let answer = try answer(failover, method, target, body)
        #expect(answer.status == status && failover.heard.withLock { $0 } == [heard])
        #expect(
            String(decoding: answer.body.bytes, as: UTF8.self)
                == #"{"ageMs":0,"asOf":7,"data":{"ok":true},"regions":["us-east-1","us-west-2"]}"# + "\n")
        #expect((answer.header("ETag") != nil) == (method == "GET"))
    }

    @Test(
        "what is not whole is refused before anything is done, and the answer says what to give",
        arguments: [
            ("GET", "/v1/failover/plan", "", 400, "is not a Region of the pair; give us-east-1 or us-west-2"),
            ("GET", "/v1/failover/plan?to=eu-west-1", "", 400, "'eu-west-1' is not a Region of the pair"),
            ("GET", "/v1/failover/plan?to=us-west-2&share=15", "", 400, "steps of 10"),
            ("GET", "/v1/failover/plan?to=us-west-2&share=110", "", 400, "from 0 to 100"),
            ("GET", "/v1/failover/history?limit=0", "", 400, "from 1 to 1000"),
            ("GET", "/v1/failover/history?term=x", "", 400, "term: 'x' is not accepted"),
            ("GET", "/v1/failover/explain/0", "", 400, "term: '0'"),
            ("GET", "/v1/failover/status?x=1", "", 400, "unknown parameter"),
            ("POST", "/v1/failover/hold", "", 400, "not a JSON object"),
            ("POST", "/v1/failover/hold", "[]", 400, "not a JSON object"),
            ("POST", "/v1/failover/hold", "{}", 400, "why is missing"),
            ("POST", "/v1/failover/hold", #"{"why":" \n"}"#, 400, "why: give a text"),
            ("POST", "/v1/failover/hold", #"{"why":7}"#, 400, "why is missing"),
            ("POST", "/v1/failover/hold", #"{"why":true}"#, 400, "why: give a text"),
            ("POST", "/v1/failover/hold", #"{"why":"a","why":"b"}"#, 400, "there twice"),
            ("POST", "/v1/failover/hold", #"{"why":"a","by":"somebody else"}"#, 400, "'by' is unknown"),
            ("POST", "/v1/failover/hold", #"{"why":"\#(String(repeating: "x", count: 513))"}"#, 400, "1 to 512 characters"),
            ("POST", "/v1/failover/hold?why=x", #"{"why":"a"}"#, 400, "no parameters here"),
            ("POST", "/v1/failover/approve", #"{"why":"a","answer":"yes"}"#, 400, "proposal is missing"),
            ("POST", "/v1/failover/approve", #"{"why":"a","proposal":"p","answer":"maybe"}"#, 400, "give yes or no"),
            ("POST", "/v1/failover/move", #"{"to":"us-west-2","why":"w"}"#, 422, "confirm is not 'us-west-2'"),
            ("POST", "/v1/failover/move", #"{"to":"us-west-2","confirm":"us-east-1","why":"w"}"#, 422, "confirm is not"),
            ("POST", "/v1/failover/move", #"{"to":"us-west-2","confirm":"us-west-2","why":"w","share":5}"#, 400, "steps of 10"),
            ("POST", "/v1/failover/move", #"{"to":"mars","confirm":"mars","why":"w"}"#, 400, "not a Region of the pair"),
            ("POST", "/v1/failover/return", #"{"to":"us-east-1","why":"w"}"#, 422, "confirm is not 'us-east-1'"),
            (
                "POST", "/v1/failover/return", #"{"to":"us-east-1","confirm":"us-east-1","step":15,"why":"w"}"#, 400,
                "steps of 10"
            ),
            (
                "POST", "/v1/failover/return", #"{"to":"us-east-1","confirm":"us-east-1","hold":0,"why":"w"}"#, 400,
                "from 1 to 86400"
            ),
            ("POST", "/v1/failover/hold", #"{"why":"w","person":"mallory"}"#, 400, "'person' is unknown"),
        ])
    func refused(method: String, target: String, body: String, status: Int, detail: String) throws {
        let failover = Heard()
        let answer = try answer(failover, method, target, body)
        let text = String(decoding: answer.body.bytes, as: UTF8.self)
        #expect(answer.status == status && text.contains(detail), "\(text)")
        #expect(failover.heard.withLock { $0 }.isEmpty && answer.contentType == "application/problem+json")
    }

    @Test("without a token's subject, or as anything but JSON, no word is taken")
    func names() throws {
        let failover = Heard()
        let order = #"{"why":"a test"}"#
        let nameless = HTTPCaller(issuer: "i", subject: "", scopes: ["operate"])
        #expect(try answer(failover, "POST", "/v1/failover/hold", order, as: nameless).status == 403)
        for type in ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"] {
            #expect(try answer(failover, "POST", "/v1/failover/hold", order, type: type).status == 415, "\(type)")
        }
        #expect(failover.heard.withLock { $0 }.isEmpty)
        let typed = try answer(failover, "POST", "/v1/failover/hold", order, type: "Application/JSON; charset=utf-8")
        #expect(typed.status == 200)
    }

    @Test(
        "without tokens a word is taken from this machine alone, under a name that is marked as not verified",
        arguments: [
            ("127.0.0.1", #"{"why":"w","person":"Ann"}"#, 200, "hold Ann (not verified): w"),
            ("::1", #"{"why":"w","person":"Ann Example"}"#, 200, "hold Ann Example (not verified): w"),
            ("::ffff:127.0.0.1", #"{"why":"w","person":"Ann"}"#, 200, "hold Ann (not verified): w"),
            ("127.0.0.1", #"{"why":"w"}"#, 422, nil), ("127.0.0.1", #"{"why":"w","person":" "}"#, 400, nil),
            ("127.0.0.1", #"{"why":"w","person":"Ann\nterm 7"}"#, 422, nil),
            ("127.0.0.1", #"{"why":"w","person":"\#(String(repeating: "x", count: 65))"}"#, 422, nil),
            ("10.0.0.7", #"{"why":"w","person":"Ann"}"#, 403, nil), ("12.7.0.1", #"{"why":"w","person":"Ann"}"#, 403, nil),
            ("2001:db8::1", #"{"why":"w","person":"Ann"}"#, 403, nil),
        ])
    func unverified(peer: String, body: String, status: Int, heard: String?) throws {
        let failover = Heard()
        let answer = try answer(failover, "POST", "/v1/failover/hold", body, as: nil, from: peer)
        #expect(answer.status == status, "\(String(decoding: answer.body.bytes, as: UTF8.self))")
        #expect(failover.heard.withLock { $0 } == (heard.map { [$0] } ?? []))
    }

    @Test("who looks needs read, who speaks needs operate")
    func access() {
        var router = HTTPRouter()
        router.addFailover(nil)
        for route in router.routes {
            #expect(route.access == .scopes([route.method == "GET" ? "read" : "operate"]), "\(route.pattern)")
            #expect((route.limit == .operate) == (route.method == "POST"), "\(route.pattern)")
        }
        #expect(router.routes.count == 12)
    }

    @Test("what the control table says is told as it is; a process without a failover says so")
    func problems() throws {
        let conflict = try answer(
            Heard(FailoverProblem(409, "somebody else was first")), "POST", "/v1/failover/hold", #"{"why":"w"}"#)
        #expect(
            conflict.status == 409 && String(decoding: conflict.body.bytes, as: UTF8.self).contains("somebody else was first"))
        let silent = try answer(Heard(FailoverProblem(503, "no answer")), "GET", "/v1/failover/status")
        #expect(silent.status == 503 && silent.header("Retry-After") != nil)
        for target in ["status", "plan?to=us-west-2", "history", "explain/1"] {
            #expect(try answer(nil, "GET", "/v1/failover/\(target)").status == 404, "\(target)")
        }
        #expect(try answer(nil, "POST", "/v1/failover/hold", #"{"why":"w"}"#).status == 404)
    }
}
