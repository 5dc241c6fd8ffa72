/// What a controller does about drills: it begins those of the schedule, carries through whatever drill is under way, and writes down which of the schedule did
/// not run. One a controller; with several, each drill begins once and is told once, for the control table says who was first.
///
/// Sans-I/O, as ``Drill``:
///
///     keeper.take(controller.status(now: now), now: now)      every round
///     while let step = keeper.next(now: now, wall: wall) { keeper.take(perform(step), now: now) }
///
/// - A drill that somebody has begun, a person's command or a controller, is carried through by every keeper (``Drill/keeping(_:keeper:hasSeenBegin:seed:)``), so it
///   ends whoever dies.
/// - One of the schedule is begun by the controllers of the Region that gains. Where none of them lives it is told as not run by the others once it is too late.
/// - What is due, and what is settled, goes by the wall clock; a record in the control table of each schedule says up to when it is settled.
package struct DrillKeeper: Sendable {
    private let identity: FailoverController.Identity
    private let calendar: DrillCalendar
    /// Who approved the schedule, and the groups that drills of mode test-group move.
    private let approvedBy: String
    private let testGroups: [String]

    private var drill: Drill?
    /// Of the schedule that the drill is of, and when it was due.
    private var due: (schedule: DrillSchedule, at: Int64)?
    /// What is to be written into the control table, and what the history says once it is.
    private var settling: (record: DrillRecord, lines: [String])?
    /// Up to when this one has settled a schedule, or seen it settled: what was read before does not say so.
    private var settled: [String: Int64] = [:]
    /// The last drill that this one has carried to its end, as far as it could.
    private var endedID: String?
    private var status: FailoverStatus?
    private var hasNews = false
    /// The newest term of the round before.
    private var lastTerm: Int64?
    /// When this one began to look, by the wall clock.
    private var since: Int64?
    private var outbox = Outbox()
    /// The control table did not take what this one wrote: tried again after the next round.
    private var isBlocked = false
    private var inFlight: (step: FailoverStep, isDrills: Bool)?
    private var wall: Int64 = 0
    private var seed: UInt64

    /// `seed`: random.
    package init(
        _ identity: FailoverController.Identity, _ calendar: DrillCalendar, approvedBy: String = "", testGroups: [String] = [],
        seed: UInt64
    ) {
        self.identity = identity
        self.calendar = calendar
        self.approvedBy = approvedBy
        self.testGroups = testGroups
        self.seed = seed
    }

    /// What the controller beside it knows, each round.
    package mutating func take(_ status: FailoverStatus, now: Int64) {
        // What is old was read before whatever this one has written since.
        guard status.controlAge.map({ $0 <= Drill.viewAgeMax }) ?? false, status.control != nil else { return }
        self.status = status
        hasNews = true
        isBlocked = false
        let obstacles = obstacles(status)
        drill?.obstacles = obstacles
    }

    /// When there is something to do again at the latest.
    package func wakeAt(now: Int64) -> Int64 { min(drill?.wakeAt ?? .max, now + Drill.roundMilliseconds) }

    /// The next step, whose answer is given before there is another one; nil: nothing for now.
    package mutating func next(now: Int64, wall: Int64) -> FailoverStep? {
        self.wall = wall
        if since == nil { since = wall }
        if drill == nil, settling == nil, hasNews, let control = status?.control {
            hasNews = false
            look(control, wall: wall)
        }
        if let step = drill?.next(now: now, wall: wall) {
            inFlight = (step, true)
            return step
        }
        if let drill, drill.isOver, let outcome = drill.outcome { ended(outcome) }
        let own = !isBlocked ? settling.map { .settleDrill($0.record) } ?? outbox.next.map { .write($0) } : nil as ControlStep?
        inFlight = own.map { (.control($0), false) }
        return inFlight?.step
    }

    package mutating func take(_ answer: FailoverAnswer, now: Int64) {
        guard let (step, isDrills) = inFlight else { return }
        inFlight = nil
        if isDrills { return drill?.take(answer, now: now) ?? () }
        guard answer == .done || answer == .conflict else { return isBlocked = true }
        guard case .control(.settleDrill) = step else { return outbox.written(true) }
        // A conflict: somebody else has settled it, and tells.
        guard let (record, lines) = settling else { return }
        settling = nil
        settled[record.schedule] = record.at
        if answer == .done, !lines.isEmpty {
            outbox.add(JournalEntry(kind: .failed, term: 0, author: identity.name, at: wall, lines: lines))
        }
    }

    private mutating func ended(_ outcome: Drill.Outcome) {
        endedID = drill?.id
        drill = nil
        defer { due = nil }
        guard let due, case .refused(let problems) = outcome else { return }
        settle(due.schedule, at: due.at, problems.joined(separator: "; "))
    }

    // MARK: What is to be done

    private mutating func look(_ control: ControlView, wall: Int64) {
        defer { lastTerm = control.newest?.term }
        if let newest = control.newest, let mark = newest.plan.flatMap(DrillMark.init), newest.cause == .drill,
            mark.id != endedID, !mark.isBack || control.mark(of: newest.term)?.state ?? .sending == .sending
        {
            let hasSeenBegin = lastTerm.map { $0 < newest.term } ?? false
            drill = Drill.keeping(control, keeper: identity.name, hasSeenBegin: hasSeenBegin, seed: nextSeed())
            return
        }
        for schedule in calendar.schedules {
            look(schedule, control, wall: wall)
            if drill != nil || settling != nil { return }
        }
    }

    private mutating func look(_ schedule: DrillSchedule, _ control: ControlView, wall: Int64) {
        let record = control.words.drills.first { $0.schedule == schedule.text }
        guard let through = [record?.at, settled[schedule.text]].compactMap({ $0 }).max() else {
            let record = DrillRecord(schedule: schedule.text, at: since ?? wall, outcome: .watched, by: identity.name)
            settling = (record, [])
            return
        }
        let found = calendar.look(schedule, since: through, now: wall)
        // One that was begun is known by its name, whatever has become of it.
        for due in found.reversed() {
            guard let term = control.terms.last(where: { $0.plan.flatMap(DrillMark.init)?.id == schedule.id(at: due.at) })
            else { continue }
            let record = DrillRecord(
                schedule: schedule.text, at: due.at, outcome: .begun(term: term.term), by: identity.name)
            settling = (record, [])
            return
        }
        let lost = found.filter { if case .due = $0 { false } else { true } }
        if let last = lost.last { return settle(schedule, at: last.at, last.why, earlier: lost.count - 1) }
        guard case .due(let at) = found.last, schedule.region == identity.peer, let status else { return }
        begin(schedule, at: at, status)
    }

    private mutating func begin(_ schedule: DrillSchedule, at: Int64, _ status: FailoverStatus) {
        let order = DrillOrder(
            id: schedule.id(at: at), region: identity.peer, peer: identity.region,
            mode: schedule.isLive ? .live : .testGroup(testGroups), holdMilliseconds: schedule.holdMilliseconds, by: approvedBy,
            why: "due at \(DrillClock.text(at)) by the schedule: \(schedule.text)", keeper: identity.name)
        var drill = Drill(order, seed: nextSeed())
        drill.obstacles = obstacles(status)
        self.drill = drill
        due = (schedule, at)
    }

    /// Writes down that a drill did not run. `earlier`: so many before it did not, either, and are told with it.
    private mutating func settle(_ schedule: DrillSchedule, at: Int64, _ why: String, earlier: Int = 0) {
        var lines = ["the drill '\(schedule.text)', due at \(DrillClock.text(at)), did not run: \(why)"]
        if earlier > 0 { lines.append("\(earlier) before it did not run, either") }
        settling = (
            DrillRecord(schedule: schedule.text, at: at, outcome: .notRun(why), by: identity.name), lines
        )
    }

    /// What the controller beside it has against a drill that nobody ordered just now.
    private func obstacles(_ status: FailoverStatus) -> [String] {
        var found = [status.foreign].compactMap { $0 }
        if let ready = status.evaluation?.findings.first(where: { $0.rule == .ready }), !ready.holds {
            found.append(ready.says)
        }
        return found
    }

    private mutating func nextSeed() -> UInt64 {
        seed &+= 0x9E37_79B9_7F4A_7C15
        return seed
    }
}

extension DrillCalendar.Due {
    var at: Int64 {
        switch self {
        case .due(let at), .blocked(let at, _), .missed(let at): at
        }
    }

    /// Why it did not run.
    fileprivate var why: String {
        switch self {
        case .due: ""
        case .blocked(_, let window): "the window '\(window)' blocks it"
        case .missed:
            "nobody began it within \(DrillCalendar.graceMilliseconds / 60_000) minutes: no controller of the Region that gains was there, or another drill was under way"
        }
    }
}
