public import HTTPClient
public import JSON

extension DynamoDB {
    /// Reads the items of one partition key, page by page, in the order of their sort keys.
    public struct Query: DynamoDBOperation {
        public typealias Output = ItemPage
        public static var name: String { "Query" }
        public let body: [UInt8]

        /// `condition`: the key's, an expression with its `values`. `projection`: names of attributes, commas between; empty: all. `last`:
        /// of the page before; nil: the first page.
        public init(
            _ table: String, condition: String, isConsistent: Bool = false, projection: String = "", after last: [UInt8]? = nil,
            values: (inout JSONWriter) -> Void
        ) {
            body = JSONWriter.body { json in
                json.member("TableName", table)
                if isConsistent { json.member("ConsistentRead", true) }
                json.expression("ProjectionExpression", projection)
                json.member("KeyConditionExpression", condition)
                json.object("ExpressionAttributeValues", values)
                json.startKey(last)
            }
        }

        public func output(of response: HTTPResponse) throws(UnreadableOutput) -> ItemPage { try ItemPage(response) }
    }
}
