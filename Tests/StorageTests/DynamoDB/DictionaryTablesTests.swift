import ContactCenter
import EngineCore
import JSON
import Lattice
import Platform
import Synchronization
import TestSupport
import Testing

@testable import AWS
@testable import Storage

/// Dictionaries and formats as tables have them.
@Suite("dictionaries in tables", .waiting(minutes: 5))
struct DictionaryTablesTests {
    private let tables: StateTables
    private let dictionary: RowDictionary

    init() throws {
        tables = try StateTables()
        dictionary = try #require(RowDictionary(entity(1, size: 4_000)))
    }

    // MARK: - What stands in the tables

    /// `bytes` nil: the dictionary's own.
    private func put(_ dictionary: RowDictionary, in kind: EntityKind, bytes: [UInt8]? = nil) throws {
        try tables.put(kind) { json in
            DynamoDBName.append(pk: "converge#dictionary", sk: dictionary.id, to: &json)
            (bytes ?? dictionary.bytes).withUnsafeBytes { json.attribute("bytes", bytes: $0) }
        }
    }

    private func putFormat(_ id: String, format: Int64 = 3, region: String = "us-east-1") throws {
        try tables.put(.agent) { json in
            DynamoDBName.append(pk: "converge#format", sk: region, to: &json)
            json.attribute("format", format)
            json.attribute("dictionary", id)
        }
    }

    /// A row of a contact that was written with the dictionary.
    private func putRow(_ id: String, _ told: [UInt8], region: String = "us-east-1") throws {
        var item = Item(told, with: dictionary)
        item.pk = "contact#\(id)"
        item.sk = region
        try tables.put(item)
    }

