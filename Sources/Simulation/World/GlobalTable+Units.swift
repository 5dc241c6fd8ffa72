import ContactCenter

/// Write units: what puts take, and the bound on them in some Regions.
extension GlobalTable {
    /// What a worker was told that its writes took, and how hard it tries.
    struct Account {
        /// By the number of a kind of entity, of writes whose answers it heard.
        private var unitsOf = [Int](repeating: 0, count: EntityKind.allCases.count + 1)

        func units(_ kind: EntityKind) -> Int { unitsOf[Int(kind.rawValue)] }

        mutating func add(_ units: Int, _ kind: EntityKind) { unitsOf[Int(kind.rawValue)] += units }

        /// The second of the last write of which something was throttled for want of units, and how many such writes there were in it.
        var second: Int64 = 0
        var shortWrites = 0
    }

    /// A worker that is throttled waits longer each time, up to seconds: no more than so many of its writes are throttled within a second.
    static let shortWritesMax = 20

    /// Whether the Region's bound on units leaves room now. One put may exceed what is left of a second, or no large one would ever be written.
    func takesUnits(_ units: Int, in region: Int) -> Bool {
        guard weather.isActive(.fewUnits, in: region) else { return true }
        let second = agenda.now / 1_000
        if budgets[region].second != second { budgets[region] = (second, 0) }
        guard budgets[region].used < unitsPerSecond[region] else { return false }
        budgets[region].used += units
        return true
    }

    /// A worker hears what became of its rows.
    func heard(_ worker: Int, _ rows: [RowWrite], _ answers: [RowAnswer]) {
        for (row, answer) in zip(rows, answers) {
            guard case .written(let units) = answer, let kind = row.key.first.flatMap(EntityKind.init(rawValue:)) else {
                continue
            }
            accounts[worker, default: Account()].add(units, kind)
        }
    }

    /// Something of a worker's write was throttled for want of units.
    func ranShort(_ worker: Int) {
        let second = agenda.now / 1_000
        var account = accounts[worker] ?? Account()
        if account.second != second { (account.second, account.shortWrites) = (second, 0) }
        account.shortWrites += 1
        accounts[worker] = account
        if account.shortWrites > GlobalTable.shortWritesMax { onHaste(worker) }
    }
}
