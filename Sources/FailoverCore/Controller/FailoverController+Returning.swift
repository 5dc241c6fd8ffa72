extension FailoverController {
    /// A return that a person began: the next step once its gates have held for long enough, or a halt.
    mutating func goOn(_ plan: ReturnPlan, _ newest: Intent, now: Int64) -> FailoverStep? {
        evaluation = Evaluation(situation(now: now), policy)
        if newest.plan == plan.id, newest.term == plan.after + 1 {
            // Its step was committed, and whoever did it could not write that down.
            var stepped = plan
            stepped.after = newest.term
            return .control(.writePlan(stepped, replacing: plan))
        }
        guard newest.term == plan.after else {
            return halt(plan, "term \(newest.term) (\(newest.cause.rawValue)) by \(newest.author) came between")
        }
        let gates = ReturnGates(situation(now: now), policy, isFresh: isFresh(groupsReadAt, now))
        if let bad = gates.bad { return halt(plan, bad) }
        if newest.groups == plan.goal {
            var done = plan
            done.state = .done
            done.evidence = "everything is where it should be"
            return .control(.writePlan(done, replacing: plan))
        }
        guard gates.areOpen, let since = gateSince, now - decidedAt <= policy.viewAgeMax else {
            gateSince = gates.areOpen ? now : nil
            decidedAt = now
            return nil
        }
        decidedAt = now
        let fulfilled = sights.fulfilled(newest) ?? now
        guard now - max(since, fulfilled) >= plan.holdMilliseconds else { return nil }
        gateSince = nil
        return .control(
            .propose(
                intent(
                    plan.next(from: newest.groups), .returning, plan: plan.id, ["a step of \(plan.by)'s return"] + gates.says)))
    }

    private mutating func halt(_ plan: ReturnPlan, _ why: String) -> FailoverStep {
        gateSince = nil
        var halted = plan
        halted.state = .halted
        halted.evidence = why
        return .control(.writePlan(halted, replacing: plan))
    }
}

/// What has to be so before a step of a return. A bad gate halts it; one that nobody can see is waited for.
package struct ReturnGates: Equatable, Sendable {
    /// Why the return is to be halted.
    package var bad: String?
    package var areOpen: Bool
    package var says: [String]

    init(_ situation: Situation, _ policy: FailoverPolicy, isFresh: Bool) {
        let own = Diagnosis(of: situation.own, situation.entries, independentMin: policy.independentMin)
        let complaint = own.entries.first { $0.signal.state == .unhealthy }
        let replication = situation.entries.filter { $0.signal.kind == .replication }
        says = own.entries.map {
            "\($0.signal.kind.rawValue) (\($0.signal.source)): \($0.signal.state.rawValue): \($0.signal.evidence)"
        }
        if let hold = situation.control?.words.hold {
            bad = "\(hold.by) holds it: \(hold.why)"
        } else if let foreign = situation.foreign {
            bad = foreign
        } else if let complaint {
            bad = "\(complaint.signal.kind.rawValue) of \(situation.own): \(complaint.signal.evidence)"
        } else if let late = replication.first(where: { $0.signal.state == .unhealthy }) {
            bad = "replication from \(late.signal.region): \(late.signal.evidence)"
        } else if let blocker = situation.blockers.first {
            bad = blocker
        }
        areOpen =
            bad == nil && isFresh && own.state == .healthy && replication.allSatisfy { $0.signal.state == .healthy }
    }
}

extension ReturnPlan {
    /// All steps from `groups` to the goal: bounded, as each step is ten points or more.
    package func steps(from groups: [GroupShares]) -> [[GroupShares]] {
        var steps: [[GroupShares]] = []
        var now = groups
        while now != goal, steps.count < 32 {
            now = next(from: now)
            steps.append(now)
        }
        return steps
    }

    /// One step from `groups` towards the goal.
    func next(from groups: [GroupShares]) -> [GroupShares] {
        goal.map { wanted in
            guard let now = groups.first(where: { $0.group == wanted.group })?.shares else { return wanted }
            func moved(_ from: [String: Int], _ to: [String: Int]) -> [String: Int] {
                guard let mine = from[region], let goal = to[region], let other = from.keys.first(where: { $0 != region })
                else {
                    return to
                }
                let next = goal > mine ? min(goal, mine + step) : max(goal, mine - step)
                return [region: next, other: 100 - next]
            }
            let telephony = moved(now.telephony, wanted.shares.telephony)
            let agents = moved(now.agents, wanted.shares.agents)
            guard telephony != wanted.shares.telephony || agents != wanted.shares.agents else { return wanted }
            // On the way every Region that takes calls performs sign-in, if it is to in the end or does now.
            let signIn = now.signIn.reduce(into: [:]) { signIn, region in
                signIn[region.key] =
                    (telephony[region.key] ?? 0) > 0 && (region.value || wanted.shares.signIn[region.key] ?? false)
            }
            return GroupShares(group: wanted.group, shares: Shares(telephony: telephony, agents: agents, signIn: signIn))
        }
    }
}
