import JSON

extension DynamoDB {
    /// Makes a table. It can be used some time after the response.
    public struct CreateTable: DynamoDBOperation {
        public typealias Output = Void
        public static var name: String { "CreateTable" }
        public let body: [UInt8]

        public init(_ table: String, _ settings: [TableSetting]) {
            body = JSONWriter.body { json in
                json.member("TableName", table)
                for setting in settings { setting.append(to: &json) }
            }
        }
    }
}
