import AWS

/// What the Regions have of the control table, as far as it matters here.
package struct ControlTableFound: Equatable, Sendable {
    /// Of a Region.
    package struct Table: Equatable, Sendable {
        /// `ACTIVE`, `CREATING`..
        package var status: String
        /// `pk S HASH, sk S RANGE`.
        package var keys: String
        package var isOnDemand: Bool
        /// `STRONG`, `EVENTUAL`; nil of a table of one Region.
        package var consistency: String?
        /// The status of its replicas by Region, this one perhaps among them.
        package var replicas: [String: String]
        package var witnesses: [String: String]
        package var isProtected: Bool
        package var hasKMSKey: Bool
        package var hasPointInTimeRecovery = false
        /// Asked of a table of one Region only: the service makes none strong that holds anything.
        package var isEmpty = true
    }

    /// By Region; those without the table are missing.
    package var tables: [String: Table] = [:]

    package init() {}

    static let keysNeeded = "pk S HASH, sk S RANGE"

    /// Whether the service is at work on it somewhere, and takes no other change meanwhile.
    package var isChanging: Bool {
        tables.values.contains { table in
            ([table.status] + table.replicas.values + table.witnesses.values)
                .contains { ["CREATING", "UPDATING", "DELETING"].contains($0) }
        }
    }
}

extension ControlTableFound.Table {
    package init(_ table: DynamoDB.TableDescription) {
        status = table.status
        keys = table.keys.map { "\($0.name) \($0.type ?? "?") \($0.role ?? "?")" }.joined(separator: ", ")
        isOnDemand = table.billingMode == "PAY_PER_REQUEST"
        consistency = table.consistency
        replicas = Dictionary(table.replicas.map { ($0.region, $0.status ?? "ACTIVE") }, uniquingKeysWith: { $1 })
        witnesses = Dictionary(table.witnesses.map { ($0.region, $0.status ?? "ACTIVE") }, uniquingKeysWith: { $1 })
        isProtected = table.isProtected
        hasKMSKey = table.hasKMSKey
    }

    /// Why two controllers that use it could both believe that they were first; nil where they could not.
    package var objection: String? {
        if keys != ControlTableFound.keysNeeded {
            return "its keys are \(keys), not \(ControlTableFound.keysNeeded): it belongs to another program"
        }
        switch consistency {
        case DynamoDB.TableSetting.strong: return nil
        case let other?:
            return
                "it is an ordinary global table (MultiRegionConsistency \(other)): its conditions hold within one Region only, so two writers in two Regions "
                + "can both succeed. DynamoDB cannot change that of an existing table; make another one with 'converge failover table create'"
        case nil:
            return replicas.isEmpty
                ? "it is a table of one Region, which is lost with it; make one with 'converge failover table create'"
                : "it is an ordinary global table (no MultiRegionConsistency): its conditions hold within one Region only, so two writers in two Regions can both "
                    + "succeed. DynamoDB cannot change that of an existing table; make another one with 'converge failover table create'"
        }
    }
}
