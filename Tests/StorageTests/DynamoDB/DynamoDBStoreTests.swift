import EngineCore
import Foundation
import Lattice
import Platform
import TestSupport
import Testing

@Suite("rows in DynamoDB", .waiting(minutes: 5))
struct DynamoDBStoreTests {
    private let tables: StateTables

    init() throws { tables = try StateTables() }

    private func revisions(_ store: any Store, _ numbers: some Sequence<Int>) throws -> [Revision] {
        var found: [Revision] = []
        try store.read(batch(numbers.map { (key($0), []) })) { _, _, revision in found.append(revision) }
        return found
    }

    private let two = Revision(writer: 0xFEDC_BA98_7654_3210, count: .max)

    @Test("rows are read back with the index of their key and their revision, and missing keys are omitted")
    func readsBack() throws {
        let store = try tables.store()
        #expect(try store.write(rows(0..<450, entity(7), revision: two)) == nil)
        let found = try store.found((0..<600).map { key($0 * 2) })
        #expect(found.count == 225 && found.keys.max() == 224)
        #expect(found.values.allSatisfy(isEqual(entity(7))))
        #expect(try revisions(store, [3, 4]) == [two, two])
        let figures = store.currentFigures
        #expect(figures.rowsWritten == 450 && figures.writeUnits >= 450 && figures.rowsRead == 227)
    }

    @Test("a row replaces the expected revision and no other; rows that were not written are returned")
    func conditional() throws {
        let store = try tables.store()
        try store.write(rows(0..<10, entity(1), revision: one))
        // Nobody expects a row here.
        let refused = try store.write(rows(5..<15, entity(2), revision: two))
        #expect(Set((refused ?? RowBatch()).map { Array($0.key) }) == Set((5..<10).map(key)))
        #expect(try store.found((0..<15).map(key)).filter { $0.value == entity(2) }.keys.sorted() == Array(10..<15))
        #expect(try store.write(rows(5..<10, entity(2), expected: one, revision: two)) == nil)
        #expect(try store.write(rows(5..<6, entity(3), expected: one, revision: one))?.count == 1)
        #expect(try store.found([key(5)])[0] == entity(2))
        try tables.delete(.contact, "contact#contact-5", "us-east-1")
        #expect(try store.write(rows(5..<6, entity(3), expected: two, revision: one))?.count == 1, "the row is gone")
        #expect(store.currentFigures.conflicts == 7)
    }

