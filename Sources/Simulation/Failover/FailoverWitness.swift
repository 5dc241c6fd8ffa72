import FailoverCore

/// Watches the story and holds it against what must hold. Knows the truth, what each controller was told, and what was done; never asks a controller
/// what it thinks.
final class FailoverWitness {
    /// Within this, from when a Region stops to serve, traffic is elsewhere wherever nothing speaks against it.
    static let landedMax: Int64 = 360_000
    /// What wall clocks may be off by where a move is due.
    static let clockMax: Int64 = 50_000

    private unowned var world: FailoverWorld!
    private(set) var violations: [String] = []
    private(set) var outcomes: [FailoverOutcome] = []
    private var outcome = FailoverOutcome()

    /// By Region: when one of its controllers last wrote its verdict.
    private(set) var verdictAt: [Int64] = [0, 0]
    /// By Region: when a verdict ended a silence of ten seconds or more. Who has read the control table before does not know yet.
    private(set) var heardAgainAt: [Int64] = [.min / 2, .min / 2]
    /// By controller: the same.
    private var saidAt: [String: Int64] = [:]
    /// By controller: since when its verdict has been healthy; absent where it is not.
    private var healthySince: [String: Int64] = [:]
    /// By term: when it was committed.
    private var committedAt: [Int64: Int64] = [:]
    /// By term: when its mark was first opened.
    private var openedAt: [Int64: Int64] = [:]
    /// By term: who has opened its mark.
    private var senders: [Int64: Set<String>] = [:]
    /// When each group was last set by a foreign hand, where no term came after it.
    private var foreignAt: [String: Int64] = [:]
    /// By group: the Regions in which a controller was awake then. One that starts later cannot tell whether the last term or the hand came first.
    private var foreignSeen: [String: Set<Int>] = [:]
    private var heldSince: Int64?
    private var late = LateUpdates()
    private var stalled = StalledMoves()
    private var movedAt: [Int64] = []
    /// Moves by itself of which nothing was sent yet.
    private var unsent: Set<Int64> = []

    init() {}

    func watch(_ world: FailoverWorld) {
        self.world = world
        verdictAt = [world.agenda.now, world.agenda.now]
        world.table.onWrite = { [unowned self] in wrote($0) }
        world.table.onOverwritten = { [unowned self] in violated("term \($0.term) has two authors") }
        world.groups.onUpdate = { [unowned self] in updated($0) }
    }

    private var now: Int64 { world.agenda.now }

    func violated(_ what: String) {
        guard violations.count < 16 else { return }
        world.trace(.world, "is wrong: \(what)")
        violations.append("failover: \(what)")
    }

    // MARK: What a controller asks for

    /// A controller is about to ask the control table for something: what it knows has to carry it.
    func asked(_ request: ControlStep, by controller: SimulatedController) {
        guard case .propose(let intent) = request else { return }
        stalled.moved()
        guard intent.cause == .automatic || intent.cause == .approved else { return }
        let knowledge = controller.knowledge
        if intent.cause == .automatic, world.plan.mode != .automatic {
            violated("\(controller.name) moves by itself in mode \(world.plan.mode.rawValue)")
        }
        if !knowledge.isPeerIll(world) {
            violated("\(controller.name) proposes term \(intent.term) without two independent complaints about the peer")
        } else if let since = knowledge.illSince, now - since < FailoverPolicy().dwellMilliseconds - 2_000 {
            violated("\(controller.name) proposes term \(intent.term) after \(now - since) ms of complaints")
        }
        if !knowledge.isOwnWell(at: now) {
            violated("\(controller.name) proposes term \(intent.term) towards a Region that is not known to be well")
        }
        let peer = FailoverPlan.regionNames[1 - controller.region]
        if let well = world.table.verdicts.first(where: { verdict in
            verdict.region == peer && now - (healthySince[verdict.controller] ?? now) > 20_000
                && now - (saidAt[verdict.controller] ?? 0) < 10_000
        }) {
            violated("\(controller.name) proposes term \(intent.term) although \(well.controller) says that it is well")
        }
    }

