public import JSON

extension Connect {
    /// Lists the ids of an instance's users, a thousand at most a page.
    public struct ListUsers: ConnectOperation, AWSJSONOperation {
        public typealias Output = Page<String>
        public static var name: String { "ListUsers" }
        static let pageSize = 1000
        public let line: RequestLine?

        /// `token`: of the page before; nil: the first page.
        public init(instance: String, token: String? = nil) {
            line = .page(
                "/users-summary/\(RequestLine.label(instance))", of: "instance \(instance)", size: Self.pageSize, token: token)
        }

        public func output(_ root: JSONValue) -> Output? { Page(root, "UserSummaryList") { $0.text("Id") } }
    }
}
