public import JSON

extension DynamoDB {
    /// Deletes an item, if there is one of that key.
    public struct DeleteItem: DynamoDBOperation {
        public typealias Output = Void
        public static var name: String { "DeleteItem" }
        public let body: [UInt8]

        /// `condition`: an expression, with its `values`. `returnsItem`: where it does not hold, ``AWSError/refusedItem(_:)`` has the item
        /// that is there.
        public init(
            _ table: String, condition: String, returnsItem: Bool = false, key: (inout JSONWriter) -> Void,
            values: (inout JSONWriter) -> Void = { _ in }
        ) {
            body = JSONWriter.body { json in
                json.member("TableName", table)
                json.object("Key", key)
                json.condition(condition, returnsItem: returnsItem, values)
            }
        }
    }
}
