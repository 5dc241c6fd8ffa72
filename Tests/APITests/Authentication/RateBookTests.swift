import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import API

@Suite("how many requests a caller may make", .limited)
struct RateBookTests {
    private func caller(_ subject: String, _ kind: HTTPRouteClass = .read, issuer: String = "i") -> RateBook.Caller {
        RateBook.Caller(issuer: issuer, subject: subject, kind: kind)
    }

    @Test("all of the quota at once, then as it comes back, evenly")
    func bucket() {
        var book = RateBook()
        let limit = RateLimit(quota: 6)
        for left in [5, 4, 3, 2, 1, 0] {
            #expect(book.take(caller("a"), limit, now: 0).left == left)
        }
        #expect(
            book.take(caller("a"), limit, now: 0)
                == RateBook.Verdict(isAllowed: false, left: 0, resetSeconds: 60, retrySeconds: 10))
        #expect(!book.take(caller("a"), limit, now: 9_999).isAllowed)
        #expect(book.take(caller("a"), limit, now: 10_000).isAllowed)
        #expect(!book.take(caller("a"), limit, now: 10_001).isAllowed)
        // A window later all is there, and no more than that.
        #expect(
            book.take(caller("a"), limit, now: 1_000_000) == .init(isAllowed: true, left: 5, resetSeconds: 10, retrySeconds: 0))
    }

    @Test("callers, issuers and classes have quotas of their own, and asking in vain costs nothing")
    func apart() {
        var book = RateBook()
        let limit = RateLimit(quota: 1)
        #expect(book.take(caller("a"), limit, now: 0).isAllowed)
        #expect(book.take(caller("b"), limit, now: 0).isAllowed)
        #expect(book.take(caller("a", .list), limit, now: 0).isAllowed)
        #expect(book.take(caller("a", issuer: "j"), limit, now: 0).isAllowed)
        for now in stride(from: Int64(0), to: 59_000, by: 1_000) { #expect(!book.take(caller("a"), limit, now: now).isAllowed) }
        #expect(book.take(caller("a"), limit, now: 60_000).isAllowed)
    }

    @Test("a clock that stands still or goes back gives nothing")
    func clock() {
        var book = RateBook()
        let limit = RateLimit(quota: 1)
        #expect(book.take(caller("a"), limit, now: 100_000).isAllowed)
        #expect(!book.take(caller("a"), limit, now: 0).isAllowed)
    }

    @Test("of very many callers those that were away are forgotten, and who asks all the time is not forgotten")
    func bound() {
        var book = RateBook()
        let limit = RateLimit(quota: 2)
        _ = book.take(caller("mine"), limit, now: 0)
        _ = book.take(caller("mine"), limit, now: 0)
        for number in 0..<(RateBook.bucketsMax * 3) {
            _ = book.take(caller("\(number)"), limit, now: 0)
            if number.isMultiple(of: 1_000) { #expect(!book.take(caller("mine"), limit, now: 0).isAllowed) }
        }
        // Whoever was away is forgotten, which is as if a window had passed.
        #expect(book.take(caller("0"), limit, now: 0).left == 1)
    }

    @Test("answers say what is left, and a refusal when to come again; who is not known is not counted")
    func middleware() {
        let now = Mutex<Int64>(0)
        let denials = Denials()
        let limiter = RateLimiter([.read: RateLimit(quota: 2)], denials: denials, now: { now.withLock { $0 } })
        var router = HTTPRouter()
        router.use { limiter.answer($0, $1, $2) }
        router.add("GET", "/one", access: .scopes(["read"]), limit: .read) { _ in .json("{}") }
        router.add("GET", "/page", access: .scopes(["read"]), limit: .list) { _ in .json("{}") }
        func answer(_ path: String, _ subject: String? = "s") -> HTTPResponse {
            router.answer(
                HTTPRequest(
                    method: "GET", path: path,
                    caller: subject.map { HTTPCaller(issuer: "i", subject: $0, scopes: ["read"]) }))
        }
        let first = answer("/one")
        #expect(first.status == 200 && first.header("RateLimit-Policy") == "\"read\";q=2;w=60")
        #expect(first.header("RateLimit") == "\"read\";r=1;t=30" && first.header("Retry-After") == nil)
        _ = answer("/one")
        let refused = answer("/one")
        #expect(refused.status == 429 && refused.header("Retry-After") == "30")
        #expect(refused.header("RateLimit") == "\"read\";r=0;t=60" && refused.contentType == "application/problem+json")
        #expect(denials[.rate] == 1)
        #expect(answer("/page").status == 200 && answer("/page").header("RateLimit") == nil, "no limit")
        #expect(answer("/one", nil).status == 200 && answer("/one", "other").status == 200)
        now.withLock { $0 = 30_000 }
        #expect(answer("/one").status == 200)
    }
}
