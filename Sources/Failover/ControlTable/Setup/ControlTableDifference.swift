import AWS

/// One thing about the control table that is not as it has to be.
package struct ControlTableDifference: Equatable, Sendable {
    package let region: String
    package let setting: String
    package let found: String
    package let needed: String
    /// What mends it; nil where only a person can.
    package let call: ControlTableCall?
    /// What that person can do.
    package let advice: String?
    /// Whether the table works without it, and it is advised all the same.
    package let isAdvice: Bool
}

/// Comparing. Sans-I/O: what was found goes in, differences come out, in the order in which they are to be mended.
extension ControlTableShape {
    package func differences(_ found: ControlTableFound) -> [ControlTableDifference] {
        guard let here = found.tables[home] else {
            let others = replicas.dropFirst().filter { found.tables[$0] != nil }
            if !others.isEmpty {
                return others.map {
                    stuck(
                        $0, "table", "there without one in \(home)", "none",
                        "choose another --name, or begin --regions with its Region")
                }
            }
            return [
                ControlTableDifference(
                    home, "table", "missing", "there", ControlTableCall(action: .create, shape: self, region: home))
            ]
        }
        if here.keys != ControlTableFound.keysNeeded {
            return [
                stuck(
                    home, "keys", here.keys, ControlTableFound.keysNeeded,
                    "this table belongs to another program: choose another --name")
            ]
        }
        if here.consistency != DynamoDB.TableSetting.strong { return [unmade(here, found)] }
        return membership(here) + replicas.flatMap { region in settings(region, found.tables[region]) }
    }

    /// The table stands in its first Region and is not strong yet.
    private func unmade(_ here: ControlTableFound.Table, _ found: ControlTableFound) -> ControlTableDifference {
        let needed = "STRONG"
        let kind = here.consistency ?? (here.replicas.isEmpty ? "of one Region" : "EVENTUAL")
        if here.consistency != nil || !here.replicas.isEmpty {
            return stuck(
                home, "consistency", kind, needed,
                "an ordinary global table cannot be the control table, two writers in two Regions can both succeed, and DynamoDB cannot make it strong: choose "
                    + "another --name")
        }
        if let other = replicas.dropFirst().first(where: { found.tables[$0] != nil }) {
            return stuck(other, "replica", "a separate table", "replica of \(home)", "choose another --name")
        }
        guard here.isEmpty else {
            return stuck(home, "items", "some", "none", "DynamoDB makes only empty tables strong: choose another --name")
        }
        guard here.status == "ACTIVE" else {
            return stuck(home, "status", here.status, "ACTIVE", "run this command again in a minute")
        }
        return ControlTableDifference(
            home, "consistency", kind, needed, ControlTableCall(action: .makeStrong, shape: self, region: home))
    }

    /// Who belongs to it, which nobody can change any more.
    private func membership(_ here: ControlTableFound.Table) -> [ControlTableDifference] {
        let others = here.replicas.keys.filter { $0 != home }.sorted()
        let wanted = replicas.dropFirst().sorted()
        let advice =
            "the Regions of a table with strong consistency stay as they were made: give those in --regions and --witness, or choose another --name"
        var differences: [ControlTableDifference] = []
        if others != wanted {
            differences.append(
                stuck(home, "replicas", ([home] + others).joined(separator: " "), replicas.joined(separator: " "), advice))
        }
        let witnesses = here.witnesses.keys.sorted()
        if witnesses != [witness].compactMap({ $0 }) {
            differences.append(stuck(home, "witness", witnesses.first ?? "none", witness ?? "none", advice))
        }
        for (region, status) in (here.replicas.merging(here.witnesses) { $1 }).sorted(by: { $0.key < $1.key })
        where status != "ACTIVE" {
            differences.append(
                stuck(region, "status", status, "ACTIVE", "if it stays so, look at the table in the DynamoDB console"))
        }
        return differences
    }

    /// What every Region has for itself.
    private func settings(_ region: String, _ table: ControlTableFound.Table?) -> [ControlTableDifference] {
        guard let table else {
            return [stuck(region, "replica", "hidden", "visible", "still being created: check again in a minute")]
        }
        var differences: [ControlTableDifference] = []
        func add(_ setting: String, _ found: String, _ needed: String, _ action: ControlTableCall.Action, isAdvice: Bool) {
            let call = ControlTableCall(action: action, shape: self, region: region)
            differences.append(ControlTableDifference(region, setting, found, needed, call, isAdvice: isAdvice))
        }
        if region == home, !table.isOnDemand { add("capacity", "provisioned", "on-demand", .makeOnDemand, isAdvice: false) }
        if !table.hasPointInTimeRecovery {
            add("point-in-time recovery", "off", "on", .turnPointInTimeRecoveryOn, isAdvice: true)
        }
        if !table.isProtected { add("deletion protection", "off", "on", .protect, isAdvice: true) }
        return differences
    }

    private func stuck(
        _ region: String, _ setting: String, _ found: String, _ needed: String, _ advice: String
    ) -> ControlTableDifference {
        ControlTableDifference(region, setting, found, needed, nil, advice: advice)
    }

    /// Whether DynamoDB is at work on it; a replica's Region may show it later than the home tells of it.
    func isSettling(_ found: ControlTableFound) -> Bool {
        let replicas = found.tables[home]?.replicas.keys.filter { self.replicas.contains($0) } ?? []
        return found.isChanging || replicas.contains { found.tables[$0] == nil }
    }

    /// All calls from what was found to a table as it is to be, in order. Throws where only a person can go on.
    package func plan(_ found: ControlTableFound) throws(ControlTableError) -> [ControlTableCall] {
        var calls: [ControlTableCall] = []
        var found = found
        while let call = try next(found) {
            calls.append(call)
            found.apply(call)
        }
        return calls
    }

    /// The next of them; nil where none is left.
    func next(_ found: ControlTableFound) throws(ControlTableError) -> ControlTableCall? {
        let differences = differences(found)
        if let stuck = differences.first(where: { $0.call == nil }) {
            throw ControlTableError(
                "\(name) in \(stuck.region): \(stuck.setting) is \(stuck.found), not \(stuck.needed); \(stuck.advice ?? "")")
        }
        return differences.first?.call
    }
}

extension ControlTableDifference {
    fileprivate init(
        _ region: String, _ setting: String, _ found: String, _ needed: String, _ call: ControlTableCall?,
        advice: String? = nil,
        isAdvice: Bool = false
    ) {
        self.region = region
        self.setting = setting
        self.found = found
        self.needed = needed
        self.call = call
        self.advice = advice
        self.isAdvice = isAdvice
    }
}
