import ContactCenter
import Engine
import EngineCore
import Lattice
import Platform
import Simulation
import TestSupport
import Testing

@testable import EngineSupport

@Suite("rows that a table permanently refuses or cannot return", .waiting(minutes: 5))
struct PipelineRefusedRowTests {
    private let lines = dealt(traffic(900, seed: 7), among: 4, seed: 1)

    private func isChosen(_ key: [UInt8], of count: UInt64) -> Bool { key.withUnsafeBytes { $0.hash64 % count == 0 } }

    private func run(
        _ store: ConditionalStore, _ letters: LetterBox, workers: Int, residentBytesMax: Int
    ) async throws -> (pipeline: Pipeline, committed: CommittedLines) {
        let committed = CommittedLines(lines, in: store, letters: letters)
        let pipeline = Pipeline(
            source: CommittingSource(LineSource(lines, seed: 2), committed), store: store, storeMayHoldRows: true,
            epoch: "first", deadLetters: letters,
            options: PipelineOptions(
                shards: workers, planner: FlushPlanner(flushBytes: 48 << 10, readBytesMax: 512 << 10, dirtyBytesMax: 96 << 10),
                residentBytesMax: residentBytesMax, retries: true, writer: 1))
        try await pipeline.runToEnd()
        return (pipeline, committed)
    }

    @Test(
        "a permanently refused row is written completely to the dead letters; all other rows are written and all positions committed",
        arguments: 1...3, [true, false])
    func refused(workers: Int, fails: Bool) async throws {
        let failures = ConditionalStore.Failures(reads: 6, writes: 6, rows: 30, epochs: 6)
        let store = ConditionalStore(
            failures: fails ? failures : .init(), isPoison: { key in key.withUnsafeBytes { $0.hash64 % 5 == 0 } })
        let letters = LetterBox()
        let (pipeline, committed) = try await run(
            store, letters, workers: workers, residentBytesMax: workers == 2 ? 1 : 1 << 30)
        #expect(committed.passed == lines.map(\.count) && committed.violations == [] && store.violations == [])
        let fold = Fold(lines.joined())
        #expect(store.entities == fold.rows.filter { !isChosen($0.key, of: 5) })
        #expect(letters.buriedRows == fold.rows.filter { isChosen($0.key, of: 5) }, "nothing else, and nothing less")
        #expect(letters.durableCount == fold.deadLetterCount)
        #expect((pipeline.progress.deadLetters[RowBatch.refusedReason] ?? 0) >= letters.buriedRows.count)
    }

    @Test(
        "an unreadable row is not changed, its new facts are written to the dead letters, and other rows continue",
        arguments: 1...3)
    func damaged(workers: Int) async throws {
        let store = ConditionalStore(isDamaged: { key in key.withUnsafeBytes { $0.hash64 % 5 == 0 } })
        let letters = LetterBox()
        let (_, committed) = try await run(store, letters, workers: workers, residentBytesMax: workers == 2 ? 1 : 1 << 30)
        #expect(committed.passed == lines.map(\.count) && committed.violations == [] && store.violations == [])
        let fold = Fold(lines.joined())
        #expect(store.entities == fold.rows.filter { !isChosen($0.key, of: 5) })
        #expect(letters.buriedRows == fold.rows.filter { isChosen($0.key, of: 5) })
    }

    @Test(
        "a refused row whose dead letter cannot be written ends the run, and nothing after it is committed",
        arguments: [1, 2], [true, false])
    func unkept(failing: Int, appending: Bool) async throws {
        let store = ConditionalStore(isPoison: { _ in true })
        let letters = appending ? LetterBox(failingAppend: 50 * failing) : LetterBox(failingSync: failing)
        await #expect(throws: SinkFailure.self) {
            _ = try await run(store, letters, workers: 2, residentBytesMax: 1 << 30)
        }
    }

    @Test("a damaged store ends the run, however often steps are retried")
    func corrupt() throws {
        var core = PipelineCore(options: PipelineOptions(shards: 1, retries: true), flushes: true)
        _ = core.flushFailed(StoreError(.unavailable, "away"), now: 0)
        #expect(core.failure == nil && core.totals.flushRetries == 1)
        _ = core.flushFailed(StoreError(.incomplete, "a dictionary is missing"), now: 0)
        #expect(core.failure == nil && core.totals.flushRetries == 2)
        _ = core.flushFailed(StoreError(.corrupt, "damaged"), now: 0)
        #expect(core.isAbandoned && (core.failure as? StoreError)?.reason == .corrupt)
    }

    @Test("a large row is split into several dead letters, whose replay gives the row")
    func parts() throws {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        for number in 10..<50 {
            Array("variable/\(number)".utf8).withUnsafeBytes {
                writer.beginRegister(
                    &buffer, encodedPath: $0, rule: .lastWriterWins, stamp: Stamp(time: Timestamp(milliseconds: Int64(number))))
            }
            buffer.append("\"\(String(repeating: "v", count: 15_000))\"")
            writer.endRegister(&buffer)
        }
        writer.finish(&buffer)
        let entity = buffer.array
        let batch = RowBatch()
        let flow = [EntityKind.flow.rawValue] + Array("f".utf8)
        try flow.withUnsafeBytes { key in
            entity.withUnsafeBytes { entity in
                let rows = RowBatch()
                for count in 5...6 as ClosedRange<UInt64> {
                    rows.append(key: key, entity: entity, revision: Revision(writer: 1, count: count))
                }
                for row in rows { batch.append(row, refusal: row.revision.count == 5 ? "so" : nil) }
            }
            let letters = LetterBox()
            try batch.bury(in: letters)
            try letters.makeDurable()
            #expect(letters.durable.count == 3 && letters.durable.allSatisfy { $0.bytes.count < 300_000 })
            #expect(letters.buriedRows == [flow: entity])
        }
    }
}
