extension FailoverController {
    /// Whether everything should come to this Region: dwells on it, asks again, and then does what the mode says.
    mutating func suspect(_ newest: Intent, _ control: ControlView, now: Int64) -> FailoverStep? {
        let evaluation = Evaluation(situation(now: now), policy)
        self.evaluation = evaluation
        let hasSlept = now - decidedAt > policy.viewAgeMax
        decidedAt = now
        noteHeldBack(evaluation)
        guard evaluation.callsForMove else { return calm(evaluation, now: now) }
        switch suspicion {
        case .watching:
            suspicion = .dwelling(since: now)
            journal(.suspected, evaluation.evidence)
        case .dwelling(let since):
            if hasSlept {
                suspicion = .dwelling(since: now)
            } else if now - since >= policy.dwellMilliseconds {
                suspicion = .asking(from: now)
            }
        case .asking(let from):
            let again = Evaluation(situation(now: now), policy, from: from)
            if again.callsForMove, !hasSlept { return act(again, newest, now: now) }
            // A source that looks seldom is waited for as long as what it said counts.
            let patience = evaluation.peer.complaints.map(\.signal.keptMilliseconds).reduce(policy.recheckMilliseconds, max)
            if hasSlept || now - from > patience { suspicion = .dwelling(since: now) }
        case .awaiting(let proposal, let since):
            return awaitYes(of: proposal, since: since, control, now: now)
        case .spent: break
        }
        return nil
    }

    /// The rules do not call for a move.
    private mutating func calm(_ evaluation: Evaluation, now: Int64) -> FailoverStep? {
        // Only what was read is too old: it is read again before anything else is concluded.
        if evaluation.findings.allSatisfy({ $0.holds || $0.rule == .viewsFresh }), suspicion != .watching { return nil }
        let was = suspicion
        suspicion = .watching
        guard was != .watching else { return nil }
        journal(.cleared, [evaluation.heldBackBy.map { "\($0.rule.rawValue): \($0.says)" } ?? ""])
        if case .awaiting = was { return .control(.writeProposal(nil)) }
        return nil
    }

    /// Says once, and again when it is another one, which rule holds a move back from a peer that does not serve. That it has nothing left to move is what a move was for.
    private mutating func noteHeldBack(_ evaluation: Evaluation) {
        guard evaluation.peer.state == .unhealthy, let rule = evaluation.heldBackBy, rule.rule != .viewsFresh,
            rule.rule != .peerHasShare
        else {
            if evaluation.peer.state != .unhealthy { heldBackBy = nil }
            return
        }
        guard heldBackBy != rule.rule else { return }
        heldBackBy = rule.rule
        journal(.heldBack, ["\(rule.rule.rawValue): \(rule.says)"] + evaluation.evidence)
    }

    private mutating func act(_ evaluation: Evaluation, _ newest: Intent, now: Int64) -> FailoverStep? {
        switch policy.mode {
        case .observe:
            suspicion = .spent
            return nil
        case .advise:
            suspicion = .spent
            journal(.noticed, ["everything should go to \(identity.region); the mode is advise"] + evaluation.evidence)
            return nil
        case .approve:
            let proposal = Words.Proposal(
                id: token(), controller: identity.name, groups: wanted, actor: identity.region,
                evidence: Array(evaluation.evidence.prefix(Intent.evidenceMax)), at: wall, after: newest.term)
            return .control(.writeProposal(proposal))
        case .automatic:
            return .control(.propose(intent(wanted, .automatic, evaluation.evidence)))
        }
    }

    /// Everything to this Region, all that a group has in one.
    private var wanted: [GroupShares] {
        (groups ?? []).map { view in
            GroupShares(
                group: view.group,
                shares: Shares(identity.region, share: 100, other: identity.peer, hasSignIn: !view.shares.signIn.isEmpty))
        }
    }

    private mutating func awaitYes(
        of proposal: Words.Proposal, since: Int64, _ control: ControlView, now: Int64
    ) -> FailoverStep? {
        if let approval = control.words.approval, approval.proposal == proposal.id {
            guard approval.isYes else {
                suspicion = .spent
                journal(.cleared, ["\(approval.by) said no"])
                return nil
            }
            let again = Evaluation(situation(now: now), policy, from: now - policy.signalAgeMax)
            guard again.callsForMove else { return nil }
            return .control(.propose(intent(proposal.groups, .approved, ["\(approval.by) approved it"] + again.evidence)))
        }
        guard now - since > policy.approvalMilliseconds else { return nil }
        suspicion = .spent
        journal(.cleared, ["nobody approved it within \(policy.approvalMilliseconds / 1000) s: that means no"])
        return .control(.writeProposal(nil))
    }
}
