import AWS
import FeedCore
import JSON
import Platform

/// Items of the feed's table. `pk` is the Region, `sk` the number of the batch in 20 digits, so that texts sort as numbers do.
///
/// A batch that does not fit into an item lies in several: the first, under its number, says how many there are and what all of them come to
/// (`digest`); the others lie beside, under `pk` `REGION#more`, and are written before it.
enum FeedTable {
    /// Bytes of a batch that an item has, of the 400 KB that it may take with its names and keys.
    static let partBytesMax = 390_000
    static let partsMax = 64
    /// How long an item stays, in seconds: longer than a follower's successor may go on from the newest batch (``FeedBook/Options/retention``).
    static let lifetimeSeconds: Int64 = 24 * 3_600

    static func name(prefix: String) -> String { "\(prefix)-feed" }

    // MARK: Writing

    /// The items of a batch in the order in which they are to be written, the last one only where there is none of its number; nil where there are
    /// more than ``partsMax``.
    static func puts(
        _ number: UInt64, _ bytes: [UInt8], in table: String, region: String, expiresAt: Int64
    ) -> [DynamoDB.PutItem]? {
        let parts = stride(from: 0, to: bytes.count, by: partBytesMax).map { bytes[$0..<min($0 + partBytesMax, bytes.count)] }
        guard let first = parts.first, parts.count <= partsMax else { return nil }
        let digest = parts.count > 1 ? digest(bytes) : ""
        func append(_ part: ArraySlice<UInt8>, pk: String, sk: String, to json: inout JSONWriter) {
            DynamoDBName.append(pk: pk, sk: sk, to: &json)
            part.withUnsafeBytes { json.attribute("batch", bytes: $0) }
            json.attribute("expiresAt", expiresAt)
        }
        let others = (1..<max(parts.count, 1)).map { index in
            DynamoDB.PutItem(table, capacity: parts[index].count * 4 / 3 + 512) { json in
                append(parts[index], pk: more(region), sk: partKey(number, digest, index), to: &json)
            }
        }
        let put = DynamoDB.PutItem(
            table, capacity: first.count * 4 / 3 + 512, condition: "attribute_not_exists(pk)", returnsItem: true
        ) { json in
            append(first, pk: region, sk: text(number), to: &json)
            guard parts.count > 1 else { return }
            json.attribute("parts", Int64(parts.count))
            json.attribute("digest", digest)
        }
        return others + [put]
    }

    static func text(_ number: UInt64) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits
    }

    private static func more(_ region: String) -> String { "\(region)#more" }

    /// It names what the part belongs to, so that two batches of one number, of which one is refused, do not share parts.
    private static func partKey(_ number: UInt64, _ digest: String, _ index: Int) -> String {
        "\(text(number))#\(digest)#\(index)"
    }

    fileprivate static func digest(_ bytes: [UInt8]) -> String {
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update($0) }
        return String(hash.finalizeHex().prefix(32))
    }

    // MARK: Reading

    /// An item as it was found.
    struct Found: Equatable, Sendable {
        var number: UInt64
        /// Of the batch, as many as the item has.
        var bytes: [UInt8]
        /// In how many items the batch lies.
        var parts: Int
        var digest: String
        /// In seconds since 1970.
        var expiresAt: Int64

        /// Whether these are the bytes of the batch.
        func isWhole(_ bytes: [UInt8]) -> Bool { parts == 1 ? bytes == self.bytes : FeedTable.digest(bytes) == digest }
    }

    /// Nil of an item that is none of the log.
    static func found(_ item: ItemView) -> Found? {
        guard let number = item.text("sk").flatMap({ UInt64($0) }), let base64 = item.base64("batch"), !base64.hasEscapes else {
            return nil
        }
        var bytes = ByteBuffer(capacity: base64.rawString.count)
        guard bytes.appendBase64Decoded(base64.rawString) else { return nil }
        return Found(
            number: number, bytes: bytes.array, parts: Int(item.integer("parts") ?? 1), digest: item.text("digest") ?? "",
            expiresAt: item.integer("expiresAt") ?? .max)
    }

    /// For the other parts of a batch.
    static func gets(_ found: Found, of table: String, region: String) -> [DynamoDB.GetItem<[UInt8]>] {
        (1..<max(found.parts, 1)).map { index in
            DynamoDB.GetItem(table) {
                DynamoDBName.append(pk: more(region), sk: partKey(found.number, found.digest, index), to: &$0)
            } row: { item in
                var bytes = ByteBuffer()
                guard let base64 = item.base64("batch"), !base64.hasEscapes, bytes.appendBase64Decoded(base64.rawString) else {
                    return nil
                }
                return bytes.array
            }
        }
    }
}
