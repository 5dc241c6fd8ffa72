public import JSON

extension DynamoDB {
    /// Lists the tables of a Region, page by page.
    public struct ListTables: DynamoDBOperation, AWSJSONOperation {
        public static var name: String { "ListTables" }
        public let body: [UInt8]

        /// `last`: of the page before; nil: the first page.
        public init(after last: String? = nil) {
            body = JSONWriter.body { json in
                if let last { json.member("ExclusiveStartTableName", last) }
            }
        }

        public struct Output: Sendable {
            public let names: [String]
            /// Nil where this is the last page.
            public let last: String?
        }

        public func output(_ root: JSONValue) -> Output? {
            root.member("TableNames").map {
                Output(names: $0.elements.compactMap(\.text), last: root.text("LastEvaluatedTableName"))
            }
        }
    }
}
