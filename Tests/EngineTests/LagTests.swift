import ContactCenter
import Simulation
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Engine
@testable import EngineCore
@testable import EngineSupport
@testable import Observability
@testable import Platform

@Suite("lags", .limited)
struct LagTests {
    @Test("arrival times keep their number within any limit, and are rounded to older ones")
    func runs() {
        forAll(50) { dice in
            var runs = ArrivalRuns(runsMax: 2 * (1 + dice.below(8)))
            let times = (0..<dice.below(200)).map { _ in Int64(dice.below(60)) }
            for time in times { runs.add(time) }
            let kept = runs.runs.flatMap { Array(repeating: $0.time, count: $0.count) }.sorted()
            try demand(kept.count == times.count, "\(kept.count) of \(times.count)")
            for (kept, time) in zip(kept, times.sorted()) { try demand(kept <= time, "\(kept) for \(time)") }
            if let oldest = times.min() { try demand(kept[0] == oldest, "the oldest is \(kept[0]), not \(oldest)") }
        }
    }

    @Test("runs of equal arrival times take constant space")
    func equalTimes() {
        var runs = ArrivalRuns(runsMax: 2)
        for time in [1, 1, 1, 2, 2] { runs.add(Int64(time)) }
        #expect(runs.runs == [.init(time: 1, count: 3), .init(time: 2, count: 2)])
        runs.add(9)
        #expect(runs.runs == [.init(time: 1, count: 5), .init(time: 9, count: 1)])
    }

    /// Everything happened and arrived at times that the clock is some minutes past.
    private func pipeline(_ lines: [Line], _ store: (any Store)?, clock: (@Sendable () -> Timestamp)?) -> Pipeline {
        Pipeline(
            source: LineSource([lines]), store: store, storeMayHoldRows: false, deadLetters: LetterBox(),
            options: PipelineOptions(shards: 2, planner: FlushPlanner(flushBytes: 8 << 10)), clock: clock)
    }

    @Test("every record made durable by a commit, and every event with a time, is counted once, and none without a clock")
    func counted() throws {
        let lines = traffic(400)
        let now = try #require(lines.compactMap(\.arrival).max())
        let measured = pipeline(lines, MemoryStore(), clock: { Timestamp(milliseconds: now.milliseconds + 100_000) })
        try measured.run()
        let totals = measured.progress
        let arrived = lines.filter { $0.arrival != nil }
        #expect(totals.endToEndLags.count == arrived.count && !arrived.isEmpty)
        let exact = arrived.reduce(0.0) { $0 + Double(now.milliseconds + 100_000 - ($1.arrival?.milliseconds ?? 0)) }
        #expect(totals.endToEndLags.sum >= exact)
        let timeless = EventType.allCases.filter { $0.name.hasPrefix("contact-lens") }.reduce(0) {
            $0 + totals.events[$1.rawValue]
        }
        #expect(totals.eventLags.count == totals.eventCount - timeless)
        #expect(totals.flushSizes.count == totals.flushes && totals.flushTimes.count == totals.flushes)
        #expect(totals.flushSizes.sum == Double(totals.flushedBytes))
        #expect(totals.merges.won > 0)
        #expect(measured.resident.entities == measured.shards.reduce(0) { $0 + $1.entityCount })

        let unmeasured = pipeline(lines, MemoryStore(), clock: nil)
        try unmeasured.run()
        #expect(unmeasured.progress.endToEndLags.count == 0 && unmeasured.progress.eventLags.count == 0)
        let inMemory = pipeline(lines, nil, clock: { now })
        try inMemory.run()
        #expect(inMemory.progress.endToEndLags.count == 0)
        // Which of two wins depends on which comes first, how many there are does not.
        #expect(inMemory.progress.merges.all == totals.merges.all)
    }
}

extension Shard.Counts {
    fileprivate var all: Int { won + lost + ties }
}
