import ContactCenter
import EngineCore
import TestSupport
import Testing

@testable import Platform
@testable import Storage

/// The ninth table, which a deployment needs once it has a key for aliases.
@Suite("the table of aliases", .waiting(minutes: 5))
struct AliasTableTests {
    private let tables: StateTables

    init() throws {
        tables = try StateTables()
        try tables.drop(.alias)
    }

    @Test("without a key a state works without the table: writing, reading, epochs, and a row whose dictionary no table has")
    func absent() throws {
        let store = try tables.store(hasAliases: false)
        try store.write(Flush(rows: [batch([(key(1), entity(1))])], checkpoints: []))
        let epoch = try store.epoch()
        #expect(try epoch == tables.store(hasAliases: false).epoch() && epoch?.split(separator: ".").count == 8)
        let reader = DynamoDBReader(tables.client, prefix: tables.prefix)
        var rows = 0
        try reader.scan { _, _, _ in rows += 1 }
        try reader.read(.alias, "phone/a1ede1be6862782d7b4afa266f8c4982") { (_: DynamoDBRow, _: ByteView, _: ByteView) in
            rows += 1
        }
        #expect(rows == 1)
        let dictionaries = RowDictionaries(tables.client, prefix: tables.prefix)
        #expect(
            try dictionaries.find(
                Array(repeating: UInt8(7), count: 8).withUnsafeBytes { RowDictionaryName($0) }, for: tables.name(.agent)) == nil
        )
    }

    @Test("with a key a state without the table is refused with what to do; once it is there, rows are written to it")
    func needed() throws {
        let error = #expect(throws: StoreError.self) { try tables.store() }
        #expect(error?.description.contains("\(tables.prefix)-alias") == true, "\(String(describing: error))")
        #expect(error?.description.contains("converge tables create --prefix \(tables.prefix)") == true)
        try tables.create(.alias)
        let store = try tables.store()
        let alias = [EntityKind.alias.rawValue] + Array("phone/a1ede1be6862782d7b4afa266f8c4982".utf8)
        try store.write(Flush(rows: [batch([(alias, entity(1))])], checkpoints: []))
        #expect(try tables.items(.alias, where: "alias#phone/a1ede1be6862782d7b4afa266f8c4982").count == 1)
    }
}
