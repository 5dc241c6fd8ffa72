import TestSupport
import Testing

@testable import Storage

@Suite("reading whole tables", .waiting(minutes: 5))
struct DynamoDBReaderTests {
    private let tables: StateTables
    private let reader: DynamoDBReader

    init() throws {
        tables = try StateTables()
        reader = DynamoDBReader(tables.client, prefix: tables.prefix)
    }

    @Test("a scan returns every row of every page once, and skips rows that are not entities")
    func scan() throws {
        // A page ends at 1 MB, and each of the parts that are read side by side has several.
        for number in 0..<60 {
            var item = Item(entity(number, size: 250_000))
            item.pk = "contact#contact-\(number)"
            try tables.put(item)
        }
        try tables.store().setMetadata("name", "value")
        var found: [[UInt8]: [UInt8]] = [:]
        var count = 0
        try reader.scan { row, key, entity in
            #expect(row.region == "us-east-1")
            found[Array(key)] = Array(entity)
            count += 1
        }
        #expect(count == 60)
        for number in 0..<60 { #expect(found[key(number)] == entity(number, size: 250_000)) }
    }

    @Test("an entity is read with the rows of all Regions and all row parts, over any number of pages")
    func read() throws {
        let places = ["eu-west-1", "us-east-1", "us-east-1#1", "us-east-1#2", "us-west-2", "us-west-2#1"]
        for (number, place) in places.enumerated() {
            var item = Item(entity(number, size: 250_000))
            item.sk = place
            try tables.put(item)
        }
        var found: [String: [UInt8]] = [:]
        try reader.read(.contact, "c-1") { row, key, entity in
            #expect(Array(key) == [2] + Array("c-1".utf8))
            found[row.part == 0 ? row.region : "\(row.region)#\(row.part)"] = Array(entity)
        }
        #expect(found.keys.sorted() == places)
        for (number, place) in places.enumerated() { #expect(found[place] == entity(number, size: 250_000)) }
        try reader.read(.contact, "c") { _, _, _ in Issue.record("nobody has that id") }
    }

    @Test("an error of the caller and a damaged row each end a scan")
    func ends() throws {
        for number in 0..<3 {
            var item = Item(entity(number))
            item.pk = "contact#\(number)"
            try tables.put(item)
        }
        struct Enough: Error {}
        #expect(throws: Enough.self) { try reader.scan { _, _, _ in throw Enough() } }
        var item = Item(entity(1))
        item.registers[0] = 9
        try tables.put(item)
        #expect(
            failure { try reader.scan { _, _, _ in } }?.message.contains(
                "pk contact#c-1, sk us-east-1 of table \(tables.name(.contact))")
                == true)
    }
}
