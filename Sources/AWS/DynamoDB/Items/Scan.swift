public import HTTPClient
import JSON

extension DynamoDB {
    /// Reads the items of a table, page by page, in no order. Cost: a read unit for each 4 KB of all items, whatever of them is returned.
    public struct Scan: DynamoDBOperation {
        public typealias Output = ItemPage
        public static var name: String { "Scan" }
        public let body: [UInt8]

        /// `projection`: names of attributes, commas between; empty: all. `segment`: the part of the table that is read, of `segments` which
        /// are read side by side; nil: all of it. `limit`: items of a page, at most. `last`: of the page before; nil: the first page.
        public init(
            _ table: String, isConsistent: Bool = false, projection: String = "", segment: Int? = nil, of segments: Int = 1,
            limit: Int? = nil, after last: [UInt8]? = nil
        ) {
            body = JSONWriter.body { json in
                json.member("TableName", table)
                if isConsistent { json.member("ConsistentRead", true) }
                json.expression("ProjectionExpression", projection)
                if let segment {
                    json.member("Segment", Int64(segment))
                    json.member("TotalSegments", Int64(segments))
                }
                if let limit { json.member("Limit", Int64(limit)) }
                json.startKey(last)
            }
        }

        public func output(of response: HTTPResponse) throws(UnreadableOutput) -> ItemPage { try ItemPage(response) }
    }
}
