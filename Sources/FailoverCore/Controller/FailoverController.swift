/// Watches a Region's peer and pulls everything to its own Region when the peer does not serve. One value a controller; several may run in a Region.
///
/// Sans-I/O: clocks and chance are handed in, steps are handed out, and somebody says what came of them.
///
///     controller.observe(signal, now: now)                    any time
///     while let step = controller.next(now: now, wall: wall) {
///         controller.take(perform(step), now: now)
///     }                                                       then nothing to do until controller.wakeAt
///
/// A round: read the control table, write the verdict on the own Region, read the groups when they are due, then decide:
///
///     watching --all rules hold--> dwelling --dwell over--> asking --cause still there--> propose --> mark --> send --> verify
///         ^------a rule fails-------/  |                      |                             (a term in the control table)
///         ^-----------------------------+------nothing new----/
///
/// What is to be done about an intent follows from what was read alone, so a controller that starts anew goes on where another stopped. Nothing is
/// decided on what is older than ``FailoverPolicy/viewAgeMax``.
package struct FailoverController: Sendable {
    package struct Identity: Equatable, Sendable {
        package var region: String
        package var peer: String
        /// Of this process.
        package var id: String
        /// It is a person's command: it carries out what was intended, says nothing of its Region, and begins nothing.
        package var isCommand: Bool

        package init(region: String, peer: String, id: String, isCommand: Bool = false) {
            self.region = region
            self.peer = peer
            self.id = id
            self.isCommand = isCommand
        }

        package var name: String { "\(region)/\(id)" }
    }

    /// How far towards a move it is.
    enum Suspicion: Equatable {
        case watching
        case dwelling(since: Int64)
        /// The dwell is over; complaints from `from` on are waited for.
        case asking(from: Int64)
        case awaiting(Words.Proposal, since: Int64)
        /// It would have moved, and must or may not: until the rules no longer call for it.
        case spent
    }

    /// What is being done about a term.
    struct Carrying: Equatable {
        var term: Int64
        var mark: ActingMark
        /// An answer was not heard, or another controller was sending before.
        var mayBeUnderWay = false
        /// An update was taken, or may have been: it is carried out, whatever becomes of its cause.
        var hasBegun = false
        /// When the last update was sent.
        var sentAt: Int64 = .min
        /// Groups that are left alone until then, after a refusal.
        var notBefore: [String: Int64] = [:]
    }

    package let identity: Identity
    package let policy: FailoverPolicy
    var book = SignalBook()
    var watch = VerdictWatch()
    var volume: Volume?
    var blockers: [String] = []

    var control: ControlView?
    var controlReadAt: Int64 = .min / 2
    var groups: [GroupView]?
    var groupsReadAt: Int64 = .min / 2
    var groupsAskedAt: Int64 = .min / 2
    var sights = Sights()

    var suspicion = Suspicion.watching
    var carrying: Carrying?
    var gateSince: Int64?
    var foreign: ForeignHand?
    var evaluation: Evaluation?
    var decidedAt: Int64 = .min / 2
    var heldBackBy: FailoverRule?

    var outbox = Outbox()
    var counter: Int64 = 0
    var tokens: UInt64
    var inFlight: FailoverStep?
    var roundAt: Int64 = .min / 2
    var hasRead = false
    var hasWritten = false
    var hasReadGroups = false
    /// This round came as far as deciding: a read of the groups that takes longer than a round, as where the own endpoint hangs, keeps nobody from it.
    var hasDecided = true
    /// A write into the control table failed, or came to nothing: what is there is read in the next round before anything is decided.
    var isBlocked = false
    var wall: Int64 = 0

    /// `seed`: random; tokens are made from it.
    package init(_ identity: Identity, _ policy: FailoverPolicy, seed: UInt64) {
        self.identity = identity
        self.policy = policy
        tokens = seed
    }

    // MARK: What is told

    package mutating func observe(_ signal: Signal) { book.take(signal) }
    /// Contacts that are expected say more than agents: while they are known, agents do not take their place.
    package mutating func observe(_ volume: Volume) {
        if volume.starts == nil, let known = self.volume, known.starts != nil,
            volume.observedAt - known.observedAt <= Volume.ageMax
        {
            return
        }
        self.volume = volume
    }
    /// What has to be there before a move by itself and is not, in sentences; empty where nothing is missing.
    package mutating func observe(blockers: [String]) { self.blockers = blockers }

    // MARK: What is to be done

    /// When ``next(now:wall:)`` has something to do again.
    package var wakeAt: Int64 { roundAt + policy.roundMilliseconds }

    /// The next step; nil where there is none until ``wakeAt``. Each is followed by ``take(_:now:)``.
    package mutating func next(now: Int64, wall: Int64) -> FailoverStep? {
        assert(inFlight == nil, "a step is under way")
        self.wall = wall
        if now >= wakeAt, hasDecided {
            roundAt = now
            hasRead = false
            hasWritten = false
            hasReadGroups = false
            hasDecided = false
            isBlocked = false
            outbox.isBlocked = false
        }
        inFlight = step(now: now)
        return inFlight
    }

    private mutating func step(now: Int64) -> FailoverStep? {
        if !hasRead {
            hasRead = true
            return .control(.read)
        }
        if !hasWritten, !identity.isCommand {
            hasWritten = true
            return .control(.writeVerdict(verdict(now: now)))
        }
        if areGroupsDue(now: now) {
            groupsAskedAt = now
            hasReadGroups = true
            return .readGroups
        }
        hasDecided = true
        if let step = decide(now: now) { return step }
        return outbox.next.map { .control(.write($0)) }
    }

    /// Idle, the groups are read seldom (``ConnectUpkeep``); with a suspicion, or something to carry out, every few seconds, and right after an update.
    private func areGroupsDue(now: Int64) -> Bool {
        let age = now - groupsAskedAt
        if let carrying, carrying.sentAt > groupsAskedAt { return true }
        if hasReadGroups { return false }
        if carrying?.mark.state == .sending || isUnfulfilled || groups == nil { return age >= policy.roundMilliseconds }
        let isBusy =
            carrying != nil || suspicion != .watching || foreign != nil || evaluation?.peer.state == .unhealthy
            || control?.words.plan?.state == .running
        // What is decided upon is younger than ``FailoverPolicy/viewAgeMax``; the account's rate of requests is small.
        return age >= (isBusy ? policy.viewAgeMax / 2 : idleGroupsMilliseconds(now))
    }

    /// Between two readings of the groups while nothing happens.
    func idleGroupsMilliseconds(_ now: Int64) -> Int64 {
        let controllers = watch.fresh(of: identity.region, now: now, ageMax: policy.verdictAgeMax).count
        return ConnectUpkeep(groups: groups?.count ?? 1, controllers: controllers).groupsMilliseconds
    }

    private mutating func verdict(now: Int64) -> SelfVerdict {
        counter += 1
        let own = Diagnosis(
            of: identity.region, book.signals(at: now, ageMax: policy.signalAgeMax), independentMin: policy.independentMin)
        let said = own.entries.first { $0.signal.kind.isOfConnect && $0.signal.state == own.state }
        return SelfVerdict(
            region: identity.region, controller: identity.name, counter: counter, state: own.state,
            evidence: said.map { "\($0.signal.kind.rawValue): \($0.signal.evidence)" } ?? "no signal says more",
            outlook: outlook, doubtsPeer: suspicion != .watching || evaluation?.peer.state == .unhealthy)
    }

    /// What the last evaluation came to.
    private var outlook: String {
        if let foreign {
            return "held back by \(FailoverRule.noForeignHand.rawValue): \(foreign.says); mode \(policy.mode.rawValue)"
        }
        guard let evaluation else { return "nothing was evaluated yet" }
        let (peer, mode) = (evaluation.peer, policy.mode.rawValue)
        guard peer.state == .unhealthy else {
            let kinds = peer.entries.filter { $0.signal.state == .unhealthy && $0.signal.kind.isOfLife }.map(
                \.signal.kind.rawValue)
            if !kinds.isEmpty, let rule = evaluation.findings.first(where: { $0.rule == .peerUnhealthy }) {
                let complaints = Set(kinds).sorted().joined(separator: ", ")
                return
                    "\(peer.region) is \(peer.state.rawValue), with complaints (\(complaints)); held back by \(rule.rule.rawValue): \(rule.says); mode \(mode)"
            }
            // Not the rules that say the same, nor what is read as soon as there is a suspicion.
            let left: [FailoverRule] = [.peerUnhealthy, .peerVerdict, .viewsFresh]
            let missing = evaluation.findings.filter { !$0.holds && !left.contains($0.rule) }
            if missing.contains(where: { $0.rule == .peerHasShare }) {
                return "\(peer.region) is \(peer.state.rawValue), and has no share to move; mode \(mode)"
            }
            let rest = missing.map { "\($0.rule.rawValue): \($0.says)" }.prefix(2).joined(separator: "; ")
            let what = missing.isEmpty ? "nothing else stands against a move" : "a move would be held back by \(rest)"
            let silent = Set(peer.doubted.map(\.rawValue)).sorted().joined(separator: ", ")
            let doubt = silent.isEmpty ? "" : ": \(silent) may be silent by the way from here, as its controllers live"
            return "\(peer.region) is \(peer.state.rawValue)\(doubt); \(what); mode \(mode)"
        }
        guard let rule = evaluation.heldBackBy else {
            return "\(peer.region) does not serve, and every rule calls for a move; mode \(mode)"
        }
        if rule.rule == .peerHasShare { return "\(peer.region) does not serve, and has no share to move; mode \(mode)" }
        return "\(peer.region) does not serve; held back by \(rule.rule.rawValue): \(rule.says); mode \(mode)"
    }

    /// What is done now, in this order: what was intended is carried out; a return goes on; then whether to move.
    private mutating func decide(now: Int64) -> FailoverStep? {
        guard !isBlocked, isFresh(controlReadAt, now), let control else { return nil }
        guard let newest = control.newest else { return adopt(now: now) }
        if let step = carryOut(newest, control, now: now) { return step }
        guard !isUnfulfilled, carrying?.mark.state != .sending else { return nil }
        if let plan = control.words.plan, plan.state == .running, plan.region == identity.region, !identity.isCommand {
            return goOn(plan, newest, now: now)
        }
        return identity.isCommand ? nil : suspect(newest, control, now: now)
    }

    func isFresh(_ time: Int64, _ now: Int64) -> Bool { now - time <= policy.viewAgeMax }

    /// The newest intent was not carried out yet, by anybody.
    var isUnfulfilled: Bool {
        guard let control, let newest = control.newest, newest.cause != .adopted else { return false }
        return control.mark(of: newest.term)?.state ?? .sending == .sending
    }

    func situation(now: Int64) -> Situation {
        Situation(
            own: identity.region, peer: identity.peer, now: now, wall: wall,
            entries: book.signals(at: now, ageMax: policy.signalAgeMax), volume: volume, control: control,
            controlReadAt: controlReadAt, groups: groups, groupsReadAt: groupsReadAt,
            peerVerdicts: watch.fresh(of: identity.peer, now: now, ageMax: policy.verdictAgeMax), foreign: foreign?.says,
            blockers: blockers + unusableGroups + unfulfilled)
    }

    /// What was intended comes first.
    private var unfulfilled: [String] {
        guard isUnfulfilled, let newest = control?.newest else { return [] }
        return ["term \(newest.term) (\(newest.cause.rawValue)), which \(newest.actor) carries out, is not in force yet"]
    }

    private var unusableGroups: [String] {
        (groups ?? []).compactMap {
            if case .unusable(let status) = $0.status { "group \($0.group) is \(status)" } else { nil }
        }
    }

    /// An intent of this controller that follows the newest.
    mutating func intent(
        _ groups: [GroupShares], _ cause: Intent.Cause, actor: String? = nil, plan: String? = nil, _ evidence: [String]
    ) -> Intent {
        Intent(
            term: (control?.newest?.term ?? 0) + 1, groups: groups, cause: cause, author: "controller \(identity.name)",
            actor: actor ?? identity.region, evidence: Array(evidence.prefix(Intent.evidenceMax)), token: token(),
            proposedAt: wall, plan: plan)
    }

    mutating func token() -> String {
        tokens &+= 0x9E37_79B9_7F4A_7C15
        var z = tokens
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return String(z ^ (z >> 31), radix: 16)
    }

    mutating func journal(_ kind: JournalEntry.Kind, term: Int64 = 0, _ lines: [String]) {
        outbox.add(JournalEntry(kind: kind, term: term, author: identity.name, at: wall, lines: lines))
    }
}
