import AWS
import JSON

/// Which format a Region's rows are written in, and with which dictionary: a row a Region in the agents' table, `pk` `converge#format`, `sk` the
/// Region, `format` and `dictionary`. Where there is none, rows are written in the old format.
///
/// Only `converge tables` writes it, each Region's by a call to that Region, once that Region has the dictionary.
package struct FormatRow: Equatable, Sendable {
    static let partition = "converge#format"

    /// Of `registers`, as ``RegistersFormat`` counts them.
    package var format: Int64
    /// The dictionary's id.
    package var dictionary: String

    /// What is written with the dictionary that a row names; and where there is no row, of a large entity at least.
    package static let newest = Int64(RegistersFormat.newest.rawValue)
    package static let old = Int64(RegistersFormat.zlib.rawValue)

    /// `isFirst`: on the condition that there is none.
    func put(in table: String, region: String, isFirst: Bool) -> DynamoDB.PutItem {
        DynamoDB.PutItem(table, condition: isFirst ? "attribute_not_exists(pk)" : "") { json in
            DynamoDBName.append(pk: FormatRow.partition, sk: region, to: &json)
            json.attribute("format", format)
            json.attribute("dictionary", dictionary)
        }
    }

    package static func get(_ table: String, region: String) -> DynamoDB.GetItem<FormatRow> {
        DynamoDB.GetItem(table) {
            DynamoDBName.append(pk: partition, sk: region, to: &$0)
        } row: { item in
            item.integer("format").map { FormatRow(format: $0, dictionary: item.text("dictionary") ?? "") }
        }
    }
}
