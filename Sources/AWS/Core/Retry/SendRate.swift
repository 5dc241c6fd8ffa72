import Glibc

/// The client-side rate limit of the adaptive mode: nothing until a service throttles, then a rate that falls to 0.7 of what
/// was sent, and grows back along a cubic curve that is flat where throttling last set in (as TCP CUBIC's window is).
///
/// Time is seconds since any fixed moment, and must not go backwards.
struct SendRate: Sendable {
    private static let smoothing = 0.8
    private static let bucketSeconds = 0.5
    private static let beta = 0.7
    private static let scale = 0.4
    /// Requests a second.
    private static let rateMin = 0.5

    private(set) var isLimiting = false
    /// Requests a second that are let through while limiting.
    private(set) var fillRate = SendRate.rateMin
    private var tokens = 0.0
    private var tokensMax = 1.0
    private var refilled: Double?

    private(set) var measured = 0.0
    private var sent = 0.0
    private var bucketStart: Double

    private var rateAtThrottle = 0.0
    private var throttled: Double
    private var flatAfter = 0.0

    init(_ now: Double) {
        bucketStart = floor(now)
        throttled = now
    }

    /// Takes a place for one request: how many seconds it has to wait. Places are given in turn, so a burst spreads out.
    mutating func wait(_ now: Double) -> Double {
        guard isLimiting else { return 0 }
        refill(now)
        tokens -= 1
        return tokens >= 0 ? 0 : -tokens / fillRate
    }

    /// Takes in an answer.
    mutating func answered(throttled isThrottled: Bool, _ now: Double) {
        measure(now)
        let rate: Double
        if isThrottled {
            rateAtThrottle = isLimiting ? min(measured, fillRate) : measured
            flatAfter = cbrt(rateAtThrottle * (1 - SendRate.beta) / SendRate.scale)
            throttled = now
            isLimiting = true
            rate = rateAtThrottle * SendRate.beta
        } else {
            let since = now - throttled - flatAfter
            rate = SendRate.scale * since * since * since + rateAtThrottle
        }
        setFillRate(min(rate, 2 * measured), now)
    }

    /// The rate answers come at, smoothed over buckets of half a second.
    private mutating func measure(_ now: Double) {
        let bucket = floor(now / SendRate.bucketSeconds) * SendRate.bucketSeconds
        sent += 1
        guard bucket > bucketStart else { return }
        measured = sent / (bucket - bucketStart) * SendRate.smoothing + measured * (1 - SendRate.smoothing)
        sent = 0
        bucketStart = bucket
    }

    /// What has come together so far came at the old rate.
    private mutating func setFillRate(_ rate: Double, _ now: Double) {
        refill(now)
        fillRate = max(rate, SendRate.rateMin)
        tokensMax = max(rate, 1)
        tokens = min(tokens, tokensMax)
    }

    private mutating func refill(_ now: Double) {
        if let refilled { tokens = min(tokensMax, tokens + max(0, now - refilled) * fillRate) }
        refilled = now
    }
}
