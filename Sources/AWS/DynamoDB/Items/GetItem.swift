public import JSON

extension DynamoDB {
    /// Reads one item.
    public struct GetItem<Row: Sendable>: DynamoDBOperation, AWSJSONOperation {
        public typealias Output = Row?
        public static var name: String { "GetItem" }
        public let body: [UInt8]
        private let row: @Sendable (ItemView) -> Row?

        /// `projection`: names of attributes, commas between; empty: all. `row` reads the item.
        public init(
            _ table: String, isConsistent: Bool = true, projection: String = "", key: (inout JSONWriter) -> Void,
            row: @escaping @Sendable (ItemView) -> Row?
        ) {
            self.row = row
            body = JSONWriter.body { json in
                json.member("TableName", table)
                json.object("Key", key)
                if isConsistent { json.member("ConsistentRead", true) }
                json.expression("ProjectionExpression", projection)
            }
        }

        /// The output is nil where there is no such item, and where `row` makes nothing of it.
        public func output(_ root: JSONValue) -> Row?? { .some(root.member("Item").flatMap { row(ItemView($0)) }) }
    }
}
