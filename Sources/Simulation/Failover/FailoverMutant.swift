/// A deliberate bug in a seam between a controller and its world: what the checks are for. None is in the controller.
public enum FailoverMutant: String, CaseIterable, Sendable {
    // What it hears.
    /// What is unknown counts as unhealthy.
    case unknownUnhealthy = "unknown-unhealthy"
    /// Once a signal was unhealthy it is told again for minutes, as if it were new.
    case staleEvidence = "stale-evidence"
    /// Every signal came by a way of its own.
    case oneLinkTwice = "one-link-twice"
    /// The own Region is always well.
    case targetUnasked = "target-unasked"
    /// All rules have to hold for no time at all.
    case dwellSkipped = "dwell-skipped"
    /// What was heard before the dwell is told as if it had been asked again.
    case causeUnasked = "cause-unasked"

    // What it reads.
    /// Verdicts of the peer's controllers are not seen to be healthy.
    case peerUnheard = "peer-unheard"
    /// Every term counts as acknowledged.
    case coolDownForgotten = "cool-down-forgotten"
    /// Moves by itself are not seen as such.
    case movesUnbounded = "moves-unbounded"
    /// A hold is not seen.
    case holdIgnored = "hold-ignored"
    /// Groups always show what was last intended.
    case foreignOverwritten = "foreign-overwritten"
    /// A return is under way that nobody began.
    case returnUnasked = "return-unasked"
    /// Every proposal was approved.
    case approvalInvented = "approval-invented"
    /// Marks of older terms are not seen.
    case markUnseen = "mark-unseen"

    // What it does.
    /// A proposal counts as committed at once; the control table is asked later.
    case actBeforeCommit = "act-before-commit"
    /// The control table takes a term that is there already.
    case termOverwritten = "term-overwritten"
    /// The newest term is not read again after signing.
    case termUncompared = "term-uncompared"
    /// An update that was held up is signed anew and sent.
    case lateActuator = "late-actuator"
    /// An update is sent although the control table did not answer.
    case sendBlind = "send-blind"
    /// An update that was not answered counts as done.
    case trustSilence = "trust-silence"
    /// Both Regions get nothing.
    case bothAtZero = "both-at-zero"
    /// Telephony moves, and the agents stay.
    case agentsLeft = "agents-left"
    /// Groups are sent to without a mark.
    case markUnwritten = "mark-unwritten"
}
