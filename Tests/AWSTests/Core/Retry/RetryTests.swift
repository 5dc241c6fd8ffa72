import TestSupport
import Testing

@testable import AWS
@testable import HTTPClient

@Suite("retries", .limited)
struct RetryTests {
    @Test(
        "failures are classified as in the AWS SDKs",
        arguments: [
            (400, "ThrottlingException", ErrorClass.throttling), (400, "ProvisionedThroughputExceededException", .throttling),
            (429, "", .throttling), (503, "SlowDown", .throttling), (500, "", .transient), (502, "", .transient),
            (503, "ServiceUnavailable", .transient), (504, "", .transient), (400, "RequestTimeout", .transient),
            (400, "InternalServerError", .transient), (400, "ValidationException", .permanent), (501, "", .permanent),
            (403, "AccessDeniedException", .permanent), (400, "ConditionalCheckFailedException", .permanent),
            (403, "RequestTimeTooSkewed", .clockSkew), (400, "ExpiredTokenException", .expiredCredentials),
        ])
    func classes(status: Int, code: String, expected: ErrorClass) {
        #expect(ErrorClass(status: status, code: code) == expected)
    }

    @Test("network failures are transient, except those caused by a setting")
    func networkClasses() {
        func kind(_ kind: HTTPError.Kind) -> ErrorClass { ErrorClass(HTTPError(kind, "", "")) }
        #expect(kind(.timedOut(.idle)) == .timeout)
        for transient in [HTTPError.Kind.cannotConnect, .cannotResolve, .connectionLost, .cutShort] {
            #expect(kind(transient) == .transient)
        }
        for permanent in [HTTPError.Kind.untrusted, .badRequest, .cancelled, .overloaded, .tooLarge] {
            #expect(kind(permanent) == .permanent)
        }
    }

    @Test("the pause doubles up to 20 s, multiplied by a random factor, until the attempts are used up")
    func backoff() {
        var retry = Retry(RetryOptions(attemptsMax: 9), now: .zero)
        var attempts = Retry.Attempts()
        let pauses = (0..<9).map { _ in retry.failed(&attempts, .transient, .zero, random: 0.5) }
        #expect(pauses == [0.5, 1, 2, 4, 8, 10, 10, 10].map { Duration.seconds($0) } + [nil])
        #expect(attempts.failed == 9)
    }

    @Test("a permanent failure is not retried", arguments: [ErrorClass.permanent, .clockSkew, .expiredCredentials])
    func permanent(error: ErrorClass) {
        var retry = Retry(now: .zero)
        var attempts = Retry.Attempts()
        #expect(retry.failed(&attempts, error, .zero, random: 0) == nil)
        #expect(retry.quotaTokens == 500)
    }

    @Test("the default is three attempts")
    func defaultAttempts() {
        var retry = Retry(now: .zero)
        var attempts = Retry.Attempts()
        #expect(retry.failed(&attempts, .throttling, .zero, random: 0) == .zero)
        #expect(retry.failed(&attempts, .throttling, .zero, random: 0) == .zero)
        #expect(retry.failed(&attempts, .throttling, .zero, random: 0) == nil)
    }

    @Test("a retry costs 5 of 500 tokens, and 10 after a timeout; without tokens there is no retry")
    func quota() {
        var retry = Retry(RetryOptions(attemptsMax: 1000), now: .zero)
        var attempts = Retry.Attempts()
        for spent in 1...40 {
            #expect(retry.failed(&attempts, .timeout, .zero, random: 0) != nil)
            #expect(retry.quotaTokens == 500 - 10 * spent)
        }
        for _ in 0..<20 { #expect(retry.failed(&attempts, .transient, .zero, random: 0) != nil) }
        #expect(retry.quotaTokens == 0)
        #expect(retry.failed(&attempts, .transient, .zero, random: 0) == nil)
    }

    @Test("a success returns the cost of its last retry, or one token, up to 500")
    func refund() {
        var retry = Retry(RetryOptions(attemptsMax: 100), now: .zero)
        retry.succeeded(Retry.Attempts(), .zero)
        #expect(retry.quotaTokens == 500)
        var attempts = Retry.Attempts()
        for _ in 0..<4 { _ = retry.failed(&attempts, .timeout, .zero, random: 0) }
        #expect(retry.quotaTokens == 460)
        retry.succeeded(attempts, .zero)
        #expect(retry.quotaTokens == 470)
        retry.succeeded(Retry.Attempts(), .zero)
        #expect(retry.quotaTokens == 471)
    }

    @Test("standard mode never delays a request")
    func standard() {
        var retry = Retry(now: .zero)
        var attempts = Retry.Attempts()
        _ = retry.failed(&attempts, .throttling, .seconds(1), random: 0)
        #expect(retry.wait(.seconds(1)) == .zero)
        #expect(retry.rateLimit == nil)
    }

    @Test("adaptive mode delays no request until a service throttles, and then limits requests to 0.7 of the rate")
    func adaptive() throws {
        var retry = Retry(RetryOptions(mode: .adaptive), now: .zero)
        // A hundred a second for ten seconds.
        for step in 0..<1000 {
            let now = Duration.milliseconds(10 * step)
            #expect(retry.wait(now) == .zero)
            retry.succeeded(Retry.Attempts(), now)
        }
        #expect(retry.rateLimit == nil)
        var attempts = Retry.Attempts()
        let throttled = Duration.seconds(10)
        _ = retry.failed(&attempts, .throttling, throttled, random: 0)
        let limit = try #require(retry.rateLimit)
        #expect(limit > 65 && limit < 75)
        // A second's worth may go at once.
        let pauses = (0..<100).map { _ in retry.wait(throttled) }
        #expect(pauses == pauses.sorted())
        #expect(pauses.filter { $0 == .zero }.count <= 75)
        let step = (pauses[99] - pauses[98]).seconds
        #expect(abs(step - 1 / limit) < 1e-6)
    }

    @Test("after throttling the rate increases again, at most to twice the measured rate")
    func recovery() throws {
        var retry = Retry(RetryOptions(mode: .adaptive), now: .zero)
        var now = Duration.zero
        func answer(_ retry: inout Retry, _ error: ErrorClass?) {
            var attempts = Retry.Attempts()
            if let error { _ = retry.failed(&attempts, error, now, random: 0) } else { retry.succeeded(attempts, now) }
        }
        for _ in 0..<500 {
            now += .milliseconds(10)
            answer(&retry, nil)
        }
        answer(&retry, .throttling)
        var limits = [try #require(retry.rateLimit)]
        for _ in 0..<3000 {
            now += .milliseconds(10)
            answer(&retry, nil)
            limits.append(try #require(retry.rateLimit))
        }
        let last = try #require(limits.last)
        #expect(last > 150 && last <= 201)
        // Again and again throttled, it does not fall below one request in two seconds.
        for _ in 0..<2000 {
            now += .seconds(1)
            answer(&retry, .throttling)
        }
        #expect(try #require(retry.rateLimit) == 0.5)
    }
}
