public import JSON

extension DynamoDB {
    /// Whether a table's point-in-time recovery is on.
    public struct DescribeContinuousBackups: DynamoDBOperation, AWSJSONOperation {
        public typealias Output = Bool
        public static var name: String { "DescribeContinuousBackups" }
        public let body: [UInt8]

        public init(_ table: String) {
            body = JSONWriter.body { $0.member("TableName", table) }
        }

        public func output(_ root: JSONValue) -> Bool? {
            let recovery = root.member("ContinuousBackupsDescription")?.member("PointInTimeRecoveryDescription")
            return recovery?.text("PointInTimeRecoveryStatus") == "ENABLED"
        }
    }
}
