/// Agents of one Region, and when each was last heard of. What comes by heartbeats (every two minutes) tells that their Region's events flow.
///
/// No clock of one machine is held against another's: an agent is overdue when nothing new of them came for so long on this controller's clock, or when
/// they were last seen, by Connect's clock, so long before the one who was seen last. Ids are hashed: nothing of a person is kept.
///
/// Bounds: ``agentsMax`` agents, 48 bytes each; of further ones nothing is counted, and the signal says so. Cost: a hash look-up a row; a look at all once a count.
package struct AgentPulse: Sendable {
    package struct Counts: Equatable, Sendable {
        package var online = 0
        /// Of them.
        package var overdue = 0
        /// There was no room for all.
        package var isPartial = false
        /// When one of those online was heard of last, on this controller's clock; nil: of none.
        package var heardAt: Int64?

        package init(online: Int = 0, overdue: Int = 0, isPartial: Bool = false, heardAt: Int64? = nil) {
            self.online = online
            self.overdue = overdue
            self.isPartial = isPartial
            self.heardAt = heardAt
        }
    }

    private struct Agent: Sendable {
        /// By Connect's clock.
        var seen: Int64
        /// When that was first heard here, on this controller's clock.
        var heard: Int64
    }

    package static let agentsMax = 100_000
    /// Heartbeats come every two minutes (agent event streams).
    package static let heartbeatMilliseconds: Int64 = 120_000
    /// Who was last seen so long before the others went home without a word.
    package static let goneMilliseconds: Int64 = 1_800_000
    /// Of whom nothing was heard for so long nobody knows any more whether they are online: when the last ones go home without a word, nobody is seen after them.
    static let forgottenMilliseconds: Int64 = 3_600_000
    /// Agents online, below which a share says nothing.
    package static let agentsMin = 5

    private var agents: [UInt64: Agent] = [:]
    private var newest: Int64 = .min
    private var isFull = false

    package init() {}

    /// Takes in what a row says. `agent`: a hash of the id. `seen`: milliseconds since 1970, of the newest event.
    package mutating func take(_ agent: UInt64, isOnline: Bool, seen: Int64, now: Int64) {
        newest = max(newest, seen)
        guard isOnline else {
            agents[agent] = nil
            return
        }
        if let known = agents[agent] {
            if seen > known.seen { agents[agent] = Agent(seen: seen, heard: now) }
        } else if agents.count < AgentPulse.agentsMax {
            agents[agent] = Agent(seen: seen, heard: now)
        } else {
            isFull = true
        }
    }

    /// `delay`: how late a heartbeat may be here beside its own two minutes: what may wait for its write, the lag of what carries it, the time between two looks.
    package func counts(delay: Int64, now: Int64) -> Counts {
        var counts = Counts(isPartial: isFull)
        let limit = AgentPulse.heartbeatMilliseconds + max(0, delay)
        for agent in agents.values where isThere(agent, now) {
            counts.online += 1
            counts.heardAt = max(counts.heardAt ?? agent.heard, agent.heard)
            if newest - agent.seen > limit || now - agent.heard > limit { counts.overdue += 1 }
        }
        return counts
    }

    /// Those who count as online.
    package func online(now: Int64) -> Set<UInt64> { Set(agents.lazy.filter { isThere($0.value, now) }.map(\.key)) }

    private func isThere(_ agent: Agent, _ now: Int64) -> Bool {
        newest - agent.seen <= AgentPulse.goneMilliseconds && now - agent.heard <= AgentPulse.forgottenMilliseconds
    }

    /// Forgets those whom others have outlived, so that there is room. Once in a while. The others are kept: told of again, they would count as heard of.
    package mutating func forgetGone() {
        agents = agents.filter { newest - $0.value.seen <= AgentPulse.goneMilliseconds }
        isFull = false
    }

    /// `counts` nil: not known, as `why` says. `isOwn`: out of this Region's own streams; else out of what the other Region's workers count and replicate.
    package static func signal(of region: String, isOwn: Bool, _ counts: Counts?, why: String = "", now: Int64) -> Signal {
        let state: SignalState
        var evidence: String
        if let counts {
            evidence = "of \(counts.online) agents online, \(counts.overdue) are overdue with their heartbeat"
            if counts.isPartial { evidence += "; some were not counted: there are more than \(agentsMax)" }
            if counts.online < agentsMin {
                state = .unknown
                evidence = "too few to tell: \(evidence)"
            } else {
                let share = Double(counts.overdue) / Double(counts.online)
                state = share >= 0.5 ? .unhealthy : share <= 0.2 ? .healthy : .unknown
            }
        } else {
            (state, evidence) = (.unknown, why)
        }
        return Signal(
            source: isOwn ? "heartbeats" : "heartbeats-replicated", kind: .agents, region: region, state: state,
            path: isOwn ? SignalPath(.ownStreams) : SignalPath(.counted), observedAt: now, evidence: evidence,
            keptMilliseconds: keptMilliseconds)
    }

    /// The other Region's agents are looked through once a minute.
    package static let keptMilliseconds: Int64 = 90_000
}
