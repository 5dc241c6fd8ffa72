import FailoverCore
import TestSupport
import Testing

@testable import Simulation

/// What the unoptimised build can do in the time; `make simulate` runs many more seeds, and the mutants.
@Suite("the story of failover", .limited)
struct FailoverStoryTests {
    @Test("every seed of a fixed set passes with all faults", arguments: 1...6 as ClosedRange<UInt64>)
    func fixed(seed: UInt64) {
        let report = FailoverStory.run(seed: seed, FailoverOptions())
        #expect(report.violations == [])
        #expect(report.outcomes.count == report.obvious.count)
    }

    @Test("with any single fault every seed passes", arguments: FailoverFault.allCases)
    func alone(fault: FailoverFault) {
        for seed in [1] as [UInt64] {
            let report = FailoverStory.run(seed: seed, FailoverOptions(faults: [fault], comparesObvious: false))
            #expect(report.violations == [], "seed \(seed)")
            #expect(report.outcomes.allSatisfy { $0.fault == fault })
        }
    }

    @Test("without faults nothing moves")
    func calm() {
        for seed in 1...4 as ClosedRange<UInt64> {
            let report = FailoverStory.run(seed: seed, FailoverOptions(faults: []))
            #expect(report.violations == [])
            #expect(report.outcomes.allSatisfy { $0.moves == 0 })
            #expect(report.obvious.allSatisfy { $0.moves == 0 })
        }
    }

    @Test("a seed always gives the same history")
    func determinism() {
        for seed in [5, 6] as [UInt64] {
            let histories = (0..<2).map { _ in
                var lines: [String] = []
                _ = FailoverStory.run(seed: seed, FailoverOptions()) { lines.append($0) }
                return lines
            }
            #expect(histories[0].count > 10)
            #expect(histories[0] == histories[1])
        }
    }

    @Test("where a Region dies by day, traffic lands in the other one; the obvious design dies with it")
    func landing() {
        var figures = FailoverFigures()
        for seed in 1...12 as ClosedRange<UInt64> {
            figures.add(FailoverStory.run(seed: seed, FailoverOptions(faults: [.regionDead])), seed: seed)
        }
        #expect(figures.due > 0)
        #expect(figures.converge.missed == 0)
        #expect(figures.converge.falseMoves == 0)
        #expect(figures.obvious.missed == figures.due)
        #expect(figures.rows.map(\.name) == ["region-dead"])
        #expect(figures.rows.allSatisfy { $0.converge.max < FailoverWitness.landedMax })
    }

    @Test(
        "a mutant of each kind is caught",
        arguments: [FailoverMutant.bothAtZero, .agentsLeft, .markUnwritten, .actBeforeCommit, .returnUnasked, .termUncompared])
    func mutant(mutant: FailoverMutant) {
        let isCaught = (1...30 as ClosedRange<UInt64>).contains {
            !FailoverStory.run(seed: $0, FailoverOptions(faults: [.regionDead], mutant: mutant)).violations.isEmpty
        }
        #expect(isCaught)
    }
}
