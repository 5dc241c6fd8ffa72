import ContactCenter
import EngineCore
import Platform
import TestSupport
import Testing

@testable import AWS
@testable import Storage

/// What a worker says of a dictionary that it has not.
@Suite("advice on dictionaries", .waiting(minutes: 5))
struct DictionaryAdviceTests {
    private static let day = DictionaryAdvice.intervalMilliseconds

    /// Rows of generated traffic, and each as it is put.
    private static func puts(_ dictionary: RowDictionary?, _ count: Int) -> [(row: RowBatch, put: [UInt8])] {
        let item = RowItem(region: "us-east-1", retention: nil, coding: RegistersCoding(dictionary))
        var puts: [(RowBatch, [UInt8])] = []
        GeneratedRows(seed: 5, events: count, regions: ["us-east-1", "us-west-2"]).forEach { key, entity in
            guard puts.count < count else { return }
            let batch = RowBatch()
            batch.append(key: key, entity: entity)
            for row in batch { puts.append((batch, item.put(row, table: "t")?.body ?? [])) }
        }
        return puts
    }

    /// The rows of a sample, and when it was whole.
    private func sample(_ advice: inout DictionaryAdvice, _ puts: [(row: RowBatch, put: [UInt8])], from: Int64) -> (
        SampledRows?, at: Int
    ) {
        for (number, (batch, put)) in puts.enumerated() where advice.wants(now: from) {
            for row in batch {
                if let sample = advice.take(row, put, now: from) { return (sample, number) }
            }
        }
        return (nil, puts.count)
    }

    @Test("one row in so many is kept, with its size in the table; once there are enough, none for a day")
    func sampling() throws {
        let puts = DictionaryAdviceTests.puts(.standard, 200)
        var advice = DictionaryAdvice(sampledEvery: 4, rowsMax: 20)
        let (found, at) = sample(&advice, puts, from: 1_000)
        let rows = try #require(found).rows
        #expect(rows.count == 20 && at == 79)
        for (place, row) in rows.enumerated() {
            #expect(row.entity == puts[4 * place + 3].row.map { Array($0.entity) }.first)
            #expect(row.itemBytes > row.registersBytes + row.key.count && row.registersBytes > 0)
        }
        let (soon, _) = sample(&advice, puts, from: 1_000 + DictionaryAdviceTests.day - 1)
        #expect(soon?.rows.count == nil)
        let (again, _) = sample(&advice, puts, from: 1_000 + DictionaryAdviceTests.day)
        #expect(again?.rows.count == 20)
    }

    @Test(
        "rows in the old format would take a fraction of their units with a dictionary of their own; with that very kind of dictionary, as many as now"
    )
    func saving() throws {
        var advice = DictionaryAdvice(sampledEvery: 1, rowsMax: 1_500)
        let old = try #require(sample(&advice, DictionaryAdviceTests.puts(nil, 1_600), from: 0).0)
        let found = try #require(DictionaryAdvice.measure(old, present: nil, at: 7))
        #expect(found.saving > 0.4 && found.at == 7 && found.rows == old.parts.measured.count)
        var training = DictionaryTraining()
        for row in old.parts.trained { training.add(row.key, row.entity) }
        let own = try training.dictionary()
        let same = try #require(DictionaryAdvice.measure(old, present: own, at: 7))
        #expect(same.saving == 0)
        let few = SampledRows()
        #expect(DictionaryAdvice.measure(few, present: nil, at: 7) == nil)
    }

    @Test("a worker that writes in the old format says what a dictionary would save, and keeps writing as it did")
    func told() throws {
        let tables = try StateTables()
        let told = Told()
        let store = try tables.store { told.add($0) }
        store.advice = DictionaryAdvice(sampledEvery: 1, rowsMax: 1_000)
        var rows: [[UInt8]: [UInt8]] = [:]
        GeneratedRows(seed: 5, events: 16_000, regions: ["us-east-1", "us-west-2"]).forEach { rows[Array($0)] = Array($1) }
        // In one order in every run, so that the sample is always the same, and large enough to train on.
        let sorted = rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }.prefix(1_200)
        #expect(sorted.count == 1_200)
        _ = try store.write(Flush(rows: [batch(sorted.map { (key: $0.key, entity: $0.value) })], checkpoints: []))
        try eventually("figures: \(store.currentFigures)") { store.currentFigures.advice != nil }
        try eventually("told: \(told.sentences)") {
            told.sentences.contains { $0.contains("fewer write units") && $0.contains("converge tables train") }
        }
        #expect(store.dictionary == nil)
    }

    private final class Told: @unchecked Sendable {
        private let monitor = Monitor()
        private var told: [String] = []
        var sentences: [String] { monitor.locked { told } }
        func add(_ sentence: String) { monitor.locked { told.append(sentence) } }
    }
}