    /// A controller sends an update now.
    func sends(_ sending: FailoverSending, by controller: SimulatedController) {
        let term = sending.update.term
        guard let intent = world.table.intent(of: term), intent.groups.contains(sending.update.group) else {
            return violated("\(controller.name) sends what term \(term) in the control table does not say")
        }
        if unsent.remove(term) != nil { judge(intent) }
        if let newer = world.table.terms.first(where: { $0.term > term && committedAt[$0.term] ?? .max < sending.signedAt }) {
            violated("\(controller.name) sends term \(term), signed after term \(newer.term) was committed")
        }
        if controller.tableHeardAt < sending.signedAt {
            violated("\(controller.name) sends term \(term) without having heard of the control table since it signed")
        }
        if now - sending.signedAt > FailoverPolicy().answerMilliseconds + 1_000 {
            violated("\(controller.name) sends term \(term) \((now - sending.signedAt) / 1000) s after it was signed")
        }
        if !(senders[term]?.contains(controller.name) ?? false) {
            violated("\(controller.name) sends term \(term) without a mark")
        }
        for older in world.table.terms where older.term < term && older.groups != intent.groups {
            guard let mark = world.table.mark(of: older.term), mark.state != .closed, let opened = openedAt[older.term],
                // Whoever opens one later reads the newest term before sending, and sees this one.
                opened < committedAt[term] ?? .max,
                // What came up late is put right at once, and again should more of it come.
                older.shares(of: sending.update.group.group) != world.groups.shares(of: sending.update.group.group)
            else { continue }
            if now - opened < ActingMark.waitMilliseconds - 60_000 {
                violated(
                    "\(controller.name) sends term \(term) although term \(older.term) may be under way since \((now - opened) / 1000) s"
                )
            }
        }
    }

    // MARK: What happens

    private func wrote(_ step: ControlStep) {
        switch step {
        case .writeVerdict(let verdict):
            let region = verdict.region == FailoverPlan.regionNames[0] ? 0 : 1
            if now - verdictAt[region] > 10_000 { heardAgainAt[region] = now }
            verdictAt[region] = now
            saidAt[verdict.controller] = now
            if verdict.state != .healthy {
                healthySince[verdict.controller] = nil
            } else if healthySince[verdict.controller] == nil {
                healthySince[verdict.controller] = now
            }
        case .propose(let intent):
            guard committedAt[intent.term] == nil else { return }
            committedAt[intent.term] = now
            late.told()
            stalled.moved()
            committed(intent)
            world.staff?.reconsider(intent)
        case .writeMark(let mark, _):
            switch mark.state {
            case .sending:
                if openedAt[mark.term] == nil { openedAt[mark.term] = now }
                senders[mark.term, default: []].insert(mark.controller)
            case .fulfilled: break
            case .closed:
                if world.groups.underWay[mark.term] ?? 0 > 0 {
                    violated("the mark of term \(mark.term) is closed while an update of it is under way")
                }
            }
        case .write(let entry):
            if entry.kind == .foreign || entry.kind == .reasserted { late.told() }
            world.trace(
                .controller(entry.author),
                "notes \(entry.kind.rawValue) of term \(entry.term): \(entry.lines.joined(separator: "; "))")
        case .writeHold(let hold): heldSince = hold == nil ? nil : now
        // Whoever acknowledges what is in force has seen it.
        case .acknowledge(let term, _):
            guard let newest = world.table.newest, newest.term == term else { return }
            foreignAt = foreignAt.filter { newest.shares(of: $0.key) != world.groups.shares(of: $0.key) }
        default: break
        }
    }

    private func committed(_ intent: Intent) {
        for group in intent.groups {
            if let problem = group.shares.problem { violated("term \(intent.term): \(problem)") }
        }
        switch intent.cause {
        case .automatic, .approved: moved(intent)
        case .returning:
            if world.table.words.plan?.state != .running || world.table.words.plan?.id != intent.plan {
                violated("term \(intent.term) is a step of a return that nobody began")
            }
            checkForeign(intent)
        case .adopted, .manual, .drill: break
        }
        // Whoever intends something after it has been told of it, or has just done it.
        if intent.author == "person" { foreignAt = [:] }
    }

    private func checkForeign(_ intent: Intent) {
        for (group, at) in foreignAt where now - at > 30_000 {
            violated(
                "term \(intent.term) (\(intent.cause.rawValue)) although \(group) was changed by hand \((now - at) / 1000) s ago"
            )
        }
    }

    /// A move by itself.
    private func moved(_ intent: Intent) {
        let words = world.table.words
        let before = world.table.terms.last {
            $0.term < intent.term && ($0.cause == .automatic || $0.cause == .approved)
        }
        if let before, words.acknowledgedTerm < before.term,
            !world.table.terms.contains(where: { $0.term > before.term && $0.term < intent.term && $0.author == "person" })
        {
            violated("term \(intent.term) although the move of term \(before.term) was not acknowledged")
        }
        if intent.cause == .approved {
            if words.approval?.isYes != true { violated("term \(intent.term) although nobody said yes") }
        } else {
            movedAt.removeAll { now - $0 > 86_400_000 - 600_000 }
            movedAt.append(now)
            if movedAt.count > FailoverPolicy().movesPerDay {
                violated("\(movedAt.count) moves by itself in a day")
            }
        }
        if outcome.committedAt == nil { outcome.committedAt = now }
        unsent.insert(intent.term)
    }

