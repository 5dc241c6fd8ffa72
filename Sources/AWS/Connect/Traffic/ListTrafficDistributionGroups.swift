public import JSON

extension Connect {
    /// Lists the traffic distribution groups of an instance, ten at most a page.
    public struct ListTrafficDistributionGroups: ConnectOperation, AWSJSONOperation {
        public typealias Output = Page<TrafficDistributionGroup>
        public static var name: String { "ListTrafficDistributionGroups" }
        static let pageSize = 10
        public let line: RequestLine?

        /// `instance`: its id or ARN. `token`: of the page before; nil: the first page.
        public init(instance: String, token: String? = nil) {
            var line = RequestLine.page(
                "/traffic-distribution-groups", of: "instance \(instance)", size: Self.pageSize, token: token)
            line.append("instanceId", instance)
            self.line = line
        }

        public func output(_ root: JSONValue) -> Output? {
            Page(root, "TrafficDistributionGroupSummaryList") { TrafficDistributionGroup($0) }
        }
    }
}
