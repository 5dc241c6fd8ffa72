/// What agents do.
extension TrafficWorld {
    /// Milliseconds of silence after which the stream sends a heartbeat.
    /// Source: Amazon Connect administrator guide, agent-event-stream-model.
    static let heartbeatInterval: Int64 = 120_000
    /// How long heartbeats go on after LOGOUT (same source).
    static let heartbeatsAfterLogout: Int64 = 3_600_000

    func session(of agent: Int, in region: UInt8) -> Int { agent * options.regions.count + Int(region) }
    func agent(of session: Int) -> Int { session / options.regions.count }
    func region(of session: Int) -> Int { session % options.regions.count }

    /// One agent of four does little but sit and send heartbeats.
    func isQuiet(agent: Int) -> Bool { mixed(UInt64(agent) &+ options.seed) & 3 == 0 }

    // MARK: Presence

    /// Signs an agent in where it belongs, unless it is there already.
    mutating func login(_ agent: Int) {
        let index = session(of: agent, in: agents[agent].region)
        guard sessions[index].presence != .online else {
            sessions[index].leaving = false
            refreshIdle(index)
            return
        }
        sessions[index].presence = .online
        sessions[index].settled = false
        sessions[index].leaving = false
        sessions[index].current = .offline
        sessions[index].published = nil
        publish(index, .login)
        agenda.push(.settle(Int32(index)), at: clock + Int64(random.between(150, 2_500)))
        armHeartbeat(index)
    }

    /// The first status after LOGIN.
    mutating func settle(_ index: Int) {
        guard sessions[index].presence == .online, !sessions[index].settled else { return }
        sessions[index].settled = true
        changeStatus(index, to: random.chance(0.85) ? .available : .training)
    }

    /// Takes an agent without contacts off the Region: Offline now, LOGOUT soon; or, where all of it is lost, just gone.
    mutating func logout(_ index: Int, lost: Bool) {
        let session = sessions[index]
        guard session.presence == .online, session.settled, session.current.contacts.isEmpty else { return }
        sessions[index].settled = false
        sessions[index].leaving = false
        if lost {
            removeIdle(index)
            sessions[index].presence = .absent
            return
        }
        changeStatus(index, to: .offline)
        agenda.push(.logout(Int32(index)), at: clock + Int64(random.between(20, 900)))
    }

    mutating func completeLogout(_ index: Int) {
        guard sessions[index].presence == .online, !sessions[index].settled else { return }
        sessions[index].presence = .loggedOut
        sessions[index].loggedOutAt = clock
        publish(index, .logout)
    }

    // MARK: Statuses

    mutating func changeStatus(_ index: Int, to status: AgentStatusCode) {
        sessions[index].current.status = status
        sessions[index].current.statusStart = clock
        sessions[index].current.next = nil
        publish(index, .stateChange)
        refreshIdle(index)
    }

    /// One thing an agent does of its own accord: sign in, sign out, take a break, come back.
    mutating func stirAgent() {
        if signedIn < agents.count, signedIn * 10 < agents.count * 9 || random.chance(0.02) {
            signInNext()
            return
        }
        for _ in 0..<6 {
            let agent = random.below(agents.count)
            let index = session(of: agent, in: agents[agent].region)
            let session = sessions[index]
            guard session.presence == .online, session.settled, session.current.contacts.isEmpty, !session.leaving,
                session.current.statusStart + 250 < clock, !isQuiet(agent: agent) || random.chance(0.02)
            else { continue }
            if random.chance(0.015) {
                logout(index, lost: false)
                agenda.push(.login(Int32(agent)), at: clock + Int64(random.between(5_000, 150_000)))
            } else if session.current.status != .available {
                changeStatus(index, to: .available)
            } else if random.chance(0.35) {
                let choices: [AgentStatusCode] = [.onBreak, .onBreak, .onBreak, .lunch, .lunch, .training, .meeting]
                changeStatus(index, to: choices[random.below(choices.count)])
            } else {
                continue
            }
            return
        }
    }

    private mutating func signInNext() {
        // A stride without a common divisor visits every agent once.
        var stride = 7_919
        while Self.haveCommonDivisor(stride, agents.count) { stride += 1 }
        let agent = signedIn * stride % agents.count
        signedIn += 1
        login(agent)
    }

    private static func haveCommonDivisor(_ a: Int, _ b: Int) -> Bool {
        var (x, y) = (a, b)
        while y != 0 { (x, y) = (y, x % y) }
        return x != 1
    }

    // MARK: Events

    mutating func publish(_ index: Int, _ type: AgentEventType) {
        sessions[index].lastPublishedAt = clock
        tellAgent(index, type)
        if type != .login { sessions[index].published = sessions[index].current }
    }

    private mutating func armHeartbeat(_ index: Int) {
        guard !sessions[index].heartbeatArmed else { return }
        sessions[index].heartbeatArmed = true
        agenda.push(.heartbeat(Int32(index)), at: clock + Self.heartbeatInterval)
    }

    /// Sends a heartbeat if there was silence, and looks again when the next may be due.
    mutating func beat(_ index: Int) {
        let session = sessions[index]
        let over = session.presence == .loggedOut && clock - session.loggedOutAt > Self.heartbeatsAfterLogout
        guard session.presence != .absent, !over else {
            sessions[index].heartbeatArmed = false
            return
        }
        if clock - session.lastPublishedAt >= Self.heartbeatInterval, session.published != nil {
            publish(index, .heartbeat)
        }
        let due = sessions[index].lastPublishedAt + Self.heartbeatInterval
        agenda.push(.heartbeat(Int32(index)), at: due > clock ? due : clock + Self.heartbeatInterval)
    }

    // MARK: Who is free

    /// Puts a session among the idle, or takes it out, as its state wants it.
    mutating func refreshIdle(_ index: Int) {
        let session = sessions[index]
        let belongs =
            session.presence == .online && session.settled && !session.leaving && session.current.status == .available
            && session.current.contacts.isEmpty && !isQuiet(agent: agent(of: index))
        if belongs, session.idlePlace < 0 {
            let region = region(of: index)
            sessions[index].idlePlace = Int32(idle[region].count)
            idle[region].append(Int32(index))
        } else if !belongs {
            removeIdle(index)
        }
    }

    mutating func removeIdle(_ index: Int) {
        let place = Int(sessions[index].idlePlace)
        guard place >= 0 else { return }
        let region = region(of: index)
        sessions[index].idlePlace = -1
        guard let last = idle[region].popLast(), Int(last) != index else { return }
        idle[region][place] = last
        sessions[Int(last)].idlePlace = Int32(place)
    }

    /// A free session in a Region, picked at random.
    mutating func pickIdle(in region: UInt8) -> Int? {
        let free = idle[Int(region)]
        return free.isEmpty ? nil : Int(free[random.below(free.count)])
    }
}
