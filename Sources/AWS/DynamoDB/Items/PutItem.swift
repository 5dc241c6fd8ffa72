public import HTTPClient
public import JSON

extension DynamoDB {
    /// Writes an item whole, over the one of its key.
    ///
    ///     DynamoDB.PutItem("converge-agent", condition: "rev = :rev") { json in
    ///         json.attribute("pk", "agent#1")
    ///         ..
    ///     } values: { $0.attribute(":rev", "1") }
    public struct PutItem: DynamoDBOperation {
        public typealias Output = Double
        public static var name: String { "PutItem" }
        public let body: [UInt8]

        /// `capacity`: bytes that the request is going to take. `condition`: an expression, with its `values`; empty: none. `returnsItem`:
        /// where it does not hold, ``AWSError/refusedItem(_:)`` has the item that is there. `returnsUnits`: for the output.
        public init(
            _ table: String, capacity: Int = 512, condition: String = "", returnsItem: Bool = false, returnsUnits: Bool = false,
            item: (inout JSONWriter) -> Void, values: (inout JSONWriter) -> Void = { _ in }
        ) {
            body = JSONWriter.body(capacity: capacity) { json in
                json.member("TableName", table)
                json.object("Item", item)
                json.condition(condition, returnsItem: returnsItem, values)
                json.consumedUnits(returnsUnits)
            }
        }

        /// Write units as the service counts them; 0 where they were not asked for.
        public func output(of response: HTTPResponse) -> Double { response.body.withBytes(CapacityUnits.sum) }
    }
}
