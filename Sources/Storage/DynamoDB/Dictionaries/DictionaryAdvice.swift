import AWS
import ContactCenter
import EngineCore
import JSON
import Platform

/// What a dictionary trained on a worker's own rows would save: measured now and then, told, and thrown away. To train one that rows are written with is
/// an operator's command (`converge tables train`).
///
/// Of every sixteen rows that are written one is kept, two thousand and ``bytesMax`` at most. Once there are as many, most of them train a
/// dictionary and the rest are compressed with it, on a thread of its own. Then no row is kept for ``intervalMilliseconds``.
///
/// Cost: a copy of a sampled row; some tenths of a second of a processor for each measurement. Not thread-safe.
package struct DictionaryAdvice {
    static let intervalMilliseconds: Int64 = 86_400_000
    static let bytesMax = 4 << 20
    /// A dictionary that saves less is not worth telling of.
    package static let savingMin = 0.05

    /// What was found.
    package struct Found: Equatable, Sendable {
        /// The share of write units that would be saved; negative where it would take more.
        package let saving: Double
        /// Rows it was measured on.
        package let rows: Int
        /// When, in milliseconds since 1970.
        package let at: Int64
    }

    private let sampledEvery: Int
    private let rowsMax: Int
    private var sample = SampledRows()
    private var bytes = 0
    private var written = 0
    /// When the last measurement began, monotonic.
    private var began: Int64?
    private let parser = JSONParser()

    init(sampledEvery: Int = 16, rowsMax: Int = 2_000) {
        self.sampledEvery = sampledEvery
        self.rowsMax = rowsMax
    }

    /// Whether the next row is to be kept. `now` is monotonic.
    mutating func wants(now: Int64) -> Bool {
        if let began, now - began < DictionaryAdvice.intervalMilliseconds { return false }
        written += 1
        return written % sampledEvery == 0
    }

    /// Keeps a row as it is put. The sample, once it is whole.
    mutating func take(_ row: RowBatch.Row, _ put: [UInt8], now: Int64) -> SampledRows? {
        guard let kind = EntityKey(row.key).kind, let (itemBytes, registersBytes) = size(of: put) else { return nil }
        sample.take(
            SampledRows.Row(
                kind: kind, key: Array(row.key), entity: Array(row.entity), itemBytes: itemBytes, registersBytes: registersBytes
            ))
        bytes += row.entity.count
        guard sample.rows.count >= rowsMax || bytes >= DictionaryAdvice.bytesMax else { return nil }
        defer {
            sample = SampledRows()
            bytes = 0
            began = now
        }
        return sample
    }

    /// Of the parameters of a PutItem.
    private func size(of put: [UInt8]) -> (item: Int, registers: Int)? {
        put.withUnsafeBytes { text in
            guard let item = try? parser.parse(text).root.member("Item") else { return nil }
            let view = ItemView(item)
            guard let packed = view.base64("registers")?.rawString else { return nil }
            return (view.byteCount, packed.count * 3 / 4 - packed.count { $0 == UInt8(ascii: "=") })
        }
    }

    /// What a dictionary trained on most of the rows saves of the others, where they are written with `present`; nil: as they stand. Nil if there are too few.
    static func measure(_ sample: SampledRows, present: RowDictionary?, at now: Int64) -> Found? {
        let (trained, measured) = sample.parts
        var training = DictionaryTraining()
        for row in trained { training.add(row.key, row.entity) }
        guard let candidate = try? training.dictionary() else { return nil }
        let whole = DictionaryGain(measured, present: present, candidate: candidate).whole
        guard whole.unitsNow > 0 else { return nil }
        return Found(saving: 1 - Double(whole.unitsThen) / Double(whole.unitsNow), rows: whole.rows, at: now)
    }
}

extension DynamoDBStore {
    /// Keeps a row for advice on dictionaries where one is due; of ``write(_:)`` alone.
    func advise(_ row: RowBatch.Row, _ put: [UInt8]) {
        let now = monotonicMilliseconds()
        guard advice.wants(now: now), let sample = advice.take(row, put, now: now) else { return }
        let present = coding.dictionary
        // Where the system has no thread left, tomorrow will do.
        _ = SystemThread.detached { [self] in
            guard let found = DictionaryAdvice.measure(sample, present: present, at: Timestamp.now.milliseconds) else { return }
            let units = monitor.locked {
                figures.advice = found
                return figures.writeUnits
            }
            guard found.saving >= DictionaryAdvice.savingMin else { return }
            let seconds = Double(max(monotonicMilliseconds() - startedAt, 1)) / 1000
            let dollars = units / seconds * found.saving * WriteBill.monthSeconds * WriteBill.dollarsPerMillion / 1e6
            tell(
                "a dictionary trained on rows of this Region would take \(Int(found.saving * 100)) % fewer write units, about \(Int(dollars)) dollars a month less "
                    + "for each replica at what this worker has written so far: converge tables train (measured on \(found.rows) rows)"
            )
        }
    }
}
