import JSON

extension DynamoDB {
    /// A setting of a table, as CreateTable and UpdateTable take it.
    public enum TableSetting: Hashable, Sendable {
        /// What `MultiRegionConsistency` is of a table with multi-Region strong consistency.
        public static let strong = "STRONG"

        /// Names of attributes, all of them texts; `indexed`: keys of indexes beside the table's own.
        case keys(partition: String, sort: String?, indexed: [String] = [])
        /// No capacity is reserved; requests are paid for.
        case onDemand
        /// A stream of changes, which shows of an item what `view` says (`NEW_AND_OLD_IMAGES`).
        case stream(view: String)
        /// Encryption with a key in KMS instead of one of DynamoDB's own.
        case keyInKMS
        case deletionProtection(Bool)
        /// A replica in another Region. One change a call, as the service demands.
        case addReplica(region: String)
        case removeReplica(region: String)
        /// Multi-Region strong consistency: replicas in these Regions, two, or one and a witness, which keeps what is written and answers nothing. The service
        /// takes it of an empty table that has no replica, in a call of its own, and for good: nothing of it can be changed afterwards.
        case strongReplicas(regions: [String], witness: String?)
        /// A global secondary index of keys alone.
        case index(name: String, partition: String, sort: String)

        func append(to json: inout JSONWriter) {
            switch self {
            case .keys(let partition, let sort, let indexed):
                json.array("AttributeDefinitions") { json in
                    for name in [partition] + (sort.map { [$0] } ?? []) + indexed {
                        json.object {
                            $0.member("AttributeName", name)
                            $0.member("AttributeType", "S")
                        }
                    }
                }
                TableSetting.appendSchema(partition, sort, to: &json)
            case .onDemand: json.member("BillingMode", "PAY_PER_REQUEST")
            case .stream(let view):
                json.object("StreamSpecification") { json in
                    json.member("StreamEnabled", true)
                    json.member("StreamViewType", view)
                }
            case .keyInKMS:
                json.object("SSESpecification") { json in
                    json.member("Enabled", true)
                    json.member("SSEType", "KMS")
                }
            case .deletionProtection(let isOn): json.member("DeletionProtectionEnabled", isOn)
            case .addReplica(let region): TableSetting.appendReplica("Create", region, to: &json)
            case .removeReplica(let region): TableSetting.appendReplica("Delete", region, to: &json)
            case .strongReplicas(let regions, let witness):
                json.member("MultiRegionConsistency", TableSetting.strong)
                json.array("ReplicaUpdates") { json in
                    for region in regions { TableSetting.appendAction("Create", region, to: &json) }
                }
                if let witness {
                    json.array("GlobalTableWitnessUpdates") { TableSetting.appendAction("Create", witness, to: &$0) }
                }
            case .index(let name, let partition, let sort):
                json.array("GlobalSecondaryIndexes") { json in
                    json.object { json in
                        json.member("IndexName", name)
                        TableSetting.appendSchema(partition, sort, to: &json)
                        json.object("Projection") { $0.member("ProjectionType", "KEYS_ONLY") }
                    }
                }
            }
        }

        private static func appendSchema(_ partition: String, _ sort: String?, to json: inout JSONWriter) {
            json.array("KeySchema") { json in
                for (name, type) in [(partition, "HASH")] + (sort.map { [($0, "RANGE")] } ?? []) {
                    json.object {
                        $0.member("AttributeName", name)
                        $0.member("KeyType", type)
                    }
                }
            }
        }

        private static func appendReplica(_ action: StaticString, _ region: String, to json: inout JSONWriter) {
            json.array("ReplicaUpdates") { appendAction(action, region, to: &$0) }
        }

        private static func appendAction(_ action: StaticString, _ region: String, to json: inout JSONWriter) {
            json.object { json in
                json.object(action) { $0.member("RegionName", region) }
            }
        }
    }
}
