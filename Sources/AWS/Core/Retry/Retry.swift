import Platform

/// How often and how eagerly failed requests are tried again.
public struct RetryOptions: Hashable, Sendable {
    public enum Mode: String, Sendable {
        /// Backoff and quota.
        case standard
        /// The same, and a limit on the rate of requests once the service throttles. One limit serves one client, so a
        /// throttled table slows its neighbours down, too.
        case adaptive
    }

    public var mode: Mode
    /// The first one included.
    public var attemptsMax: Int

    public init(mode: Mode = .standard, attemptsMax: Int = 3) {
        self.mode = mode
        self.attemptsMax = max(1, attemptsMax)
    }
}

/// When a client tries again, shared by all its requests. A value: clock and randomness are handed in.
///
///     var attempts = Retry.Attempts()
///     let pause = retry.waitBeforeFirst(now)
///     switch outcome {
///     case .success: retry.succeeded(attempts, now)
///     case .failure(let error): if let pause = retry.failed(&attempts, error, now, random: random()) { ... }
///     }
///
/// `now` is the time since any fixed moment, and does not go backwards. The rules are the SDKs' (botocore's where they differ):
/// a backoff of `random * min(20 s, 2^n)`, n from zero; a quota of 500 tokens, five a retry, ten after a time-out.
public struct Retry: Sendable {
    public static let backoffMax = Duration.seconds(20)

    /// What one request has behind it.
    public struct Attempts: Sendable {
        /// That have failed.
        public private(set) var failed = 0
        /// What the last retry took from the quota.
        fileprivate var cost: Int?

        public init() {}

        fileprivate mutating func fail() { failed += 1 }
    }

    public let options: RetryOptions
    private var quota = RetryQuota()
    private var rate: SendRate

    public init(_ options: RetryOptions = .init(), now: Duration) {
        self.options = options
        rate = SendRate(now.seconds)
    }

    /// Tokens left for retries, of 500.
    public var quotaTokens: Int { quota.tokens }

    /// Requests a second that the adaptive mode lets through; nil while it does not limit.
    public var rateLimit: Double? { rate.isLimiting ? rate.fillRate : nil }

    /// Takes a place for a request or a retry that is about to be sent: how long it has to wait. Zero in standard mode.
    public mutating func wait(_ now: Duration) -> Duration {
        options.mode == .adaptive ? .seconds(rate.wait(now.seconds)) : .zero
    }

    public mutating func succeeded(_ attempts: Attempts, _ now: Duration) {
        quota.give(back: attempts.cost)
        answered(nil, now)
    }

    /// How long to wait before the next attempt, nil where there is to be none. `random` is from 0 to below 1.
    public mutating func failed(_ attempts: inout Attempts, _ error: ErrorClass, _ now: Duration, random: Double) -> Duration? {
        answered(error, now)
        attempts.fail()
        guard error.isRetryable, attempts.failed < options.attemptsMax, let cost = quota.take(for: error) else { return nil }
        attempts.cost = cost
        let exponent = min(attempts.failed - 1, 5)
        let ceiling = min(Retry.backoffMax, .seconds(1 << exponent))
        return ceiling * random
    }

    /// Of a request that is never tried again: only the measured rate learns of it. Nil: there is no next attempt.
    mutating func ended(_ error: ErrorClass, _ now: Duration) -> Duration? {
        answered(error, now)
        return nil
    }

    /// Any answer counts for the measured rate, as does the lack of one.
    private mutating func answered(_ error: ErrorClass?, _ now: Duration) {
        if options.mode == .adaptive { rate.answered(throttled: error == .throttling, now.seconds) }
    }
}
