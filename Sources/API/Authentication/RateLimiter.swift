import HTTPServer
import Platform
import Synchronization

/// Holds callers to their rates: middleware behind ``Authentication``, by whose callers it counts. Addresses are not counted: behind a proxy all callers have the same one.
///
/// Answers say what is left, as draft-ietf-httpapi-ratelimit-headers-10 has it, and a refusal when to come again.
package final class RateLimiter: Sendable {
    private let limits: [HTTPRouteClass: RateLimit]
    private let denials: Denials
    private let now: @Sendable () -> Int64
    private let book = Mutex(RateBook())

    /// A class without a limit has none. `now`: milliseconds of a clock that never goes back.
    package init(
        _ limits: [HTTPRouteClass: RateLimit], denials: Denials,
        now: @escaping @Sendable () -> Int64 = { monotonicMilliseconds() }
    ) {
        self.limits = limits
        self.denials = denials
        self.now = now
    }

    package func answer(
        _ request: HTTPRequest, _ route: HTTPRoute?, _ next: (HTTPRequest) -> HTTPResponse
    ) -> HTTPResponse {
        guard let route, let caller = request.caller, let limit = limits[route.limit] else { return next(request) }
        let key = RateBook.Caller(issuer: caller.issuer, subject: caller.subject, kind: route.limit)
        let verdict = book.withLock { $0.take(key, limit, now: now()) }
        let name = route.limit.rawValue
        let policy = "\"\(name)\";q=\(limit.quota);w=\(RateLimit.windowSeconds)"
        let state = "\"\(name)\";r=\(verdict.left);t=\(verdict.resetSeconds)"
        var answer: HTTPResponse
        if verdict.isAllowed {
            answer = next(request)
        } else {
            denials.count(.rate)
            answer = .problem(
                429,
                "more than \(limit.quota) requests of the class \(name) in \(RateLimit.windowSeconds) seconds; come again later",
                headers: [("Retry-After", "\(verdict.retrySeconds)")])
        }
        answer.headers += [("RateLimit-Policy", policy), ("RateLimit", state)]
        return answer
    }
}