    /// The format that a row of this number is written in by the store now, and what it names as its dictionary.
    private func written(_ number: Int, by store: DynamoDBStore, size: Int = 500) throws -> (format: UInt8, name: String) {
        #expect(try store.write(rows([number], entity(1, size: size))) == nil)
        return try format(try #require(try tables.items(.contact, where: "contact#contact-\(number)").first))
    }

    /// The format of an item, and what it names as its dictionary.
    private func format(_ item: [String: Any]) throws -> (format: UInt8, name: String) {
        let base64 = try #require((item["registers"] as? [String: String])?["B"])
        var registers = ByteBuffer()
        #expect(Array(base64.utf8).withUnsafeBytes { registers.appendBase64Decoded($0) })
        var name = ByteBuffer()
        if registers.bytes[0] == 3 { name.appendHex(registers.bytes.slice(1, 8)) }
        return (registers.bytes[0], name.bytes.text)
    }

    // MARK: - Writing

    @Test("rows are written in the old format until the tables name another, which is taken up without a restart")
    func takenUp() throws {
        let store = try tables.store()
        #expect(try written(0, by: store).format == 1)
        try put(dictionary, in: .agent)
        try putFormat(dictionary.id)
        var number = 0
        try eventually("the store writes the format that the tables name") {
            number += 1
            _ = try store.epoch()
            return try written(number, by: store) == (3, String(dictionary.id.prefix(16)))
        }
        #expect(try store.found([key(0), key(number)]) == [0: entity(1, size: 500), 1: entity(1, size: 500)])
    }

    @Test("another Region's format is that Region's")
    func ownRegion() throws {
        try put(dictionary, in: .agent)
        try putFormat(dictionary.id, region: "us-west-2")
        #expect(try written(0, by: tables.store()).format == 1)
    }

    @Test("a store that is pinned to the old format writes it, and reads every other")
    func pinned() throws {
        try put(dictionary, in: .agent)
        try putFormat(dictionary.id)
        let (old, new) = (try tables.store(isOldFormat: true), try tables.store())
        #expect(try written(0, by: new).format == 3)
        #expect(try written(1, by: old).format == 1)
        #expect(try old.found([key(0), key(1)]) == [0: entity(1, size: 500), 1: entity(1, size: 500)])
    }

    @Test(
        "a dictionary that the agents' table does not have is not written with, even the program's own, and that is told once")
    func notThere() throws {
        try put(.standard, in: .contact)
        try putFormat(RowDictionary.standard.id)
        let told = Mutex<[String]>([])
        let store = try tables.store { sentence in told.withLock { $0.append(sentence) } }
        #expect(try written(0, by: store).format == 1)
        #expect(told.withLock { $0.count } == 1 && told.withLock { $0.first?.contains(RowDictionary.standard.id) } == true)
        try put(.standard, in: .agent)
        #expect(try written(1, by: tables.store()) == (3, String(RowDictionary.standard.id.prefix(16))))
    }

    @Test("tables of a newer program's format are written in the newest that this one has")
    func newer() throws {
        try put(dictionary, in: .agent)
        try putFormat(dictionary.id, format: 4)
        #expect(try written(0, by: tables.store()).format == 3)
    }

    @Test("an entity that takes several rows is written with the dictionary, each of them, and read as one")
    func parts() throws {
        try put(dictionary, in: .agent)
        try putFormat(dictionary.id)
        let large = large(registers: 5)
        #expect(try tables.store().write(rows([0], large)) == nil)
        let items = try tables.items(.contact, where: "contact#contact-0")
        #expect(items.count > 1)
        for item in items { #expect(try format(item) == (3, String(dictionary.id.prefix(16)))) }
        #expect(try tables.store().found([key(0)]) == [0: large])
    }

    // MARK: - Reading

    @Test("a row's dictionary is found in any of the Region's tables, and a damaged one is passed over")
    func found() throws {
        try putRow("contact-0", entity(1, size: 900))
        try put(dictionary, in: .contact, bytes: entity(2, size: 4_000))
        try put(dictionary, in: .session)
        #expect(try tables.store().found([key(0)]) == [0: entity(1, size: 900)])
        let reader = DynamoDBReader(tables.client, prefix: tables.prefix)
        var count = 0
        try reader.scan([.contact]) { _, _, found in
            count += 1
            #expect(Array(found) == entity(1, size: 900))
        }
        #expect(count == 1)
    }

    @Test(
        "a row whose dictionary is in no table is incomplete: not absent, not damaged, not overwritten; once it comes the row is read"
    )
    func incomplete() throws {
        try putRow("contact-0", entity(1, size: 900), region: "us-east-1")
        try putRow("contact-1", entity(1, size: 900), region: "eu-west-1")
        // One that is damaged counts for nothing.
        try put(dictionary, in: .contact, bytes: entity(2, size: 4_000))
        let store = try tables.store()
        let reader = DynamoDBReader(tables.client, prefix: tables.prefix)
        let attempts: [() throws -> Void] = [
            { _ = try store.found([key(0)]) },
            { try reader.read(.contact, "contact-0") { (_: EntityKey, _) in Issue.record("a part of it was answered") } },
            { try reader.read(.contact, "contact-1") { (_: EntityKey, _) in Issue.record("a part of it was answered") } },
            { try reader.scan { _, _, _ in Issue.record("it was read") } },
        ]
        for attempt in attempts {
            let error = failure(attempt)
            #expect(error?.reason == .incomplete && error?.row == nil)
            #expect(error?.message.contains("of table \(tables.name(.contact))") == true)
            #expect(error?.message.contains(String(dictionary.id.prefix(16))) == true)
            #expect(error?.message.contains("contact#contact-") == true)
        }
        // What a worker holds of it waits, and is no dead letter.
        let shard = Shard(index: 0, storeMayHoldRows: true, writer: 9)
        key(0).withUnsafeBytes { key in
            entity(2, size: 700).withUnsafeBytes { _ = shard.merge(key, hash: key.hash64, EntityView($0)) }
        }
        let rows = RowBatch()
        #expect(failure { try shard.takeRows(into: rows, from: store) }?.reason == .incomplete)
        #expect(rows.isEmpty)
        try put(dictionary, in: .flow)
        try eventually("the dictionary is found") { (try? store.found([key(0)])) == [0: entity(1, size: 900)] }
        #expect(try shard.takeRows(into: rows, from: store) == nil)
        #expect(rows.count == 1)
        for row in rows { #expect(row.expected == Revision(writer: 255, count: 12)) }
    }

    @Test("tables that take the place of the first ones are given the dictionaries that rows were written with until then")
    func left() throws {
        try put(dictionary, in: .agent)
        try putFormat(dictionary.id)
        let store = try tables.store()
        let first = try store.epoch()
        for kind in [EntityKind.agent, .contact] {
            try tables.drop(kind)
            try tables.create(kind)
        }
        // Written before the worker knows.
        #expect(try written(0, by: store).format == 3)
        try eventually("another epoch is found") { try store.epoch() != first }
        for kind in EntityKind.allCases {
            let ids = try tables.items(kind, where: "converge#dictionary").compactMap { ($0["sk"] as? [String: String])?["S"] }
            #expect(ids.contains(dictionary.id), "\(kind)")
        }
        #expect(try tables.store().found([key(0)]) == [0: entity(1, size: 500)])
    }

    @Test("the program's own dictionary need not be in the tables to be read with")
    func own() throws {
        var item = Item(entity(3), with: .standard)
        item.pk = "contact#contact-3"
        try tables.put(item)
        #expect(try tables.store().found([key(3)]) == [0: entity(3)])
    }
}
