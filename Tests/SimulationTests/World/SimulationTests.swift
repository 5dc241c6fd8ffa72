import Foundation
import Simulation
import TestSupport
import Testing

/// What the unoptimised build with its assertions can do in the time; `make simulate` runs many more seeds, and the mutants.
@Suite("the simulation", .serialized, .limited(minutes: 15))
struct SimulationTests {
    @Test("every seed of a fixed set, and every seed that ever failed, passes with all faults", arguments: Seeds.fixed)
    func fixed(seed: Seeds.Entry) {
        let report = Simulation.run(seed: seed.seed, seed.options)
        #expect(report.violations == [], "\(seed)")
        #expect(report.factsLost == 0, "\(seed)")
        #expect(report.records > seed.options.events / 2)
    }

    @Test("with any single fault no fact is lost", arguments: Fault.allCases)
    func alone(fault: Fault) {
        for seed in [1] as [UInt64] {
            let report = Simulation.run(seed: seed, SimulationOptions(events: 300, faults: [fault], comparesNaive: false))
            #expect(report.violations == [], "seed \(seed)")
            #expect(report.factsLost == 0, "seed \(seed)")
        }
    }

    @Test("without faults everything is readable in the other Region within 30 seconds")
    func calm() {
        let report = Simulation.run(seed: 3, SimulationOptions(faults: [], comparesNaive: false))
        #expect(report.violations == [])
        #expect(report.lags.calm.count > 0)
        #expect(report.lags.several.count == 0)
        // The longest flush interval is 10 s, replication takes 1.5 s at most, and a flush may just have begun.
        #expect(report.lags.calm.max < 30_000)
    }

    @Test("a seed always gives the same history")
    func determinism() {
        for seed in [5, 6] as [UInt64] {
            let histories = (0..<2).map { _ in
                var lines: [String] = []
                _ = Simulation.run(seed: seed, SimulationOptions(events: 500, comparesNaive: false)) { lines.append($0) }
                return lines
            }
            #expect(histories[0].count > 100)
            #expect(histories[0] == histories[1])
        }
        #expect(
            Simulation.run(seed: 5, SimulationOptions(events: 500)).steps
                != Simulation.run(seed: 6, SimulationOptions(events: 500)).steps)
    }

    @Test("with one item per entity and unconditional writes, facts are lost on the same seeds")
    func naive() {
        let lost = (1...3).reduce(0) { sum, seed in
            sum + (Simulation.run(seed: UInt64(seed), SimulationOptions(events: 600)).naiveFactsLost ?? 0)
        }
        #expect(lost > 0)
    }
}

/// Seeds that are run every time.
enum Seeds {
    struct Entry: CustomTestStringConvertible, Sendable {
        var seed: UInt64
        var options: SimulationOptions
        /// `all`, `none` or a list.
        var faults: String

        var testDescription: String { "\(seed) \(options.events) \(faults)" }
    }

    static let fixed: [Entry] =
        regressions + (101...103).map { Entry(seed: $0, options: SimulationOptions(comparesNaive: false), faults: "all") }

    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../Seeds/regressions.txt")

    private static var regressions: [Entry] {
        guard let text = try? String(contentsOf: path, encoding: .utf8) else {
            Issue.record("cannot read \(path.path)")
            return []
        }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count == 3, let seed = UInt64(fields[0]), let events = Int(fields[1]) else {
                Issue.record("no seed, events and faults: \(line)")
                return nil
            }
            let faults =
                switch fields[2] {
                case "all": Set(Fault.allCases)
                case "none": Set<Fault>()
                default: Set(fields[2].split(separator: ",").compactMap { Fault(rawValue: String($0)) })
                }
            return Entry(
                seed: seed, options: SimulationOptions(events: events, faults: faults, comparesNaive: false), faults: fields[2])
        }
    }
}
