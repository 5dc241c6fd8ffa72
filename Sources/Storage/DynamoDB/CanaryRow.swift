import AWS
import JSON

/// The canary's rows as DynamoDB has them.
enum CanaryRow {
    static let partition = "converge#canary"

    /// The parameters of a PutItem.
    static func put(_ row: ReplicationWatch.Row, in table: String, keptFor milliseconds: Int64) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("TableName", table)
            json.object("Item") { json in
                DynamoDBName.append(pk: partition, sk: "\(row.region)#\(row.worker)", to: &json)
                json.attribute("at", row.at)
                json.attribute("expiresAt", (row.at + milliseconds) / 1000)
                json.attribute("seen") { json in
                    for (region, sight) in row.seen.sorted(by: { $0.key < $1.key }) {
                        json.attribute(region) { json in
                            json.attribute("at", sight.at)
                            json.attribute("lag", sight.lag)
                        }
                    }
                }
            }
        }
        return json.bytes
    }

    /// The parameters of a Query for all rows, or for those behind a page's last one.
    static func query(_ table: String, after last: [UInt8]?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("TableName", table)
            json.member("KeyConditionExpression", "pk = :pk")
            json.object("ExpressionAttributeValues") { $0.attribute(":pk", partition) }
            if let last {
                json.key("ExclusiveStartKey" as StaticString)
                last.withUnsafeBytes { json.raw($0) }
            }
        }
        return json.bytes
    }

    /// The rows of a Query's answer, those that are none left out, and where the next page begins.
    static func page(_ root: JSONValue) -> (rows: [ReplicationWatch.Row], last: [UInt8]?) {
        let rows = root.member("Items")?.elements.compactMap { row(ItemView($0)) } ?? []
        return (rows, root.member("LastEvaluatedKey").map { Array($0.bytes) })
    }

    static func row(_ item: ItemView) -> ReplicationWatch.Row? {
        guard let place = item.text("sk"), let mark = place.firstIndex(of: "#"), let at = item.integer("at") else { return nil }
        var seen: [String: ReplicationWatch.Sight] = [:]
        item.map("seen")?.forEachMap { region, sight in
            guard let at = sight.integer("at"), let lag = sight.integer("lag") else { return }
            seen[region.text] = ReplicationWatch.Sight(at: at, lag: lag)
        }
        return ReplicationWatch.Row(
            region: String(place[..<mark]), worker: String(place[place.index(after: mark)...]), at: at, seen: seen)
    }
}
