/// What can go wrong in the story of failover. The raw values are the names that `--faults` takes, beside those of ``Fault``.
///
/// A seed's story has episodes. An episode is about one fault, its class, and in company of others: see ``mix``.
public enum FailoverFault: String, CaseIterable, Sendable {
    // Regions.
    /// Everything in a Region is gone: telephony, Connect's endpoints, workers, controllers.
    case regionDead = "region-dead"
    /// Calls and agents are gone; everything else answers.
    case telephonyDead = "telephony-dead"
    /// Connect's endpoints do not answer; calls go on.
    case controlPlaneDead = "control-plane-dead"
    /// Fewer and fewer calls are answered, over a quarter of an hour.
    case slowDecay = "slow-decay"
    /// Both Regions fail alike: a bad deployment.
    case sharedFault = "shared-fault"
    /// A Region's telephony dies, and the other's too, within minutes.
    case targetIll = "target-ill"
    /// A Region's telephony dies for some minutes, and then, once it is back, the other one's.
    case wanderingFault = "wandering-fault"
    /// Nothing, when hardly anybody calls.
    case quietNight = "quiet-night"

    // Links.
    /// Nothing passes between the Regions; each hears nothing of the other.
    case regionsParted = "regions-parted"
    /// Nobody reaches the control table.
    case tableAway = "table-away"
    /// One Region does not reach the control table.
    case tableCut = "table-cut"
    /// Connect's endpoint in a Region does not answer for its traffic distribution groups.
    case groupsAway = "groups-away"

    // Signals.
    /// What writes the canary is dead in a Region: replication looks as if it stood still.
    case canaryDead = "canary-dead"
    /// One signal says the opposite of what is so.
    case lyingSignal = "lying-signal"
    /// Most signals about a Region are missing.
    case missingSignals = "missing-signals"

    // Requests.
    /// Requests to the control table take seconds.
    case slowControl = "slow-control"
    /// Answers of the control table are lost.
    case lostControl = "lost-control"
    /// Requests to the control table happen twice, the second time up to 20 s later.
    case repeatedControl = "repeated-control"
    /// Connect throttles.
    case throttledGroups = "throttled-groups"
    /// Updates of groups are under way for minutes, or their answers are lost.
    case lateUpdate = "late-update"

    // Controllers.
    /// Controllers are killed, and others started cold.
    case killController = "kill-controller"
    /// Controllers stop for minutes, wherever they are, and go on.
    case pauseController = "pause-controller"
    /// Wall clocks jump, by up to 4.9 minutes.
    case clocksOff = "clocks-off"

    // People.
    /// Somebody sets a group by hand.
    case foreignHand = "foreign-hand"
    /// A person commands something else right after a move was decided.
    case secondThoughts = "second-thoughts"
}

extension FailoverFault {
    /// How often an episode of a class comes in a year of a pair of Regions, and with what probability it comes in company of another.
    struct Share {
        /// Episodes a year: what rates are weighed with.
        var perYear: Double
        /// How often the seeds draw it, compared with others: those that matter are drawn more often than they come.
        var weight: Int
        /// Probability that it joins an episode of another class; 0 where it never does.
        var joins: Double = 0
    }

    /// The mix. Frozen, with the policy's defaults and the world, before the seeds were run that figures are taken from (4,000,001 and on; up to 3,006,775 they were
    /// looked at while rules and senses were mended). What is rare by the year is drawn often all the same; the report weighs each class by its episodes a year.
    var share: Share {
        switch self {
        case .regionDead: Share(perYear: 0.2, weight: 30)
        case .telephonyDead: Share(perYear: 0.5, weight: 20)
        case .controlPlaneDead: Share(perYear: 2, weight: 5)
        case .slowDecay: Share(perYear: 1, weight: 6)
        case .sharedFault: Share(perYear: 4, weight: 6)
        case .targetIll: Share(perYear: 0.05, weight: 4)
        case .wanderingFault: Share(perYear: 0.1, weight: 4)
        case .quietNight: Share(perYear: 300, weight: 4)
        case .regionsParted: Share(perYear: 4, weight: 6)
        case .tableAway: Share(perYear: 2, weight: 3, joins: 0.04)
        case .tableCut: Share(perYear: 4, weight: 3, joins: 0.06)
        case .groupsAway: Share(perYear: 4, weight: 2, joins: 0.05)
        case .canaryDead: Share(perYear: 12, weight: 4, joins: 0.05)
        case .lyingSignal: Share(perYear: 24, weight: 6, joins: 0.08)
        case .missingSignals: Share(perYear: 12, weight: 4, joins: 0.05)
        case .slowControl: Share(perYear: 12, weight: 2, joins: 0.08)
        case .lostControl: Share(perYear: 12, weight: 2, joins: 0.08)
        case .repeatedControl: Share(perYear: 12, weight: 2, joins: 0.08)
        case .throttledGroups: Share(perYear: 24, weight: 2, joins: 0.06)
        case .lateUpdate: Share(perYear: 12, weight: 2, joins: 0.10)
        case .killController: Share(perYear: 100, weight: 4, joins: 0.15)
        case .pauseController: Share(perYear: 50, weight: 4, joins: 0.15)
        case .clocksOff: Share(perYear: 12, weight: 2, joins: 0.08)
        case .foreignHand: Share(perYear: 12, weight: 6, joins: 0.08)
        case .secondThoughts: Share(perYear: 6, weight: 2, joins: 0.08)
        }
    }

    /// Whether traffic should leave the Region that it is about.
    var isReasonToMove: Bool { self == .regionDead || self == .telephonyDead || self == .slowDecay }

    /// Whether it may hide or invent what is known of a Region, though nobody's calls suffer. Of several at once, a controller may be wrong.
    var deceives: Bool {
        switch self {
        case .regionsParted, .tableCut, .canaryDead, .lyingSignal, .missingSignals, .killController, .pauseController,
            .controlPlaneDead, .slowControl, .lostControl, .groupsAway, .tableAway:
            true
        default: false
        }
    }

}
