import FailoverCore

/// Two Regions, one control table and the groups, all of which answer at once and truly unless they are told otherwise: what controllers are tried in.
struct Pair {
    static let west = "us-west-2"
    static let east = "us-east-1"
    static let group = "arn:aws:connect:us-east-1:111122223333:traffic-distribution-group/1"

    var now: Int64 = 1_000_000
    var table = ControlView()
    var journal: [JournalEntry] = []
    var groups: [GroupView]
    /// Updates that reached Connect.
    var updates: [GroupUpdate] = []
    /// What a step is answered with instead of the truth; whether it happens all the same.
    var meddle: (FailoverStep) -> (answer: FailoverAnswer, happens: Bool)? = { _ in nil }
    /// Of the east: whether its Connect answers across Regions, and whether its controllers write into the table.
    var isEastAnswering = true
    var isEastWriting = true
    var isWestServing = true
    private var eastCounter: Int64 = 0

    init(shares: Int = 50, groups: Int = 1) {
        self.groups = (0..<groups).map { number in
            GroupView(
                group: number == 0 ? Pair.group : "\(Pair.group)/\(number)", status: .active,
                shares: Shares(Pair.west, share: 100 - shares, other: Pair.east, hasSignIn: number == 0), changedAt: nil)
        }
    }

    static func controller(
        _ region: String = west, id: String = "a", mode: FailoverPolicy.Mode = .automatic, seed: UInt64 = 1,
        _ change: (inout FailoverPolicy) -> Void = { _ in }
    ) -> FailoverController {
        var policy = FailoverPolicy()
        policy.mode = mode
        change(&policy)
        let peer = region == west ? east : west
        return FailoverController(.init(region: region, peer: peer, id: id), policy, seed: seed)
    }

    func signal(_ kind: SignalKind, _ region: String, _ state: SignalState, _ link: SignalPath.Link) -> Signal {
        Signal(
            source: kind.rawValue, kind: kind, region: region, state: state, path: SignalPath(link), observedAt: now,
            evidence: "\(state) at \(now)")
    }

    /// What a controller of the west sees of both Regions.
    func look(_ controller: inout FailoverController) {
        controller.observe(signal(.connectAPI, Pair.west, isWestServing ? .healthy : .unhealthy, .ownEndpoint))
        controller.observe(signal(.connectAPI, Pair.east, isEastAnswering ? .healthy : .unhealthy, .between))
        controller.observe(signal(.replication, Pair.east, isEastAnswering ? .healthy : .unhealthy, .between))
        controller.observe(Volume(starts: 20, agents: 100, observedAt: now))
    }

    /// One round of a controller.
    mutating func round(_ controller: inout FailoverController, look: Bool = true) {
        if isEastWriting {
            eastCounter += 1
            table.verdicts.removeAll { $0.region == Pair.east }
            table.verdicts.append(
                SelfVerdict(
                    region: Pair.east, controller: "\(Pair.east)/e", counter: eastCounter,
                    state: isEastAnswering ? .healthy : .unknown, evidence: "made up"))
        }
        if look { self.look(&controller) }
        while let step = controller.next(now: now, wall: now) { controller.take(answer(step), now: now) }
    }

    /// Rounds of both for `milliseconds`, in turn.
    mutating func run(_ controllers: inout [FailoverController], for milliseconds: Int64, look: Bool = true) {
        let end = now + milliseconds
        while now < end {
            for index in controllers.indices { round(&controllers[index], look: look) }
            now += 2_000
        }
    }

    mutating func run(_ controller: inout FailoverController, for milliseconds: Int64, look: Bool = true) {
        var one = [controller]
        run(&one, for: milliseconds, look: look)
        controller = one[0]
    }

    mutating func answer(_ step: FailoverStep) -> FailoverAnswer {
        if let meddled = meddle(step) {
            if meddled.happens { _ = truth(step) }
            return meddled.answer
        }
        return truth(step)
    }

    mutating func truth(_ step: FailoverStep) -> FailoverAnswer {
        switch step {
        case .readGroups: return .groups(groups)
        case .send(let update):
            guard table.newest?.term == update.term else { return .withdrawn }
            return send(update)
        case .control(let step): return control(step)
        }
    }

    mutating func send(_ update: GroupUpdate) -> FailoverAnswer {
        updates.append(update)
        for index in groups.indices where groups[index].group == update.group.group {
            groups[index].shares = update.group.shares
            groups[index].changedAt = now
        }
        return .done
    }

    mutating func control(_ step: ControlStep) -> FailoverAnswer {
        switch step {
        case .read: return .control(table)
        case .writeVerdict(let verdict):
            table.verdicts.removeAll { $0.controller == verdict.controller }
            table.verdicts.append(verdict)
        case .propose(let intent):
            guard intent.term == (table.newest?.term ?? 0) + 1 else { return .conflict }
            table.terms.insert(intent, at: 0)
        case .writeMark(let mark, let replacing):
            guard table.mark(of: mark.term)?.token == replacing?.token else { return .conflict }
            table.marks.removeAll { $0.term == mark.term }
            table.marks.append(mark)
        case .writeProposal(let proposal): table.words.proposal = proposal
        case .writePlan(let plan, let replacing):
            guard table.words.plan == replacing || replacing == nil else { return .conflict }
            table.words.plan = plan
        case .write(let entry): journal.append(entry)
        case .settleDrill(let record):
            if let there = table.words.drills.first(where: { $0.schedule == record.schedule }), there.rank >= record.rank {
                return there == record ? .done : .conflict
            }
            table.words.drills.removeAll { $0.schedule == record.schedule }
            table.words.drills.append(record)
        case .writeHold(let hold): table.words.hold = hold
        case .acknowledge(let term, _): table.words.acknowledgedTerm = max(term, table.words.acknowledgedTerm)
        case .writeApproval(let approval): table.words.approval = approval
        }
        return .done
    }

    mutating func loseEast() {
        isEastAnswering = false
        isEastWriting = false
    }

    mutating func healEast() {
        isEastAnswering = true
        isEastWriting = true
    }

    var westShares: [Int] { groups.map { $0.shares.telephony[Pair.west] ?? -1 } }
    /// What the west's controller says of the east in the table.
    var outlook: String { table.verdicts.first { $0.region == Pair.west }?.outlook ?? "" }
    func kinds(_ kind: JournalEntry.Kind) -> [JournalEntry] { journal.filter { $0.kind == kind } }
}
