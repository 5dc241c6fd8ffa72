import FailoverCore

/// People: who approve, acknowledge, adopt what a foreign hand did, hold and let go, begin returns, command, and meddle, each after a while.
///
/// They reach the control table from wherever it can be reached, and are told everything that is in it.
final class SimulatedStaff {
    private unowned let world: FailoverWorld
    private var random: SeededRandom
    /// What they are about to do, so that it is begun once.
    private var planned: Set<String> = []
    private var lookedAt: Int64 = .min
    private var returns = 0
    /// A foreign hand's last doing; nil once a term came after it.
    var meddledAt: Int64?

    init(_ world: FailoverWorld, seed: UInt64) {
        self.world = world
        random = SeededRandom(seed: seed)
    }

    private func chance(_ probability: Double) -> Bool { random.chance(probability) }
    private func minutes(_ least: Int, _ most: Int) -> Int64 { Int64(random.between(least * 60_000, most * 60_000)) }

    /// Sends a word to the control table, again and again until it was heard.
    private func say(_ what: String, _ step: @escaping () -> ControlStep?) {
        guard let request = step(), !world.isResting else {
            planned.remove(what)
            return
        }
        let region = world.table.isAway[0] ? 1 : 0
        world.table.send(request, from: region) { [weak self] answer in
            guard let self else { return }
            if case .unheard = answer {
                world.agenda.after(20_000) { [weak self] in self?.say(what, step) }
                return
            }
            world.trace(.person, "\(request.line): \(answer == .done ? "done" : "refused")")
            world.stir()
            planned.remove(what)
        }
    }

    /// Does something after a while, once.
    private func plan(_ what: String, after delay: Int64, _ step: @escaping () -> ControlStep?) {
        guard planned.insert(what).inserted else { return }
        world.agenda.after(delay) { [weak self] in self?.say(what, step) }
    }

    /// Looks at the control table, twice a minute.
    func look() {
        let now = world.agenda.now
        guard now >= lookedAt + 30_000 || now < lookedAt, let newest = world.table.newest else { return }
        lookedAt = now
        let words = world.table.words
        if let proposal = words.proposal, words.approval?.proposal != proposal.id {
            let isYes = chance(0.8)
            plan("answer \(proposal.id)", after: minutes(0, 6)) {
                .writeApproval(.init(proposal: proposal.id, by: "person", isYes: isYes))
            }
        }
        if newest.cause == .automatic || newest.cause == .approved, words.acknowledgedTerm < newest.term {
            plan("acknowledge \(newest.term)", after: minutes(2, 15)) {
                .acknowledge(term: newest.term, by: "person")
            }
        }
        if words.hold != nil {
            plan("let go", after: minutes(3, 20)) { .writeHold(nil) }
        } else if chance(0.004) {
            plan("hold", after: 0) { [world] in
                .writeHold(.init(by: "person", why: "a change is under way", at: world.agenda.now))
            }
        }
        if !isStrange { meddledAt = nil }
        if meddledAt != nil { plan("adopt", after: minutes(3, 12)) { [weak self] in self?.adoption } }
        if isCalm { goHome(newest) }
    }

    /// Whether a group shows what the newest term does not say.
    private var isStrange: Bool {
        guard let newest = world.table.newest else { return false }
        return world.groups.groups.contains { group in
            newest.groups.contains { $0.group == group.name && $0.shares != group.shares }
        }
    }

    /// Nothing is about any more that anybody could see.
    private var isCalm: Bool {
        let now = world.agenda.now
        return world.conditions.fronts.allSatisfy { now > $0.end + 120_000 }
    }

    private var adoption: ControlStep? {
        guard let newest = world.table.newest, isStrange else { return nil }
        let views = world.groups.views
        guard views.allSatisfy({ $0.status == .active }) else { return adoptionLater() }
        return .propose(
            intent(newest, views.map { GroupShares(group: $0.group, shares: $0.shares) }, .adopted, actor: ""))
    }

