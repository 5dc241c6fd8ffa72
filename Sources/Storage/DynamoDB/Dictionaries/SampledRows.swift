import AWS
import ContactCenter
import EngineCore
import Platform

/// Rows of a state's tables as they stand there, some of each kind: to train a dictionary on, and to measure what one saves.
package struct SampledRows: Sendable {
    package struct Row: Sendable {
        package let kind: EntityKind
        package let key: [UInt8]
        /// The encoding, of one part where the entity takes several rows.
        package let entity: [UInt8]
        /// What the item takes now, and its registers of that.
        package let itemBytes: Int
        package let registersBytes: Int
    }

    /// Bytes of entities of a kind: of all kinds together as many as a dictionary is trained on.
    static let bytesMax = DictionaryTraining.sampleBytesMax / EntityKind.allCases.count
    static let pageRows = 100
    /// Rows that are looked at for each that is wanted: most may be other Regions'.
    static let looksMax = 8

    package private(set) var rows: [Row] = []
    /// Rows that could not be read.
    package private(set) var unreadable = 0
    private var bytes: [EntityKind: Int] = [:]

    package init() {}

    /// Every fifth row of each kind, and the others: what is trained on some is measured on others.
    package var parts: (trained: [Row], measured: [Row]) {
        var numbers: [EntityKind: Int] = [:]
        var parts: (trained: [Row], measured: [Row]) = ([], [])
        for row in rows {
            numbers[row.kind, default: 0] += 1
            if numbers[row.kind].map({ $0 % 5 == 1 }) == true { parts.measured.append(row) } else { parts.trained.append(row) }
        }
        return parts
    }

    mutating func take(_ row: Row) { rows.append(row) }

    fileprivate func isFull(_ kind: EntityKind) -> Bool { bytes[kind, default: 0] >= SampledRows.bytesMax }

    /// Takes an item if it is a row that its own Region, `region`, wrote. Whether it was.
    fileprivate mutating func take(
        _ item: ItemView, of table: String, _ region: String, _ registers: RegistersReader, _ memory: inout ByteBuffer
    ) -> Bool {
        memory.removeAll()
        do throws(StoreError) {
            guard let row = try DynamoDBRow.read(item, of: table, with: registers, into: &memory), row.region == region,
                let kind = EntityKey(row.key(in: memory.bytes)).kind, let packed = item.base64("registers")?.rawString
            else { return false }
            let padding = packed.count { $0 == UInt8(ascii: "=") }
            let entity = Array(row.entity(in: memory.bytes))
            bytes[kind, default: 0] += entity.count
            rows.append(
                Row(
                    kind: kind, key: Array(row.key(in: memory.bytes)), entity: entity, itemBytes: item.byteCount,
                    registersBytes: packed.count * 3 / 4 - padding))
            return true
        } catch {
            unreadable += 1
            return false
        }
    }
}

extension TablesControl {
    /// At most so many rows of each kind, the same number of each Region's own. Cost: a read unit for each 8 KB of the rows looked at, at most
    /// eight for each that is wanted.
    package func sample(rowsOfKind: Int) throws -> SampledRows {
        var sample = SampledRows()
        var memory = ByteBuffer(capacity: 64 << 10)
        let wanted = max(1, rowsOfKind / tables.regions.count)
        for region in tables.regions {
            let client = try client(region)
            let registers = RegistersReader(RowDictionaries(client, prefix: tables.prefix))
            for kind in EntityKind.allCases {
                let table = DynamoDBStore.table(kind, prefix: tables.prefix)
                var (found, looks) = (0, 0)
                var last: [UInt8]?
                repeat {
                    let page = try client.perform(DynamoDB.Scan(table, limit: SampledRows.pageRows, after: last))
                    page.forEach { item in
                        looks += 1
                        if found < wanted, sample.take(item, of: table, region, registers, &memory) { found += 1 }
                    }
                    last = page.last
                } while last != nil && found < wanted && looks < SampledRows.looksMax * wanted && !sample.isFull(kind)
            }
        }
        return sample
    }
}
