public import JSON

extension DynamoDB {
    /// How the items of a table expire.
    public struct DescribeTimeToLive: DynamoDBOperation, AWSJSONOperation {
        public static var name: String { "DescribeTimeToLive" }
        public let body: [UInt8]

        public init(_ table: String) {
            body = JSONWriter.body { $0.member("TableName", table) }
        }

        public struct Output: Sendable {
            /// `ENABLED`, `ENABLING`, `DISABLED`..; nil where the service says nothing.
            public let status: String?
            public let attribute: String?
        }

        public func output(_ root: JSONValue) -> Output? {
            let found = root.member("TimeToLiveDescription")
            return Output(status: found?.text("TimeToLiveStatus"), attribute: found?.text("AttributeName"))
        }
    }
}
