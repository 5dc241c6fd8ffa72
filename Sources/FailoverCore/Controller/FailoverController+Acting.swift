extension FailoverController {
    /// The table has no term yet: what is in force becomes the first.
    mutating func adopt(now: Int64) -> FailoverStep? {
        guard let groups, !groups.isEmpty, isFresh(groupsReadAt, now), groups.allSatisfy({ $0.status == .active }) else {
            return nil
        }
        return .control(.propose(intent(inForce, .adopted, actor: "", ["the first term: what was found in force"])))
    }

    private var inForce: [GroupShares] { (groups ?? []).map { GroupShares(group: $0.group, shares: $0.shares) } }

    /// The next step towards what was intended; nil where there is nothing to do, or to wait.
    mutating func carryOut(_ newest: Intent, _ control: ControlView, now: Int64) -> FailoverStep? {
        guard newest.actor == identity.region else { return nil }
        let mark = control.mark(of: newest.term)
        // What was found in force is there already: it has a mark only once it had to be put right.
        let isThere = newest.cause == .adopted && mark == nil
        if isThere || mark?.state ?? .sending != .sending { return settle(newest, control, mark, now: now) }
        guard let groups, isFresh(groupsReadAt, now) else { return nil }
        if foreign != nil, newest.cause == .automatic || newest.cause == .returning { return nil }
        if carrying == nil || carrying?.mark.token != mark?.token {
            return begin(newest, control, mark, groups, now: now)
        }
        return sendNext(newest, groups, now: now)
    }

    // MARK: Before the first update

    /// Takes the mark of an intent that nobody sends, once nothing speaks against it.
    private mutating func begin(
        _ newest: Intent, _ control: ControlView, _ mark: ActingMark?, _ groups: [GroupView], now: Int64
    ) -> FailoverStep? {
        if let mark, mark.controller != identity.name {
            let isLeft = now - (sights.first(of: mark) ?? now) > policy.verdictAgeMax
            guard isLeft, !watch.isAlive(mark.controller, now: now, ageMax: policy.verdictAgeMax) else { return nil }
        }
        switch cause(of: newest, groups, now: now) {
        case .isThere: break
        case .isUnknown: return nil
        case .isGone(let why): return withdraw(newest, why)
        }
        guard older(than: newest, control, now: now).isEmpty else { return nil }
        let taken = ActingMark(term: newest.term, controller: identity.name, token: token(), state: .sending)
        carrying = Carrying(term: newest.term, mark: taken, mayBeUnderWay: mark != nil)
        return .control(.writeMark(taken, replacing: mark))
    }

    private enum Cause {
        case isThere, isUnknown
        case isGone(String)
    }

    /// Asks again for the cause of a move by itself of which nothing shows yet. Its author has just asked; whoever comes later, or was stopped on the way, has not.
    private func cause(of newest: Intent, _ groups: [GroupView], now: Int64) -> Cause {
        guard newest.cause == .automatic || newest.cause == .approved, !isBegun(newest, groups) else { return .isThere }
        let entries = book.signals(at: now, ageMax: policy.signalAgeMax)
        let own = Diagnosis(of: identity.region, entries, independentMin: policy.independentMin)
        let verdicts = watch.fresh(of: identity.peer, now: now, ageMax: policy.verdictAgeMax)
        let peer = Diagnosis(of: identity.peer, entries, independentMin: policy.independentMin, verdicts: verdicts)
        if own.entries.contains(where: { $0.signal.kind.isOfConnect && $0.signal.state == .unhealthy }) {
            return .isGone("\(identity.region) is not known to serve any more")
        }
        if let hold = control?.words.hold { return .isGone("\(hold.by) holds it: \(hold.why)") }
        if verdicts.contains(where: { $0.state == .healthy }) {
            return .isGone("a controller of \(identity.peer) says that it is well")
        }
        if peer.state == .healthy { return .isGone("\(identity.peer) serves again") }
        if peer.state == .unhealthy, own.state == .healthy { return .isThere }
        let waited = now - (sights.first(of: newest) ?? now)
        return waited < FailoverController.causeMilliseconds
            ? .isUnknown : .isGone("its cause could not be seen for \(waited / 1000) s")
    }

    /// A group shows it that was to show something else before.
    private func isBegun(_ newest: Intent, _ groups: [GroupView]) -> Bool {
        let before = control?.terms.dropFirst().first
        return groups.contains { $0.shares == newest.shares(of: $0.group) && $0.shares != before?.shares(of: $0.group) }
    }

    /// A move whose cause cannot be seen any more is withdrawn after this.
    static let causeMilliseconds: Int64 = 300_000

    /// What is in force stays: the intent is not carried out.
    private mutating func withdraw(_ newest: Intent, _ why: String) -> FailoverStep {
        .control(.propose(intent(inForce, .adopted, ["term \(newest.term) is withdrawn: \(why)"])))
    }

    /// Older intents that want something else, and of which a request may still be under way.
    private func older(than newest: Intent, _ control: ControlView, now: Int64) -> [Intent] {
        control.terms.filter { older in
            guard older.term < newest.term, older.groups != newest.groups, let mark = control.mark(of: older.term),
                mark.state != .closed
            else { return false }
            return now - (sights.first(of: mark) ?? now) < ActingMark.waitMilliseconds
        }
    }

    // MARK: Updates

    private mutating func sendNext(_ newest: Intent, _ groups: [GroupView], now: Int64) -> FailoverStep? {
        guard let carrying else { return nil }
        // What was read before the last update says nothing of it.
        guard groupsReadAt > carrying.sentAt else { return nil }
        if isInForce(newest, groups) {
            var mark = carrying.mark
            mark.token = token()
            mark.state = carrying.mayBeUnderWay ? .fulfilled : .closed
            return .control(.writeMark(mark, replacing: carrying.mark))
        }
        let next = newest.groups.first { wanted in
            guard let view = groups.first(where: { $0.group == wanted.group }) else { return false }
            return view.shares != wanted.shares && view.status == .active && carrying.notBefore[wanted.group] ?? .min <= now
        }
        guard let next else { return nil }
        // Between the mark and the first update it may have been stopped, or have waited for a group.
        if !carrying.hasBegun {
            switch cause(of: newest, groups, now: now) {
            case .isThere: break
            case .isUnknown: return nil
            case .isGone(let why): return withdraw(newest, why)
            }
        }
        self.carrying?.sentAt = now
        return .send(GroupUpdate(term: newest.term, group: next, deadline: now + policy.answerMilliseconds))
    }

    func isInForce(_ intent: Intent, _ groups: [GroupView]) -> Bool {
        intent.groups.allSatisfy { wanted in
            groups.contains { $0.group == wanted.group && $0.shares == wanted.shares && $0.status == .active }
        }
    }

    mutating func sent(_ update: GroupUpdate, _ answer: FailoverAnswer, now: Int64) {
        let group = update.group.group
        switch answer {
        case .done:
            carrying?.hasBegun = true
            journal(.sent, term: update.term, ["\(group): \(update.group.shares.text)"])
        case .withdrawn, .conflict:
            // Somebody intends something else, or nobody knows.
            isBlocked = true
        case .refused(let why):
            carrying?.notBefore[group] = now + FailoverController.refusedMilliseconds
            journal(
                .failed, term: update.term,
                ["\(group): \(why)", "tried again in \(FailoverController.refusedMilliseconds / 1000) s"])
        case .unheard(let why):
            carrying?.mayBeUnderWay = true
            carrying?.hasBegun = true
            carrying?.notBefore[group] = now + FailoverController.refusedMilliseconds
            journal(.failed, term: update.term, ["\(group): no answer (\(why)); the group is read"])
        case .control, .groups: break
        }
    }

    /// A group whose update was refused, or not answered, is left alone for so long, while the others go on.
    static let refusedMilliseconds: Int64 = 3_000

    // MARK: Afterwards

    /// An intent that was carried out: puts right what came up late, and closes the mark once nothing can be under way.
    private mutating func settle(_ newest: Intent, _ control: ControlView, _ mark: ActingMark?, now: Int64) -> FailoverStep? {
        if let step = reassert(newest, control, mark, now: now) { return step }
        guard let mark, mark.state == .fulfilled, mark.controller == identity.name, let carrying,
            carrying.mark.token == mark.token,
            let groups, isFresh(groupsReadAt, now), isInForce(newest, groups)
        else { return nil }
        // What was not answered arrives as long as its signature counts, whether or not its sender lives.
        guard now - (sights.fulfilled(newest) ?? now) >= ActingMark.waitMilliseconds else { return nil }
        var closed = mark
        closed.token = token()
        closed.state = .closed
        return .control(.writeMark(closed, replacing: mark))
    }

    /// An older intent of ours came up after this one: it is sent again.
    private mutating func reassert(
        _ newest: Intent, _ control: ControlView, _ mark: ActingMark?, now: Int64
    ) -> FailoverStep? {
        guard let groups, isFresh(groupsReadAt, now), let fulfilled = sights.fulfilled(newest), groupsReadAt > fulfilled else {
            return nil
        }
        let late = late(newest, control, now: now)
        let back = groups.first { view in
            view.status == .active && view.shares != newest.shares(of: view.group)
                && late.contains { $0.shares(of: view.group) == view.shares }
        }
        guard let back else { return nil }
        journal(
            .reasserted, term: newest.term,
            ["\(back.group) shows an older intent (\(back.shares.text)): this one is sent again"])
        let taken = ActingMark(term: newest.term, controller: identity.name, token: token(), state: .sending)
        carrying = Carrying(term: newest.term, mark: taken, mayBeUnderWay: true, hasBegun: true)
        return .control(.writeMark(taken, replacing: mark))
    }
}
