import AWS
import ContactCenter
public import EngineCore
import JSON
public import Platform

/// One row of a state table, read from an item of it: which entity it is of, who wrote it, and the part of the entity that it holds,
/// checked.
///
///     var memory = ByteBuffer()
///     if let row = try DynamoDBRow.read(item, of: table, into: &memory) {
///         shard.merge(row.key(in: memory.bytes), ..., EntityView(row.entity(in: memory.bytes)))
///     }
///
/// Every row holds joinable state: an entity is the join of all its rows, of all Regions and parts.
public struct DynamoDBRow: Hashable, Sendable {
    /// The Region that wrote it.
    public let region: String
    /// Which part of the entity it is, from 0.
    public let part: Int
    /// In how many rows that Region's state of the entity lies; only the first part says so, the others say 1.
    public let partCount: Int
    public let revision: Revision
    private let start: Int
    private let keyLength: Int
    private let entityLength: Int

    /// As its `sk` names it: `us-east-1`, `us-east-1#2`.
    package var name: String { part == 0 ? region : "\(region)#\(part)" }

    /// What of an item is needed here, as a ProjectionExpression.
    public static let projection = "pk, sk, rev, registers, parts"

    /// What rows that are no entities begin their `pk` with.
    static let ownPrefix: StaticString = "converge#"

    /// The entity's key, in the bytes of the buffer that the row was read into.
    public func key(in bytes: ByteView) -> ByteView { bytes.slice(start, keyLength) }

    /// The encoding, validated, in the bytes of the buffer that the row was read into.
    public func entity(in bytes: ByteView) -> ByteView { bytes.slice(start + keyLength, entityLength) }

    /// Reads an item of `table`, appending key and entity to `buffer`. Nil, and nothing appended, of a row that is no entity.
    /// Cost: base64 and a walk over the registers' headers; no other copy but where it is compressed. A dictionary that is not known is
    /// looked for in the tables; where it is in none, the error is ``StoreError/Reason/incomplete``.
    package static func read(
        _ item: ItemView, of table: String, with registers: RegistersReader, into buffer: inout ByteBuffer
    ) throws(StoreError) -> DynamoDBRow? {
        do throws(Unreadable) { return try parse(item, of: table, with: registers, into: &buffer) } catch {
            throw error.error(of: item, table)
        }
    }

    /// As ``read(_:of:with:into:)``, for whoever tells the reasons apart.
    static func parse(
        _ item: ItemView, of table: String, with registers: RegistersReader, into buffer: inout ByteBuffer
    ) throws(Unreadable) -> DynamoDBRow? {
        let start = buffer.count
        do throws(Unreadable) {
            guard let keyLength = try appendKey(of: item, to: &buffer) else { return nil }
            let (region, part) = try place(in: item)
            let entityStart = buffer.count
            try registers.append(item.base64("registers"), of: table, key: start..<entityStart, to: &buffer)
            return DynamoDBRow(
                region: region, part: part, partCount: try partCount(in: item), revision: try revision(in: item), start: start,
                keyLength: keyLength, entityLength: buffer.count - entityStart)
        } catch {
            buffer.truncate(to: start)
            throw error
        }
    }

    /// Why a row cannot be read.
    enum Unreadable: Error {
        case malformed(String)
        /// A newer program wrote it, in a format that this one does not know.
        case newer(String)
        /// No dictionary of that name is known or in the tables.
        case lacks(RowDictionaryName)
        /// The tables could not be asked for its dictionary.
        case failed(StoreError)

        func error(of item: ItemView, _ table: String) -> StoreError {
            let row = "the row pk \(item.text("pk") ?? "?"), sk \(item.text("sk") ?? "?") of table \(table)"
            switch self {
            case .malformed(let why):
                return StoreError(
                    .corrupt,
                    "cannot read \(row): \(why); restore the table to an earlier time, or delete the row and replay the streams"
                )
            case .newer(let why):
                return StoreError(.corrupt, "cannot read \(row): \(why): use a newer program")
            case .lacks(let name):
                return StoreError(
                    .incomplete,
                    "cannot read \(row): its dictionary \(name) is in none of the tables yet; it may come with replication. "
                        + "If it does not, copy the row pk \(DictionaryRow.partition), sk \(name).. from another Region or a backup"
                )
            case .failed(let error):
                return StoreError(error.reason, "cannot read the dictionary of \(row): \(error.message)")
            }
        }
    }

    /// Key and name of a row, without what it holds; nil of a row that is no entity, and of one that has neither.
    static func place(of item: ItemView) -> (key: [UInt8], row: String)? {
        var buffer = ByteBuffer()
        guard let length = try? appendKey(of: item, to: &buffer), let row = item.text("sk"), (try? place(in: item)) != nil
        else { return nil }
        return (Array(buffer.bytes.slice(0, length)), row)
    }

    /// Appends kind and id of `KIND#ID`; nil, and nothing appended, where the row is no entity.
    private static func appendKey(of item: ItemView, to buffer: inout ByteBuffer) throws(Unreadable) -> Int? {
        guard let text = item.string("pk") else { throw .malformed("it has no pk") }
        let start = buffer.count
        text.appendUnescaped(to: &buffer)
        let key = buffer.bytes.slice(start, buffer.count - start)
        if key.count >= ownPrefix.utf8CodeUnitCount, key.slice(0, ownPrefix.utf8CodeUnitCount).equals(ownPrefix) {
            buffer.truncate(to: start)
            return nil
        }
        guard let mark = key.firstOffset(of: UInt8(ascii: "#")),
            let kind = EntityKind.allCases.first(where: { key.slice(0, mark).equals($0.name) }), mark + 1 < key.count
        else { throw .malformed("its pk is not KIND#ID") }
        // The kind's byte takes the place of the mark; what lies before it goes.
        let length = key.count - mark
        buffer.store(kind.rawValue, at: start + mark)
        (buffer.base + start).copyMemory(from: buffer.base + start + mark, byteCount: length)
        buffer.truncate(to: start + length)
        return length
    }

    /// `us-east-1` or `us-east-1#2`.
    private static func place(in item: ItemView) throws(Unreadable) -> (region: String, part: Int) {
        guard let text = item.text("sk"), let region = text.split(separator: "#").first.map(String.init) else {
            throw .malformed("it has no sk")
        }
        if region == text { return (region, 0) }
        let rest = text.dropFirst(region.count + 1)
        guard let part = Int(rest), part > 0, "\(part)" == rest else {
            throw .malformed("its sk is not REGION or REGION#PART")
        }
        return (region, part)
    }

    private static func partCount(in item: ItemView) throws(Unreadable) -> Int {
        guard item.has("parts") else { return 1 }
        guard let count = item.integer("parts"), count > 0 else {
            throw .malformed("its number of parts is not a valid number")
        }
        return Int(count)
    }

    private static func revision(in item: ItemView) throws(Unreadable) -> Revision {
        guard let revision = item.string("rev").flatMap({ Revision(text: $0.rawString) }) else {
            throw .malformed("its rev is not a writer and a counter")
        }
        return revision
    }
}

extension Revision {
    /// As rows have it: 16 hexadecimal digits of the writer, a full stop, the decimal count.
    init?(text: ByteView) {
        guard text.count > 17, text[16] == UInt8(ascii: "."), let writer = UInt64(text.slice(0, 16).text, radix: 16),
            text[0] != UInt8(ascii: "+"), let count = UInt64(text.slice(17, text.count - 17).text)
        else { return nil }
        self.init(writer: writer, count: count)
    }
}
