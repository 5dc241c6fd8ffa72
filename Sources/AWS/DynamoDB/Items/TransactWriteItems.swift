public import HTTPClient
public import JSON

extension DynamoDB {
    /// Writes several items, all or none. At most 100 items, and 4 MB.
    public struct TransactWriteItems: DynamoDBOperation {
        public typealias Output = Double
        public static var name: String { "TransactWriteItems" }
        public let body: [UInt8]

        /// `capacity`: bytes that the request is going to take. `items` calls ``put(_:condition:to:item:values:)`` for each. `returnsUnits`:
        /// for the output.
        public init(capacity: Int = 512, returnsUnits: Bool = false, items: (inout JSONWriter) -> Void) {
            body = JSONWriter.body(capacity: capacity) { json in
                json.array("TransactItems", items)
                json.consumedUnits(returnsUnits)
            }
        }

        /// Adds an item that is to be written; the parameters are those of ``PutItem``.
        public static func put(
            _ table: String, condition: String = "", to json: inout JSONWriter, item: (inout JSONWriter) -> Void,
            values: (inout JSONWriter) -> Void = { _ in }
        ) {
            json.object { json in
                json.object("Put") { json in
                    json.member("TableName", table)
                    json.object("Item", item)
                    json.condition(condition, values)
                }
            }
        }

        /// Write units as the service counts them; 0 where they were not asked for.
        public func output(of response: HTTPResponse) -> Double { response.body.withBytes(CapacityUnits.sum) }
    }
}
