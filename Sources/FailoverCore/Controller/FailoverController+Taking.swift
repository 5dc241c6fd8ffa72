extension FailoverController {
    /// What came of the step that ``next(now:wall:)`` gave.
    package mutating func take(_ answer: FailoverAnswer, now: Int64) {
        guard let step = inFlight else { return }
        inFlight = nil
        switch step {
        case .control(.read):
            guard case .control(let view) = answer else { return }
            take(view, now: now)
        case .readGroups:
            guard case .groups(let views) = answer else { return }
            // As of when they were asked for: an update that was sent meanwhile is not in them.
            groups = views
            groupsReadAt = groupsAskedAt
            inspect(now: now)
        case .control(.propose(let intent)): proposed(intent, answer, now: now)
        case .control(.writeMark(let mark, _)): marked(mark, answer, now: now)
        case .control(.writeProposal(let proposal)): asked(proposal, answer, now: now)
        case .control(.writePlan(let plan, _)): planned(plan, answer, now: now)
        case .control(.write): outbox.written(answer == .done || answer == .conflict)
        case .send(let update): sent(update, answer, now: now)
        case .control: break
        }
    }

    private mutating func take(_ view: ControlView, now: Int64) {
        let before = control?.newest?.term
        control = view
        controlReadAt = roundAt
        sights.take(view, now: now)
        watch.take(view.verdicts, now: now)
        for region in [identity.peer] {
            observe(watch.signal(of: region, readAt: now, now: now, ageMax: policy.verdictAgeMax))
        }
        if let carrying, carrying.term != view.newest?.term { self.carrying = nil }
        if view.newest?.term != before, suspicion != .watching { suspicion = .watching }
    }

    private mutating func proposed(_ intent: Intent, _ answer: FailoverAnswer, now: Int64) {
        suspicion = .watching
        guard answer == .done else { return isBlocked = true }
        // It is read back before it is acted upon: nobody acts on what only he believes.
        hasRead = false
        journal(
            .committed, term: intent.term,
            ["\(intent.cause.rawValue): \(intent.groups.map { $0.shares.text }.first ?? "")"] + intent.evidence)
    }

    private mutating func marked(_ mark: ActingMark, _ answer: FailoverAnswer, now: Int64) {
        guard answer == .done else {
            isBlocked = true
            if mark.state == .sending { carrying = nil }
            return
        }
        // What was written is known; it need not be read before it is acted upon.
        if var view = control {
            view.marks.removeAll { $0.term == mark.term }
            view.marks.append(mark)
            control = view
            sights.take(view, now: now)
        }
        switch mark.state {
        case .sending: carrying?.mark = mark
        case .fulfilled:
            carrying?.mark = mark
            journal(.verified, term: mark.term, ["all groups show it; an answer was not heard"])
        case .closed:
            let isNews = carrying?.mark.state == .sending
            carrying = nil
            if isNews { journal(.verified, term: mark.term, ["all groups show it, and every answer was heard"]) }
        }
    }

    private mutating func asked(_ proposal: Words.Proposal?, _ answer: FailoverAnswer, now: Int64) {
        guard answer == .done else {
            isBlocked = true
            if proposal != nil { suspicion = .watching }
            return
        }
        guard let proposal else { return }
        suspicion = .awaiting(proposal, since: now)
        journal(.proposed, ["awaits a person's yes for \(policy.approvalMilliseconds / 1000) s"] + proposal.evidence)
    }

    private mutating func planned(_ plan: ReturnPlan, _ answer: FailoverAnswer, now: Int64) {
        guard answer == .done else { return isBlocked = true }
        hasRead = false
        guard plan.state != .running else { return }
        journal(plan.state == .halted ? .halted : .stepped, term: plan.after, ["return to \(plan.region): \(plan.evidence)"])
    }
}
