import AWS
import ContactCenter
import EngineCore
import JSON
import Lattice
import Platform

/// Writes rows as the items that DynamoDB keeps: `docs/reading-state.md` shows one. Keeps its memory; not thread-safe.
///
/// An item is at most 400 KB. A row of over ``itemBytesMax`` does without its readable part; an entity of over that, before compression, is
/// written as several rows, each some of its registers.
package final class RowItem {
    /// Bytes of an item, names included, that are aimed at; DynamoDB's limit is 400 KB of 1,024 bytes.
    static let itemBytesMax = 350 << 10
    /// Bytes of an entity's registers before compression that go into one of several rows, unless a single one is larger.
    static let partBytesMax = 350 << 10
    /// What DynamoDB takes at most: of an item, and of a transaction, in bytes and items.
    static let itemBytesLimit = 400 << 10
    static let transactionBytesLimit = 4 << 20
    static let transactionItemsLimit = 100
    /// What an item takes beside its key and its registers, at most: names, Region, revision, time, number of parts.
    static let itemOverhead = 512

    /// Whose rows they are: the Region of the table.
    let region: String
    /// Milliseconds from the latest event to `expiresAt`, nil: never.
    let retention: Int64?
    private let attribute: ReadableAttribute
    private let coding: RegistersCoding
    private let state: RowState
    /// The readable part, a typed value; empty where there is none.
    private var readable = ByteBuffer(capacity: 8 << 10)
    private var registers = ByteBuffer(capacity: 8 << 10)

    /// `coding`: the old format, or one with a dictionary. Its memory, and that of `state`, is shared with whoever else it is given to.
    package init(
        region: String, retention: Int64?, readable: ReadableAttribute = .state, state: RowState = RowState(),
        coding: RegistersCoding = RegistersCoding()
    ) {
        self.region = region
        self.retention = retention
        attribute = readable
        self.coding = coding
        self.state = state
    }

    /// Writes the row on the condition that it is of the expected revision; nil where it takes several rows.
    package func put(_ row: RowBatch.Row, table: String, isReadable: Bool = true) -> DynamoDB.PutItem? {
        let entity = EntityView(row.entity)
        guard row.entity.count + row.key.count + RowItem.itemOverhead <= RowItem.itemBytesMax else { return nil }
        readable.removeAll()
        if isReadable { appendReadable(row.key, entity) }
        if readable.count + row.entity.count > RowItem.itemBytesMax { readable.removeAll() }
        registers.removeAll()
        coding.append(row.entity, key: row.key, to: &registers)
        return DynamoDB.PutItem(
            table, capacity: readable.count + registers.count * 4 / 3 + 1024, condition: condition(of: row), returnsUnits: true
        ) {
            appendItem(row, entity, part: 0, parts: 1, into: &$0)
        } values: {
            appendConditionValues(row, into: &$0)
        }
    }

    /// Writes the row as several, all or none, on the condition of the first. Throws where DynamoDB would take no such transaction.
    func transaction(_ row: RowBatch.Row, table: String) throws(StoreError) -> DynamoDB.TransactWriteItems {
        var bytes = 0
        var largest = 0
        let parts = EntityView(row.entity).parts(of: RowItem.partBytesMax)
        let request = DynamoDB.TransactWriteItems(capacity: row.entity.count / 2 + 4096, returnsUnits: true) { json in
            for (number, part) in parts.enumerated() {
                readable.removeAll()
                registers.removeAll()
                part.withUnsafeBytes { coding.append($0, key: row.key, isPart: true, to: &registers) }
                let size = registers.count + row.key.count + RowItem.itemOverhead
                bytes += size
                largest = max(largest, size)
                DynamoDB.TransactWriteItems.put(table, condition: number == 0 ? condition(of: row) : "", to: &json) {
                    appendItem(row, EntityView(row.entity), part: number, parts: parts.count, into: &$0)
                } values: {
                    if number == 0 { appendConditionValues(row, into: &$0) }
                }
            }
        }
        if largest > RowItem.itemBytesLimit {
            throw tooLarge(row, "a compressed register is larger than 400 KB, the maximum size of an item")
        }
        if parts.count > RowItem.transactionItemsLimit {
            throw tooLarge(row, "it needs more than 100 items, the maximum of a transaction")
        }
        if bytes > RowItem.transactionBytesLimit {
            throw tooLarge(row, "its compressed size is larger than 4 MB, the maximum of a transaction")
        }
        return request
    }

    private func tooLarge(_ row: RowBatch.Row, _ why: String) -> StoreError {
        StoreError(.full, "cannot write \(DynamoDBName.key(row.key)) to DynamoDB: \(why)")
    }

    // MARK: - Parts of an item

    private func appendItem(
        _ row: RowBatch.Row, _ entity: EntityView, part: Int, parts: Int, into json: inout JSONWriter
    ) {
        DynamoDBName.appendKey(row.key, sort: part == 0 ? region : "\(region)#\(part)", into: &json)
        json.attribute("rev", DynamoDBName.text(row.revision))
        json.attribute("registers", bytes: registers.bytes)
        if let name = attribute.name, !readable.bytes.isEmpty { json.attribute(name, typed: readable.bytes) }
        if part == 0, parts > 1 { json.attribute("parts", Int64(parts)) }
        if let retention = retention.flatMap({ Expiry.retention(of: EntityKey(row.key).kind, entity, $0) }),
            let latest = entity.latest
        {
            // Whole seconds, rounded up.
            json.attribute("expiresAt", (latest.milliseconds + retention + 999) / 1000)
        }
    }

    private func appendReadable(_ key: ByteView, _ entity: EntityView) {
        switch attribute {
        case .state: state.append(key: key, entity, to: &readable)
        case .stamps: RowStamps.append(entity, to: &readable)
        case .none: break
        }
    }

    private func condition(of row: RowBatch.Row) -> String {
        row.expected == .none ? "attribute_not_exists(pk)" : "rev = :rev"
    }

    private func appendConditionValues(_ row: RowBatch.Row, into json: inout JSONWriter) {
        if row.expected != .none { json.attribute(":rev", DynamoDBName.text(row.expected)) }
    }
}

/// How keys and revisions are spelled in a table.
enum DynamoDBName {
    /// `contact#1234`.
    static func key(_ key: ByteView) -> String {
        let kind = EntityKey(key).kind.map { "\($0.name)" } ?? "unknown"
        return "\(kind)#\(EntityKey(key).id.text)"
    }

    /// The two members of a primary key.
    static func appendKey(_ key: ByteView, sort: String, into json: inout JSONWriter) {
        append(pk: DynamoDBName.key(key), sk: sort, to: &json)
    }

    static func append(pk: String, sk: String, to json: inout JSONWriter) {
        json.attribute("pk", pk)
        json.attribute("sk", sk)
    }

    /// The writer in 16 hexadecimal digits, a dot, the count.
    static func text(_ revision: Revision) -> String {
        var text = ByteBuffer(capacity: 40)
        withUnsafeBytes(of: revision.writer.bigEndian) { text.appendHex($0) }
        text.append(".\(revision.count)")
        return text.bytes.text
    }
}
