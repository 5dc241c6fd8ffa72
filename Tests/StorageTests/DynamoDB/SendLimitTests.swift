import TestSupport
import Testing

@testable import Storage

@Suite("the limit of concurrent requests", .limited)
struct SendLimitTests {
    @Test(
        "a round of throttled requests halves the limit once, successes raise it again, and it stays between 1 and the maximum")
    func halves() {
        var limit = SendLimit(most: 64)
        limit.inFlight = 64
        for _ in 0..<64 { limit.answered(throttled: true) }
        #expect(limit.limit == 32 && limit.inFlight == 0)
        for _ in 0..<1000 {
            limit.inFlight += 1
            limit.answered(throttled: true)
        }
        #expect(limit.limit == 1 && limit.isFree)
        for _ in 0..<100_000 {
            limit.inFlight += 1
            limit.answered(throttled: false)
        }
        #expect(limit.limit == 64)
    }
}