    private func adoptionLater() -> ControlStep? {
        world.agenda.after(30_000) { [weak self] in
            self?.plan("adopt", after: 0) { [weak self] in self?.adoption }
        }
        return nil
    }

    private func intent(
        _ newest: Intent, _ groups: [GroupShares], _ cause: Intent.Cause, actor: String
    ) -> Intent {
        Intent(
            term: newest.term + 1, groups: groups, cause: cause, author: "person", actor: actor, evidence: ["said so"],
            token: String(random.next(), radix: 16), proposedAt: world.agenda.now)
    }

    /// Once all is calm, and what was done by itself is acknowledged: back to where it began, by a return, or at once.
    private func goHome(_ newest: Intent) {
        let words = world.table.words
        guard newest.groups != world.home,
            words.acknowledgedTerm >= newest.term || newest.cause != .automatic && newest.cause != .approved,
            words.plan?.state != .running, words.hold == nil, !isStrange,
            newest.cause == .adopted || world.table.mark(of: newest.term)?.state ?? .sending != .sending
        else { return }
        let gaining = gainer(of: world.home, from: newest.groups)
        guard returns < 3, chance(0.8) else {
            plan("command", after: minutes(1, 3)) { [weak self] in
                guard let self, let newest = world.table.newest, newest.groups != world.home, words.plan?.state != .running
                else { return nil }
                return .propose(intent(newest, world.home, .manual, actor: gaining))
            }
            return
        }
        returns += 1
        let step = [20, 50, 50, 100][random.below(4)]
        plan("return", after: minutes(1, 5)) { [weak self] in
            guard let self, let newest = world.table.newest, newest.groups != world.home else { return nil }
            return .writePlan(
                ReturnPlan(
                    id: String(random.next(), radix: 16), by: "person", region: gaining, goal: world.home, step: step,
                    holdMilliseconds: 60_000, after: newest.term), replacing: nil)
        }
    }

    private func gainer(of goal: [GroupShares], from groups: [GroupShares]) -> String {
        let first = FailoverPlan.regionNames[0]
        func sum(_ groups: [GroupShares]) -> Int { groups.reduce(0) { $0 + ($1.shares.telephony[first] ?? 0) } }
        return sum(goal) >= sum(groups) ? first : FailoverPlan.regionNames[1]
    }

    /// Right after a decision: somebody wants something else.
    func reconsider(_ decided: Intent) {
        guard world.conditions.isActive(.secondThoughts, at: world.agenda.now), chance(0.7) else { return }
        let share = random.between(0, 10) * 10
        plan("reconsider \(decided.term)", after: Int64(random.between(100, 30_000))) { [weak self] in
            guard let self, let newest = world.table.newest else { return nil }
            let actor = FailoverPlan.regionNames[random.below(2)]
            let groups = newest.groups.map { group in
                GroupShares(
                    group: group.group,
                    shares: Shares(
                        FailoverPlan.regionNames[0], share: share, other: FailoverPlan.regionNames[1],
                        hasSignIn: !group.shares.signIn.isEmpty))
            }
            return .propose(intent(newest, groups, .manual, actor: actor))
        }
    }

    /// Sets a group by hand, past everything.
    func meddle() {
        let group = world.groups.groups[random.below(world.groups.groups.count)]
        let share = random.between(1, 9) * 10
        let shares = Shares(
            FailoverPlan.regionNames[0], share: share, other: FailoverPlan.regionNames[1],
            hasSignIn: !group.shares.signIn.isEmpty)
        guard shares != group.shares else { return }
        let region = world.groups.isAway[0] ? 1 : 0
        world.groups.send(
            .init(
                shares: GroupShares(group: group.name, shares: shares), signedAt: world.agenda.now, region: region, term: nil)
        ) { [weak self] answer in
            guard let self, answer == .done else { return }
            world.trace(.person, "sets \(group.name) by hand to \(share)/\(100 - share)")
        }
    }
}
