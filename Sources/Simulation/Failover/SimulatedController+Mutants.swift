import FailoverCore

/// Where mutants get between a controller and its world; without one everything passes as it is.
extension SimulatedController {
    /// The rules' figures as they are handed to it.
    static func policy(_ world: FailoverWorld) -> FailoverPolicy {
        var policy = FailoverPolicy()
        policy.mode = world.plan.mode
        if world.mutant == .dwellSkipped { policy.dwellMilliseconds = 0 }
        return policy
    }

    private var peerName: String { FailoverPlan.regionNames[1 - region] }
    private var ownName: String { FailoverPlan.regionNames[region] }

    // MARK: What it hears

    func mutated(_ signal: Signal) -> Signal? {
        guard let mutant = world.mutant else { return signal }
        var heard = signal
        let isOfPeer = signal.region == peerName
        switch mutant {
        case .unknownUnhealthy where isOfPeer && signal.state == .unknown: heard.state = .unhealthy
        case .staleEvidence, .causeUnasked:
            guard isOfPeer else { return heard }
            if signal.state == .unhealthy { said[signal.source] = signal }
            let kept: Int64 = mutant == .staleEvidence ? 600_000 : 45_000
            if let old = said[signal.source], world.agenda.now - old.observedAt < kept { heard.state = .unhealthy }
        case .oneLinkTwice: heard.path = SignalPath(.outside(signal.source))
        case .targetUnasked where !isOfPeer: heard.state = .healthy
        default: break
        }
        return heard
    }

    // MARK: What it reads

    func mutated(_ answer: FailoverAnswer, to step: FailoverStep) -> FailoverAnswer {
        guard let mutant = world.mutant else { return answer }
        switch (answer, step) {
        case (.control(let view), .control(.read)): return .control(mutated(view))
        case (.groups(let views), _) where mutant == .foreignOverwritten:
            guard let newest = world.table.newest else { return answer }
            return .groups(
                views.map { view in
                    var view = view
                    if let shares = newest.groups.first(where: { $0.group == view.group })?.shares { view.shares = shares }
                    return view
                })
        case (.unheard, .send) where mutant == .trustSilence: return .done
        default: return answer
        }
    }

    /// A view of the control table as it is read.
    func mutated(_ view: ControlView) -> ControlView {
        guard let mutant = world.mutant else { return view }
        var view = view
        change(&view, mutant)
        return view
    }

    private func change(_ view: inout ControlView, _ mutant: FailoverMutant) {
        switch mutant {
        case .actBeforeCommit:
            if let imagined, view.newest?.term ?? 0 < imagined.term { view.terms.insert(imagined, at: 0) }
        case .peerUnheard: view.verdicts.removeAll { $0.region == peerName && $0.state == .healthy }
        case .coolDownForgotten: view.words.acknowledgedTerm = view.newest?.term ?? 0
        case .movesUnbounded:
            for place in view.terms.indices where view.terms[place].cause == .automatic {
                view.terms[place].proposedAt -= 86_400_000
            }
        case .holdIgnored: view.words.hold = nil
        case .returnUnasked:
            guard let newest = view.newest, newest.cause == .automatic || newest.cause == .approved, newest.actor == peerName
            else { return }
            view.words.plan = ReturnPlan(
                id: "unasked", by: "nobody", region: ownName,
                goal: world.plan.groups.map { GroupShares(group: $0.name, shares: $0.shares) }, step: 50,
                holdMilliseconds: 60_000, after: newest.term)
        case .approvalInvented:
            if let proposal = view.words.proposal {
                view.words.approval = Words.Approval(proposal: proposal.id, by: "nobody", isYes: true)
            }
        case .markUnseen:
            let newest = view.newest?.term
            view.marks.removeAll { $0.term != newest }
        default: break
        }
    }

    // MARK: What it does

    /// An answer that the control table is not even asked for.
    func madeUp(_ request: ControlStep) -> FailoverAnswer? {
        switch (world.mutant, request) {
        case (.markUnwritten, .writeMark): return .done
        case (.actBeforeCommit, .propose(let intent)) where intent.cause == .automatic:
            imagined = intent
            // It is committed when there is time.
            world.agenda.after(10_000) { [world, region] in world.table.send(request, from: region) { _ in } }
            return .done
        default: return nil
        }
    }

    var asksNothing: Bool { world.mutant == .termUncompared }
    var ignoresDeadline: Bool { world.mutant == .lateActuator }
    var sendsBlind: Bool { world.mutant == .sendBlind }

    func mutated(_ group: GroupShares) -> GroupShares {
        var group = group
        switch world.mutant {
        case .bothAtZero: group.shares.telephony[ownName] = 0
        case .agentsLeft:
            guard let there = world.groups.views.first(where: { $0.group == group.group }) else { break }
            group.shares.agents = there.shares.agents
        default: break
        }
        return group
    }
}
