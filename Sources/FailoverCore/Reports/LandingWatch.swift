/// Counts what starts where, so that a change can be seen to land. Fed all the time with what the streams and rows of both Regions tell, whoever then
/// gains; ``begin(term:to:at:)`` once the first update of a change was sent.
///
///     watch.start(in: "us-west-2", at: time)             a contact that started, once: under global routing in its origin
///     watch.agent(hash, in: "us-west-2", isOnline: true, isAvailable: false, at: time)
///     watch.begin(term: 7, to: "us-west-2", at: wall)
///     watch.landing(until: wall)
///
/// A value without I/O and without persons: agents are hashes. Bounds: ``minutesBefore`` and ``minutesAfter`` minutes of counts, ``agentsMax`` agents of 16
/// bytes; further ones are not counted. Events that come twice count twice: who feeds it leaves repetitions out.
package struct LandingWatch: Sendable {
    package static let minutesBefore = 60
    package static let minutesAfter = 180
    package static let agentsMax = 100_000

    private struct Counts: Sendable {
        var own = 0
        var peer = 0
    }

    private struct Change: Sendable {
        var term: Int64
        var gaining: String
        var losing: String
        var began: Int64
        var firstStart: Int64?
        var factBefore: Int64?
        /// Who was online in the losing Region and was not available in the gaining one since; nil: nobody ever told of agents.
        var missing: Set<UInt64>?
        var agentsBefore = 0
        /// When the others were first available, in the order in which it was heard.
        var back: [Int64] = []
    }

    private let own: String
    private let peer: String
    private var minutes: [Int64: Counts] = [:]
    private var newest: Int64?
    private var facts: [String: Int64] = [:]
    /// Agents online, by Region.
    private var online: [String: Set<UInt64>] = [:]
    private var knowsAgents = false
    private var change: Change?

    package init(own: String, peer: String) {
        self.own = own
        self.peer = peer
    }

    /// A contact that started. `at`: by Connect's clock. Of another Region than the two it says nothing.
    package mutating func start(in region: String, at: Int64) {
        guard region == own || region == peer else { return }
        fact(of: region, at: at)
        count(region, at)
        guard var change, region == change.gaining, at >= change.began else { return }
        change.firstStart = min(change.firstStart ?? at, at)
        self.change = change
    }

    private mutating func count(_ region: String, _ at: Int64) {
        let minute = at - ((at % Landing.minute) + Landing.minute) % Landing.minute
        // Before a change the newest minutes are kept, since then those around it.
        let middle = change?.began ?? newest ?? minute
        let oldest = middle - Int64(LandingWatch.minutesBefore) * Landing.minute
        let last = change.map { $0.began + Int64(LandingWatch.minutesAfter - 1) * Landing.minute } ?? .max
        guard minute >= oldest, minute <= last else { return }
        if region == own { minutes[minute, default: Counts()].own += 1 } else { minutes[minute, default: Counts()].peer += 1 }
        guard minute > newest ?? .min else { return }
        newest = minute
        let limit = (change?.began ?? minute) - Int64(LandingWatch.minutesBefore) * Landing.minute
        if minutes.count > LandingWatch.minutesBefore { minutes = minutes.filter { $0.key >= limit } }
    }

    /// Any fact of a Region that can be read here: an event of it, or a row that it wrote. `at`: when it happened there.
    package mutating func fact(of region: String, at: Int64) {
        guard region == own || region == peer else { return }
        facts[region] = max(facts[region] ?? at, at)
    }

    /// What is known of an agent now. `agent`: a hash of the id. `at`: since when, by Connect's clock.
    package mutating func agent(_ agent: UInt64, in region: String, isOnline: Bool, isAvailable: Bool, at: Int64) {
        guard region == own || region == peer else { return }
        knowsAgents = true
        if !isOnline {
            online[region]?.remove(agent)
        } else if online[region]?.count ?? 0 < LandingWatch.agentsMax {
            online[region, default: []].insert(agent)
        }
        guard isAvailable, let began = change?.began, region == change?.gaining, at >= began else { return }
        if change?.missing?.remove(agent) != nil { change?.back.append(at) }
    }

    /// A change has begun: the first update of `term`, which gives `region` more, was sent at `at` by this machine's clock. An older term is passed over.
    package mutating func begin(term: Int64, to region: String, at: Int64) {
        guard term > change?.term ?? 0, region == own || region == peer else { return }
        let losing = region == own ? peer : own
        let missing = online[losing] ?? []
        change = Change(
            term: term, gaining: region, losing: losing, began: at, factBefore: facts[losing],
            missing: knowsAgents ? missing : nil, agentsBefore: missing.count)
    }

    /// What is known of the newest change; nil before the first.
    package func landing(until: Int64) -> Landing? {
        guard let change else { return nil }
        let back = change.back.sorted()
        func reached(_ tenths: Int) -> Int64? {
            let wanted = (change.agentsBefore * tenths + 9) / 10
            return wanted > 0 && back.count >= wanted ? back[wanted - 1] : nil
        }
        return Landing(
            term: change.term, gaining: change.gaining, losing: change.losing, began: change.began, until: until,
            firstStart: change.firstStart, factBefore: change.factBefore, factNewest: facts[change.losing],
            minutes: counted(change, until), agentsBefore: change.missing == nil ? nil : change.agentsBefore,
            agentsBack: back.count, half: reached(5), most: reached(9))
    }

    private func counted(_ change: Change, _ until: Int64) -> [Landing.Minute] {
        guard let first = minutes.keys.min(), let last = minutes.keys.max() else { return [] }
        return stride(from: first, through: last, by: Int(Landing.minute)).prefix(Landing.minutesMax).map { start in
            let counts = minutes[start] ?? Counts()
            let isOwn = change.gaining == own
            return Landing.Minute(
                start: start, gaining: isOwn ? counts.own : counts.peer, losing: isOwn ? counts.peer : counts.own)
        }
    }
}
