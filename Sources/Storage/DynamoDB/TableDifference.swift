/// One thing about a table that is not as it has to be.
public struct TableDifference: Equatable, Sendable {
    public let table: String
    public let region: String
    public let setting: String
    public let found: String
    public let needed: String
    /// What mends it; nil where only a person can.
    public let call: TableCall?
    /// What that person can do.
    public let advice: String?
    /// Whether `create` mends it.
    public let isMendedByCreate: Bool

    /// Of what DynamoDB is at work on.
    static let stillMade = "still being created: check again in a minute"

    init(
        _ table: String, _ region: String, _ setting: String, found: String, needed: String, call: TableCall? = nil,
        advice: String? = nil, isMendedByCreate: Bool = false
    ) {
        self.isMendedByCreate = isMendedByCreate || call != nil
        self.table = table
        self.region = region
        self.setting = setting
        self.found = found
        self.needed = needed
        self.call = call
        self.advice = advice
    }
}

/// Comparing. Sans-I/O: what was found goes in, differences come out, in the order in which they are to be mended.
extension DynamoDBTables {
    /// Where a global table is changed from: the first Region that has it, else the first of all.
    func home(of table: String, _ found: TablesFound) -> String {
        regions.first { found[$0, table] != nil } ?? regions[0]
    }

    /// Everything about all tables.
    func differences(_ found: TablesFound) -> [TableDifference] { allNames.flatMap { differences(of: $0, found) } }

    func differences(of table: String, _ found: TablesFound) -> [TableDifference] {
        guard areReplicated, table != feed else {
            return regions.flatMap { region in
                guard let here = found[region, table] else { return [missing(table, region)] }
                return shared(table, region, here) + ownSettings(table, region, here)
                    + strangers(table, region, here, wanted: [])
            }
        }
        let home = home(of: table, found)
        let others = regions.filter { $0 != home }
        guard let here = found[home, table] else {
            return [missing(table, home)] + others.map { replica(table, home, $0, nil, found) }
        }
        var differences = shared(table, home, here) + ownSettings(table, home, here)
        for region in others {
            let status = here.replicas[region]
            if status == nil || status != "ACTIVE" && status != "UPDATING" {
                differences.append(replica(table, home, region, status, found))
            } else if let replica = found[region, table] {
                differences += ownSettings(table, region, replica)
            } else {
                differences.append(
                    TableDifference(
                        table, region, "replica", found: "hidden", needed: "visible", advice: TableDifference.stillMade))
            }
        }
        return differences + strangers(table, home, here, wanted: others)
    }

    private func missing(_ table: String, _ region: String) -> TableDifference {
        TableDifference(
            table, region, "table", found: "missing", needed: "there",
            call: TableCall(table == feed ? .createFeed : .create, table, in: region))
    }

    private func replica(
        _ table: String, _ home: String, _ region: String, _ status: String?, _ found: TablesFound
    ) -> TableDifference {
        if let status {
            return TableDifference(
                table, region, "replica", found: status, needed: "ACTIVE",
                advice: status == "CREATING" ? TableDifference.stillMade : "check the table in the DynamoDB console")
        }
        if let here = found[region, table] {
            // The home learns of a replica later than its Region shows it.
            let isUnderWay = here.isChanging || found[home, table]?.isChanging == true
            return TableDifference(
                table, region, "replica", found: isUnderWay ? "being created" : "a separate table",
                needed: "replica of \(home)",
                advice: isUnderWay
                    ? TableDifference.stillMade
                    : "if create has just run, check again in a minute; otherwise choose another --prefix: DynamoDB creates replicas only where "
                        + "no table has this name")
        }
        return TableDifference(
            table, region, "replica", found: "missing", needed: "replica of \(home)",
            call: TableCall(.addReplica(region), table, in: home))
    }

