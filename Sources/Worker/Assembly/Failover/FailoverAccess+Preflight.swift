import ContactCenter
import Failover
import Storage

extension FailoverAccess {
    /// What a preflight of moves to this Region is about.
    package func preflightPlan(_ bounds: PreflightPlan.Bounds) -> PreflightPlan {
        let table: PreflightPlan.Table? =
            switch settings.control {
            case .local: nil
            case .table(let name, let regions, let verifies): .init(name: name, regions: regions, verifiesConsistency: verifies)
            }
        var plan = PreflightPlan(
            target: region, peer: peer, instance: settings.instance, groups: settings.groups, table: table,
            signals: settings.signals, actuators: settings.actuators, bounds: bounds)
        if let prefix = settings.tables?.prefix {
            plan.state = [EntityKind.agent, .volume].map { DynamoDBStore.table($0, prefix: prefix) }
        }
        return plan
    }
}
