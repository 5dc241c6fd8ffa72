public import JSON

extension Connect {
    /// Describes an instance and, if it has one, its replica.
    public struct DescribeInstance: ConnectOperation, AWSJSONOperation {
        public typealias Output = Instance
        public static var name: String { "DescribeInstance" }
        public let line: RequestLine?

        public init(_ instance: String) {
            line = RequestLine(.get, "/instance/\(RequestLine.label(instance))", subject: "instance \(instance)")
        }

        public func output(_ root: JSONValue) -> Instance? { Instance(root) }
    }

    public struct Instance: Hashable, Sendable {
        /// The same in both Regions of a pair.
        public let id: String
        public let arn: String
        /// `ACTIVE`, `CREATION_IN_PROGRESS`, `CREATION_FAILED`: how its creation went, and nothing about its health.
        public let status: String
        public let takesInboundCalls: Bool
        /// Nil for an instance without a replica.
        public let replication: Replication?

        init?(_ root: JSONValue) {
            guard let value = root.member("Instance"), let id = value.text("Id"), let arn = value.text("Arn") else {
                return nil
            }
            self.id = id
            self.arn = arn
            status = value.text("InstanceStatus") ?? ""
            takesInboundCalls = value.member("InboundCallsEnabled")?.bool ?? false
            replication = root.member("ReplicationConfiguration").flatMap { $0.isObject ? Replication($0) : nil }
        }
    }

    /// How an instance is replicated: readiness for a move, not health.
    public struct Replication: Hashable, Sendable {
        /// What ``status`` says of a Region whose copy is whole.
        public static let complete = "INSTANCE_REPLICATION_COMPLETE"

        public let sourceRegion: String?
        /// `INSTANCE_REPLICATION_COMPLETE`, `INSTANCE_REPLICATION_IN_PROGRESS`.., a Region.
        public let status: [String: String]
        /// The service's words about it, of Regions where there are any.
        public let reasons: [String: String]
        /// Where agents sign in who are to move with a group.
        public let signInEndpoint: String?

        init(_ value: JSONValue) {
            sourceRegion = value.text("SourceRegion")
            signInEndpoint = value.text("GlobalSignInEndpoint")
            var status: [String: String] = [:]
            var reasons: [String: String] = [:]
            if let list = value.member("ReplicationStatusSummaryList") {
                for element in list.elements {
                    guard let region = element.text("Region") else { continue }
                    status[region] = element.text("ReplicationStatus")
                    if let reason = element.text("ReplicationStatusReason"), !reason.isEmpty { reasons[region] = reason }
                }
            }
            self.status = status
            self.reasons = reasons
        }
    }
}
