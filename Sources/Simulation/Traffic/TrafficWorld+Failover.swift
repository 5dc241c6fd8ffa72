/// Where a run stands in the story of its failover.
enum FailoverPhase: UInt8, Sendable {
    case before, failed, recovered
}

/// The first Region fails half way through the run and is back after three quarters.
extension TrafficWorld {
    /// How long agents take to change Region, milliseconds: the first events of a moved agent are spread over it.
    private var moveWindow: Int {
        let quarter = Double(plan.mainEvents) / 4 / max(plan.rates.reduce(0, +), 1e-9)
        return Int(min(max(quarter * 0.4, 1_000), 120_000))
    }

    /// Begins or ends the failover when its time has come.
    mutating func advanceFailover() {
        switch phase {
        case .before where generated >= plan.mainEvents / 2 && options.regions.count > 1:
            phase = .failed
            for agent in agents.indices where agents[agent].region == 0 { moveSoon(agent, to: 1) }
        case .failed where generated >= plan.mainEvents / 4 * 3:
            phase = .recovered
            for agent in agents.indices where agents[agent].home == 0 && random.chance(0.6) { moveSoon(agent, to: 0) }
        default:
            break
        }
    }

    private mutating func moveSoon(_ agent: Int, to region: UInt8) {
        agenda.push(.relocate(Int32(agent), to: region), at: clock + Int64(random.between(0, moveWindow)))
    }

    /// The Region that takes a new contact or session which would have gone to `region`.
    mutating func routed(_ region: UInt8) -> UInt8 {
        phase == .failed && region == 0 && random.chance(0.98) ? 1 : region
    }

    /// Moves an agent: contacts at hand are finished first; a LOGOUT may be lost, or come after the LOGIN elsewhere.
    /// Source: Amazon Connect administrator guide, update-agents-across-regions (active contacts are completed first).
    mutating func relocate(_ agent: Int, to region: UInt8) {
        let old = session(of: agent, in: agents[agent].region)
        guard agents[agent].region != region else { return }
        guard sessions[old].presence == .online else {
            agents[agent].region = region
            return
        }
        guard sessions[old].settled, sessions[old].current.contacts.isEmpty else {
            sessions[old].leaving = true
            agenda.push(.relocate(Int32(agent), to: region), at: clock + Int64(random.between(400, 1_500)))
            return
        }
        agents[agent].region = region
        if random.chance(0.15) {
            sessions[old].leaving = true
            removeIdle(old)
            login(agent)
            agenda.push(.leave(Int32(old)), at: clock + Int64(random.between(1_000, 9_000)))
        } else {
            logout(old, lost: phase == .failed && random.chance(0.4))
            agenda.push(.login(Int32(agent)), at: clock + Int64(random.between(1_000, 6_000)))
        }
    }

    /// The belated LOGOUT of an agent that already works elsewhere.
    mutating func leave(_ index: Int) {
        guard agents[agent(of: index)].region != UInt8(region(of: index)) else { return }
        logout(index, lost: false)
    }
}
