import JSON

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
    /// Of DescribeTable's answer.
    init?(_ root: JSONValue) {
        guard let table = root.member("Table"), let status = table.text("TableStatus") else { return nil }
        self.status = status
        var types: [String: String] = [:]
        for definition in table.member("AttributeDefinitions")?.elements.map({ $0 }) ?? [] {
            types[definition.text("AttributeName") ?? ""] = definition.text("AttributeType")
        }
        let schema = table.member("KeySchema")?.elements.map { element in
            let name = element.text("AttributeName") ?? ""
            return "\(name) \(types[name] ?? "?") \(element.text("KeyType") ?? "?")"
        }
        keys = (schema ?? []).joined(separator: ", ")
        isOnDemand = table.member("BillingModeSummary")?.text("BillingMode") == "PAY_PER_REQUEST"
        let stream = table.member("StreamSpecification")
        self.stream = stream?.member("StreamEnabled")?.kind == .true ? stream?.text("StreamViewType") : nil
        let encryption = table.member("SSEDescription")
        hasKMSKey = encryption?.text("SSEType") == "KMS" && encryption?.text("Status") != "DISABLED"
        isProtected = table.member("DeletionProtectionEnabled")?.kind == .true
        replicas = [:]
        for replica in table.member("Replicas")?.elements.map({ $0 }) ?? [] {
            if let region = replica.text("RegionName") { replicas[region] = replica.text("ReplicaStatus") ?? "ACTIVE" }
        }
        globalTableVersion = table.text("GlobalTableVersion")
        let indexes = table.member("GlobalSecondaryIndexes")
        isLeaseTable = indexes?.elements.contains { $0.text("IndexName") == "LeaseOwnerToLeaseKeyIndex" } == true
    }

    /// Adds DescribeContinuousBackups' answer.
    mutating func take(backups root: JSONValue) {
        let recovery = root.member("ContinuousBackupsDescription")?.member("PointInTimeRecoveryDescription")
        hasPointInTimeRecovery = recovery?.text("PointInTimeRecoveryStatus") == "ENABLED"
    }

    /// Adds DescribeTimeToLive's answer.
    mutating func take(timeToLive root: JSONValue) {
        let found = root.member("TimeToLiveDescription")
        timeToLive = TimeToLive(status: found?.text("TimeToLiveStatus") ?? "DISABLED", attribute: found?.text("AttributeName"))
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
