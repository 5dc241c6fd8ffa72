import Failover
import FailoverCore
import Glibc
import Platform

/// What a failover controller, and what people tell it, run with.
package struct FailoverSettings: Sendable {
    /// The words of `failover.control.kind`.
    package enum ControlKind: String, CaseIterable, Sendable { case dynamodb, local }

    package enum Control: Sendable, Equatable {
        /// `regions`: those of its full replicas.
        case table(name: String, regions: [String], verifiesConsistency: Bool)
        /// A directory of this machine.
        case local(path: String)
    }

    /// The tables of the state, which the workers of both Regions write to.
    package struct Tables: Sendable, Equatable {
        /// What their names begin with.
        package var prefix: String
        /// For how long a heartbeat may wait for its write.
        package var heartbeatMilliseconds: Int64
    }

    /// Both Regions of the pair.
    package var regions: [String]
    /// The Connect instance; its items in the control table bear its id.
    package var instance: String
    /// ARNs, in the order in which they are moved.
    package var groups: [String]
    package var controller: String
    package var control: Control
    /// Nil where the state is not in tables.
    package var tables: Tables?
    package var policy: FailoverPolicy
    /// What is looked with beside Connect's API.
    package var signals: SignalSettings
    /// What follows an intent beside Connect's groups.
    package var actuators: ActuatorSettings
    /// For how long a heartbeat may wait for its write beside a worker, in milliseconds.
    package var heartbeatDelay: Int64
    package var drills: DrillSettings

    /// Nil where the configuration has none of it.
    package init?(_ configuration: Configuration) throws(ConfigurationError) {
        guard configuration.isSet("failover.regions"), let instance = configuration.text("failover.instance") else {
            return nil
        }
        regions = configuration.list("failover.regions")
        self.instance = instance
        groups = configuration.list("failover.groups")
        controller = configuration.text("failover.controller") ?? "\(hostName())-\(getpid())"
        let required = configuration.required
        switch try required.word("failover.control.kind") as ControlKind {
        case .dynamodb:
            control = .table(
                name: try required.text("failover.control.table"), regions: configuration.list("failover.control.regions"),
                verifiesConsistency: !configuration.isOn("failover.control.unverified"))
        case .local: control = .local(path: try required.text("failover.control.path"))
        }
        if case .tables(let prefix) = try StoreSettings(configuration).place {
            let delay = try required.milliseconds("engine.heartbeat-write-interval")
            tables = Tables(prefix: prefix, heartbeatMilliseconds: delay)
        }
        var policy = FailoverPolicy()
        if configuration.isSet("failover.mode") { policy.mode = try required.word("failover.mode") }
        policy.roundMilliseconds = try required.milliseconds("failover.round")
        policy.dwellMilliseconds = try required.milliseconds("failover.dwell")
        policy.signalAgeMax = try required.milliseconds("failover.signal-age")
        policy.verdictAgeMax = try required.milliseconds("failover.verdict-age")
        policy.independentMin = try required.integer("failover.independent-signals")
        policy.startsMin = Double(try required.integer("failover.starts-min"))
        policy.agentsMin = try required.integer("failover.agents-min")
        policy.movesPerDay = try required.integer("failover.moves-per-day")
        policy.approvalMilliseconds = try required.milliseconds("failover.approval-timeout")
        policy.reassertMilliseconds = try required.milliseconds("failover.reassert")
        self.policy = policy
        signals = try SignalSettings(configuration)
        var actuators = ActuatorSettings(configuration)
        // By name: an intent made with other settings may name the groups in another order.
        actuators.group = actuators.group ?? groups.first
        self.actuators = actuators
        heartbeatDelay = configuration.milliseconds("engine.heartbeat-write-interval") ?? 0
        var wrong: [String] = []
        drills = DrillSettings(configuration, regions: regions, groups: groups, &wrong)
        let problems = problems + wrong + signals.problems + actuators.problems(regions: regions)
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    private var problems: [String] {
        var problems = [policy.problem].compactMap { $0 }
        for group in groups where FailoverSettings.region(ofGroup: group) == nil {
            problems.append(
                "failover.groups: '\(printable(group))' is no ARN of a traffic distribution group; give "
                    + "arn:aws:connect:REGION:ACCOUNT:traffic-distribution-group/ID, as the source Region has it")
        }
        if regions.count != 2 || regions[0] == regions[1] {
            problems.append(
                "failover.regions: '\(printable(regions.joined(separator: ",")))' is not accepted; give the two Regions of the pair"
            )
        }
        if Set(groups).count != groups.count { problems.append("failover.groups names a group twice") }
        if let group = actuators.group, !groups.contains(group) {
            problems.append(
                "failover.actuators.group: '\(printable(group))' is none of failover.groups; give one of them, whose shares are followed"
            )
        }
        return problems
    }

    /// Which of both is the own one. `own`: what says so; nil where nothing does.
    package func pair(own: String?) throws(UsageError) -> (own: String, peer: String) {
        guard let own else {
            throw UsageError("the own Region is not known: set AWS_REGION, or region in the AWS configuration file")
        }
        guard regions.contains(own), let peer = regions.first(where: { $0 != own }) else {
            throw UsageError("'\(printable(own))' is no Region of the pair; accepted: \(regions.joined(separator: ", "))")
        }
        return (own, peer)
    }

    /// The Region in the ARN of a group, its source; nil where it is none.
    package static func region(ofGroup arn: String) -> String? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "connect", !parts[3].isEmpty,
            parts[5].hasPrefix("traffic-distribution-group/")
        else { return nil }
        return String(parts[3])
    }
}
