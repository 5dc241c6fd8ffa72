/// A control table and groups that answer at once and truly: what controllers of a backtest agree in.
struct BacktestTable: Sendable {
    private(set) var view = ControlView()
    private(set) var groups: [GroupView]
    private let names: [String]
    private let regions: [String]

    /// `groups`: ARNs. `percent`: of the first Region.
    init(groups: [String], regions: [String], percent: Int, now: Int64) {
        self.regions = regions
        names = groups
        self.groups = []
        intend(percent: percent, why: "what the archive begins with", now: now)
    }

    /// A person intends it, and it is in force. That ends a cool-down as well.
    mutating func intend(percent: Int, why: String, now: Int64) {
        let shares = Shares(regions[0], share: percent, other: regions[1], hasSignIn: false)
        groups = names.map { GroupView(group: $0, status: .active, shares: shares, changedAt: now) }
        let term = (view.newest?.term ?? 0) + 1
        let intent = Intent(
            term: term, groups: names.map { GroupShares(group: $0, shares: shares) }, cause: .manual, author: "backtest",
            actor: percent >= 50 ? regions[0] : regions[1], evidence: [why], token: "person-\(term)", proposedAt: now)
        add(intent)
        view.marks.append(ActingMark(term: term, controller: "backtest", token: intent.token, state: .closed))
    }

    mutating func perform(_ step: FailoverStep, now: Int64) -> FailoverAnswer {
        switch step {
        case .readGroups: return .groups(groups)
        case .send(let update):
            guard view.newest?.term == update.term else { return .withdrawn }
            for index in groups.indices where groups[index].group == update.group.group {
                groups[index].shares = update.group.shares
                groups[index].changedAt = now
            }
            return .done
        case .control(let step): return perform(step)
        }
    }

    private mutating func perform(_ step: ControlStep) -> FailoverAnswer {
        switch step {
        case .read: return .control(view)
        case .writeVerdict(let verdict):
            view.verdicts.removeAll { $0.controller == verdict.controller }
            view.verdicts.append(verdict)
        case .propose(let intent):
            guard intent.term == (view.newest?.term ?? 0) + 1 else { return .conflict }
            add(intent)
        case .writeMark(let mark, let replacing):
            guard view.mark(of: mark.term)?.token == replacing?.token else { return .conflict }
            view.marks.removeAll { $0.term == mark.term }
            view.marks.append(mark)
        case .write: break
        // What people say, and what only their words lead to: nobody does here.
        case .writeProposal, .writePlan, .writeHold, .acknowledge, .writeApproval, .settleDrill:
            return .refused("nobody says so in a backtest")
        }
        return .done
    }

    private mutating func add(_ intent: Intent) {
        view.terms.insert(intent, at: 0)
        view.terms.removeLast(max(0, view.terms.count - ControlView.termsMax))
        let oldest = view.terms.last?.term ?? 0
        view.marks.removeAll { $0.term < oldest }
    }
}
