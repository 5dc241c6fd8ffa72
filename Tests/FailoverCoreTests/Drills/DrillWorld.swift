import FailoverCore

/// Both Regions with controllers and what keeps their drills, and persons' commands: all of them a step at a time, in an order by chance.
struct DrillWorld {
    /// A process that runs a controller.
    struct Member {
        var controller: FailoverController
        var keeper: DrillKeeper
        var isStopped = false
    }

    static let test = "\(Pair.group)/1"

    var pair = Pair(groups: 2)
    var members: [Member] = []
    var commands: [Drill] = []
    /// What becomes of a step of a keeper or of a command, instead of the truth.
    var meddle: (FailoverStep, inout RandomNumbers) -> (answer: FailoverAnswer, happens: Bool)? = { _, _ in nil }
    var random: RandomNumbers
    private var names = 0
    private let calendar: DrillCalendar

    /// `each`: controllers in each Region. `schedule`: of drills; `blocked`: windows.
    init(
        each: Int = 2, schedule: [String] = [], blocked: [String] = [], seed: UInt64 = 7,
        mode: FailoverPolicy.Mode = .automatic,
        warmUp: Int64 = 60_000
    ) throws {
        random = RandomNumbers(seed: seed)
        calendar = DrillCalendar(try schedule.map { try DrillSchedule($0) }, blocked: try blocked.map { try BlockedWindow($0) })
        pair.isEastWriting = false
        for region in [Pair.west, Pair.east] {
            for _ in 0..<each { add(region, mode) }
        }
        run(warmUp)
    }

    /// A process starts.
    mutating func add(_ region: String, _ mode: FailoverPolicy.Mode = .automatic) {
        names += 1
        let controller = Pair.controller(region, id: "\(names)", mode: mode, seed: random.next())
        let keeper = DrillKeeper(
            controller.identity, calendar, approvedBy: "ann", testGroups: [DrillWorld.test], seed: random.next())
        members.append(Member(controller: controller, keeper: keeper))
    }

    mutating func command(_ mode: DrillOrder.Mode = .live, for milliseconds: Int64 = 600_000) {
        let order = DrillOrder(
            id: "d\(commands.count)", region: Pair.east, peer: Pair.west, mode: mode, holdMilliseconds: milliseconds, by: "ben")
        commands.append(Drill(order, seed: random.next()))
    }

    mutating func run(_ milliseconds: Int64, until end: (DrillWorld) -> Bool = { _ in false }) {
        let last = pair.now + milliseconds
        while pair.now < last, !end(self) {
            turn()
            pair.now += 2_000
        }
    }

    /// A round of everybody.
    private mutating func turn() {
        for index in members.indices where !members[index].isStopped {
            pair.look(&members[index].controller)
            let now = pair.now
            members[index].keeper.take(members[index].controller.status(now: now), now: now)
        }
        var active = (0..<(2 * members.count + commands.count)).filter { $0 >= 2 * members.count || !members[$0 / 2].isStopped }
        while !active.isEmpty {
            let place = Int(random.next() % UInt64(active.count))
            if !step(active[place]) { active.remove(at: place) }
        }
    }

    /// One step of a controller, a keeper or a command; false where it has none.
    private mutating func step(_ actor: Int) -> Bool {
        let now = pair.now
        if actor >= 2 * members.count {
            let index = actor - 2 * members.count
            guard let step = commands[index].next(now: now, wall: now) else { return false }
            commands[index].take(answer(step), now: now)
        } else if actor % 2 == 0 {
            guard let step = members[actor / 2].controller.next(now: now, wall: now) else { return false }
            members[actor / 2].controller.take(pair.answer(step), now: now)
        } else {
            guard let step = members[actor / 2].keeper.next(now: now, wall: now) else { return false }
            members[actor / 2].keeper.take(answer(step), now: now)
        }
        return true
    }

    private mutating func answer(_ step: FailoverStep) -> FailoverAnswer {
        guard let meddled = meddle(step, &random) else { return pair.truth(step) }
        if meddled.happens { _ = pair.truth(step) }
        return meddled.answer
    }

    /// Of the terms, oldest first.
    var marks: [DrillMark] { pair.table.terms.reversed().compactMap { $0.plan.flatMap(DrillMark.init) } }
    var begun: Int { marks.count { !$0.isBack } }
    var isAway: Bool { pair.westShares == [100, 100] }
    /// The newest term is carried out, and it is of no drill that has to be ended.
    var isSettled: Bool {
        guard let newest = pair.table.newest else { return false }
        if let mark = newest.plan.flatMap(DrillMark.init), !mark.isBack { return false }
        return newest.cause == .adopted || pair.table.mark(of: newest.term).map { $0.state != .sending } ?? false
    }
    /// What the history says of drills that did not run.
    var notRun: [String] { pair.kinds(.failed).filter { $0.term == 0 }.flatMap(\.lines) }
    var told: [String] { pair.kinds(.noticed).flatMap(\.lines) }
}

/// SplitMix64.
struct RandomNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func chance(_ percent: UInt64) -> Bool { next() % 100 < percent }
}
