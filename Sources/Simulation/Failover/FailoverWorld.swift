import FailoverCore

/// The world of a seed's story of failover: two Regions with callers and controllers, the control table, Connect's groups, people, and the witness.
///
/// Only episodes are simulated round by round. Between them everything rests: the clocks go on, and nobody does anything.
final class FailoverWorld {
    private static let minute: Int64 = 60_000
    /// How long an episode may go on after its faults have ended, until everything is as it should be.
    private static let settling: Int64 = 150 * minute

    let plan: FailoverPlan
    let mutant: FailoverMutant?
    let agenda: Agenda
    let trace: Trace
    let table: SimulatedControlTable
    let groups: SimulatedGroups
    let witness: FailoverWitness
    private(set) var controllers: [SimulatedController] = []
    private(set) var staff: SimulatedStaff?
    var traffic: CallerTraffic
    private(set) var regions = [SimulatedRegion(), SimulatedRegion()]
    /// What workers have counted of it.
    var counts = StartCounts()
    var conditions = FailoverConditions()
    private(set) var clockOffsets: [Int64]
    var random: SeededRandom
    private var controllersMade = 0
    private(set) var isResting = true
    private var busyUntil: Int64 = .min
    /// What is to be in force when nothing is wrong.
    let home: [GroupShares]

    init(_ plan: FailoverPlan, mutant: FailoverMutant? = nil, trace listener: ((String) -> Void)? = nil) {
        self.plan = plan
        self.mutant = mutant
        var random = plan.random
        let agenda = Agenda(start: FailoverPlan.start)
        self.agenda = agenda
        trace = Trace(agenda: agenda, listener: listener)
        table = SimulatedControlTable(agenda: agenda, seed: random.next())
        table.isBlind = mutant == .termOverwritten
        groups = SimulatedGroups(plan.groups, agenda: agenda, seed: random.next())
        traffic = CallerTraffic(startsPerMinute: plan.startsPerMinute, seed: random.next())
        clockOffsets = plan.clockOffsets
        home = plan.groups.map { GroupShares(group: $0.name, shares: $0.shares) }
        witness = FailoverWitness()
        let staffSeed = random.next()
        self.random = random
        staff = SimulatedStaff(self, seed: staffSeed)
        witness.watch(self)
        for region in 0..<2 { for _ in 0..<plan.controllers[region] { start(in: region) } }
    }

    // MARK: The story

    /// Runs until the last episode is over and everything has settled, or until something is wrong.
    func run() {
        for episode in plan.episodes where witness.violations.isEmpty {
            while let next = agenda.next, next < episode.start, agenda.step() {}
            agenda.at(episode.start) { [unowned self] in begin(episode) }
            let end = episode.start + episode.length
            while witness.violations.isEmpty, agenda.step() {
                if agenda.now > end, isSettled { break }
                if agenda.now > end + Self.settling { witness.violated("it does not come to rest: \(unrest ?? "")") }
            }
            rest(episode)
        }
        finish()
    }

    private func finish() {
        for controller in controllers { controller.kill() }
        table.onWrite = { _ in }
        groups.onUpdate = { _ in }
        agenda.clear()
        staff = nil
    }

    private func begin(_ episode: FailoverPlan.Episode) {
        trace(.world, "wakes: \(episode.fault?.rawValue ?? "nothing")")
        isResting = false
        conditions.fronts = episode.fronts.map {
            .init(fault: $0.fault, region: $0.region, start: episode.start + $0.start, end: episode.start + $0.end)
        }
        for region in 0..<2 { regions[region].fill(expected: expected(in: region), until: agenda.now) }
        counts.begin(
            traffic, shares: FailoverPlan.regionNames.map { groups.telephony(of: $0) / 100 }, at: agenda.now)
        for front in conditions.fronts {
            agenda.at(front.start) { [unowned self] in strike(front) }
            agenda.at(front.end) { [unowned self] in refresh(front, isOver: true) }
        }
        witness.begins(episode)
        tick()
        for controller in controllers { controller.wake(at: agenda.now + Int64(random.between(0, 2_000))) }
        stir()
    }

    private func rest(_ episode: FailoverPlan.Episode) {
        witness.ends(episode)
        isResting = true
        conditions.fronts = []
        for region in 0..<2 where !controllers.contains(where: { $0.region == region && !$0.isDead }) { start(in: region) }
    }

    /// While something is about, everybody looks closely.
    func stir() { busyUntil = agenda.now + 90_000 }
    var isBusy: Bool { agenda.now < busyUntil }

    // MARK: Faults

    private func strike(_ front: FailoverPlan.Front) {
        let name = FailoverPlan.regionNames[front.region]
        trace(.world, "has \(front.fault.rawValue) in \(name) for \((front.end - front.start) / 1000) s")
        refresh(front, isOver: false)
        switch front.fault {
        case .regionDead: for controller in controllers where controller.region == front.region { controller.kill() }
        case .killController: killSome(front)
        case .pauseController:
            for controller in controllers where controller.region == front.region && random.chance(0.5) {
                controller.pause(for: Int64(random.between(1_000, 600_000)))
            }
        case .clocksOff: clockOffsets[front.region] = Int64(random.between(-290_000, 290_000))
        case .foreignHand:
            agenda.after(Int64(random.between(0, 90_000))) { [unowned self] in staff?.meddle() }
        default: break
        }
    }

