import TestSupport
import TestSupport
import Testing

@testable import Ingest

@Suite("figures from the last response", .limited)
struct LastAnswerTests {
    @Test("a figure grows by the time since the last response, and is unknown before the first")
    func grows() {
        var shard = LastAnswer(began: 1_000)
        #expect(shard.behind(at: 5_000) == nil)
        shard.answered(behind: 0, at: 6_000)
        #expect(shard.behind(at: 6_000) == 0)
        #expect(shard.behind(at: 66_000) == 60_000)
        shard.answered(behind: 2_000, at: 70_000)
        #expect(shard.behind(at: 70_500) == 2_500)
        // One that was taken up late says nothing of later.
        shard.answered(behind: nil, at: 70_400)
        #expect(shard.behind(at: 71_000) == 2_600)
    }

    @Test("failures are ignored for ten seconds and permanent refusals are not; a response ends both")
    func troubles() {
        var shard = LastAnswer(began: 0)
        shard.answered(behind: 0, at: 1_000)
        shard.failed("throttled", isFinal: false, at: 2_000)
        shard.failed("throttled again", isFinal: false, at: 11_000)
        #expect(shard.trouble(at: 12_000) == nil)
        #expect(shard.trouble(at: 12_001) == .init(reason: "throttled again", since: 2_000, isFinal: false))
        shard.answered(behind: 0, at: 12_100)
        #expect(shard.trouble(at: 90_000) == nil)
        shard.failed("denied", isFinal: true, at: 91_000)
        #expect(shard.trouble(at: 91_000)?.reason == "denied")
    }

    @Test("ten seconds without a response count as trouble if requests are sent every second")
    func silence() {
        var table = LastAnswer(began: 0)
        table.answered(behind: nil, at: 5_000)
        #expect(table.troubleOrSilence(at: 15_000) == nil)
        #expect(table.troubleOrSilence(at: 15_001)?.since == 5_000)
        #expect(table.trouble(at: 90_000) == nil)
    }
}
