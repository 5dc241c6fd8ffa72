/// Watches how a change lands in the own Region: fed with contacts that start here and with looks at the agents of both Regions; ``begin(term:at:online:)`` once the first update of a
/// change was sent.
///
///     watch.start(at: time, wall: now)                       a contact that began here, as often as anybody tells of it
///     watch.begin(term: 7, at: wall, online: agents)
///     watch.take(look, readAt: wall)
///     watch.landing(until: wall, minutes: [])
///
/// A value without I/O and without persons: agents are hashes. What comes twice changes nothing: the first contact is the least time, agents are members of a set. Bounds: ``agentsMax``
/// agents of 16 bytes, further ones are not counted; ``startsMax`` starts of before ``begin(term:at:online:)``, which is told a little late.
package struct LandingWatch: Sendable {
    package static let agentsMax = 100_000
    package static let startsMax = 256
    /// Minutes of contacts that are told of before a change, and for how long one is watched.
    package static let minutesBefore = 30
    package static let minutesAfter = 15
    /// Who claims to have started later than this machine's clock by more has a clock that nobody can believe.
    static let aheadMax: Int64 = 300_000

    /// What the rows of both Regions tell, all of them looked through at one time.
    package struct Look: Equatable, Sendable {
        /// An agent who is available in the own Region. Times by Connect's clock.
        package struct Available: Equatable, Sendable {
            package var agent: UInt64
            /// Since when, as the status says, and when the newest event said it.
            package var since: Int64
            package var toldAt: Int64

            package init(agent: UInt64, since: Int64, toldAt: Int64) {
                self.agent = agent
                self.since = since
                self.toldAt = toldAt
            }
        }

        /// When the newest event happened that the other Region's rows tell of; nil: they tell of none.
        package var newestFact: Int64?
        /// Agents who are online in the other Region; nil: agents were not looked at.
        package var online: Set<UInt64>?
        /// When those signed out there who have, by Connect's clock.
        package var left: [UInt64: Int64]
        package var available: [Available]

        package init(
            newestFact: Int64? = nil, online: Set<UInt64>? = nil, left: [UInt64: Int64] = [:], available: [Available] = []
        ) {
            self.newestFact = newestFact
            self.online = online
            self.left = left
            self.available = available
        }
    }

    private struct Change: Sendable {
        var term: Int64
        var began: Int64
        var firstStart: Int64?
        var factBefore: Int64?
        var readAt: Int64?
        var factNewest: Int64?
        /// Who was online in the other Region; nil: nobody ever told of agents.
        var before: Set<UInt64>?
        /// When those of them who are available here were so first.
        var back: [UInt64: Int64] = [:]
    }

    private let own: String
    private let peer: String
    private var change: Change?
    /// When the newest contact began in the own Region, by Connect's clock; nil: none was heard of.
    package private(set) var newestStart: Int64?
    /// The starts that were told last, in a ring.
    private var starts: [Int64] = []
    private var nextStart = 0

    package init(own: String, peer: String) {
        self.own = own
        self.peer = peer
    }

    /// When the change began that is watched, or was last.
    package var began: Int64? { change?.began }

    /// A contact that a customer started in the own Region. `at`: by Connect's clock.
    package mutating func start(at: Int64, wall: Int64) {
        guard at <= wall + LandingWatch.aheadMax else { return }
        newestStart = max(newestStart ?? at, at)
        if starts.count < LandingWatch.startsMax { starts.append(at) } else { starts[nextStart] = at }
        nextStart = (nextStart + 1) % LandingWatch.startsMax
        guard let change, at >= change.began else { return }
        self.change?.firstStart = min(change.firstStart ?? at, at)
    }

    /// A change has begun: the first update of `term`, which gives the own Region more, was sent at `at` by its sender's clock. An older term, or the same again, is passed over. `online`: who
    /// was online in the other Region, as far as it was known before.
    package mutating func begin(term: Int64, at: Int64, online: Set<UInt64>) {
        guard term > change?.term ?? 0 else { return }
        change = Change(
            term: term, began: at, firstStart: starts.filter { $0 >= at }.min(),
            before: online.isEmpty ? nil : LandingWatch.bounded(online))
    }

    /// A look at the rows of both Regions that ended at `readAt`, by this machine's clock. The first one after ``begin(term:at:online:)`` says what could be read when it began.
    package mutating func take(_ look: Look, readAt: Int64) {
        guard var change else { return }
        if change.readAt == nil {
            change.readAt = readAt
            change.factBefore = look.newestFact
            if let online = look.online {
                // Who has moved already was there when it began.
                let left = look.left.lazy.filter { $0.value >= change.began }.map(\.key)
                change.before = LandingWatch.bounded((change.before ?? []).union(online).union(left))
            }
        }
        if let fact = look.newestFact { change.factNewest = max(change.factNewest ?? fact, fact) }
        for found in look.available where change.before?.contains(found.agent) == true && change.back[found.agent] == nil {
            // A status that is older than the change was taken along: then what counts is who said that it goes on here.
            let at = found.since >= change.began ? found.since : found.toldAt
            if at >= change.began { change.back[found.agent] = at }
        }
        self.change = change
    }

    private static func bounded(_ agents: Set<UInt64>) -> Set<UInt64> {
        agents.count > agentsMax ? Set(agents.prefix(agentsMax)) : agents
    }

    /// A contact has landed, what could be read is known, and nine tenths of the agents are available, if there were any.
    package var isDone: Bool {
        guard let change, change.firstStart != nil, change.readAt != nil else { return false }
        return LandingWatch.reached(9, change) != nil || change.before?.isEmpty ?? true
    }

    private static func reached(_ tenths: Int, _ change: Change) -> Int64? {
        let wanted = ((change.before?.count ?? 0) * tenths + 9) / 10
        guard wanted > 0, change.back.count >= wanted else { return nil }
        return change.back.values.sorted()[wanted - 1]
    }

    /// What is known of the newest change; nil before the first. `minutes`: contacts that started, as far as they are counted.
    package func landing(until: Int64, minutes: [Landing.Minute]) -> Landing? {
        guard let change else { return nil }
        return Landing(
            term: change.term, gaining: own, losing: peer, began: change.began, until: until, firstStart: change.firstStart,
            factBefore: change.factBefore, readAt: change.readAt, factNewest: change.factNewest,
            minutes: Array(minutes.suffix(Landing.minutesMax)), agentsBefore: change.before?.count,
            agentsBack: change.back.count, half: LandingWatch.reached(5, change), most: LandingWatch.reached(9, change))
    }
}
