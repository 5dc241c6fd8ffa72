public import JSON

extension Connect {
    /// Lists the ids of the users that a traffic distribution group moves.
    public struct ListTrafficDistributionGroupUsers: ConnectOperation, AWSJSONOperation {
        public typealias Output = Page<String>
        public static var name: String { "ListTrafficDistributionGroupUsers" }
        /// Of the request; the service's model says that no page holds more than ten.
        static let pageSize = 1000
        public let line: RequestLine?

        /// `token`: of the page before; nil: the first page.
        public init(arn: String, token: String? = nil) {
            line = .page(
                "/traffic-distribution-group/\(RequestLine.label(arn))/user", of: RequestLine.subject(group: arn),
                size: Self.pageSize, token: token)
        }

        public func output(_ root: JSONValue) -> Output? {
            Page(root, "TrafficDistributionGroupUserSummaryList") { $0.text("UserId") }
        }
    }
}
