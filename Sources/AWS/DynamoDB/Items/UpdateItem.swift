public import JSON

extension DynamoDB {
    /// Changes attributes of an item, and makes the item where there is none: a condition says where there has to be one.
    public struct UpdateItem<Row: Sendable>: DynamoDBOperation, AWSJSONOperation {
        public typealias Output = Row
        public static var name: String { "UpdateItem" }
        public let body: [UInt8]
        private let row: @Sendable (JSONValue) -> Row?

        /// `update` and `condition` are expressions, with their `values`. `returnsItem`: where the condition does not hold,
        /// ``AWSError/refusedItem(_:)`` has the item that is there. `row` reads the item as it is then: the output. A nil of it is an error.
        public init(
            _ table: String, update: String, condition: String, returnsItem: Bool = false, key: (inout JSONWriter) -> Void,
            values: (inout JSONWriter) -> Void = { _ in }, row: @escaping @Sendable (ItemView) -> Row?
        ) {
            self.row = { root in root.member("Attributes").flatMap { row(ItemView($0)) } }
            body = UpdateItem.body(table, "ALL_NEW", update, condition, returnsItem, key, values)
        }

        public func output(_ root: JSONValue) -> Row? { row(root) }

        private static func body(
            _ table: String, _ returned: String, _ update: String, _ condition: String, _ returnsItem: Bool,
            _ key: (inout JSONWriter) -> Void, _ values: (inout JSONWriter) -> Void
        ) -> [UInt8] {
            JSONWriter.body { json in
                json.member("TableName", table)
                json.object("Key", key)
                json.expression("ReturnValues", returned)
                json.expression("UpdateExpression", update)
                json.condition(condition, returnsItem: returnsItem, values)
            }
        }
    }
}

extension DynamoDB.UpdateItem where Row == Void {
    /// Without an output. `update` may be empty: nothing changes where the condition holds.
    public init(
        _ table: String, update: String = "", condition: String, key: (inout JSONWriter) -> Void,
        values: (inout JSONWriter) -> Void = { _ in }
    ) {
        row = { _ in () }
        body = Self.body(table, "", update, condition, false, key, values)
    }
}
