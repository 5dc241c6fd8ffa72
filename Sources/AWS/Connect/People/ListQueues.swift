public import JSON

extension Connect {
    /// Lists the ids of an instance's standard queues, a thousand at most a page.
    public struct ListQueues: ConnectOperation, AWSJSONOperation {
        public typealias Output = Page<String>
        public static var name: String { "ListQueues" }
        static let pageSize = 1000
        public let line: RequestLine?

        /// `token`: of the page before; nil: the first page.
        public init(instance: String, token: String? = nil) {
            var line = RequestLine.page(
                "/queues-summary/\(RequestLine.label(instance))", of: "instance \(instance)", size: Self.pageSize, token: token)
            line.append("queueTypes", "STANDARD")
            self.line = line
        }

        public func output(_ root: JSONValue) -> Output? { Page(root, "QueueSummaryList") { $0.text("Id") } }
    }
}