    @Test("two writers that follow the core's protocol lose no fact of either")
    func twoWriters() throws {
        let (a, b) = (try tables.store(), try tables.store())
        let shards = [Shard(index: 0, storeMayHoldRows: true, writer: 1), Shard(index: 0, storeMayHoldRows: true, writer: 2)]
        for round in 0..<4 {
            for (number, (shard, store)) in zip(shards, [a, b]).enumerated() {
                for at in 0..<40 {
                    let told = fact("path/\(number)/\(round)", time: 100 + round)
                    key(at).withUnsafeBytes { key in
                        told.withUnsafeBytes { _ = shard.merge(key, hash: key.hash64, EntityView($0)) }
                    }
                }
                try settle(shard, store)
            }
        }
        let found = try a.found((0..<40).map(key))
        #expect(found.count == 40)
        for row in found.values { row.withUnsafeBytes { #expect(EntityView($0).count == 8) } }
        #expect(b.currentFigures.conflicts > 0)
    }

    private func settle(_ shard: Shard, _ store: any Store) throws {
        var refused: RowBatch?
        for _ in 0..<10 {
            let rows = RowBatch()
            try shard.takeRows(into: rows, refused: refused, from: store)
            guard !rows.isEmpty else { return }
            refused = try store.write(Flush(rows: [rows], checkpoints: []))
            if refused == nil { return }
        }
        Issue.record("refused ten times")
    }

    private func fact(_ path: String, time: Int, value: String = "true") -> [UInt8] { entity([(path, value)], time: time) }

    @Test("an item contains its key, writer, registers, readable state and expiry time")
    func item() throws {
        let store = try tables.store(retention: 86_400_000)
        let told = fact("event/disconnectReason", time: 1_000, value: #""a\n\"b\"""#)
        try store.write(rows([1], told, revision: two))
        let item = try #require(try tables.items(.contact, where: "contact#contact-1").first)
        func attribute(_ name: String, _ type: String) -> String? { (item[name] as? [String: Any])?[type] as? String }
        #expect(attribute("sk", "S") == "us-east-1")
        #expect(attribute("rev", "S") == "fedcba9876543210.18446744073709551615")
        #expect(attribute("expiresAt", "N") == "86401")
        #expect(attribute("registers", "B") == Data([1] + told).base64EncodedString())
        let state = (item["state"] as? [String: Any])?["M"] as? NSDictionary
        #expect(state == ["at": ["N": "1000"], "disconnectReason": ["S": "a\n\"b\""]] as NSDictionary)
    }

    @Test(
        "an entity that is too large for an item is written as several rows, all or none, and read as one entity",
        arguments: [1, 2, 5])
    func large(megabytes: Int) throws {
        let store = try tables.store()
        var random = Dice(seed: 3)
        // Text that shrinks to about a half.
        let registers = (0..<(megabytes * 8)).map { number -> (String, String) in
            let digits = (0..<6_550).map { _ in "\(random.next())" }.joined()
            return ("variable/\(1000 + number)", "\"\(digits)\"")
        }
        let entity = entity(registers, time: 5)
        #expect(try store.write(rows([1], entity, revision: one)) == nil)
        let items = try tables.items(.contact, where: "contact#contact-1")
        #expect(items.count >= 3)
        #expect(try store.found([key(1)])[0] == entity)
        #expect(try revisions(store, [1]) == [one])
        // Written over on the same conditions; refused whole.
        #expect(try store.write(rows([1], entity, revision: two))?.count == 1)
        #expect(try store.write(rows([1], entity, expected: one, revision: two)) == nil)
        #expect(try revisions(store, [1]) == [two])
        #expect(try store.write(rows([1], StorageTests.entity(9), expected: two, revision: one)) == nil)
        #expect(try store.found([key(1)])[0] == StorageTests.entity(9))
    }

    @Test("a table that is recreated or restored has a new epoch, and no other table has")
    func epoch() throws {
        let store = try tables.store()
        let first = try #require(try store.epoch())
        #expect(try store.epoch() == first)
        #expect(try tables.store().epoch() == first, "another worker")
        try store.write(rows([1], entity(1), revision: one))
        #expect(try store.epoch() == first)

        // A backup brings the epoch's row along; the table's own id is another.
        let row = try #require(try tables.items(.contact, where: "converge#epoch").first)
        let saved = try ["epoch", "table"].map { try #require((row[$0] as? [String: String])?["S"]) }
        try tables.drop(.contact)
        try tables.create(.contact)
        try tables.put(.contact, ["pk": "converge#epoch", "sk": "us-east-1", "epoch": saved[0], "table": saved[1]])
        // A worker that starts sees it at once; one that runs, when it next asks for the table's id.
        let second = try #require(try tables.store().epoch())
        #expect(second != first)
        try store.write(rows([1], entity(1), revision: one))
        try eventually("the running worker sees the other table") { try store.epoch() != first }
        #expect(try store.epoch() == second && tables.store().epoch() == second)
    }

    @Test("the error for a missing table, or for a table in another Region, says what to do")
    func refusals() throws {
        try tables.drop(.queue)
        let missing = failure { _ = try tables.store() }
        #expect(missing?.reason == .unavailable)
        let advice = "converge tables create --prefix \(tables.prefix)"
        #expect(missing?.message.contains(advice) == true, "\(String(describing: missing))")
    }

    @Test("named values are stored separately for each Region")
    func metadata() throws {
        let store = try tables.store()
        #expect(try store.metadata("meaning") == nil)
        try store.setMetadata("meaning", "a \"b\"")
        #expect(try store.metadata("meaning") == "a \"b\"" && tables.store().metadata("meaning") == "a \"b\"")
        #expect(try store.checkpoints().isEmpty)
    }
}
