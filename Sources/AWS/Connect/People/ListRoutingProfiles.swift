public import JSON

extension Connect {
    /// Lists the ids of an instance's routing profiles, a thousand at most a page.
    public struct ListRoutingProfiles: ConnectOperation, AWSJSONOperation {
        public typealias Output = Page<String>
        public static var name: String { "ListRoutingProfiles" }
        static let pageSize = 1000
        public let line: RequestLine?

        /// `token`: of the page before; nil: the first page.
        public init(instance: String, token: String? = nil) {
            line = .page(
                "/routing-profiles-summary/\(RequestLine.label(instance))", of: "instance \(instance)", size: Self.pageSize,
                token: token)
        }

        public func output(_ root: JSONValue) -> Output? { Page(root, "RoutingProfileSummaryList") { $0.text("Id") } }
    }
}
