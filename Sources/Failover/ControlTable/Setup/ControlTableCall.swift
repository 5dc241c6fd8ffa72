import AWS

/// One change of the control table, as a call of DynamoDB's control plane in a Region.
package struct ControlTableCall: Equatable, Sendable {
    enum Action: Equatable, Sendable {
        /// On-demand, protected against deletion, encrypted with DynamoDB's own key: one in KMS would be one more thing of each Region that can fail.
        case create
        /// All replicas, or those and the witness, at once: the service takes nothing else.
        case makeStrong
        case makeOnDemand
        case protect
        case turnPointInTimeRecoveryOn
    }

    let action: Action
    let shape: ControlTableShape
    package let region: String

    package var operation: String { type(of: request).name }

    /// JSON.
    package var input: [UInt8] { request.body }

    var request: any AWSOperation {
        switch action {
        case .create:
            DynamoDB.CreateTable(shape.name, [.keys(partition: "pk", sort: "sk"), .onDemand, .deletionProtection(true)])
        case .makeStrong:
            DynamoDB.UpdateTable(
                shape.name, .strongReplicas(regions: Array(shape.replicas.dropFirst()), witness: shape.witness))
        case .makeOnDemand: DynamoDB.UpdateTable(shape.name, .onDemand)
        case .protect: DynamoDB.UpdateTable(shape.name, .deletionProtection(true))
        case .turnPointInTimeRecoveryOn: DynamoDB.UpdateContinuousBackups(shape.name)
        }
    }
}

extension ControlTableFound {
    /// Turns what is there into what will be once the call is done.
    mutating func apply(_ call: ControlTableCall) {
        let (shape, region) = (call.shape, call.region)
        switch call.action {
        case .create:
            tables[region] = Table(
                status: "ACTIVE", keys: ControlTableFound.keysNeeded, isOnDemand: true, consistency: nil, replicas: [:],
                witnesses: [:], isProtected: true, hasKMSKey: false)
        case .makeStrong:
            guard var table = tables[region] else { return }
            table.consistency = DynamoDB.TableSetting.strong
            table.replicas = Dictionary(uniqueKeysWithValues: shape.replicas.map { ($0, "ACTIVE") })
            if let witness = shape.witness { table.witnesses = [witness: "ACTIVE"] }
            tables[region] = table
            table.isProtected = false
            for other in shape.replicas where other != region { tables[other] = table }
        case .makeOnDemand: tables[region]?.isOnDemand = true
        case .protect: tables[region]?.isProtected = true
        case .turnPointInTimeRecoveryOn: tables[region]?.hasPointInTimeRecovery = true
        }
    }
}
