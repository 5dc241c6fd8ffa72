import ContactCenter
import EngineCore
@testable import FeedCore
import Foundation
import Lattice
import TestSupport
import Testing

@testable import AWS
@testable import JSON
@testable import Platform
@testable import Storage

/// Against an emulator, whose streams have one shard each that never ends.
@Suite("streams of tables that a worker writes", .waiting(minutes: 5))
struct EmulatedStreamsTests {
    private let tables: StateTables
    private let streams: TableStreams

    init() throws {
        tables = try StateTables()
        streams = try TableStreams(AWSSession(Environment(tables.emulator.environment())), prefix: tables.prefix)
        try turnStream(on: true)
    }

    private func turnStream(on isOn: Bool) throws {
        try tables.perform("UpdateTable") { json in
            json.member("TableName", tables.name(.contact))
            json.object("StreamSpecification") { json in
                json.member("StreamEnabled", isOn)
                if isOn { json.member("StreamViewType", "NEW_AND_OLD_IMAGES") }
            }
        }
    }

    /// Everything that the stream of contacts has from its beginning.
    private func read() throws -> [FeedRecord] {
        let (stream, shards) = try streams.list(tables.name(.contact))
        #expect(shards.count == 1 && shards[0].parent == nil && !shards[0].isClosed)
        let name = FeedBook.ShardName(table: tables.name(.contact), shard: shards[0].id)
        let ticket = Int.random(in: 0 ... .max)
        var found: [FeedRecord] = []
        while true {
            guard case .records(let records, false) = streams.read(name, stream: stream, .start, ticket: ticket) else {
                throw Violation("the shard was not read: \(streams.troubles)")
            }
            if records.isEmpty { return found }
            found += records
        }
    }

    private func view(_ records: [FeedRecord]) -> FeedView {
        var view = FeedView(bytesMax: 1 << 30)
        for record in records {
            view.take(FeedBatch(number: 1, author: "", time: 0, cursor: FeedCursor(), entries: record.entries))
        }
        return view
    }

    @Test(
        "what is told comes, joined, to what the tables hold: plain and packed rows, parts, other Regions' rows, deleted rows")
    func follows() throws {
        let store = try tables.store()
        try store.write(rows(0..<40, entity(1), revision: one))
        // From now on rows are written with the dictionary.
        for kind in EntityKind.allCases { _ = try tables.client.perform(DictionaryRow.put(.standard, in: tables.name(kind))) }
        let format = FormatRow(format: FormatRow.newest, dictionary: RowDictionary.standard.id)
        _ = try tables.client.perform(format.put(in: tables.name(.agent), region: "us-east-1", isFirst: true))
        let packing = try tables.store()
        #expect(packing.dictionary != nil)
        let two = Revision(writer: 7, count: 2)
        try packing.write(rows(10..<30, entity(2, size: 3_000), expected: one, revision: two))
        let large = entity(
            (0..<9).map { ("record/\($0)", String(decoding: entity(1, size: 200_000).suffix(200_000), as: UTF8.self)) })
        try packing.write(Flush(rows: [batch([(key("large"), large)])], checkpoints: []))
        var item = Item(entity(9))
        item.pk = "contact#contact-12"
        item.sk = "us-west-2"
        try tables.put(item)
        try tables.delete(.contact, "contact#contact-5", "us-east-1")
        try tables.delete(.contact, "contact#contact-12", "us-east-1")
        try tables.put(.contact, ["pk": "converge#canary", "sk": "x"])

        let records = try read()
        #expect(records.count > 66)
        let now = Timestamp.now.milliseconds
        #expect(records.allSatisfy { abs($0.created - now) < 600_000 })
        #expect(records.count { $0.entries.contains { $0.form == .gone } } == 2)
        #expect(Set(records.flatMap(\.entries).filter { $0.key == key("large") }.map(\.row)).count > 1, "it has several rows")

        var held = FeedView(bytesMax: 1 << 30)
        try DynamoDBReader(tables.client, prefix: tables.prefix).scan([.contact]) { row, key, entity in
            held.found(key, row: row.name, entity)
        }
        let told = view(records)
        for contact in (0..<40).map({ key($0) }) + [key("large")] {
            #expect(told.entity(contact) == held.entity(contact), "\(String(decoding: contact, as: UTF8.self))")
        }
        #expect(told.entity(key(5)) == nil && told.entity(key("large")) == large && told.bytes == held.bytes)
    }

    @Test("a row whose dictionary comes later is told when it has come")
    func dictionary() throws {
        let strange = try #require(RowDictionary(entity(1, size: 4_000)))
        try tables.put(Item(entity([("record", "1")]), with: strange))
        #expect(throws: Violation.self) { try read() }
        #expect(streams.troubles.values.contains { $0.contains("its dictionary \(strange.name)") }, "\(streams.troubles)")
        _ = try tables.client.perform(DictionaryRow.put(strange, in: tables.name(.agent)))
        try eventually("the row is told, not \(streams.troubles)") {
            guard let records = try? read() else { return false }
            return records.flatMap(\.entries).count == 1
        }
        #expect(streams.troubles.isEmpty)
    }

    @Test("a stream that is turned off is said to be missing, and is another one once it is on again")
    func turnedOff() throws {
        let first = try streams.list(tables.name(.contact)).stream
        try turnStream(on: false)
        let error = #expect(throws: StoreError.self) { try streams.list(tables.name(.contact)) }
        #expect(error?.message.contains("has no stream") == true)
        try turnStream(on: true)
        #expect(try streams.list(tables.name(.contact)).stream != first)
    }
}
