public import JSON
public import Platform

extension Connect {
    /// What a traffic distribution group distributes now.
    public struct GetTrafficDistribution: ConnectOperation, AWSJSONOperation {
        public static var name: String { "GetTrafficDistribution" }
        public let line: RequestLine?

        public init(arn: String) {
            line = RequestLine(
                .get, "/traffic-distribution/\(RequestLine.label(arn))", subject: RequestLine.subject(group: arn))
        }

        public struct Output: Hashable, Sendable {
            /// Sign-in as the service says it, of the default group or of another.
            public let distribution: TrafficDistribution
            /// When it was last updated, by anybody and by the service's clock; nil where it says nothing.
            public let lastFailover: Timestamp?
        }

        public func output(_ root: JSONValue) -> Output? {
            guard let distribution = TrafficDistribution(root) else { return nil }
            return Output(
                distribution: distribution, lastFailover: root.member("LastFailoverTime").flatMap { Timestamp(seconds: $0) })
        }
    }
}
