public import JSON

extension Connect {
    /// Describes a traffic distribution group.
    public struct DescribeTrafficDistributionGroup: ConnectOperation, AWSJSONOperation {
        public typealias Output = TrafficDistributionGroup
        public static var name: String { "DescribeTrafficDistributionGroup" }
        public let line: RequestLine?

        public init(arn: String) {
            line = RequestLine(
                .get, "/traffic-distribution-group/\(RequestLine.label(arn))", subject: RequestLine.subject(group: arn))
        }

        public func output(_ root: JSONValue) -> TrafficDistributionGroup? {
            root.member("TrafficDistributionGroup").flatMap { TrafficDistributionGroup($0) }
        }
    }
}
