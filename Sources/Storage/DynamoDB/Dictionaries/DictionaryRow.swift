import AWS
import JSON
import Platform

/// A dictionary as a row of a table: `pk` `converge#dictionary`, `sk` the id, `bytes`. Every state table of every Region has it, so that a row lies beside
/// what it is read with, in a backup, too. It is never changed and never deleted.
package enum DictionaryRow {
    static let partition = "converge#dictionary"

    /// Writes it where it is not there; the condition fails where it is.
    static func put(_ dictionary: RowDictionary, in table: String) -> DynamoDB.PutItem {
        DynamoDB.PutItem(table, capacity: dictionary.bytes.count * 4 / 3 + 512, condition: "attribute_not_exists(pk)") { json in
            DynamoDBName.append(pk: partition, sk: dictionary.id, to: &json)
            dictionary.bytes.withUnsafeBytes { json.attribute("bytes", bytes: $0) }
        }
    }

    /// For the dictionaries whose ids begin so: 64 digits, or fewer where a row names one.
    package static func query(_ table: String, idBeginning prefix: String) -> DynamoDB.Query {
        DynamoDB.Query(table, condition: "pk = :pk AND begins_with(sk, :id)", isConsistent: true) { json in
            json.attribute(":pk", partition)
            json.attribute(":id", prefix)
        }
    }

    /// Nil of a row whose bytes are not those of its id, and of any other row.
    package static func dictionary(_ item: ItemView) -> RowDictionary? {
        guard item.text("pk") == partition, let id = item.text("sk"), let base64 = item.base64("bytes") else { return nil }
        var bytes = ByteBuffer(capacity: 64 << 10)
        guard !base64.hasEscapes, bytes.appendBase64Decoded(base64.rawString), let dictionary = RowDictionary(bytes.array),
            dictionary.id == id
        else { return nil }
        return dictionary
    }
}
