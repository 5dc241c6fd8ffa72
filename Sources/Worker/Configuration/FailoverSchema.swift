import Failover
import FailoverCore

extension ConfigurationSchema {
    /// The settings of failover, which `converge failover` and the worker share: of a worker's file it reads what it needs and passes over the rest.
    public static let failover = ConfigurationSchema(
        keys: worker.keys,
        rules: [
            ConfigurationRule { needsFailover($0, "failover.regions") },
            ConfigurationRule { needsFailover($0, "failover.instance") },
            ConfigurationRule { needsFailover($0, "failover.groups") },
        ] + failoverRules)

    /// What holds for a worker with a controller, too.
    static let failoverRules = [
        ConfigurationRule { configuration in
            guard configuration.isSet("failover.mode") else { return nil }
            return ["failover.regions", "failover.instance", "failover.groups"].first { !configuration.isSet($0) }
                .map { "failover.mode requires \($0)" }
        },
        ConfigurationRule { configuration in
            guard configuration.isSet("failover.regions"), configuration.text("failover.control.kind") == "dynamodb",
                !configuration.isSet("failover.control.regions")
            else { return nil }
            return "failover.control.kind dynamodb requires failover.control.regions, the Regions of the table's replicas"
        },
    ]

    private static func needsFailover(_ configuration: Configuration, _ name: String) -> String? {
        configuration.isSet(name) ? nil : "converge failover requires \(name)"
    }

    static let failoverKeys: [ConfigurationKey] = {
        let policy = FailoverPolicy()
        func duration(_ name: String, _ range: ClosedRange<Int64>, _ milliseconds: Int64, _ help: String) -> ConfigurationKey {
            ConfigurationKey(name, .duration(range), default: Quantity.text(milliseconds: milliseconds), help)
        }
        func count(_ name: String, _ range: ClosedRange<Int>, _ value: Int, _ help: String) -> ConfigurationKey {
            ConfigurationKey(name, .integer(range), default: "\(value)", help)
        }
        return [
            ConfigurationKey(
                "failover.mode", .choice(FailoverPolicy.Mode.allCases.map(\.rawValue)), unset: "no controller",
                "what the controller does when the other Region does not serve: observe, advise, approve (ask a person), or automatic"
            ),
            ConfigurationKey("failover.regions", .list, unset: "none", "both Regions of the pair, in any order"),
            ConfigurationKey("failover.instance", .text, unset: "none", "id of the Connect instance, the same in both Regions"),
            ConfigurationKey(
                "failover.groups", .list, unset: "none",
                "ARNs of the traffic distribution groups, in the order in which they are moved"),
            ConfigurationKey(
                "failover.controller", .text, unset: "the host's name and the process id",
                "name of this controller among those of its Region"),
            ConfigurationKey(
                "failover.control.kind", .choice(FailoverSettings.ControlKind.allCases.map(\.rawValue)), default: "dynamodb",
                "where controllers agree: a table with multi-Region strong consistency, or local, a directory for trying it out on one machine"
            ),
            ConfigurationKey(
                "failover.control.table", .text, default: ControlTableShape.defaultName, "name of the control table"),
            ConfigurationKey(
                "failover.control.regions", .list, unset: "none", "Regions that have a full replica of the control table"),
            ConfigurationKey(
                "failover.control.path", .text, default: "converge-failover", "directory of a control table of kind local"),
            ConfigurationKey(
                "failover.control.unverified", .boolean, default: "false",
                "do not ask whether the table has multi-Region strong consistency; accepted with endpoints of this machine only (emulators)"
            ),
        ] + around + [
            duration("failover.round", 500...60_000, policy.roundMilliseconds, "time between two rounds of the controller"),
            duration(
                "failover.dwell", 2_000...3_600_000, policy.dwellMilliseconds,
                "how long all rules have to hold before the cause is asked for again and the move is made"),
            duration("failover.signal-age", 5_000...3_600_000, policy.signalAgeMax, "a signal that is older is unknown"),
            duration(
                "failover.verdict-age", 5_000...3_600_000, policy.verdictAgeMax,
                "controllers of the other Region count as silent after this"),
            count(
                "failover.independent-signals", 2...6, policy.independentMin,
                "signals against the other Region that have to be independent of each other"),
            count(
                "failover.starts-min", 0...1_000_000, Int(policy.startsMin),
                "contacts a minute that have to be expected in the other Region for a move by itself"),
            count(
                "failover.agents-min", 0...1_000_000, policy.agentsMin,
                "agents online in the other Region that stand for volume where no contacts can be expected yet"),
            count("failover.moves-per-day", 1...24, policy.movesPerDay, "moves by itself in 24 hours, at most"),
            duration(
                "failover.approval-timeout", 10_000...86_400_000, policy.approvalMilliseconds,
                "how long a person may take to approve; no answer means no"),
            duration(
                "failover.reassert", 0...86_400_000, policy.reassertMilliseconds,
                "for so long after a move an older intent that comes up late is put right"),
        ]
    }()

