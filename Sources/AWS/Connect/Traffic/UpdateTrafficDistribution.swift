import JSON

extension Connect {
    /// Distributes telephony, agents and, of the default group, sign-in anew, in one request: calls that ring where no agent is are lost.
    ///
    /// Call it at the endpoint of the Region that is to take the traffic, which needs nothing of the other one. It is neither fenced nor
    /// conditional, the last caller wins; so it is sent with ``SendLimits`` that hold a late one back. A success says that the update
    /// was taken: ``GetTrafficDistribution`` says what is in force.
    public struct UpdateTrafficDistribution: ConnectOperation {
        public typealias Output = Void
        public static var name: String { "UpdateTrafficDistribution" }
        public let line: RequestLine?
        public let body: [UInt8]

        /// `arn`: a bare id is known in one Region only, so that it is refused here.
        public init(arn: String, isDefault: Bool, to distribution: TrafficDistribution) throws(UnusableDistribution) {
            guard arn.hasPrefix("arn:") else {
                throw UnusableDistribution(group: arn, reason: "give the group's ARN, not its id")
            }
            if let flaw = distribution.flaw(isDefault: isDefault) { throw UnusableDistribution(group: arn, reason: flaw) }
            line = RequestLine(
                .put, "/traffic-distribution/\(RequestLine.label(arn))", subject: RequestLine.subject(group: arn))
            body = JSONWriter.body { distribution.write(to: &$0) }
        }
    }

    /// A distribution that the service would refuse, or worse.
    public struct UnusableDistribution: Error, Hashable, Sendable, CustomStringConvertible {
        public let group: String
        public let reason: String
        public var description: String { "cannot update traffic distribution group \(group): \(reason)" }
    }
}
