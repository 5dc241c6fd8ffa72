import JSON

/// One change of one table of one Region, as a call of DynamoDB's control plane.
public struct TableCall: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        /// On-demand, encrypted with a key in KMS, with the stream that global tables replicate by, protected against deletion.
        case create
        case makeOnDemand
        case turnStreamOn
        case encrypt
        case protect(Bool)
        /// One Region a call, as the service demands.
        case addReplica(String)
        case removeReplica(String)
        case turnPointInTimeRecoveryOn
        case turnTimeToLiveOn
        case delete
    }

    let action: Action
    public let table: String
    public let region: String

    init(_ action: Action, _ table: String, in region: String) {
        self.action = action
        self.table = table
        self.region = region
    }

    public var operation: String {
        switch action {
        case .create: "CreateTable"
        case .makeOnDemand, .turnStreamOn, .encrypt, .protect, .addReplica, .removeReplica: "UpdateTable"
        case .turnPointInTimeRecoveryOn: "UpdateContinuousBackups"
        case .turnTimeToLiveOn: "UpdateTimeToLive"
        case .delete: "DeleteTable"
        }
    }

    /// JSON.
    public var input: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("TableName", table)
            append(to: &json)
        }
        return json.bytes
    }

    private func append(to json: inout JSONWriter) {
        switch action {
        case .create:
            appendKeys(to: &json)
            appendCapacity(to: &json)
            appendStream(to: &json)
            appendEncryption(to: &json)
            json.member("DeletionProtectionEnabled", true)
        case .makeOnDemand: appendCapacity(to: &json)
        case .turnStreamOn: appendStream(to: &json)
        case .encrypt: appendEncryption(to: &json)
        case .protect(let isOn): json.member("DeletionProtectionEnabled", isOn)
        case .addReplica(let region): appendReplica("Create", region, to: &json)
        case .removeReplica(let region): appendReplica("Delete", region, to: &json)
        case .turnPointInTimeRecoveryOn:
            json.object("PointInTimeRecoverySpecification") { $0.member("PointInTimeRecoveryEnabled", true) }
        case .turnTimeToLiveOn:
            json.object("TimeToLiveSpecification") { json in
                json.member("AttributeName", DynamoDBTables.expiryAttribute)
                json.member("Enabled", true)
            }
        case .delete: break
        }
    }

    private func appendKeys(to json: inout JSONWriter) {
        json.array("AttributeDefinitions") { json in
            for name in ["pk", "sk"] {
                json.object {
                    $0.member("AttributeName", name)
                    $0.member("AttributeType", "S")
                }
            }
        }
        json.array("KeySchema") { json in
            for (name, type) in [("pk", "HASH"), ("sk", "RANGE")] {
                json.object {
                    $0.member("AttributeName", name)
                    $0.member("KeyType", type)
                }
            }
        }
    }

    private func appendCapacity(to json: inout JSONWriter) { json.member("BillingMode", "PAY_PER_REQUEST") }

    private func appendStream(to json: inout JSONWriter) {
        json.object("StreamSpecification") { json in
            json.member("StreamEnabled", true)
            json.member("StreamViewType", TableFound.streamNeeded)
        }
    }

    private func appendEncryption(to json: inout JSONWriter) {
        json.object("SSESpecification") { json in
            json.member("Enabled", true)
            json.member("SSEType", "KMS")
        }
    }

    private func appendReplica(_ action: StaticString, _ region: String, to json: inout JSONWriter) {
        json.array("ReplicaUpdates") { json in
            json.object { json in
                json.object(action) { $0.member("RegionName", region) }
            }
        }
    }
}

extension TablesFound {
    /// Turns what is there into what will be once the call is done.
    mutating func apply(_ call: TableCall) {
        let (table, region) = (call.table, call.region)
        switch call.action {
        case .create: self[region, table] = .created
        case .makeOnDemand: self[region, table]?.isOnDemand = true
        case .turnStreamOn: self[region, table]?.stream = TableFound.streamNeeded
        case .encrypt: self[region, table]?.hasKMSKey = true
        case .protect(let isOn): self[region, table]?.isProtected = isOn
        case .addReplica(let other):
            guard var replica = self[region, table] else { return }
            replica.isProtected = false
            replica.hasPointInTimeRecovery = false
            replica.replicas = [region: "ACTIVE"]
            self[other, table] = replica
            self[region, table]?.replicas[other] = "ACTIVE"
            self[region, table]?.globalTableVersion = DynamoDBTables.globalTableVersion
        case .removeReplica(let other):
            self[other, table] = nil
            self[region, table]?.replicas[other] = nil
        case .turnPointInTimeRecoveryOn: self[region, table]?.hasPointInTimeRecovery = true
        case .turnTimeToLiveOn:
            self[region, table]?.timeToLive = .init(status: "ENABLED", attribute: DynamoDBTables.expiryAttribute)
        case .delete: self[region, table] = nil
        }
    }
}
