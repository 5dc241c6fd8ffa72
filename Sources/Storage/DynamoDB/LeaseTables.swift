import AWS

/// Lease tables of the Kinesis Client Library and of Converge: they must not be global tables, for then two Regions' workers take each
/// other's leases, by writes that overwrite each other.
extension TablesControl {
    /// Tables a Region that are looked at, at most: as many as an account may have without asking for more.
    static let tablesLookedAtMax = 2500

    /// Sentences about lease tables that are global tables, in any of the Regions; and where they cannot be looked for, why.
    public func leaseTableWarnings() throws -> [String] {
        var warnings: [String] = []
        for region in tables.regions {
            do {
                let (names, isWhole) = try allTables(region)
                var found = TablesFound()
                for from in stride(from: 0, to: names.count, by: 50) {
                    try look(region, Array(names[from..<min(from + 50, names.count)]), into: &found)
                }
                for (name, table) in found.inRegion(region) where table.isLeaseTable && !table.replicas.isEmpty {
                    let others = table.replicas.keys.sorted().joined(separator: ", ")
                    warnings.append(
                        "\(name) in \(region) is a lease table and a global table (\(others)): "
                            + "Regions overwrite each other's leases; remove the replicas, or set another kinesis.application")
                }
                if !isWhole { warnings.append("\(region) has more tables than were searched for lease tables") }
            } catch let error as AWSError where error.refusal != nil {
                warnings.append("lease tables in \(region) were not searched: \(error)")
            }
        }
        return warnings
    }

    private func allTables(_ region: String) throws -> (names: [String], isWhole: Bool) {
        var names: [String] = []
        var last: String?
        repeat {
            let page = try client(region).perform(DynamoDB.ListTables(after: last))
            names += page.names
            last = page.last
        } while last != nil && names.count < TablesControl.tablesLookedAtMax
        return (names, last == nil)
    }
}
