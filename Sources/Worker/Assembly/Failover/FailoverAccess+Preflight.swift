import Failover

extension FailoverAccess {
    /// What a preflight of moves to this Region is about.
    package func preflightPlan(_ bounds: PreflightPlan.Bounds) -> PreflightPlan {
        let table: PreflightPlan.Table? =
            switch settings.control {
            case .local: nil
            case .table(let name, let regions, let verifies): .init(name: name, regions: regions, verifiesConsistency: verifies)
            }
        return PreflightPlan(
            target: region, peer: peer, instance: settings.instance, groups: settings.groups, table: table,
            signals: settings.signals, actuators: settings.actuators, bounds: bounds)
    }
}
