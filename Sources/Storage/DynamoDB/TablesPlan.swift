/// What is to be done to the tables, one call a table at a time, until nothing is left. Sans-I/O: what was found goes in, calls come out;
/// whoever makes them looks again when they are done.
public enum TablesGoal: Sendable {
    /// Everything is there as it has to be.
    case create
    /// Nothing is there.
    case drop
}

/// Why a goal cannot be reached.
public struct TablesError: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) { self.description = description }
}

extension DynamoDBTables {
    /// The next call for a table; nil when it is as it is to be. Throws where only a person can go on.
    func next(_ goal: TablesGoal, _ table: String, _ found: TablesFound) throws(TablesError) -> TableCall? {
        switch goal {
        case .create:
            let differences = differences(of: table, found)
            if let stuck = differences.first(where: { $0.call == nil }) {
                throw TablesError(
                    "\(table) in \(stuck.region): \(stuck.setting) is \(stuck.found), not \(stuck.needed); \(stuck.advice ?? "")"
                )
            }
            return differences.first?.call
        case .drop: return try nextToDrop(table, found)
        }
    }

    /// Replicas go before the table that they were made of.
    private func nextToDrop(_ table: String, _ found: TablesFound) throws(TablesError) -> TableCall? {
        guard let home = regions.first(where: { found[$0, table] != nil }), let here = found[home, table] else { return nil }
        if let stranger = here.replicas.keys.sorted().first(where: { !regions.contains($0) }) {
            throw TablesError(
                "\(table) has a replica in \(stranger): to drop it too, add this Region to --regions")
        }
        for region in regions where found[region, table]?.isProtected == true {
            return TableCall(.protect(false), table, in: region)
        }
        if let region = here.replicas.keys.sorted().first { return TableCall(.removeReplica(region), table, in: home) }
        return TableCall(.delete, table, in: home)
    }

    /// All calls from what was found to the goal, in order, as they would be made. `of`: for these tables; nil: for all.
    func plan(_ goal: TablesGoal, _ found: TablesFound, of tables: [String]? = nil) throws(TablesError) -> [TableCall] {
        var calls: [TableCall] = []
        for table in tables ?? allNames {
            var state = found
            while let call = try next(goal, table, state) {
                calls.append(call)
                state.apply(call)
            }
        }
        return calls
    }
}
