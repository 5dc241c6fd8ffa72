import AWS

/// One change of one table of one Region, as a call of DynamoDB's control plane.
public struct TableCall: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        /// On-demand, encrypted with a key in KMS, with the stream that global tables replicate by, protected against deletion.
        case create
        /// The same without a stream.
        case createFeed
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

    public var operation: String { type(of: request).name }

    /// JSON.
    public var input: [UInt8] { request.body }

    var request: any AWSOperation {
        switch action {
        case .create:
            DynamoDB.CreateTable(
                table,
                [
                    .keys(partition: "pk", sort: "sk"), .onDemand, .stream(view: TableFound.streamNeeded), .keyInKMS,
                    .deletionProtection(true),
                ])
        case .createFeed:
            DynamoDB.CreateTable(
                table, [.keys(partition: "pk", sort: "sk"), .onDemand, .keyInKMS, .deletionProtection(true)])
        case .makeOnDemand: DynamoDB.UpdateTable(table, .onDemand)
        case .turnStreamOn: DynamoDB.UpdateTable(table, .stream(view: TableFound.streamNeeded))
        case .encrypt: DynamoDB.UpdateTable(table, .keyInKMS)
        case .protect(let isOn): DynamoDB.UpdateTable(table, .deletionProtection(isOn))
        case .addReplica(let region): DynamoDB.UpdateTable(table, .addReplica(region: region))
        case .removeReplica(let region): DynamoDB.UpdateTable(table, .removeReplica(region: region))
        case .turnPointInTimeRecoveryOn: DynamoDB.UpdateContinuousBackups(table)
        case .turnTimeToLiveOn: DynamoDB.UpdateTimeToLive(table, attribute: DynamoDBTables.expiryAttribute)
        case .delete: DynamoDB.DeleteTable(table)
        }
    }
}

extension TablesFound {
    /// Turns what is there into what will be once the call is done.
    mutating func apply(_ call: TableCall) {
        let (table, region) = (call.table, call.region)
        switch call.action {
        case .create: self[region, table] = .created
        case .createFeed:
            self[region, table] = .created
            self[region, table]?.stream = nil
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
