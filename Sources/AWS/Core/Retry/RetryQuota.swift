/// What keeps retries from becoming the load that keeps a service down: each costs tokens, and only successes bring them back.
struct RetryQuota: Sendable {
    static let tokensMax = 500
    static let retryCost = 5
    static let timeoutRetryCost = 10
    /// What a request that needed no retry brings back.
    static let successGain = 1

    private(set) var tokens = RetryQuota.tokensMax

    /// Takes the price of a retry. Nil, and nothing taken, where it is not there.
    mutating func take(for error: ErrorClass) -> Int? {
        let cost = error == .timeout ? RetryQuota.timeoutRetryCost : RetryQuota.retryCost
        guard tokens >= cost else { return nil }
        tokens -= cost
        return cost
    }

    /// After a success: what its last retry cost, or the gain of one without.
    mutating func give(back cost: Int?) { tokens = min(RetryQuota.tokensMax, tokens + (cost ?? RetryQuota.successGain)) }
}
