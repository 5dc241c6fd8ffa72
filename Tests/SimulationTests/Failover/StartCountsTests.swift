import FailoverCore
import TestSupport
import Testing

@testable import Simulation

@Suite("contact starts as workers have counted them", .limited)
struct StartCountsTests {
    private static let noon = FailoverPlan.start + 36 * 3_600_000
    private var traffic: CallerTraffic { CallerTraffic(startsPerMinute: 60, seed: 1) }

    private func counts(shares: [Double] = [0.5, 0.5]) -> StartCounts {
        var counts = StartCounts()
        counts.begin(traffic, shares: shares, at: Self.noon)
        return counts
    }

    private func look(
        _ counts: inout StartCounts, _ region: Int, by viewer: Int, isHeard: Bool = true, percent: Int = 50, after: Int64,
        clock: Int64 = 0
    ) -> TrafficWatch {
        counts.watch(
            of: region, by: viewer, isHeard: isHeard, lag: 1_000 + clock, share: .init(percent: percent), at: Self.noon + after,
            wall: Self.noon + after + clock)
    }

    /// Ticks of a minute each Region's starts, 30 where it serves.
    private func tick(_ counts: inout StartCounts, _ serves: [Bool], from: Int64, to: Int64) {
        for time in stride(from: from, through: to, by: Int(SimulatedRegion.tick)) {
            counts.add(serves.map { $0 ? 1 : 0 }, at: Self.noon + time)
        }
    }

    @Test("at the begin of an episode both Regions are as expected, half of 60 a minute in each")
    func begins() {
        var counts = counts()
        for (region, viewer) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let watch = look(&counts, region, by: viewer, after: 2_000)
            #expect(watch.state == .healthy, "\(watch.evidence)")
            #expect(watch.startsExpected == 30)
        }
    }

    @Test("a Region that serves nobody is seen from both, within two minutes")
    func silent() {
        var counts = counts()
        tick(&counts, [true, true], from: 2_000, to: 120_000)
        tick(&counts, [false, true], from: 122_000, to: 240_000)
        for viewer in 0..<2 {
            #expect(look(&counts, 0, by: viewer, after: 240_000).state == .unhealthy)
            #expect(look(&counts, 1, by: viewer, after: 240_000).state == .healthy)
        }
    }

    @Test("while nothing passes the other Region's rows stand still, and what they missed comes afterwards")
    func parted() {
        var counts = counts()
        tick(&counts, [true, true], from: 2_000, to: 240_000)
        #expect(look(&counts, 1, by: 0, isHeard: false, after: 240_000).state == .unhealthy)
        #expect(look(&counts, 0, by: 0, isHeard: false, after: 240_000).state == .healthy)
        #expect(look(&counts, 1, by: 0, after: 240_000).state == .healthy)
    }

    @Test("of a Region in reserve nothing is known, and none of its callers are missed")
    func reserve() {
        var counts = counts(shares: [1, 0])
        let watch = look(&counts, 1, by: 1, percent: 0, after: 2_000)
        #expect(watch.state == .unknown)
        #expect(watch.startsExpected == 0)
    }

    @Test("by a clock that is ahead the own Region is not judged")
    func ahead() {
        var counts = counts()
        let watch = look(&counts, 0, by: 0, after: 2_000, clock: 240_000)
        #expect(StartCounts.signal(watch, of: 0, by: 0, clock: 240_000, now: Self.noon).state == .unknown)
        tick(&counts, [true, true], from: 2_000, to: 240_000)
        #expect(look(&counts, 1, by: 0, after: 240_000, clock: 240_000).state == .healthy, "nor is the other one ill by it")
    }
}
