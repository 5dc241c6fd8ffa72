import FailoverCore

/// What a preflight is about: the pair as it is configured, and how much may be asked.
package struct PreflightPlan: Sendable {
    /// The control table, where it is DynamoDB's.
    package struct Table: Sendable, Equatable {
        package var name: String
        /// Of its full replicas.
        package var regions: [String]
        /// False: it is not asked whether it is strongly consistent, as an emulator's is not.
        package var verifiesConsistency: Bool

        package init(name: String, regions: [String], verifiesConsistency: Bool) {
            self.name = name
            self.regions = regions
            self.verifiesConsistency = verifiesConsistency
        }
    }

    /// How much is asked, and for how long.
    package struct Bounds: Sendable, Equatable {
        /// Kinds of resources whose differences are asked for, a request each.
        package var kinds: [String]
        /// Pages of users, ten to a page, of all groups together.
        package var userPagesMax: Int
        /// Between two requests to Amazon Connect: its rate is the account's.
        package var paceMilliseconds: Int64
        /// Whatever was not heard by then is unknown.
        package var deadlineMilliseconds: Int64
        /// Of one request, which is tried once.
        package var requestMilliseconds: Int64

        package init(
            kinds: [String], userPagesMax: Int, paceMilliseconds: Int64, deadlineMilliseconds: Int64,
            requestMilliseconds: Int64 = 5_000
        ) {
            self.kinds = kinds
            self.userPagesMax = userPagesMax
            self.paceMilliseconds = paceMilliseconds
            self.deadlineMilliseconds = deadlineMilliseconds
            self.requestMilliseconds = requestMilliseconds
        }

        /// Of a person, who waits: some 25 requests to Amazon Connect, one a second, half of what the account has.
        package static let brief = Bounds(
            kinds: kindsOfCalls, userPagesMax: 10, paceMilliseconds: 1_000, deadlineMilliseconds: 60_000)
        /// Everything: all kinds, 2,000 users. Some minutes where there are so many.
        package static let thorough = Bounds(
            kinds: PreflightPlan.kinds, userPagesMax: 200, paceMilliseconds: 1_000, deadlineMilliseconds: 300_000)
        /// Of a controller, again and again: two requests and two a group. Differences it knows from its signals.
        package static let watch = Bounds(
            kinds: [], userPagesMax: 1, paceMilliseconds: 5_000, deadlineMilliseconds: 120_000)

        /// Those that a call runs through first.
        private static let kindsOfCalls = [
            "AGENT", "CONTACT_FLOW", "FLOW_MODULE", "OPERATING_HOURS", "PHONE_NUMBER", "PROMPT", "QUEUE", "ROUTING_PROFILE",
            "SECURITY_PROFILE",
        ]
    }

    /// The Region that is to take the traffic.
    package var target: String
    package var peer: String
    package var instance: String
    /// ARNs.
    package var groups: [String]
    /// Nil: it is in this machine.
    package var table: Table?
    /// Tables of the state that are read to see what there is to lose, the agents' first; none: the state is not in tables.
    package var state: [String] = []
    package var signals: SignalSettings
    package var actuators: ActuatorSettings
    package var bounds: Bounds

    package init(
        target: String, peer: String, instance: String, groups: [String], table: Table?, signals: SignalSettings,
        actuators: ActuatorSettings, bounds: Bounds
    ) {
        self.target = target
        self.peer = peer
        self.instance = instance
        self.groups = groups
        self.table = table
        self.signals = signals
        self.actuators = actuators
        self.bounds = bounds
    }
}