    /// A move by itself is about to take its first contacts away: whether it should. One that is withdrawn before has moved nobody.
    private func judge(_ intent: Intent) {
        let target = intent.actor == FailoverPlan.regionNames[0] ? 0 : 1
        let left = 1 - target
        outcome.moves += 1
        checkForeign(intent)
        if let heldSince, now - heldSince > 20_000 { violated("term \(intent.term) although a person holds it") }
        guard world.conditions.isFalseMove(from: left, at: now) else { return }
        // Clocks that are off by minutes mislead as well.
        let companions =
            world.conditions.deceptions(before: now, milliseconds: 60_000) + [0, 1].count { !isClockRight(in: $0) }
        let said =
            world.conditions.wasIll(left, at: now)
            ? "goes to \(intent.actor), which is ill itself" : "leaves \(FailoverPlan.regionNames[left]), which is well"
        outcome.falseMoves += 1
        outcome.falseMovesSaid.append(
            "term \(intent.term) (\(intent.cause.rawValue)) \(said); faults that mislead: \(companions); "
                + intent.evidence.joined(separator: "; "))
        if companions < 2, !world.conditions.wasIll(left, at: now) || canBeSeen(target) {
            violated("term \(intent.term) \(said)")
        }
    }

    /// Whether anybody calls there and is listened to, so that it shows when nobody is served. A Region in reserve that nobody calls is known by its control plane alone.
    private func canBeSeen(_ region: Int) -> Bool {
        let isObscured = world.conditions.fronts.contains {
            $0.region == region && [.missingSignals, .lyingSignal, .clocksOff].contains($0.fault) && $0.start <= now
                && now - 200_000 < $0.end
        }
        return !isObscured && (isSyntheticHeard(in: region) || startsPerMinute(in: region) >= 8)
    }

    /// A system that calls and listens is there, and what it reports is not too old, or of the future, by a Region's clock.
    private func isSyntheticHeard(in region: Int) -> Bool { world.plan.hasSynthetic && isClockRight(in: region) }

    private func isClockRight(in region: Int) -> Bool {
        (-Self.clockMax...Self.clockMax).contains(world.clockOffsets[region])
    }

    private func startsPerMinute(in region: Int, at time: Int64? = nil) -> Double {
        world.traffic.expected(at: time ?? now) * world.groups.telephony(of: FailoverPlan.regionNames[region]) / 100
    }

    private func updated(_ update: SimulatedGroups.Update) {
        world.trace(
            .world,
            "has \(update.shares.group) set to \(update.shares.shares.telephony.sorted { $0.key < $1.key }.map(\.value)), term \(update.term ?? 0)"
        )
        if let problem = update.shares.shares.problem { violated("\(update.shares.group) is sent: \(problem)") }
        late.came(update, newest: world.table.newest)
        guard let term = update.term else {
            // A hand that does what was intended changes nothing.
            if world.table.newest?.shares(of: update.shares.group) == update.shares.shares { return }
            foreignAt[update.shares.group] = now
            foreignSeen[update.shares.group] = Set(world.controllers.filter(\.isAwake).map(\.region))
            world.staff?.meddledAt = now
            return
        }
        guard let intent = world.table.intent(of: term) else {
            return violated("an update of term \(term), which there is not")
        }
        if !intent.groups.contains(update.shares) {
            violated("\(update.shares.group) becomes something else than term \(term) says")
        }
        // A person's word is carried out, whichever was first.
        if let at = foreignAt[update.shares.group], intent.author != "person",
            update.signedAt - world.clockOffsets[update.region] > at + 30_000,
            foreignSeen[update.shares.group]?.contains(update.region) == true
        {
            violated("\(update.shares.group) was changed by hand \((now - at) / 1000) s ago, and term \(term) changes it")
        }
    }

    // MARK: Outages

    func begins(_ episode: FailoverPlan.Episode) {
        outcome = FailoverOutcome()
        outcome.fault = episode.fault
        outcome.hasSynthetic = world.plan.hasSynthetic
        outcome.isAlone = episode.fronts.allSatisfy { $0.fault == episode.fault }
        guard let fault = episode.fault, fault.isReasonToMove, let front = world.conditions.fronts.first else { return }
        outcome.beganAt = front.start
        outcome.region = front.region
        outcome.illAt = front.start + (fault == .slowDecay ? FailoverConditions.untilIll : 0)
        outcome.isLong = front.end - (outcome.illAt ?? 0) >= Self.landedMax
    }