    /// What DynamoDB keeps the same in all replicas.
    private func shared(_ table: String, _ region: String, _ here: TableFound) -> [TableDifference] {
        var differences: [TableDifference] = []
        func add(_ setting: String, _ found: String, _ needed: String, _ action: TableCall.Action?, _ advice: String? = nil) {
            let call = action.map { TableCall($0, table, in: region) }
            differences.append(
                TableDifference(table, region, setting, found: found, needed: needed, call: call, advice: advice))
        }
        if here.status != "ACTIVE", here.status != "UPDATING" {
            add(
                "status", here.status, "ACTIVE", nil,
                here.status == "CREATING" ? TableDifference.stillMade : "check the table in the DynamoDB console")
        }
        if here.keys != TableFound.keysNeeded {
            add("keys", here.keys, TableFound.keysNeeded, nil, "this table belongs to another program: choose another --prefix")
        }
        if !here.isOnDemand { add("capacity", "provisioned", "on-demand", .makeOnDemand) }
        if table == feed {
            // Nobody reads a stream of it.
        } else if here.stream == nil {
            add("stream", "off", TableFound.streamNeeded, .turnStreamOn)
        } else if let view = here.stream, view != TableFound.streamNeeded {
            add("stream", view, TableFound.streamNeeded, nil, "disable the stream when no program reads it, then run create")
        }
        if !here.hasKMSKey {
            add("encryption", "key of DynamoDB", "key in KMS", .encrypt)
        }
        if here.globalTableVersion.map({ $0 != DynamoDBTables.globalTableVersion }) == true, !here.replicas.isEmpty {
            add(
                "global table version", here.globalTableVersion ?? "", DynamoDBTables.globalTableVersion, nil,
                "upgrade the global table in the DynamoDB console")
        }
        return differences
    }

    /// What every Region has for itself. DynamoDB copies TTL to replicas, so there it is found to be on.
    private func ownSettings(_ table: String, _ region: String, _ here: TableFound) -> [TableDifference] {
        var differences: [TableDifference] = []
        func add(_ setting: String, _ found: String, _ needed: String, _ action: TableCall.Action?, _ advice: String? = nil) {
            let call = action.map { TableCall($0, table, in: region) }
            differences.append(
                TableDifference(table, region, setting, found: found, needed: needed, call: call, advice: advice))
        }
        let expiry = "on \(DynamoDBTables.expiryAttribute)"
        switch (here.timeToLive.status, here.timeToLive.attribute) {
        case ("ENABLED", DynamoDBTables.expiryAttribute), ("ENABLING", DynamoDBTables.expiryAttribute): break
        case ("DISABLED", _): add("TTL", "off", expiry, .turnTimeToLiveOn)
        case ("DISABLING", _): add("TTL", "being disabled", expiry, nil, "run create in an hour")
        case (_, let attribute): add("TTL", "on \(attribute ?? "?")", expiry, nil, "disable it, then run create an hour later")
        }
        // What it holds is of a day, and in the state tables.
        if !here.hasPointInTimeRecovery, table != feed {
            add("point-in-time recovery", "off", "on", .turnPointInTimeRecoveryOn)
        }
        if !here.isProtected { add("deletion protection", "off", "on", .protect(true)) }
        return differences
    }

    /// Replicas that nobody asked for.
    private func strangers(
        _ table: String, _ region: String, _ here: TableFound, wanted: [String]
    ) -> [TableDifference] {
        let others = Set(here.replicas.keys).subtracting(wanted).sorted()
        guard !others.isEmpty else { return [] }
        if table == feed {
            return [
                TableDifference(
                    table, region, "replicas", found: others.joined(separator: " "), needed: "none",
                    advice: "each Region has a feed of its own: take the replicas away in the DynamoDB console")
            ]
        }
        return [
            TableDifference(
                table, region, "replicas", found: here.replicas.keys.sorted().joined(separator: " "),
                needed: wanted.isEmpty ? "none" : wanted.joined(separator: " "),
                advice: "add \(others.joined(separator: ", ")) to --regions and give --replicas"
            )
        ]
    }
}
