import JSON

extension DynamoDB {
    /// Turns a table's point-in-time recovery on.
    public struct UpdateContinuousBackups: DynamoDBOperation {
        public typealias Output = Void
        public static var name: String { "UpdateContinuousBackups" }
        public let body: [UInt8]

        public init(_ table: String) {
            body = JSONWriter.body { json in
                json.member("TableName", table)
                json.object("PointInTimeRecoverySpecification") { $0.member("PointInTimeRecoveryEnabled", true) }
            }
        }
    }
}
