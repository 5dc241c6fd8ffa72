import JSON

extension DynamoDB {
    /// Changes one setting of a table. The table has it some time after the response, and takes no other change meanwhile.
    public struct UpdateTable: DynamoDBOperation {
        public typealias Output = Void
        public static var name: String { "UpdateTable" }
        public let body: [UInt8]

        public init(_ table: String, _ setting: TableSetting) {
            body = JSONWriter.body { json in
                json.member("TableName", table)
                setting.append(to: &json)
            }
        }
    }
}