    /// Sets what follows from the faults that are about.
    private func refresh(_ front: FailoverPlan.Front, isOver: Bool) {
        stir()
        let now = agenda.now
        for region in 0..<2 {
            table.isAway[region] =
                conditions.isDead(region, at: now) || conditions.isActive(.tableAway, at: now)
                || conditions.isActive(.tableCut, in: region, at: now)
            groups.isAway[region] =
                !conditions.doesConnectAnswer(in: region, at: now) || conditions.isActive(.groupsAway, in: region, at: now)
        }
        table.slow = conditions.isActive(.slowControl, at: now) ? 0.5 : 0
        table.lost = conditions.isActive(.lostControl, at: now) ? 0.3 : 0
        table.repeated = conditions.isActive(.repeatedControl, at: now) ? 0.3 : 0
        groups.throttled = conditions.isActive(.throttledGroups, at: now) ? 0.6 : 0
        groups.late = conditions.isActive(.lateUpdate, at: now) ? 0.5 : 0
        guard isOver else { return }
        if front.fault == .clocksOff { clockOffsets[front.region] = plan.clockOffsets[front.region] }
        if front.fault == .regionDead, !conditions.isDead(front.region, at: now) {
            for _ in 0..<plan.controllers[front.region] { start(in: front.region) }
        }
    }

    private func killSome(_ front: FailoverPlan.Front) {
        guard agenda.now < front.end, !isResting else { return }
        let alive = controllers.filter { $0.region == front.region && !$0.isDead }
        if !alive.isEmpty { killed(alive[random.below(alive.count)]) }
        agenda.after(Int64(random.between(1_000, 180_000))) { [unowned self] in killSome(front) }
    }

    /// Kills one; another is started cold, within a minute.
    func killed(_ controller: SimulatedController) {
        controller.kill()
        let region = controller.region
        agenda.after(Int64(random.between(500, 60_000))) { [unowned self] in
            guard !conditions.isDead(region, at: agenda.now) else { return }
            start(in: region)
        }
    }

    private func start(in region: Int) {
        controllers.removeAll { $0.isDead }
        guard controllers.count(where: { $0.region == region }) < plan.controllers[region] else { return }
        controllersMade += 1
        let controller = SimulatedController(self, region: region, id: controllersMade, seed: random.next())
        controllers.append(controller)
        trace(.controller(controller.name), "starts")
        if !isResting { controller.wake(at: agenda.now) }
    }

    // MARK: Callers

    /// Contacts that should begin in a Region in a tick, by the shares in force.
    private func expected(in region: Int) -> Double {
        traffic.expected(at: agenda.now) * groups.telephony(of: FailoverPlan.regionNames[region]) / 100
            * Double(SimulatedRegion.tick) / 60_000
    }

    private func tick() {
        guard !isResting else { return }
        var began = [0, 0]
        var failed = [0, 0]
        for _ in 0..<traffic.starts(before: agenda.now, milliseconds: SimulatedRegion.tick) {
            let region = traffic.percentile() < groups.telephony(of: FailoverPlan.regionNames[0]) ? 0 : 1
            if traffic.percentile() < conditions.quality(of: region, at: agenda.now) * 100 {
                began[region] += 1
            } else if conditions.doCallsArrive(in: region, at: agenda.now) {
                failed[region] += 1
            }
        }
        for region in 0..<2 {
            regions[region].add(began: began[region], failed: failed[region], at: agenda.now)
        }
        counts.add(began, at: agenda.now)
        witness.ticked(began)
        staff?.look()
        agenda.after(SimulatedRegion.tick) { [unowned self] in tick() }
    }

    // MARK: Rest

    /// Whether there is nothing left to be done.
    private var isSettled: Bool { unrest == nil }

    /// What there is left to be done.
    private var unrest: String? {
        guard let newest = table.newest else { return "there is no term" }
        let words = table.words
        if words.hold != nil { return "somebody holds it" }
        if words.plan?.state == .running { return "a return is under way" }
        if newest.cause == .automatic || newest.cause == .approved, words.acknowledgedTerm < newest.term {
            return "term \(newest.term) is not acknowledged"
        }
        if groups.groups.contains(where: { $0.updatingUntil > agenda.now || $0.inForce != $0.shares }) {
            return "an update runs"
        }
        if groups.underWay.values.contains(where: { $0 > 0 }) { return "an update is under way" }
        for group in groups.groups where newest.groups.contains(where: { $0.group == group.name && $0.shares != group.shares })
        {
            return "\(group.name) is \(group.shares.telephony), term \(newest.term) is something else"
        }
        if newest.cause != .adopted, table.mark(of: newest.term)?.state ?? .sending == .sending {
            return "term \(newest.term) is not carried out"
        }
        if newest.groups != home { return "it is not where it began" }
        return nil
    }
}