    /// What is looked with beside Connect's API, and what follows an intent beside Connect's groups.
    private static let around: [ConfigurationKey] = [
        ConfigurationKey(
            "failover.without-metrics", .boolean, default: "false",
            "do not read CloudWatch's AWS/Connect of both Regions, which costs some five dollars a month"),
        ConfigurationKey(
            "failover.metrics.flows", .list, unset: "none",
            "names of contact flows whose fatal errors are watched, \(MetricsSource.flowsMax) at most"),
        ConfigurationKey(
            "failover.without-aws-health", .boolean, default: "false", "do not ask AWS Health, which needs a support plan"),
        ConfigurationKey(
            "failover.synthetic.url", .text, unset: "none",
            "HTTPS URL where a system that calls the contact center tells what it heard"),
        ConfigurationKey("failover.synthetic.token-file", .text, unset: "none", "file with the bearer token for it"),
        ConfigurationKey(
            "failover.synthetic.age", .duration(SignalSettings.syntheticAges), default: "5m", "calls that are older say nothing"
        ),
        ConfigurationKey(
            "failover.word-file", .text, unset: "none", "file of people's words on Regions, a line each: REGION STATE TIME WHY"),
        ConfigurationKey(
            "failover.without-agents", .boolean, default: "false",
            "do not read the other Region's agents out of the tables once a minute, which costs 1.35 dollars a day with 10,000 agents"
        ),
        ConfigurationKey(
            "failover.global-routing", .boolean, default: "false",
            "the pair has global routing, so that each Region sees the other's contacts"),
        ConfigurationKey(
            "failover.drills.schedule", .list, unset: "none",
            "drills, REGION DAYS TIME DURATION test-group or live each, such as us-east-1 first-tue 10:00+01:00 10m test-group; days with a comma in the file only"
        ),
        ConfigurationKey(
            "failover.drills.blocked", .list, unset: "none",
            "when none of them begins: DAYS, DAYS HH:MM-HH:MM, with an offset such as +01:00 or without, DATE or DATE..DATE"),
        ConfigurationKey(
            "failover.drills.approved-by", .text, unset: "none", "who approved the schedule; required where there is one"),
        ConfigurationKey(
            "failover.drills.test-groups", .list, unset: "none",
            "ARNs of the groups, of failover.groups, that drills of mode test-group move"),
        ConfigurationKey(
            "failover.actuators.group", .text, unset: "the first of failover.groups",
            "ARN of the group whose shares the active-Region row, Route 53 and routing controls follow"),
        ConfigurationKey(
            "failover.actuators.active-region.table", .text, unset: "off",
            "DynamoDB global table for the row that says which Region is active, for chat pages and desktops"),
        ConfigurationKey(
            "failover.actuators.route53.records", .list, unset: "off",
            "weighted records that follow the shares, ZONE/NAME/TYPE each"),
        ConfigurationKey(
            "failover.actuators.route53.identifiers", .list, unset: "the Regions' names",
            "set identifiers of these records, REGION=IDENTIFIER each"),
        ConfigurationKey(
            "failover.actuators.routing-controls.endpoints", .list, unset: "off",
            "endpoints of the cluster of routing controls, REGION=URL each"),
        ConfigurationKey(
            "failover.actuators.routing-controls.controls", .list, unset: "off",
            "routing controls that are on while their Region has a share, REGION=ARN each"),
        ConfigurationKey("failover.actuators.webhook.url", .text, unset: "off", "HTTPS URL that is told what happens, signed"),
        ConfigurationKey(
            "failover.actuators.webhook.secret-file", .text, unset: "none",
            "file with the secret of the signature, two lines while it is replaced"),
        ConfigurationKey(
            "failover.actuators.eventbridge.bus", .text, unset: "off", "EventBridge bus that is told what happens"),
        ConfigurationKey("failover.actuators.sns.topic", .text, unset: "off", "ARN of the SNS topic that is told what happens"),
        ConfigurationKey(
            "failover.actuators.notices", .list, default: ActuatorSettings.noticesDefault.joined(separator: ","),
            "kinds of lines of the history that others are told of"),
    ]
}
