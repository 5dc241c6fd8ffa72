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
                json.object("pk") { $0.member("S", partition) }
                json.object("sk") { $0.member("S", "\(row.region)#\(row.worker)") }
                json.object("at") { $0.member("N", "\(row.at)") }
                json.object("expiresAt") { $0.member("N", "\((row.at + milliseconds) / 1000)") }
                json.object("seen") { json in
                    json.object("M") { json in
                        for (region, sight) in row.seen.sorted(by: { $0.key < $1.key }) { append(region, sight, to: &json) }
                    }
                }
            }
        }
        return json.bytes
    }

    private static func append(_ region: String, _ sight: ReplicationWatch.Sight, to json: inout JSONWriter) {
        json.key(region)
        json.object { json in
            json.object("M") { json in
                json.object("at") { $0.member("N", "\(sight.at)") }
                json.object("lag") { $0.member("N", "\(sight.lag)") }
            }
        }
    }

    /// The parameters of a Query for all rows, or for those behind a page's last one.
    static func query(_ table: String, after last: [UInt8]?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("TableName", table)
            json.member("KeyConditionExpression", "pk = :pk")
            json.object("ExpressionAttributeValues") { json in
                json.object(":pk") { $0.member("S", partition) }
            }
            if let last {
                json.key("ExclusiveStartKey" as StaticString)
                last.withUnsafeBytes { json.raw($0) }
            }
        }
        return json.bytes
    }

    /// The rows of a Query's answer, those that are none left out, and where the next page begins.
    static func page(_ root: JSONValue) -> (rows: [ReplicationWatch.Row], last: [UInt8]?) {
        let rows = root.member("Items")?.elements.compactMap { row($0) } ?? []
        return (rows, root.member("LastEvaluatedKey").map { Array($0.bytes) })
    }

    static func row(_ item: JSONValue) -> ReplicationWatch.Row? {
        guard let place = item.attribute("sk", "S")?.text, let mark = place.firstIndex(of: "#"), let at = number(item, "at")
        else {
            return nil
        }
        var seen: [String: ReplicationWatch.Sight] = [:]
        if let members = item.attribute("seen", "M")?.members {
            for (region, value) in members {
                guard let sight = value.member("M"), let at = number(sight, "at"), let lag = number(sight, "lag") else {
                    continue
                }
                seen[region.text] = ReplicationWatch.Sight(at: at, lag: lag)
            }
        }
        return ReplicationWatch.Row(
            region: String(place[..<mark]), worker: String(place[place.index(after: mark)...]), at: at, seen: seen)
    }

    private static func number(_ item: JSONValue, _ name: StaticString) -> Int64? {
        item.attribute(name, "N").flatMap { Int64($0.rawString.text) }
    }
}
