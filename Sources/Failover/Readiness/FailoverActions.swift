import FailoverCore

/// Every action of AWS that failover takes, with the resources it takes it on: the one list that permissions are simulated by.
package struct FailoverActions: Sendable, Equatable {
    /// Actions that share their resources.
    package struct Entry: Sendable, Equatable {
        package var actions: [String]
        /// ARNs; none: the action knows no resources.
        package var resources: [String]
    }

    package let entries: [Entry]

    package init(_ plan: PreflightPlan) {
        let arn = ARNs(plan)
        var entries = [
            Entry(
                actions: [
                    "connect:DescribeTrafficDistributionGroup", "connect:GetTrafficDistribution",
                    "connect:ListTrafficDistributionGroupUsers", "connect:UpdateTrafficDistribution",
                ], resources: plan.groups),
            Entry(
                actions: [
                    "connect:DescribeInstance", "connect:ListReplicationFindings", "connect:ListRoutingProfiles",
                    "connect:SearchUsers",
                ], resources: [plan.target, plan.peer].map(arn.instance)),
            Entry(
                actions: ["connect:GetCurrentMetricData"], resources: ["\(arn.instance(plan.target))/routing-profile/*"]),
            Entry(actions: ["servicequotas:ListServiceQuotas"], resources: []),
        ]
        if let table = plan.table {
            entries.append(
                Entry(
                    actions: [
                        "dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:PutItem", "dynamodb:Query",
                        "dynamodb:UpdateItem",
                    ], resources: table.regions.map { arn.table(table.name, $0) }))
        }
        if let agents = plan.state.first {
            // Dictionaries are read by key.
            entries.append(
                Entry(
                    actions: ["dynamodb:GetItem", "dynamodb:Query"], resources: plan.state.map { arn.table($0, plan.target) }))
            if plan.signals.readsPeerAgents {
                entries.append(Entry(actions: ["dynamodb:Scan"], resources: [arn.table(agents, plan.target)]))
            }
        }
        // Capacity and the last contact are read there, too.
        entries.append(Entry(actions: ["cloudwatch:GetMetricData"], resources: []))
        if plan.signals.asksHealth { entries.append(Entry(actions: ["health:DescribeEvents"], resources: [])) }
        entries += FailoverActions.ofActuators(plan.actuators, arn, own: plan.target)
        self.entries = entries
    }

    private static func ofActuators(_ settings: ActuatorSettings, _ arn: ARNs, own: String) -> [Entry] {
        var entries: [Entry] = []
        if let table = settings.activeRegionTable {
            entries.append(Entry(actions: ["dynamodb:PutItem", "dynamodb:Query"], resources: [arn.table(table, own)]))
        }
        let zones = Set(settings.route53Records.compactMap { $0.split(separator: "/").first }).sorted()
        if !zones.isEmpty {
            entries.append(
                Entry(
                    actions: ["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"],
                    resources: zones.map { "arn:\(arn.partition):route53:::hostedzone/\($0)" }))
            entries.append(
                Entry(actions: ["route53:GetChange"], resources: ["arn:\(arn.partition):route53:::change/*"]))
        }
        let controls = settings.routingControls.compactMap { $0.split(separator: "=", maxSplits: 1).last.map(String.init) }
        if !controls.isEmpty {
            entries.append(
                Entry(
                    actions: [
                        "route53-recovery-cluster:GetRoutingControlState",
                        "route53-recovery-cluster:UpdateRoutingControlStates",
                    ], resources: controls))
        }
        if let bus = settings.eventBus {
            let resource = bus.hasPrefix("arn:") ? bus : "arn:\(arn.partition):events:\(own):\(arn.account):event-bus/\(bus)"
            entries.append(Entry(actions: ["events:DescribeEventBus", "events:PutEvents"], resources: [resource]))
        }
        if let topic = settings.topic {
            entries.append(Entry(actions: ["sns:GetTopicAttributes", "sns:Publish"], resources: [topic]))
        }
        return entries
    }

    /// Names of resources, by the account of the groups.
    private struct ARNs {
        let partition: String
        let account: String
        let instanceID: String

        init(_ plan: PreflightPlan) {
            let parts = (plan.groups.first ?? "").split(separator: ":", omittingEmptySubsequences: false)
            partition = parts.count > 5 ? String(parts[1]) : "aws"
            account = parts.count > 5 ? String(parts[4]) : "*"
            instanceID = plan.instance.split(separator: "/").last.map(String.init) ?? plan.instance
        }

        func instance(_ region: String) -> String { "arn:\(partition):connect:\(region):\(account):instance/\(instanceID)" }
        func table(_ name: String, _ region: String) -> String {
            "arn:\(partition):dynamodb:\(region):\(account):table/\(name)"
        }
    }
}
