public import HTTPClient
public import JSON

extension DynamoDB {
    /// Reads the items of one partition key, page by page, in the order of their sort keys.
    public struct Query: DynamoDBOperation {
        public typealias Output = ItemPage
        public static var name: String { "Query" }
        public let body: [UInt8]

        /// `condition`: the key's, an expression with its `values`. `projection`: names of attributes, commas between; empty: all. `last`:
        /// of the page before; nil: the first page. `isDescending`: from the greatest sort key down. `limit`: items of a page, at most.
        public init(
            _ table: String, condition: String, isConsistent: Bool = false, isDescending: Bool = false, limit: Int? = nil,
            projection: String = "", after last: [UInt8]? = nil, values: (inout JSONWriter) -> Void
        ) {
            body = JSONWriter.body { json in
                json.member("TableName", table)
                if isConsistent { json.member("ConsistentRead", true) }
                if isDescending { json.member("ScanIndexForward", false) }
                if let limit { json.member("Limit", Int64(limit)) }
                json.expression("ProjectionExpression", projection)
                json.member("KeyConditionExpression", condition)
                json.object("ExpressionAttributeValues", values)
                json.startKey(last)
            }
        }

        public func output(of response: HTTPResponse) throws(UnreadableOutput) -> ItemPage { try ItemPage(response) }
    }
}
