public import JSON

extension Connect {
    /// What of one kind of resource is not replicated. Only for instances with a replica.
    public struct ListReplicationFindings: ConnectOperation, AWSJSONOperation {
        public static var name: String { "ListReplicationFindings" }
        static let pageSize = 100
        /// The kinds that the service knows, by the documentation of its model; it may come to know more.
        public static let resourceTypes = [
            "AGENT", "AGENT_GROUP", "AGENT_GROUP_LEVEL", "AGENT_STATE", "ATTRIBUTE", "CONTACT_FLOW", "DATA_TABLE",
            "DATA_TABLE_ATTRIBUTE", "DATA_TABLE_RECORD", "DATA_TABLE_VALUE", "FLOW_MODULE", "FLOW_MODULE_ALIAS",
            "FLOW_MODULE_VERSION", "METRIC", "NOTIFICATION", "OPERATING_HOURS", "PHONE_NUMBER", "PROMPT", "QUEUE", "REPORT",
            "ROUTING_PROFILE", "SECURITY_PROFILE", "TASK_TEMPLATE", "TEST_CASE", "TRANSFER_DESTINATION", "VIEW", "WORKSPACE",
        ]
        public let line: RequestLine?

        /// `type`: one of ``resourceTypes``. `token`: of the page before; nil: the first page.
        public init(instance: String, type: String, token: String? = nil) {
            var line = RequestLine.page(
                "/replication-findings/\(RequestLine.label(instance))", of: "instance \(instance)", size: Self.pageSize,
                token: token)
            line.append("resourceType", type)
            self.line = line
        }

        public struct Output: Sendable {
            /// Only those that somebody has to do something about: the list may be empty where resources are drifting.
            public let findings: Page<Finding>
            /// How many resources differ, a Region; lags a little. A Region without a count is left out: that is not zero.
            public let driftedCounts: [String: Int64]
        }

        public func output(_ root: JSONValue) -> Output? {
            guard let findings = Page(root, "ReplicationFindingsList", { Finding($0) }) else { return nil }
            var counts: [String: Int64] = [:]
            for value in root.array("ApproximateDriftedResourceCounts") {
                guard let region = value.text("Region"), let count = value.member("Count")?.integer else { return nil }
                counts[region] = count
            }
            return Output(findings: findings, driftedCounts: counts)
        }
    }

    /// A resource that is not replicated.
    public struct Finding: Hashable, Sendable {
        public let arn: String
        public let resourceType: String
        /// Empty where the service says nothing.
        public let name: String
        /// Nil where the service says nothing.
        public let region: String?
        /// What to do about it, in the service's words.
        public let message: String

        init?(_ value: JSONValue) {
            guard let arn = value.text("Arn"), let type = value.text("ResourceType") else { return nil }
            self.arn = arn
            resourceType = type
            name = value.text("Name") ?? ""
            region = value.text("Region")
            message = value.text("Message") ?? ""
        }
    }
}
