public import AWS
import JSON

extension DynamoDBTables {
    /// Tries what a worker does with a table, in ways that change nothing: to describe, read, query, and write under a condition that cannot
    /// hold. What it found, or why it cannot be used. At most five calls of five seconds.
    public func access(to table: String, _ trial: AccessTrial) throws(AWSError) -> String {
        let status = try trial.client.perform(DynamoDB.DescribeTable(table)).status
        if let error = trial.tryAll(DynamoDBTables.trials(table), except: { $0.dynamoDB == .conditionFailed }) { throw error }
        return status == "ACTIVE" || status == "UPDATING"
            ? "readable and writable" : "is \(status.isEmpty ? "unknown" : status)"
    }

    static func trials(_ table: String) -> [any AWSOperation] {
        [
            DynamoDB.GetItem(table, isConsistent: false, key: appendKey, row: { _ in () }),
            DynamoDB.Query(table, condition: "pk = :pk") { $0.attribute(":pk", "converge#check") },
            DynamoDB.PutItem(table, condition: "attribute_exists(pk) AND attribute_not_exists(pk)", item: appendKey),
            DynamoDB.BatchGetItem([(table, 0..<1)], isConsistent: false) { appendKey(to: &$1) },
        ]
    }

    private static func appendKey(to json: inout JSONWriter) {
        DynamoDBName.append(pk: "converge#check", sk: "converge#check", to: &json)
    }
}
