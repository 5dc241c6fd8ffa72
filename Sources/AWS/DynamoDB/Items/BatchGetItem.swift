public import HTTPClient
public import JSON
public import Platform

extension DynamoDB {
    /// Reads up to 100 items. The response has 16 MB at most, and says which items it left out.
    public struct BatchGetItem: DynamoDBOperation {
        public static var name: String { "BatchGetItem" }
        public let body: [UInt8]

        /// `tables`: which items are of which table, no table twice. `key` writes the key of an item. `projection`: names of attributes,
        /// commas between; empty: all. `returnsUnits`: for the output.
        public init(
            _ tables: [(name: String, items: Range<Int>)], isConsistent: Bool = true, projection: String = "",
            returnsUnits: Bool = false, key: (_ item: Int, _ json: inout JSONWriter) -> Void
        ) {
            let count = tables.reduce(0) { $0 + $1.items.count }
            body = JSONWriter.body(capacity: 128 * count) { json in
                json.object("RequestItems") { json in
                    for table in tables {
                        json.key(table.name)
                        json.object { json in
                            json.array("Keys") { json in
                                for item in table.items { json.object { key(item, &$0) } }
                            }
                            if isConsistent { json.member("ConsistentRead", true) }
                            json.expression("ProjectionExpression", projection)
                        }
                    }
                }
                json.consumedUnits(returnsUnits)
            }
        }

        public func output(of response: HTTPResponse) -> Output { Output(response: response) }

        /// The response, which is read by whoever asked.
        public struct Output: Sendable {
            fileprivate let response: HTTPResponse

            /// Calls `unprocessed` with the key of every item that was left out, then `item` with every item that was found. Returns the read
            /// units as the service counts them; 0 where they were not asked for.
            public func read(
                unprocessed: (_ key: ItemView) -> Void, item: (_ table: ByteView, _ item: ItemView) -> Void
            ) throws(UnreadableOutput) -> Double {
                do throws(JSONError) {
                    return try response.readJSON { root in
                        for table in root.member("UnprocessedKeys").map({ Array($0.members) }) ?? [] {
                            for key in table.value.member("Keys")?.elements ?? table.value.elements {
                                unprocessed(ItemView(key))
                            }
                        }
                        for table in root.member("Responses").map({ Array($0.members) }) ?? [] {
                            for found in table.value.elements { item(table.name, ItemView(found)) }
                        }
                        var units = 0.0
                        for table in root.member("ConsumedCapacity").map({ Array($0.elements) }) ?? [] {
                            units += table.member("CapacityUnits")?.number ?? 0
                        }
                        return units
                    }
                } catch {
                    throw UnreadableOutput("\(error)")
                }
            }
        }
    }
}
