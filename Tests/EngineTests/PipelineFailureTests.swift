import Engine
import EngineCore
import Platform
import Simulation
import Storage
import TestSupport
import Testing

@testable import EngineSupport

@Suite("failures of the pipeline", .waiting(minutes: 5))
struct PipelineFailureTests {
    @Test(
        "after a source fails, the records before it are durable and committed, and then the error is thrown",
        arguments: 1...4, [StoreKind.once, .often, .evicting])
    func source(workers: Int, kind: StoreKind) throws {
        let lines = dealt(traffic(900), among: 4, seed: 3)
        let base = MemoryStore()
        let run = try Run(lines, kind, workers: workers, over: base, failAfterBlocks: 30)
        #expect(run.outcome() is SourceFailure)
        #expect(run.store?.violations == [])
        let given = run.source.handedOver
        #expect(given.reduce(0, +) < 900 && given.reduce(0, +) > 100)
        #expect(run.store?.passed == given)
        let fold = Fold(lines.indices.flatMap { lines[$0].prefix(given[$0]) })
        #expect(try digestOf(base) == fold.digest())
        #expect(run.letters.durableCount == fold.deadLetterCount)
    }

    @Test(
        "after a failed write of the store the error is thrown and nothing more is written", arguments: 1...4, [1, 2, 7])
    func store(workers: Int, failingWrite: Int) throws {
        let lines = dealt(traffic(900), among: 4, seed: 4)
        let run = try Run(lines, .often, workers: workers, failingWrite: failingWrite)
        #expect((run.outcome() as? StoreError)?.reason == .full)
        #expect(run.store?.writes == failingWrite)
        #expect(run.store?.violations == [])
    }

    @Test("after a failed read of cold keys the error is thrown and nothing more is written", arguments: 1...3)
    func coldRead(workers: Int) throws {
        let letters = LetterBox()
        let source = LineSource(dealt(traffic(300), among: 3, seed: 4))
        let pipeline = Pipeline(
            source: source, store: UnreadableStore(), storeMayHoldRows: true, deadLetters: letters,
            options: StoreKind.often.options(workers: workers))
        #expect(throws: StoreError.self) { try pipeline.run() }
    }

    @Test(
        "after a failed dead-letter sink the error is thrown, and no position at or after such a record is written",
        arguments: 1...4, [1, 3, 8])
    func sink(workers: Int, failing: Int) throws {
        let lines = dealt(traffic(900), among: 4, seed: 5)
        for letters in [LetterBox(failingAppend: failing), LetterBox(failingSync: failing)] {
            let run = try Run(lines, .often, workers: workers, letters: letters)
            #expect(run.outcome() is SinkFailure)
            // The store looks for the letters of everything that a position passes.
            #expect(run.store?.violations == [])
            // Others read on while letters are made durable; after one that could not be taken nobody does.
            if letters.failsAppending { #expect(run.pipeline.progress.records < lines.reduce(0) { $0 + $1.count }) }
        }
    }

    @Test(
        "a pipeline that fails at random times and is restarted over the same store reaches the undisturbed state",
        arguments: 1...4)
    func resume(workers: Int) throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            var dice = Dice(seed: seed)
            let lines = dealt(traffic(900, seed: seed), among: 4, seed: seed)
            let base = MemoryStore()
            var letters: Set<LetterBox.Letter> = []
            var runs = 0
            var finished = false
            while !finished, runs < 200 {
                runs += 1
                let box: LetterBox
                switch dice.below(4) {
                case 0: box = LetterBox(failingAppend: 1 + dice.below(6))
                case 1: box = LetterBox(failingSync: 2 + dice.below(4))
                default: box = LetterBox()
                }
                let run = try Run(
                    lines, dice.chance(2) ? .often : .evicting, workers: workers, seed: dice.next(), over: base, letters: box,
                    failAfterBlocks: dice.chance(2) ? 1 + dice.below(20) : nil,
                    failingWrite: dice.chance(2) ? 2 + dice.below(3) : nil)
                finished = run.outcome() == nil
                #expect(run.store?.violations == [])
                letters.formUnion(box.durable)
            }
            let fold = Fold(lines.joined())
            #expect(runs > 3)
            #expect(finished)
            #expect(try digestOf(base) == fold.digest())
            #expect(letters.count == fold.deadLetterCount)
        }
    }
}

/// A store whose disk cannot be read, and that must not be written any more.
private final class UnreadableStore: Store {
    func read(_ keys: RowBatch, _ found: (Int, UnsafeRawBufferPointer, Revision) -> Void) throws(StoreError) {
        throw StoreError(.corrupt, "unreadable")
    }

    func write(_ flush: Flush) throws(StoreError) -> RowBatch? {
        Issue.record("written in spite of an unreadable row")
        return nil
    }
    func checkpoints() throws(StoreError) -> [Checkpoint] { [] }
    func scan(
        from first: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
    ) throws {}
    func metadata(_ name: String) throws(StoreError) -> String? { nil }
    func setMetadata(_ name: String, _ value: String) throws(StoreError) {}
}
