/// Carries a drill through: asks whether it may begin, has a Region left, watches, and has everything put back. What is moved is moved by the controllers of the
/// Region that gains, as of any other intent: the drill only writes terms, reads what is there, and waits.
///
/// Sans-I/O, as ``FailoverController``:
///
///     while let step = drill.next(now: now, wall: wall) { drill.take(perform(step), now: now) }      then nothing until drill.wakeAt
///     drill.outcome                                                                                  until it has ended
///
///     checking --nothing speaks against it--> leaving --groups show it--> away --time is over--> returning --groups show it--> done
///         \--> refused                           \--nobody does it, abort, hold, the gaining Region fails--/^     \--> unfinished
///                                                 \--the Region fails in truth--> kept
///
/// What is to be done follows from the newest term, so any number of them may carry one drill through: a person's command, and every controller
/// (``DrillKeeper``). Whoever is first writes the next term, the others follow it; a drill whose process is gone ends all the same. A term by anybody else ends
/// it, and then nothing is touched.
///
/// A real fault meanwhile:
/// - The Region that has everything now does not serve, or has no controller that lives: it goes back at once, for the other one is well.
/// - The Region that counts as lost is not known to be well: it stays where it is, for going back would be moving to what is lost. It waits for a
///   while, then ends as ``Outcome/kept(_:)``: with a term that says so, after which coming back is a person's word, as after a failover.
/// - A controller that moves by itself meanwhile is somebody else.
package struct Drill: Sendable {
    package enum Phase: Equatable, Sendable {
        case checking
        /// The term that leaves the Region is being carried out, since then.
        case leaving(since: Int64)
        case away(since: Int64)
        case returning(since: Int64)
        case ended(Outcome)
    }

    package enum Outcome: Equatable, Sendable {
        /// It went through, and everything is as before.
        case done
        /// Everything is as before, earlier than ordered.
        case aborted(String)
        /// It never began.
        case refused([String])
        /// Everything stays where the drill has put it.
        case kept(String)
        /// Somebody else has intended something meanwhile, which stands.
        case superseded(String)
        /// The term that puts everything back stands, and nobody has carried it out yet.
        case unfinished(String)

        /// In a sentence.
        package var text: String {
            switch self {
            case .done: "it went through; everything is as before"
            case .aborted(let why): "it was ended early, and everything is as before: \(why)"
            case .refused(let problems): "it did not begin: \(problems.joined(separator: "; "))"
            case .kept(let why): "nothing was put back: \(why)"
            case .superseded(let why): "it ended without touching anything: \(why)"
            case .unfinished(let why): "it could not be ended: \(why)"
            }
        }
    }

    package static let roundMilliseconds: Int64 = 2_000
    /// What is missing before it begins is waited for so long.
    package static let checkMilliseconds: Int64 = 30_000
    /// A term that nobody carries out is given up, or given to the other Region, after this; one that waits for an open mark (``ActingMark/waitMilliseconds``) so
    /// much after that.
    package static let actMilliseconds: Int64 = 120_000
    /// A controller leaves the end of a person's drill to the person's command for so long.
    static let keeperMilliseconds: Int64 = 10_000
    /// Terms that put everything back, one Region's controllers after the other's.
    static let returnsMax = 4
    /// As the controllers have it: ``FailoverPolicy/verdictAgeMax``.
    static let verdictAgeMax: Int64 = 15_000
    static let viewAgeMax: Int64 = 10_000
    /// For so long nobody may say that the Region that gains is well.
    static let doubtMilliseconds: Int64 = 30_000

    private let order: DrillOrder
    /// Not begun by this one.
    private let isResumed: Bool
    /// It was there when the drill began, so its own clock says how long everything has been away.
    private let hasSeenBegin: Bool
    /// Why it is to end early; nil while it is not.
    private var abortWhy: String?

    package private(set) var phase = Phase.checking
    /// Of the drill, once it has one.
    package private(set) var term: Int64?
    private var began: Int64?
    private var control: ControlView?
    private var controlReadAt: Int64 = .min / 2
    private var groups: [GroupView]?
    private var groupsReadAt: Int64 = .min / 2
    private var watch = VerdictWatch()
    private var wantsBackSince: Int64?
    /// Of the terms that this one has written.
    private var written: Set<String> = []
    /// Who wrote the newest term of the drill, as far as it was read: the one that tells of it.
    private var isAuthor = false
    private var keptWhy = ""
    private var wellAt: Int64?
    private var roundAt: Int64 = .min / 2
    private var hasRead = false
    private var hasReadGroups = false
    private var isWaiting = false
    private var inFlight: FailoverStep?
    private var outbox = Outbox()
    private var tokens: UInt64
    private var wall: Int64 = 0

    /// What else speaks against its beginning, in sentences.
    package var obstacles: [String] = []

    /// `seed`: random; tokens are made from it.
    package init(_ order: DrillOrder, seed: UInt64) {
        self.order = order
        (isResumed, hasSeenBegin) = (false, true)
        tokens = seed
    }

    private init(_ order: DrillOrder, resumed seed: UInt64, hasSeenBegin: Bool, abort: String?) {
        self.order = order
        (isResumed, self.hasSeenBegin) = (true, hasSeenBegin)
        abortWhy = abort
        tokens = seed
    }

    /// The drill that is under way in the control table, to be gone on with, or to be ended at once; nil where there is none. It waits for what is left of its time by the wall
    /// clock, and for all of it at most. `by`: who does it.
    package static func resuming(_ control: ControlView, by: String, isAbort: Bool, seed: UInt64) -> Drill? {
        underWay(control, by: by).map {
            Drill($0, resumed: seed, hasSeenBegin: false, abort: isAbort ? "\(by) aborted it" : nil)
        }
    }

    /// The same for the controller `keeper`, which carries through what anybody has begun. `hasSeenBegin`: it has read the control table before the newest term was there, and
    /// waits by its own clock.
    static func keeping(_ control: ControlView, keeper: String, hasSeenBegin: Bool, seed: UInt64) -> Drill? {
        underWay(control, by: control.newest?.author ?? keeper, keeper: keeper).map {
            Drill($0, resumed: seed, hasSeenBegin: hasSeenBegin, abort: nil)
        }
    }

    private static func underWay(_ control: ControlView, by: String, keeper: String? = nil) -> DrillOrder? {
        guard let newest = control.newest, newest.cause == .drill, let mark = newest.plan.flatMap(DrillMark.init),
            let peer = newest.groups.first?.shares.telephony.keys.first(where: { $0 != mark.region })
        else { return nil }
        return DrillOrder(
            id: mark.id, region: mark.region, peer: peer, mode: .live, holdMilliseconds: mark.seconds * 1_000, by: by,
            keeper: keeper)
    }

    // MARK: What is told

    /// Ends it at once: everything goes back.
    package mutating func abort(_ why: String) {
        if abortWhy == nil { abortWhy = why }
        roundAt = .min / 2
    }

    package var id: String { order.id }

    /// It has ended, and the history has it.
    var isOver: Bool { outcome != nil && outbox.count == 0 }

    package var outcome: Outcome? { if case .ended(let outcome) = phase { outcome } else { nil } }

    // MARK: What is to be done

    package var wakeAt: Int64 { roundAt + Drill.roundMilliseconds }

    /// The next step; nil where there is none until ``wakeAt``, or for good once it has ended and the history has it.
    package mutating func next(now: Int64, wall: Int64) -> FailoverStep? {
        self.wall = wall
        if now >= wakeAt {
            roundAt = now
            hasRead = false
            hasReadGroups = false
            isWaiting = false
            outbox.isBlocked = false
        }
        inFlight = step(now)
        return inFlight
    }

    private mutating func step(_ now: Int64) -> FailoverStep? {
        if outcome != nil { return outbox.next.map { .control(.write($0)) } }
        if !hasRead {
            hasRead = true
            return .control(.read)
        }
        // They say whether it may begin, and what is kept; meanwhile controllers look at them.
        if !hasReadGroups, term == nil && !isResumed || !keptWhy.isEmpty {
            hasReadGroups = true
            return .readGroups
        }
        if !isWaiting, let control, now - controlReadAt <= Drill.viewAgeMax, let newest = control.newest,
            let step = decide(newest, control, now)
        {
            isWaiting = true
            return step
        }
        return outbox.next.map { .control(.write($0)) }
    }

    package mutating func take(_ answer: FailoverAnswer, now: Int64) {
        guard let step = inFlight else { return }
        inFlight = nil
        switch (step, answer) {
        case (.control(.read), .control(let view)):
            control = view
            controlReadAt = now
            watch.take(view.verdicts, now: now)
        case (.readGroups, .groups(let views)):
            groups = views
            groupsReadAt = now
        case (.control(.propose), .done):
            // It is read back before anything follows from it.
            hasRead = false
            isWaiting = false
            // Whoever was stopped before it was written has begun a drill that nobody expects any more.
            if term == nil, now - roundAt > Drill.checkMilliseconds, abortWhy == nil {
                abortWhy = "it was begun \((now - roundAt) / 1000) s late"
            }
        case (.control(.write), _): outbox.written(answer == .done || answer == .conflict)
        default: break
        }
    }

    // MARK: Deciding

    private mutating func decide(_ newest: Intent, _ control: ControlView, _ now: Int64) -> FailoverStep? {
        if began == nil { began = now }
        if let mark = newest.plan.flatMap(DrillMark.init), newest.cause == .drill, mark.id == order.id {
            isAuthor = written.contains(newest.token)
            return mark.isBack ? comeBack(newest, control, now) : leave(newest, control, now)
        }
        if newest.plan == keptPlan {
            isAuthor = written.contains(newest.token)
            return end(.kept(newest.evidence.first ?? ""))
        }
        let known = control.terms.last { $0.plan.flatMap(DrillMark.init)?.id == order.id }
        guard term == nil, known == nil, !isResumed else {
            return end(.superseded("term \(newest.term) (\(newest.cause.rawValue)) by \(newest.author) came between"))
        }
        isAuthor = true
        if let abortWhy { return end(.refused([abortWhy])) }
        let problems = problems(newest, control, now)
        guard problems.isEmpty, now - (began ?? now) <= Drill.checkMilliseconds else {
            let late = problems.isEmpty ? ["it could not be begun within \(Drill.checkMilliseconds / 1000) s"] : problems
            return now - (began ?? now) > Drill.checkMilliseconds ? end(.refused(late)) : nil
        }
        return propose(
            order.groups(from: newest.groups), actor: order.peer, isBack: false,
            ["a drill: \(order.region) counts as lost for \(order.holdMilliseconds / 1000) s", "approved by \(order.by)"]
                + (order.why.isEmpty ? [] : [order.why]))
    }

    /// What speaks against beginning, all of it.
    private func problems(_ newest: Intent, _ control: ControlView, _ now: Int64) -> [String] {
        var problems = [order.problem].compactMap { $0 } + obstacles
        if let mark = newest.plan.flatMap(DrillMark.init), newest.cause == .drill, !mark.isBack {
            problems.append("the drill \(mark.id) was not ended: resume or abort it first")
        }
        if newest.cause != .adopted, control.mark(of: newest.term)?.state != .closed {
            problems.append("term \(newest.term) is still being carried out")
        }
        // What a controller says is told to machines, which need no names.
        if let hold = control.words.hold {
            problems.append(order.keeper == nil ? "\(hold.by) holds it: \(hold.why)" : "it is held")
        }
        if control.words.proposal?.after == newest.term { problems.append("a proposal awaits a person's yes") }
        if control.words.plan?.state == .running { problems.append("a return is under way") }
        // A drill is a person's intent, and would end the cool-down of a move that nobody has looked at.
        if let move = control.terms.first(where: { $0.cause != .adopted }), move.cause == .automatic || move.cause == .approved,
            move.term > control.words.acknowledgedTerm
        {
            problems.append("the move of term \(move.term) was not acknowledged")
        }
        for region in [order.region, order.peer] {
            if !isWell(region, now) { problems.append("no controller of \(region) says that it is well") }
            let fresh = watch.fresh(of: region, now: now, ageMax: Drill.verdictAgeMax)
            if let doubt = fresh.first(where: \.doubtsPeer) {
                let other = region == order.region ? order.peer : order.region
                problems.append("\(doubt.controller) suspects that \(other) does not serve")
            }
        }
        return problems + groupProblems(newest, now)
    }

    private func groupProblems(_ newest: Intent, _ now: Int64) -> [String] {
        guard let groups, now - groupsReadAt <= Drill.viewAgeMax else { return ["the groups could not be read"] }
        var problems = newest.groups.compactMap { wanted -> String? in
            guard let view = groups.first(where: { $0.group == wanted.group }) else { return "\(wanted.group) was not found" }
            guard view.status == .active else { return "\(wanted.group) is not active" }
            return view.shares == wanted.shares ? nil : "somebody else has changed \(wanted.group)"
        }
        if case .testGroup(let tests) = order.mode {
            problems += tests.filter { test in newest.shares(of: test) == nil }.map {
                "\($0) is not a group of term \(newest.term)"
            }
        }
        let moved = newest.groups.filter { order.moves($0.group) }
        if moved.allSatisfy({ $0.shares.telephony[order.region] ?? 0 == 0 && $0.shares.agents[order.region] ?? 0 == 0 }) {
            problems.append("\(order.region) has no share to lose")
        }
        return problems
    }

    /// A controller of it lives and says that it serves.
    private func isWell(_ region: String, _ now: Int64) -> Bool {
        watch.fresh(of: region, now: now, ageMax: Drill.verdictAgeMax).contains { $0.state == .healthy }
    }

    /// Why the Region that gains is not to have everything; nil while it may.
    private mutating func fault(of region: String, _ now: Int64) -> String? {
        let fresh = watch.fresh(of: region, now: now, ageMax: Drill.verdictAgeMax)
        if let bad = fresh.first(where: { $0.state == .unhealthy }) {
            return "\(bad.controller) says that \(region) does not serve: \(bad.evidence)"
        }
        if isWell(region, now) { wellAt = now }
        let since = wellAt ?? now
        wellAt = since
        guard now - since > Drill.doubtMilliseconds else { return nil }
        return "for \(Drill.doubtMilliseconds / 1000) s no controller of \(region) has said that it serves"
    }

    // MARK: Away

    private mutating func leave(_ newest: Intent, _ control: ControlView, _ now: Int64) -> FailoverStep? {
        term = newest.term
        let isDone = control.mark(of: newest.term).map { $0.state != .sending } ?? false
        switch phase {
        case .checking: phase = .leaving(since: now)
        case .leaving where isDone:
            // One that is resumed has been away for as long as the wall clock says, but not for less than nothing.
            let passed = hasSeenBegin ? 0 : min(max(0, wall - newest.proposedAt), order.holdMilliseconds)
            phase = .away(since: now - passed)
            note(newest.term, "it is away: all groups show it")
        default: break
        }
        // It cannot have begun while somebody held: who does now, does so because of it.
        if abortWhy == nil, let hold = control.words.hold { abortWhy = "\(hold.by) holds it: \(hold.why)" }
        if abortWhy == nil { abortWhy = fault(of: order.peer, now) }
        if abortWhy == nil, case .leaving(let since) = phase, now - since > Drill.actMilliseconds {
            abortWhy = "nobody carried term \(newest.term) out for \(Drill.actMilliseconds / 1000) s"
        }
        if abortWhy == nil {
            let slack = isResumed && order.keeper != nil ? Drill.keeperMilliseconds : 0
            guard case .away(let since) = phase, now - since >= order.holdMilliseconds + slack else { return nil }
        }
        return goBack(newest, control, now)
    }

    /// Puts everything back, once the Region that counts as lost is known to serve.
    private mutating func goBack(_ newest: Intent, _ control: ControlView, _ now: Int64) -> FailoverStep? {
        let since = wantsBackSince ?? now
        wantsBackSince = since
        // While an update of the term may be under way, whoever puts it back would have to wait for it to run out; one that nobody has begun to send may be any moment.
        let mark = control.mark(of: newest.term)
        let patience = mark == nil ? Drill.doubtMilliseconds : Drill.actMilliseconds
        if mark?.state != .closed, now - since <= patience { return nil }
        guard isWell(order.region, now) else {
            guard now - since > Drill.actMilliseconds else { return nil }
            let why = "no controller of \(order.region) has said for \(Drill.actMilliseconds / 1000) s that it is well"
            return keep(abortWhy.map { "\(why); it was to go back because \($0)" } ?? why, newest, now)
        }
        guard let before = control.terms.first(where: { $0.term == newest.term - 1 }) else {
            return keep("term \(newest.term - 1), which was in force before, is not kept any more", newest, now)
        }
        keptWhy = ""
        let says = abortWhy.map { early + $0 } ?? "the end of the drill \(order.id): its time is over"
        return propose(before.groups, actor: order.region, isBack: true, [says])
    }

    /// Everything stays: a term says that what is in force is meant, so that nobody goes on with the drill. Half of a move stays half, as the groups show it.
    private mutating func keep(_ why: String, _ newest: Intent, _ now: Int64) -> FailoverStep? {
        guard !keptWhy.isEmpty else {
            keptWhy = why
            return nil
        }
        let inForce = newest.groups.map { wanted in
            let view = groups.flatMap { $0.first { $0.group == wanted.group } }
            return view.map { GroupShares(group: $0.group, shares: $0.shares) } ?? wanted
        }
        let isKnown = now - groupsReadAt <= Drill.viewAgeMax
        return propose(
            .adopted, isKnown ? inForce : newest.groups, actor: order.peer, plan: keptPlan,
            [why, "the drill \(order.id) is over, and nothing is put back"])
    }

    /// Of the term that ends a drill without putting anything back.
    private var keptPlan: String { "drill-kept/\(order.id)" }

    // MARK: Back

    private var early: String { "the end of the drill \(order.id): it is ended early: " }

    private mutating func comeBack(_ newest: Intent, _ control: ControlView, _ now: Int64) -> FailoverStep? {
        if term == nil { term = control.terms.last { $0.plan.flatMap(DrillMark.init)?.id == order.id }?.term }
        if abortWhy == nil {
            // Somebody else who carries it through had a reason to end it.
            let said = control.terms.flatMap(\.evidence).first { $0.hasPrefix(early) }
            abortWhy = said.map { String($0.dropFirst(early.count)) }
        }
        if control.mark(of: newest.term).map({ $0.state != .sending }) ?? false {
            return end(abortWhy.map { .aborted($0) } ?? .done)
        }
        guard case .returning(let since) = phase else {
            phase = .returning(since: now)
            return nil
        }
        // Who carries it out waits while an update of what was in force before may be under way.
        let isOpen = control.terms.contains { older in
            older.term < newest.term && older.groups != newest.groups
                && control.mark(of: older.term).map { $0.state != .closed } ?? false
        }
        let patience = Drill.actMilliseconds + (isOpen ? ActingMark.waitMilliseconds : 0)
        guard now - since > patience else { return nil }
        let returns = control.terms.count {
            $0.plan.flatMap(DrillMark.init).map { $0.id == order.id && $0.isBack } ?? false
        }
        guard returns < Drill.returnsMax else {
            isAuthor = true
            return end(.unfinished("nobody has carried out term \(newest.term), which puts everything back"))
        }
        // The controllers of one Region do not do it: those of the other may.
        phase = .checking
        return propose(
            newest.groups, actor: newest.actor == order.region ? order.peer : order.region, isBack: true,
            ["the end of the drill \(order.id): the controllers of \(newest.actor) did not carry out term \(newest.term)"])
    }

    // MARK: Writing

    private mutating func propose(_ groups: [GroupShares], actor: String, isBack: Bool, _ evidence: [String]) -> FailoverStep {
        let mark = DrillMark(
            id: order.id, region: order.region, seconds: max(1, order.holdMilliseconds / 1_000), isBack: isBack)
        return propose(.drill, groups, actor: actor, plan: mark.plan, evidence)
    }

    private mutating func propose(
        _ cause: Intent.Cause, _ groups: [GroupShares], actor: String, plan: String, _ evidence: [String]
    ) -> FailoverStep {
        let token = token()
        // Of the latest ones: which of them was written is read back.
        if written.count == Drill.writtenMax { written.removeAll() }
        written.insert(token)
        return .control(
            .propose(
                Intent(
                    term: (control?.newest?.term ?? 0) + 1, groups: groups, cause: cause, author: order.author, actor: actor,
                    evidence: evidence, token: token, proposedAt: wall, plan: plan)))
    }

    private static let writtenMax = 64

    private mutating func end(_ outcome: Outcome) -> FailoverStep? {
        phase = .ended(outcome)
        // What a schedule's drill was refused for, whoever keeps the schedule tells.
        if case .refused = outcome, order.keeper != nil { return nil }
        note(term ?? 0, outcome.text)
        return nil
    }

    /// A line of the history. Of several who carry the drill through, the one who wrote its newest term tells.
    private mutating func note(_ term: Int64, _ says: String) {
        guard isAuthor else { return }
        outbox.add(
            JournalEntry(
                kind: .noticed, term: term, author: order.keeper ?? order.by, at: wall,
                lines: ["drill \(order.id): \(says)"]))
    }

    private mutating func token() -> String {
        tokens &+= 0x9E37_79B9_7F4A_7C15
        var z = tokens
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return String(z ^ (z >> 31), radix: 16)
    }
}
