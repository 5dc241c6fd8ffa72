import Engine
import EngineCore
import Platform
import Simulation
import Synchronization
import TestSupport
import Testing

@testable import EngineSupport

@Suite("pipelines over a shared table", .waiting(minutes: 5))
struct PipelineSharedTableTests {
    private static let planner = FlushPlanner(flushBytes: 48 << 10, readBytesMax: 512 << 10, dirtyBytesMax: 96 << 10)

    /// A pipeline with its own reading of the lines and its own commits.
    private struct Member {
        let lines: LineSource
        let committed: CommittedLines
        let letters: LetterBox
        let pipeline: Pipeline

        init(
            _ lines: [[Line]], _ store: ConditionalStore, workers: Int = 2, seed: UInt64 = 1, failingCommits: Int? = nil,
            planner: FlushPlanner = PipelineSharedTableTests.planner, residentBytesMax: Int = 1 << 30, retries: Bool = true,
            letters: LetterBox = LetterBox(), isOpen: @escaping @Sendable (Int) -> Bool = { _ in true },
            onCommit: @escaping @Sendable (_ epoch: String?) -> Void = { _ in }
        ) {
            self.lines = LineSource(lines, seed: seed, isOpen: isOpen)
            self.letters = letters
            committed = CommittedLines(lines, in: store, letters: letters)
            pipeline = Pipeline(
                source: CommittingSource(self.lines, committed, failing: failingCommits, seed: seed, onCommit: onCommit),
                store: store, storeMayHoldRows: true, epoch: "first", deadLetters: letters,
                options: PipelineOptions(
                    shards: workers, planner: planner, residentBytesMax: residentBytesMax, retries: retries, writer: seed))
        }

        func check(_ lines: [[Line]], sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(committed.passed == lines.map(\.count), sourceLocation: sourceLocation)
            #expect(committed.ended.count == lines.count, sourceLocation: sourceLocation)
            #expect(committed.violations == [], sourceLocation: sourceLocation)
            #expect(letters.durableCount == Fold(lines.joined()).deadLetterCount, sourceLocation: sourceLocation)
        }
    }

    @Test(
        "with a table that often fails in every way, steps are retried until everything is written and committed",
        arguments: 1...3)
    func failing(workers: Int) async throws {
        let lines = dealt(traffic(900, seed: UInt64(workers)), among: 4, seed: 1)
        let store = ConditionalStore(failures: .init(reads: 6, writes: 6, rows: 30, epochs: 6))
        let member = Member(lines, store, workers: workers, failingCommits: 6, residentBytesMax: workers == 1 ? 1 : 1 << 30)
        try await member.pipeline.runToEnd()
        member.check(lines)
        #expect(store.entities == Fold(lines.joined()).rows)
        #expect(store.violations == [])
    }

    @Test("dead letters that cannot be written end the run, whatever steps of the table are retried", arguments: 1...3)
    func deadLetters(workers: Int) async throws {
        let lines = dealt(traffic(900), among: 4, seed: 1)
        let member = Member(lines, ConditionalStore(), workers: workers, letters: LetterBox(failingSync: 2))
        await #expect(throws: SinkFailure.self) { try await member.pipeline.runToEnd() }
        #expect(member.committed.violations == [] && member.letters.syncs == 2)
    }

    @Test("rows that are refused in the last flush are written before the run ends", arguments: 1...4)
    func refusedLast(workers: Int) async throws {
        let lines = dealt(traffic(300), among: 2, seed: 1)
        let store = ConditionalStore(failures: .init(rows: 3))
        let member = Member(lines, store, workers: workers, planner: FlushPlanner(), retries: false)
        try await member.pipeline.runToEnd()
        member.check(lines)
        #expect(store.entities == Fold(lines.joined()).rows)
    }

    @Test(
        "two pipelines over the same partitions reach the same state, and each commits only what is in the table",
        arguments: 1...3)
    func twoAtOnce(workers: Int) async throws {
        let lines = dealt(traffic(900, seed: UInt64(workers)), among: 4, seed: 1)
        let store = ConditionalStore(failures: .init(writes: 12, rows: 50))
        let first = Member(lines, store, workers: workers, seed: 1)
        let second = Member(lines, store, workers: workers, seed: 2, residentBytesMax: 1)
        async let other: Void = second.pipeline.runToEnd()
        try await first.pipeline.runToEnd()
        try await other
        for member in [first, second] { member.check(lines) }
        #expect(store.entities == Fold(lines.joined()).rows)
        #expect(store.violations == [])
    }

    @Test("a table that is replaced between two flushes ends the run, and nothing more is committed", arguments: 1...3)
    func replaced(workers: Int) async {
        let lines = dealt(traffic(900), among: 4, seed: 1)
        let store = ConditionalStore(replacedAfter: 3)
        let epochs = Mutex<[String?]>([])
        let member = Member(
            lines, store, workers: workers,
            planner: FlushPlanner(flushBytes: 8 << 10, readBytesMax: 64 << 10, dirtyBytesMax: 16 << 10),
            onCommit: { epoch in epochs.withLock { $0.append(epoch) } })
        await #expect(throws: PipelineError.tableReplaced) { try await member.pipeline.runToEnd() }
        // A flush that moves no position is confirmed, too, and has nothing to commit.
        let committed = epochs.withLock { $0 }
        #expect(committed.count <= 3)
        #expect(committed.allSatisfy { $0 == "first" })
        #expect(member.committed.violations == [])
    }

    @Test(
        "a pipeline that is drained from another thread ends before its source, with everything durable and committed",
        arguments: 1...3, [1, 3])
    func drained(workers: Int, commits: Int) async throws {
        // The last partition never has anything, and never ends.
        let lines = dealt(traffic(900), among: 4, seed: 1) + [[]]
        let store = ConditionalStore(failures: .init(rows: 50))
        let pipeline = Late<Pipeline>()
        let count = Mutex(0)
        let member = Member(
            lines, store, workers: workers, isOpen: { $0 < 4 },
            onCommit: { _ in
                // A thread of the flushes: drains while one is under way.
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                if number == commits { pipeline.value?.drain() }
            })
        pipeline.value = member.pipeline
        try await member.pipeline.runToEnd()
        pipeline.value = nil
        let handedOver = member.lines.handedOver
        #expect(member.committed.passed == handedOver)
        #expect(member.committed.violations == [])
        #expect(store.entities == Fold(lines.indices.flatMap { lines[$0].prefix(handedOver[$0]) }).rows)
    }

    @Test("a pipeline that is drained before it runs ends at once", arguments: [true, false])
    func drainedBefore(hasStore: Bool) async throws {
        let lines = [traffic(50)]
        let source = LineSource(lines) { _ in false }
        let pipeline = Pipeline(
            source: source, store: hasStore ? ConditionalStore() : nil, storeMayHoldRows: true,
            epoch: hasStore ? "first" : nil, deadLetters: LetterBox(), options: PipelineOptions(shards: 2))
        pipeline.drain()
        try await pipeline.runToEnd()
        #expect(pipeline.progress.records == 0)
    }
}
