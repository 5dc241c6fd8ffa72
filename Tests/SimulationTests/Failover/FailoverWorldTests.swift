import FailoverCore
import TestSupport
import Testing

@testable import Simulation

@Suite("the parts of the world of failover", .limited)
struct FailoverWorldTests {
    private func front(_ fault: FailoverFault, _ region: Int = 0, _ start: Int64 = 0, _ end: Int64 = 1_000_000)
        -> FailoverPlan.Front
    { .init(fault: fault, region: region, start: start, end: end) }

    @Test(
        "each fault of a Region does what it says",
        arguments: [
            // fault, quality here and there, Connect answers here, heard here, parted
            (FailoverFault.regionDead, 0.0, 1.0, false, false, false),
            (.telephonyDead, 0.0, 1.0, true, true, false),
            (.controlPlaneDead, 1.0, 1.0, false, true, false),
            (.sharedFault, 0.1, 0.1, true, true, false),
            (.targetIll, 0.0, 1.0, true, true, false),
            (.quietNight, 1.0, 1.0, true, true, false),
            (.regionsParted, 1.0, 1.0, true, false, true),
            (.canaryDead, 1.0, 1.0, true, true, false),
            (.lyingSignal, 1.0, 1.0, true, true, false),
        ] as [(FailoverFault, Double, Double, Bool, Bool, Bool)])
    func conditions(
        fault: FailoverFault, here: Double, there: Double, answers: Bool, isHeard: Bool, isParted: Bool
    ) {
        let conditions = FailoverConditions(fronts: [front(fault)])
        #expect(conditions.quality(of: 0, at: 1) == here)
        #expect(conditions.quality(of: 1, at: 1) == there)
        #expect(conditions.doesConnectAnswer(in: 0, at: 1) == answers)
        #expect(conditions.isHeard(0, at: 1) == isHeard)
        #expect(conditions.isParted(at: 1) == isParted)
        #expect(conditions.quality(of: 0, at: 1_000_000) == 1, "it is over")
    }

    @Test("a Region decays over ten minutes, and is neither well nor ill in between")
    func decay() {
        let conditions = FailoverConditions(fronts: [front(.slowDecay)])
        #expect(conditions.isWell(0, at: 60_000))
        #expect(!conditions.isWell(0, at: 300_000) && !conditions.isIll(0, at: 300_000))
        #expect(conditions.isIll(0, at: 500_000))
        #expect(conditions.isWell(1, at: 500_000))
    }

    @Test("contacts come by the hour, at night and at the weekend hardly any")
    func callers() {
        let traffic = CallerTraffic(startsPerMinute: 60, seed: 1)
        func at(_ day: Int64, _ hour: Int64) -> Double {
            traffic.expected(at: FailoverPlan.start + (day * 24 + hour) * 3_600_000)
        }
        #expect(at(0, 12) == 60)
        #expect(at(0, 3) < 1)
        #expect(at(5, 12) == 9)
        #expect(at(0, 7) > at(0, 3) && at(0, 7) < at(0, 12))
    }

    @Test("as many contacts come as are expected")
    func poisson() {
        var traffic = CallerTraffic(startsPerMinute: 60, seed: 1)
        let noon = FailoverPlan.start + 12 * 3_600_000
        var count = 0
        for _ in 0..<3_600 { count += traffic.starts(before: noon, milliseconds: 1_000) }
        // Three standard deviations of 60.
        #expect((3_600 - 180...3_600 + 180).contains(count))
    }

    @Test("a Region's contacts are counted by the minute")
    func minutes() {
        var region = SimulatedRegion()
        let start = FailoverPlan.start
        region.fill(expected: 1, until: start)
        for tick in 1...6 as ClosedRange<Int64> {
            region.add(began: 0, failed: 1, at: start + tick * SimulatedRegion.tick)
        }
        let minutes = region.minutes(before: start + 60_000, 2)
        #expect(minutes.map(\.began) == [30, 0])
        #expect(minutes.map(\.failed) == [0, 6])
    }

    @Test("leaving faults out leaves the plan of a seed its Regions, callers and people")
    func plan() {
        let all = FailoverPlan(seed: 9, faults: Set(FailoverFault.allCases))
        let few = FailoverPlan(seed: 9, faults: [.regionDead])
        #expect(all.controllers == few.controllers)
        #expect(all.startsPerMinute == few.startsPerMinute)
        #expect(all.mode == few.mode)
        #expect(few.episodes.allSatisfy { $0.fault == .regionDead })
        for episode in all.episodes {
            #expect(episode.fronts.allSatisfy { $0.start <= $0.end && $0.end <= episode.length })
        }
    }

    @Test("every class of fault has a share in the mix")
    func mix() {
        for fault in FailoverFault.allCases {
            #expect(fault.share.perYear > 0 && fault.share.weight > 0)
            #expect((0..<0.2).contains(fault.share.joins))
        }
    }
}
