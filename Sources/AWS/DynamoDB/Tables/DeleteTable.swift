import JSON

extension DynamoDB {
    /// Deletes a table and all that it holds. It is gone some time after the response.
    public struct DeleteTable: DynamoDBOperation {
        public typealias Output = Void
        public static var name: String { "DeleteTable" }
        public let body: [UInt8]

        public init(_ table: String) {
            body = JSONWriter.body { $0.member("TableName", table) }
        }
    }
}
