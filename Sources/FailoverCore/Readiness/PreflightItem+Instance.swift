/// What Connect says of the instance, its replica, the groups and the agents.
extension PreflightItem {
    /// The instance as the target Region describes it.
    package struct InstanceLook: Equatable, Sendable {
        /// `ACTIVE`..
        package var status: String
        package var takesInboundCalls: Bool
        /// By Region; nil where it has no replica.
        package var replication: [String: String]?

        package init(status: String, takesInboundCalls: Bool, replication: [String: String]?) {
            self.status = status
            self.takesInboundCalls = takesInboundCalls
            self.replication = replication
        }
    }

    /// `complete`: what Connect calls a copy that is whole.
    package static func instance(_ heard: Heard<InstanceLook>, target: String, complete: String) -> [PreflightItem] {
        let (what, copy) = ("the instance in \(target)", "replication of the instance's configuration")
        switch heard {
        case .unknown(let why):
            let remedy = "check that connect:DescribeInstance is allowed and that Amazon Connect answers in \(target)"
            return [
                PreflightItem("instance", what, .unknown, why, remedy: remedy),
                PreflightItem("replication", copy, .unknown, why, remedy: remedy),
            ]
        case .known(let look):
            let remedy = "Amazon Connect console in \(target), Telephony: allow inbound calls; for a status, ask AWS Support"
            let instance =
                if look.status != "ACTIVE" {
                    PreflightItem("instance", what, .failed, "its status is \(look.status)", remedy: remedy, isBlocking: true)
                } else if !look.takesInboundCalls {
                    PreflightItem("instance", what, .failed, "it takes no inbound calls", remedy: remedy, isBlocking: true)
                } else {
                    PreflightItem("instance", what, .ok, "active, takes inbound calls")
                }
            return [instance, replication(look.replication, copy, target: target, complete: complete)]
        }
    }

    private static func replication(
        _ status: [String: String]?, _ what: String, target: String, complete: String
    ) -> PreflightItem {
        let remedy = "wait until it is complete (aws connect describe-instance); if it stays so, ask AWS Support"
        guard let status else {
            return PreflightItem(
                "replication", what, .failed, "the instance has no replica",
                remedy: "make one: aws connect replicate-instance, in the source Region", isBlocking: true)
        }
        let unfinished = status.filter { $0.value != complete }.sorted { $0.key < $1.key }
        let words = unfinished.map { "\($0.key) is \($0.value)" }.joined(separator: ", ")
        // A copy that is not whole elsewhere is no reason to leave callers there.
        let isHere = unfinished.contains { $0.key == target }
        if !unfinished.isEmpty {
            return PreflightItem("replication", what, .failed, words, remedy: remedy, isBlocking: isHere)
        }
        guard status[target] != nil else {
            return PreflightItem("replication", what, .unknown, "nothing is said of \(target)", remedy: remedy)
        }
        return PreflightItem("replication", what, .ok, "complete in \(status.keys.sorted().joined(separator: " and "))")
    }

    /// Resources that differ between the Regions. `counts`: by kind, of the kinds that were looked at; `problem`: why others were not.
    package static func drift(
        _ counts: [String: Int], of kinds: Int, problem: String? = nil, age: Int64? = nil
    ) -> PreflightItem {
        let what = "differences between the Regions' resources"
        let drifted = counts.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let looked = "\(counts.count) of \(kinds) kinds looked at" + (problem.map { "; \($0)" } ?? "")
        if !drifted.isEmpty {
            let words = drifted.prefix(5).map { "\($0.value) of \($0.key)" }.joined(separator: ", ")
            return PreflightItem(
                "drift", what, .failed, "\(words) differ; \(looked)",
                remedy: "aws connect list-replication-findings --instance-id ID --resource-type \(drifted[0].key) says which",
                age: age)
        }
        guard !counts.isEmpty, problem == nil else {
            return PreflightItem(
                "drift", what, .unknown, looked,
                remedy: "check that connect:ListReplicationFindings is allowed, then 'converge failover preflight --thorough'",
                age: age)
        }
        return PreflightItem("drift", what, .ok, "none; \(looked)", age: age)
    }

