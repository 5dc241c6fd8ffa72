public import JSON

extension DynamoDB {
    /// Describes a table.
    public struct DescribeTable: DynamoDBOperation, AWSJSONOperation {
        public typealias Output = TableDescription
        public static var name: String { "DescribeTable" }
        public let body: [UInt8]

        public init(_ table: String) {
            body = JSONWriter.body { $0.member("TableName", table) }
        }

        public func output(_ root: JSONValue) -> TableDescription? { root.member("Table").map { TableDescription($0) } }
    }

    /// A table as DescribeTable describes it, as far as it matters here.
    public struct TableDescription: Sendable {
        /// Another one for a table of the same name that is made later.
        public let id: String?
        public let arn: String?
        /// `ACTIVE`, `CREATING`..; empty where the service says nothing.
        public let status: String
        /// In the order of the schema.
        public let keys: [Key]
        /// `PAY_PER_REQUEST`, or nil.
        public let billingMode: String?
        /// What its stream shows of an item; nil where there is no stream.
        public let stream: String?
        /// The ARN of its newest stream, which may be turned off by now; nil where there never was one.
        public let streamARN: String?
        /// Whether a key in KMS encrypts it; else one of DynamoDB's own does.
        public let hasKMSKey: Bool
        public let isProtected: Bool
        /// In other Regions, if it is a global table.
        public let replicas: [Replica]
        public let globalTableVersion: String?
        /// `STRONG`, `EVENTUAL`; nil of a table of one Region, and where the service says nothing.
        public let consistency: String?
        /// Regions that keep what is written for a table with strong consistency, and answer nothing.
        public let witnesses: [Replica]
        /// Names of its global secondary indexes.
        public let indexes: [String]

        public struct Key: Hashable, Sendable {
            public let name: String
            /// `S`, `N`, `B`; nil where the service says nothing, as of the other one.
            public let type: String?
            /// `HASH`, `RANGE`.
            public let role: String?
        }

        public struct Replica: Hashable, Sendable {
            public let region: String
            /// `ACTIVE`, `CREATING`..
            public let status: String?
        }

        init(_ table: JSONValue) {
            id = table.text("TableId")
            arn = table.text("TableArn")
            status = table.text("TableStatus") ?? ""
            var types: [String: String] = [:]
            for definition in TableDescription.elements(table, "AttributeDefinitions") {
                types[definition.text("AttributeName") ?? ""] = definition.text("AttributeType")
            }
            keys = TableDescription.elements(table, "KeySchema").map { element in
                let name = element.text("AttributeName") ?? ""
                return Key(name: name, type: types[name], role: element.text("KeyType"))
            }
            billingMode = table.member("BillingModeSummary")?.text("BillingMode")
            let stream = table.member("StreamSpecification")
            self.stream = stream?.member("StreamEnabled")?.kind == .true ? stream?.text("StreamViewType") : nil
            streamARN = table.text("LatestStreamArn")
            let encryption = table.member("SSEDescription")
            hasKMSKey = encryption?.text("SSEType") == "KMS" && encryption?.text("Status") != "DISABLED"
            isProtected = table.member("DeletionProtectionEnabled")?.kind == .true
            replicas = TableDescription.elements(table, "Replicas").compactMap { replica in
                replica.text("RegionName").map { Replica(region: $0, status: replica.text("ReplicaStatus")) }
            }
            globalTableVersion = table.text("GlobalTableVersion")
            consistency = table.text("MultiRegionConsistency")
            witnesses = TableDescription.elements(table, "GlobalTableWitnesses").compactMap { witness in
                witness.text("RegionName").map { Replica(region: $0, status: witness.text("WitnessStatus")) }
            }
            indexes = TableDescription.elements(table, "GlobalSecondaryIndexes").compactMap { $0.text("IndexName") }
        }

        private static func elements(_ table: JSONValue, _ name: StaticString) -> [JSONValue] {
            table.member(name).map { Array($0.elements) } ?? []
        }
    }
}
