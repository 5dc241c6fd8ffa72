public import AWS
import JSON

extension DynamoDBTables {
    /// Tries what a worker does with a table, in ways that change nothing: to describe, read, query, and write under a condition that cannot
    /// hold. What it found, or why it cannot be used. At most five calls of five seconds.
    public func access(to table: String, _ trial: AccessTrial) throws(AWSError) -> String {
        let answer = try trial.client.perform("DescribeTable", DynamoDBTables.input(table) { _ in })
        let status = (try? answer.readJSON { $0.member("Table")?.text("TableStatus") }) ?? nil
        let calls: [(String, [UInt8])] = [
            ("GetItem", DynamoDBTables.input(table) { DynamoDBTables.key("Key", into: &$0) }),
            (
                "Query",
                DynamoDBTables.input(table) { json in
                    json.member("KeyConditionExpression", "pk = :pk")
                    json.object("ExpressionAttributeValues") { $0.attribute(":pk", "converge#check") }
                }
            ),
            (
                "PutItem",
                DynamoDBTables.input(table) { json in
                    DynamoDBTables.key("Item", into: &json)
                    json.member("ConditionExpression", "attribute_exists(pk) AND attribute_not_exists(pk)")
                }
            ),
            ("BatchGetItem", DynamoDBTables.batch(table)),
        ]
        if let error = trial.tryAll(calls, expected: ["ConditionalCheckFailedException"]) { throw error }
        return status == "ACTIVE" || status == "UPDATING" ? "can be read and written" : "is \(status ?? "unknown")"
    }

    private static func input(_ table: String, _ more: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("TableName", table)
            more(&json)
        }
        return json.bytes
    }

    private static func batch(_ table: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.object("RequestItems") { json in
                json.key(table)
                json.object { json in
                    json.array("Keys") { json in json.object { members(into: &$0) } }
                }
            }
        }
        return json.bytes
    }

    private static func key(_ name: StaticString, into json: inout JSONWriter) { json.object(name) { members(into: &$0) } }

    private static func members(into json: inout JSONWriter) {
        DynamoDBName.append(pk: "converge#check", sk: "converge#check", to: &json)
    }
}
