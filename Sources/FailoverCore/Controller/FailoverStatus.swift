/// What a controller knows and thinks, for people: every figure with its age.
package struct FailoverStatus: Equatable, Sendable {
    package enum Phase: Equatable, Sendable {
        /// The control table was not read yet, or too long ago: nothing is done.
        case blind
        case watching
        /// All rules hold, for so many milliseconds.
        case dwelling(for: Int64)
        /// The cause is asked again.
        case asking
        /// A person's yes is awaited.
        case awaiting(Words.Proposal)
        /// It would have moved, and must or may not.
        case spent
        /// A term is being carried out, by this controller.
        case carryingOut(term: Int64)
    }

    package var identity: FailoverController.Identity
    package var mode: FailoverPolicy.Mode
    package var phase: Phase
    /// Nil until the first one.
    package var evaluation: Evaluation?
    package var control: ControlView?
    /// Milliseconds; nil where it was never read.
    package var controlAge: Int64?
    package var groups: [GroupView]?
    package var groupsAge: Int64?
    /// Milliseconds between two readings of the groups while nothing happens.
    package var groupsPace: Int64
    package var foreign: String?
    /// Controllers that are alive, by Region.
    package var controllers: [String: Int]
    /// Of a return to this Region that is running: what stands between now and its next step.
    package var gates: ReturnGates?
    /// Lines of the history that the control table has not taken yet.
    package var unwritten: Int
}

extension FailoverController {
    package func status(now: Int64) -> FailoverStatus {
        FailoverStatus(
            identity: identity, mode: policy.mode, phase: phase(now: now),
            evaluation: Evaluation(situation(now: now), policy), control: control,
            controlAge: control == nil ? nil : now - controlReadAt, groups: groups,
            groupsAge: groups == nil ? nil : now - groupsReadAt,
            groupsPace: idleGroupsMilliseconds(now), foreign: foreign?.says,
            controllers: [identity.region, identity.peer].reduce(into: [:]) { counts, region in
                counts[region] = watch.fresh(of: region, now: now, ageMax: policy.verdictAgeMax).count
            }, gates: gates(now: now), unwritten: outbox.count)
    }

    private func gates(now: Int64) -> ReturnGates? {
        guard let plan = control?.words.plan, plan.state == .running, plan.region == identity.region else { return nil }
        return ReturnGates(situation(now: now), policy, isFresh: isFresh(groupsReadAt, now))
    }

    private func phase(now: Int64) -> FailoverStatus.Phase {
        guard isFresh(controlReadAt, now) else { return .blind }
        if let carrying, carrying.mark.state == .sending { return .carryingOut(term: carrying.term) }
        switch suspicion {
        case .watching: return .watching
        case .dwelling(let since): return .dwelling(for: now - since)
        case .asking: return .asking
        case .awaiting(let proposal, _): return .awaiting(proposal)
        case .spent: return .spent
        }
    }
}
