import AWS
import JSON

/// The canary's rows as DynamoDB has them.
enum CanaryRow {
    static let partition = "converge#canary"

    static func put(_ row: ReplicationWatch.Row, in table: String, keptFor milliseconds: Int64) -> DynamoDB.PutItem {
        DynamoDB.PutItem(table) { json in
            DynamoDBName.append(pk: partition, sk: "\(row.region)#\(row.worker)", to: &json)
            json.attribute("at", row.at)
            json.attribute("expiresAt", (row.at + milliseconds) / 1000)
            json.attribute("reads", row.reads)
            json.attribute("since", row.since)
            if let lag = row.lag { json.attribute("lag", lag) }
            json.attribute("units") { json in
                for (kind, units) in row.units.sorted(by: { $0.key < $1.key }) { json.attribute(kind, units) }
            }
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

    /// For all rows, or for those behind a page's last one.
    static func query(_ table: String, after last: [UInt8]?) -> DynamoDB.Query {
        DynamoDB.Query(table, condition: "pk = :pk", after: last) { $0.attribute(":pk", partition) }
    }

    /// Nil of an item that is no row of a canary.
    static func row(_ item: ItemView) -> ReplicationWatch.Row? {
        guard let place = item.text("sk"), let mark = place.firstIndex(of: "#"), let at = item.integer("at") else { return nil }
        var seen: [String: ReplicationWatch.Sight] = [:]
        item.map("seen")?.forEachMap { region, sight in
            guard let at = sight.integer("at"), let lag = sight.integer("lag") else { return }
            seen[region.text] = ReplicationWatch.Sight(at: at, lag: lag)
        }
        var row = ReplicationWatch.Row(
            region: String(place[..<mark]), worker: String(place[place.index(after: mark)...]), at: at, seen: seen)
        row.reads = item.integer("reads") ?? ReplicationWatch.Row.readsUnsaid
        row.since = item.integer("since") ?? at
        row.lag = item.integer("lag")
        item.map("units")?.forEachInteger { row.units[$0.text] = $1 }
        return row
    }
}
