import AWS

/// What a Region has of a table, as far as it matters here.
struct TableFound: Equatable, Sendable {
    /// `ACTIVE`, `CREATING`..
    var status: String
    /// `pk S HASH, sk S RANGE`.
    var keys: String
    var isOnDemand: Bool
    /// What the stream shows; nil where there is none.
    var stream: String?
    /// Whether a key in KMS encrypts it; else one of DynamoDB's own does.
    var hasKMSKey: Bool
    var isProtected: Bool
    /// The status of its replicas in other Regions.
    var replicas: [String: String]
    var globalTableVersion: String?
    /// Whether a global secondary index of KCL's lease tables is there.
    var isLeaseTable: Bool
    var hasPointInTimeRecovery = false
    var timeToLive = TimeToLive()

    struct TimeToLive: Equatable, Sendable {
        var status = "DISABLED"
        var attribute: String?
    }

    static let keysNeeded = "pk S HASH, sk S RANGE"
    static let streamNeeded = "NEW_AND_OLD_IMAGES"

    /// What CreateTable makes.
    static let created = TableFound(
        status: "ACTIVE", keys: keysNeeded, isOnDemand: true, stream: streamNeeded, hasKMSKey: true, isProtected: true,
        replicas: [:], globalTableVersion: nil, isLeaseTable: false)

    /// Whether the service is at work on it, or on one of its replicas, and takes no other change meanwhile.
    var isChanging: Bool { ([status] + replicas.values).contains { ["CREATING", "UPDATING", "DELETING"].contains($0) } }
}

extension TableFound {
    /// Nil of a table without a status.
    init?(_ table: DynamoDB.TableDescription) {
        guard !table.status.isEmpty else { return nil }
        status = table.status
        keys = table.keys.map { "\($0.name) \($0.type ?? "?") \($0.role ?? "?")" }.joined(separator: ", ")
        isOnDemand = table.billingMode == "PAY_PER_REQUEST"
        stream = table.stream
        hasKMSKey = table.hasKMSKey
        isProtected = table.isProtected
        replicas = Dictionary(table.replicas.map { ($0.region, $0.status ?? "ACTIVE") }, uniquingKeysWith: { $1 })
        globalTableVersion = table.globalTableVersion
        isLeaseTable = table.indexes.contains("LeaseOwnerToLeaseKeyIndex")
    }
}

/// What all Regions have, by Region and table.
struct TablesFound: Equatable, Sendable {
    private var tables: [String: [String: TableFound]] = [:]

    subscript(region: String, table: String) -> TableFound? {
        get { tables[region]?[table] }
        set { tables[region, default: [:]][table] = newValue }
    }

    /// Of one Region, by name.
    func inRegion(_ region: String) -> [(name: String, table: TableFound)] {
        (tables[region] ?? [:]).sorted { $0.key < $1.key }.map { (name: $0.key, table: $0.value) }
    }
}
