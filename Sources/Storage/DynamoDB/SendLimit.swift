/// How many requests may be under way: one more for each round without a throttle, half as many after one.
struct SendLimit {
    private let most: Double
    private var current: Double
    /// Answers since the last change downwards: one burst of throttles halves once.
    private var sinceHalved = 0
    var inFlight = 0

    init(most: Int) {
        self.most = Double(most)
        current = self.most
    }

    var limit: Int { Int(current) }
    var isFree: Bool { inFlight < limit }
    /// Room for more than a single one, where the limit allows for that: worth waking a thread for.
    var hasRoom: Bool { inFlight <= limit - max(1, limit / 4) }

    mutating func answered(throttled: Bool) {
        inFlight -= 1
        sinceHalved += 1
        guard throttled else {
            current = min(most, current + 1 / current)
            return
        }
        guard sinceHalved >= limit else { return }
        current = max(1, current / 2)
        sinceHalved = 0
    }
}
