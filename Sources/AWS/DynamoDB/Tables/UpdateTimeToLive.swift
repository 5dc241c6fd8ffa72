import JSON

extension DynamoDB {
    /// Turns the expiry of a table's items on.
    public struct UpdateTimeToLive: DynamoDBOperation {
        public typealias Output = Void
        public static var name: String { "UpdateTimeToLive" }
        public let body: [UInt8]

        /// `attribute`: the number that says when an item expires, in seconds since 1970.
        public init(_ table: String, attribute: String) {
            body = JSONWriter.body { json in
                json.member("TableName", table)
                json.object("TimeToLiveSpecification") { json in
                    json.member("AttributeName", attribute)
                    json.member("Enabled", true)
                }
            }
        }
    }
}
