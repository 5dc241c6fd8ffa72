import EngineCore
import TestSupport
import Testing

@testable import EngineSupport

@Suite("a batch of rows", .limited)
struct RowBatchTests {
    private struct Told: Equatable {
        var key: [UInt8]
        var entity: [UInt8]
        var expected: Revision
        var revision: Revision
    }

    private func told(_ row: RowBatch.Row) -> Told {
        Told(key: Array(row.key), entity: Array(row.entity), expected: row.expected, revision: row.revision)
    }

    private func append(_ row: Told, to batch: RowBatch) {
        row.key.withUnsafeBytes { key in
            row.entity.withUnsafeBytes {
                batch.append(key: key, entity: $0, expected: row.expected, revision: row.revision)
            }
        }
    }

    @Test("a batch returns its rows in order, and counts the bytes of keys and entities only")
    func model() throws {
        forAll(200) { dice in
            let batch = RowBatch(capacity: 1 + dice.below(64))
            for _ in 0..<2 {
                var model: [Told] = []
                for _ in 0..<dice.below(40) {
                    let row = Told(
                        key: dice.key(among: 100), entity: dice.chance(5) ? [] : dice.entity(),
                        expected: dice.chance(3) ? .none : Revision(writer: dice.next(), count: dice.next()),
                        revision: Revision(writer: .max, count: dice.next()))
                    model.append(row)
                    append(row, to: batch)
                }
                try demand(batch.map(told) == model, "other rows than were put in")
                try demand(batch.count == model.count && batch.isEmpty == model.isEmpty, "wrong count")
                let bytes = model.reduce(0) { $0 + $1.key.count + $1.entity.count }
                try demand(batch.byteCount == bytes, "\(batch.byteCount) bytes instead of \(bytes)")
                batch.removeAll()
                try demand(batch.isEmpty && batch.byteCount == 0, "removeAll leaves something")
            }
        }
    }

    @Test("a row is copied from batch to batch with both of its revisions")
    func copies() {
        let (from, to) = (RowBatch(), RowBatch())
        let row = Told(
            key: contactKey(3), entity: bigEntity(9, at: 1), expected: Revision(writer: 4, count: 7),
            revision: Revision(writer: 5, count: 8))
        append(row, to: from)
        for row in from { to.append(row) }
        #expect(to.map(told) == [row])
    }

    @Test("a key to be read has no entity and no expected revision")
    func keys() {
        let keys = RowBatch()
        contactKey(1).withUnsafeBytes { keys.append(key: $0) }
        #expect(keys.map(told) == [Told(key: contactKey(1), entity: [], expected: .none, revision: .none)])
    }
}
