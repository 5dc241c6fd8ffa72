/// The state of the simulation and its clock.
///
/// What happens is in the extensions: agents, contacts, context, failover. How it is told is in the writers.
struct TrafficWorld: Sendable {
    /// Something to do at a time.
    enum Action: Sendable {
        case contactArrival
        case fill
        case contact(Int32)
        case heartbeat(Int32)
        case settle(Int32)
        case logout(Int32)
        case login(Int32)
        case leave(Int32)
        case relocate(Int32, to: UInt8)
    }

    let options: TrafficOptions
    let plan: TrafficPlan
    let catalog: TrafficCatalog
    var random: SeededRandom
    var agenda = DueQueue<Action>()
    var delivery = TrafficDelivery()
    var clock: Int64
    var nextContactAt: Double

    /// Events made, repeated deliveries and late records included.
    var generated = 0
    /// Events by kind, repeated deliveries not included.
    var counts = [Int](repeating: 0, count: TrafficKind.allCases.count)
    /// What ``isDone`` compares with.
    var goal: Int
    var eventNumber: UInt64 = 0

    var agents: [Agent] = []
    /// The session of agent `a` in Region `r` stands at `a * regions + r`.
    var sessions: [AgentSession] = []
    /// By Region: sessions that can take a contact.
    var idle: [[Int32]]
    /// By Region: the session that took a chat last.
    var chatting: [Int]
    /// Agents that have signed in at least once; they do so in a scrambled order.
    var signedIn = 0

    var contacts: [Contact] = []
    var freeContacts: [Int32] = []
    var contactNumber: UInt64 = 0
    /// Contacts waiting for an agent.
    var waiting = 0
    /// Contacts whose record was sent last, to be sent again.
    var recent: [Contact] = []
    var recentPlace = 0
    /// An even sample of all contacts, for the records that come days later.
    var sample: [Contact] = []
    var sampled = 0

    var webSessions: [WebSession] = []
    var webSessionNumber: UInt64 = 0
    var lastWebContact: UInt64 = 0

    var phase = FailoverPhase.before

    init(_ options: TrafficOptions) {
        self.options = options
        plan = TrafficPlan(options)
        catalog = TrafficCatalog(regions: options.regions, seed: options.seed)
        random = SeededRandom(seed: options.seed)
        clock = options.start
        nextContactAt = Double(options.start) + plan.contactDelay
        goal = plan.mainEvents
        let regionCount = options.regions.count
        idle = [[Int32]](repeating: [], count: regionCount)
        chatting = [Int](repeating: -1, count: regionCount)
        agents = (0..<plan.agents).map { Agent(home: UInt8($0 % regionCount), region: UInt8($0 % regionCount)) }
        sessions = [AgentSession](repeating: AgentSession(), count: plan.agents * regionCount)
        agenda.push(.fill, at: clock)
        agenda.push(.contactArrival, at: Int64(nextContactAt))
    }

    /// True when every event of the run proper has been made.
    var isDone: Bool { generated >= goal }

    /// Does the next thing that is due.
    mutating func step() {
        guard let (time, action) = agenda.pop() else { return }
        clock = time
        advanceFailover()
        switch action {
        case .contactArrival: contactArrives()
        case .fill: fillUp()
        case .contact(let slot): advanceContact(Int(slot))
        case .heartbeat(let session): beat(Int(session))
        case .settle(let session): settle(Int(session))
        case .logout(let session): completeLogout(Int(session))
        case .login(let agent): login(Int(agent))
        case .leave(let session): leave(Int(session))
        case .relocate(let agent, let region): relocate(Int(agent), to: region)
        }
    }

    // MARK: Telling

    /// A line for an event of a kind, or nil where it is not to be delivered: the kind has no weight, the run is full, or
    /// contacts have brought about much more of a best-effort kind than the mix asks for.
    mutating func begin(_ kind: TrafficKind) -> TrafficLine? {
        let index = kind.rawValue
        if kind != .agent, surplus(kind) > plan.rates[index] * 10_000 + 30 { return nil }
        counts[index] += 1
        guard plan.delivered[index], !isDone else { return nil }
        return delivery.line()
    }

    /// Sends an event off, perhaps twice.
    mutating func send(_ line: consuming TrafficLine, at time: Int64) {
        let disorder = options.disorderMilliseconds
        let arrival = time + Int64(random.between(0, disorder))
        generated += 1
        var again: Int64?
        if plan.repeatChance > 0, random.chance(plan.repeatChance), generated < goal {
            again = arrival + Int64(random.between(0, disorder * 4))
            generated += 1
        }
        delivery.send(line, arriving: arrival, repeated: again)
    }

    /// The id of the next event.
    mutating func nextEventID() -> TrafficUUID {
        eventNumber += 1
        return TrafficUUID(.event, eventNumber, seed: options.seed)
    }

    /// How many more events of a kind there have been than the plan has for this time; negative where they lag behind.
    func surplus(_ kind: TrafficKind) -> Double {
        let delay = kind == .record ? plan.recordDelay : 0
        return Double(counts[kind.rawValue]) - plan.rates[kind.rawValue] * max(Double(clock - options.start) - delay, 0)
    }

    // MARK: Keeping to the plan

    /// Makes up for what lags behind the plan, a little at a time.
    mutating func fillUp() {
        agenda.push(.fill, at: clock + Int64(random.between(1, 2 * plan.fillInterval - 1)))
        for kind in TrafficKind.allCases where kind == .agent || plan.delivered[kind.rawValue] {
            guard kind != .contact, kind != .flow else { continue }
            let burst = Int(plan.rates[kind.rawValue] * Double(plan.fillInterval) * 3) + 1
            for _ in 0..<min(Int(max(-surplus(kind), 0)), burst) {
                switch kind {
                case .agent: stirAgent()
                case .record: updateRecord()
                case .session: stirWebSession()
                case .queue: tellQueue()
                case .customer: tellCustomer()
                case .contact, .flow: break
                }
            }
        }
    }
}