    /// A traffic distribution group as it is described.
    package struct GroupLook: Equatable, Sendable {
        /// Its ARN.
        package var group: String
        /// Nil where the service says a word of its own.
        package var status: GroupView.Status
        package var isDefault: Bool

        package init(group: String, status: GroupView.Status, isDefault: Bool) {
            self.group = group
            self.status = status
            self.isDefault = isDefault
        }
    }

    /// One of a group, and one of all: whether the default group is among them.
    package static func groups(_ heard: [(group: String, look: Heard<GroupLook>)]) -> [PreflightItem] {
        var items: [PreflightItem] = []
        var defaults = 0
        var isUnknown = false
        for (group, look) in heard {
            let (id, what) = ("group/\(tail(group))", "traffic distribution group \(tail(group))")
            switch look {
            case .unknown(let why):
                isUnknown = true
                items.append(
                    PreflightItem(
                        id, what, .unknown, why, remedy: "check failover.groups and connect:DescribeTrafficDistributionGroup"))
            case .known(let look):
                if look.isDefault { defaults += 1 }
                switch look.status {
                case .active: items.append(PreflightItem(id, what, .ok, look.isDefault ? "active, the default one" : "active"))
                case .updating:
                    items.append(PreflightItem(id, what, .warning, "an update is under way", remedy: "look again in a minute"))
                case .unusable(let word):
                    items.append(
                        PreflightItem(
                            id, what, .failed, "its status is \(word)",
                            remedy:
                                "make it anew in the source Region (aws connect create-traffic-distribution-group) and correct failover.groups"
                        ))
                }
            }
        }
        let what = "the default group, which alone moves sign-in"
        if defaults > 0 {
            items.append(PreflightItem("default-group", what, .ok, "among failover.groups"))
        } else {
            items.append(
                PreflightItem(
                    "default-group", what, isUnknown ? .unknown : .warning,
                    isUnknown ? "not every group is known" : "not among failover.groups: sign-in stays where it is",
                    remedy: "add its ARN to failover.groups (aws connect list-traffic-distribution-groups says IsDefault)"))
        }
        return items
    }

    /// Agents that a move takes along.
    package struct AgentsLook: Equatable, Sendable {
        /// Users of the instance, about.
        package var users: Int
        /// Associated with the groups together, as far as they were counted.
        package var associated: Int
        /// Whether all were counted.
        package var isWhole: Bool

        package init(users: Int, associated: Int, isWhole: Bool) {
            self.users = users
            self.associated = associated
            self.isWhole = isWhole
        }
    }

    /// Callers that are moved to where no agent comes are lost.
    package static func agents(_ heard: Heard<AgentsLook>) -> PreflightItem {
        let what = "agents who move with the groups"
        let remedy =
            "associate them in the source Region: aws connect associate-traffic-distribution-group-user, before their first login"
        switch heard {
        case .unknown(let why):
            return PreflightItem(
                "agents", what, .unknown, why,
                remedy: "check that connect:ListTrafficDistributionGroupUsers and connect:SearchUsers are allowed")
        case .known(let look):
            let found = "\(look.isWhole ? "" : "at least ")\(look.associated) of \(look.users) users are associated"
            if look.users == 0 {
                return PreflightItem("agents", what, .unknown, "the instance is said to have no users", remedy: remedy)
            }
            if look.associated == 0, look.isWhole {
                return PreflightItem("agents", what, .failed, "no user is associated", remedy: remedy, isBlocking: true)
            }
            if look.isWhole, look.associated * 10 < look.users * 9 {
                return PreflightItem("agents", what, .warning, found, remedy: remedy)
            }
            return PreflightItem("agents", what, .ok, found)
        }
    }

    static func tail(_ arn: String) -> String { arn.split(separator: "/").last.map(String.init) ?? arn }
}
