import Engine
import EngineCore
import Platform
import Simulation
import Storage
import Synchronization
import TestSupport
import Testing

@testable import EngineSupport

@Suite("the pipeline", .waiting(minutes: 5))
struct PipelineTests {
    @Test(
        "with any number of state shards, any store and any limits the pipeline reaches the state and counts of a plain fold",
        arguments: 1...4,
        StoreKind.allCases)
    func oneFold(workers: Int, kind: StoreKind) throws {
        let lines = traffic(1_500, seed: UInt64(workers))
        let fold = Fold(lines)
        let run = try Run(dealt(lines, among: 5, seed: 1), kind, workers: workers)
        #expect(run.outcome() == nil)
        #expect(try run.digest() == fold.digest())
        #expect(run.store?.violations ?? [] == [])

        let totals = run.pipeline.progress
        #expect(totals.records == fold.records)
        #expect(totals.bytes == lines.reduce(0) { $0 + $1.bytes.count })
        #expect(totals.events == fold.events)
        #expect(totals.unknown == fold.unknown)
        #expect(totals.deadLetters == fold.deadLetters)
        #expect(totals.quarantined == fold.deadLetters["skew"])
        #expect(run.letters.durableCount == fold.deadLetterCount)
        if kind == .often || kind == .evicting { #expect(totals.flushes > 10) }
        if kind == .once { #expect(totals.flushes == 1) }
    }

    @Test("every partition is committed to its end", arguments: [1, 3])
    func ends(workers: Int) throws {
        // The last one has no line at all.
        let lines = dealt(traffic(300), among: 3, seed: 1) + [[]]
        let base = MemoryStore()
        let run = try Run(lines, .often, workers: workers, over: base)
        #expect(run.outcome() == nil)
        let checkpoints = try base.checkpoints()
        #expect(checkpoints.map(\.position.offset) == lines.map(\.count))
        #expect(checkpoints.map(\.partition) == lines.indices.map { LineSource.partition($0) })
        #expect(checkpoints.map(\.ended) == [true, true, true, true])
        #expect(checkpoints.map(\.identity) == lines.indices.map { "lines of \($0)" })
    }

    @Test("a second delivery of everything changes nothing and is counted as unchanged", arguments: 1...4)
    func redelivery(workers: Int) throws {
        let lines = traffic(800)
        let fold = Fold(lines)
        let once = dealt(lines, among: 3, seed: 1)
        let again = dealt(lines, among: 3, seed: 2)
        // The second delivery opens when all of the first is merged.
        let pipeline = Late<Pipeline>()
        let unchangedBefore = Late<Int>()
        let source = LineSource(once + again) { partition in
            if partition < 3 || unchangedBefore.value != nil { return true }
            guard let progress = pipeline.value?.progress, progress.records == lines.count else { return false }
            unchangedBefore.value = progress.unchanged
            return true
        }
        pipeline.value = Pipeline(
            source: source, store: nil, storeMayHoldRows: false, deadLetters: LetterBox(),
            options: PipelineOptions(shards: workers))
        try pipeline.value?.run()
        let totals = try #require(pipeline.value?.progress)
        #expect(totals.eventCount == 2 * fold.eventCount)
        #expect(totals.unchanged - (unchangedBefore.value ?? 0) == fold.eventCount)
        #expect(try digestOf(pipeline.value?.shards ?? []) == fold.digest())
        pipeline.value = nil
    }

    @Test("of two copies of an event exactly one counts as a change, whichever is first", arguments: 1...4)
    func unchanged(workers: Int) throws {
        let events = (0..<300).map { number in
            let head = #"{"specversion":"1.0","type":"converge.session.v1","id":"e","source":"test","subject":"s\#(number)","#
            return Line(bytes: Array((head + #""time":"2026-03-02T14:00:00Z","data":{"room":\#(number)}}"#).utf8))
        }
        let run = try Run(dealt(events + events, among: 4, seed: 6), .none, workers: workers)
        #expect(run.outcome() == nil)
        #expect(run.pipeline.progress.eventCount == 600)
        #expect(run.pipeline.progress.unchanged == 300)
    }

    @Test("dead letters are durable when a run in memory returns")
    func lettersInMemory() throws {
        let lines = traffic(200)
        let run = try Run([lines], .none, workers: 2)
        #expect(run.outcome() == nil)
        #expect(run.letters.durableCount == Fold(lines).deadLetterCount)
    }

    @Test("a run in memory fails if its dead letters cannot be made durable")
    func lettersInMemoryFail() throws {
        let run = try Run([traffic(200)], .none, workers: 2, letters: LetterBox(failingSync: 1))
        #expect(run.outcome() is SinkFailure)
    }

    @Test("a source without partitions ends at once", arguments: StoreKind.allCases)
    func nothing(kind: StoreKind) throws {
        let run = try Run([], kind, workers: 2)
        #expect(run.outcome() == nil)
        #expect(run.pipeline.progress.records == 0)
        #expect(try run.digest() == Fold().digest())
    }
}