    /// Contacts that began in each Region in the last tick.
    func ticked(_ began: [Int]) {
        if let says = late.tick(world) { violated(says) }
        if let says = stalled.tick(world) { violated(says) }
        guard let region = outcome.region, let start = outcome.beganAt, now >= start, outcome.landedAt == nil else { return }
        if now - SimulatedRegion.tick < start { outcome.isDue = isDue(region) }
        if world.table.words.hold != nil { outcome.isDue = false }
        let name = FailoverPlan.regionNames[region]
        guard outcome.hasEnded == false else { return }
        let illAt = outcome.illAt ?? start
        if !world.conditions.isIll(region, at: now), now >= illAt {
            outcome.hasEnded = true
            return
        }
        if world.groups.telephony(of: name) == 0, began[1 - region] > 0 { outcome.landedAt = now }
        if outcome.isDue, outcome.landedAt == nil, now - illAt > Self.landedMax {
            outcome.isDue = false
            outcome.isMissed = true
            violated(
                "\(name) has not served for \((now - illAt) / 1000) s, and traffic still goes there: \(reasons(1 - region))")
        }
    }

    /// What the controllers of a Region say that holds them back.
    private func reasons(_ region: Int) -> String {
        world.controllers.filter { $0.region == region && !$0.isDead }.map { controller in
            let held = controller.status.evaluation?.findings.filter { !$0.holds }.map { "\($0.rule.rawValue): \($0.says)" }
            return "\(controller.name): \(held?.joined(separator: ", ") ?? "nothing")"
        }.joined(separator: "; ")
    }

    /// Whether everything is there that a move by itself takes: said at the begin of an outage.
    private func isDue(_ region: Int) -> Bool {
        let words = world.table.words
        guard world.plan.mode == .automatic, outcome.isAlone, outcome.isLong, words.hold == nil,
            let newest = world.table.newest,
            newest.groups == world.home,
            !world.table.terms.contains(where: {
                ($0.cause == .automatic || $0.cause == .approved) && $0.term > words.acknowledgedTerm
            })
        else { return false }
        // An hour before its end less is expected already: the least of an hour around counts.
        let starts = [-3_600_000, 0, 3_960_000].map { startsPerMinute(in: region, at: now + $0) }.min() ?? 0
        let moves = movedAt.count { now - $0 < 86_400_000 + 600_000 }
        // Two ways to see it: Connect's silence and its controllers', or the callers that are missing there and somebody who calls, or who misses their
        // events here while those of this Region go on.
        let other = startsPerMinute(in: 1 - region)
        let isSeen =
            outcome.fault == .regionDead
            || isSyntheticHeard(in: 1 - region)
            || (world.plan.hasGlobalRouting && min(starts, other) >= 10)
        return starts >= 8 && moves < FailoverPolicy().movesPerDay && isSeen && [0, 1].allSatisfy(isClockRight)
    }

    func ends(_ episode: FailoverPlan.Episode) {
        outcome.simulated = now - episode.start
        outcomes.append(outcome)
        checkReported()
    }

    /// What is in force in the end is the newest intent, or was reported.
    private func checkReported() {
        guard violations.isEmpty, let newest = world.table.newest else { return }
        for group in world.groups.groups
        where newest.groups.contains(where: { $0.group == group.name && $0.shares != group.inForce }) {
            violated("\(group.name) is not what term \(newest.term) says")
        }
    }
}

/// What came of an episode.
public struct FailoverOutcome: Sendable, Equatable {
    /// Nil: nothing went wrong.
    public var fault: FailoverFault?
    /// Somebody calls from outside and listens.
    public var hasSynthetic = false
    /// No other fault joined in.
    public var isAlone = true
    /// Milliseconds of the episode.
    public var simulated: Int64 = 0
    /// Moves by itself, or approved.
    public var moves = 0
    /// Of those, away from a Region that was well, or to one that was not.
    public var falseMoves = 0
    /// What each was, and what it stood on.
    public var falseMovesSaid: [String] = []
    /// When the Region stopped to serve, a move was decided, and the first contact landed elsewhere with nothing left there; nil where that was not.
    public var beganAt: Int64?
    public var committedAt: Int64?
    public var landedAt: Int64?
    /// A move by itself was to come: nothing spoke against it.
    public var isDue = false
    /// It did not come in time.
    public var isMissed = false

    var region: Int?
    /// When the Region served less than a third of its callers.
    var illAt: Int64?
    var isLong = false
    var hasEnded = false
}
