/// What the signals of both Regions' controllers would have been, as recorded time goes by: out of archived facts, by the same values as beside a worker.
///
/// Replication and writing are taken to be on time: an archive tells nothing of them.
struct BacktestSights: Sendable {
    /// What a controller is told at one moment.
    struct Look {
        var signals: [Signal] = []
        var volumes: [Volume] = []
    }

    private let facts: BacktestFacts
    private let settings: BacktestSettings
    private let shares: BacktestShares
    private let hasSights: [Bool]
    private var starts: BacktestStarts
    private var pulses = [AgentPulse(), AgentPulse()]
    private var minutes: [EventMinutes]

    private var startsAt = 0
    private var sightsAt = 0
    private var eventsAt = [0, 0]

    // When each is looked at again.
    private var trafficDue: Int64 = .min
    /// By controller, then by the Region that is looked at.
    private var agentsDue: [[Int64]] = [[.min, .min], [.min, .min]]
    private var eventsDue: Int64 = .min
    private var wasQuiet = true

    /// What the archive's signals said last, by controller: those that complain, of which Region.
    private var complaints: [Set<Key>] = [[], []]
    /// Of both Regions, as judged last.
    private(set) var watches: [TrafficWatch] = []

    private struct Key: Hashable {
        var kind: SignalKind
        var region: Int
    }

    init(_ facts: BacktestFacts, _ settings: BacktestSettings, _ shares: BacktestShares, from: Int64) {
        self.facts = facts
        self.settings = settings
        self.shares = shares
        hasSights = facts.hasSights
        starts = BacktestStarts(regions: facts.regions, estimate: settings.estimate)
        minutes = [EventMinutes(now: from), EventMinutes(now: from)]
    }

    /// Takes in what was heard up to `now`.
    mutating func advance(to now: Int64) {
        while startsAt < facts.starts.count, Int64(facts.starts[startsAt].heard) * 1000 <= now {
            starts.take(facts.starts[startsAt])
            startsAt += 1
        }
        starts.count()
        while sightsAt < facts.sights.count {
            let sight = facts.sights[sightsAt]
            let time = Int64(sight.seconds) * 1000
            guard time <= now else { break }
            pulses[sight.region].take(sight.agent, isOnline: sight.isOnline, seen: time, now: time)
            sightsAt += 1
        }
        for stream in 0..<2 {
            // Whole minutes are all that counts, so those of a minute come at its end.
            while eventsAt[stream] < facts.events[stream].count {
                let (minute, count) = facts.events[stream][eventsAt[stream]]
                guard (minute + 1) * 60_000 <= now else { break }
                minutes[stream].take(own: count.own, other: count.other, now: minute * 60_000)
                eventsAt[stream] += 1
            }
        }
    }

    /// Whether a signal of the archive complains of a Region as the other Region's controllers see it.
    func isComplained(of region: Int) -> Bool { complaints[1 - region].contains { $0.region == region } }
    /// Whether one does, whoever sees it.
    private func isIll(_ region: Int) -> Bool { complaints.contains { $0.contains { $0.region == region } } }

    /// What each controller, by its Region, is told at `now` of what is due. `isQuiet`: nobody complains, so what is costly is looked at seldom.
    mutating func look(now: Int64, isQuiet: Bool) -> [Look] {
        var looks = [Look(), Look()]
        if wasQuiet, !isQuiet {
            for own in 0..<2 { agentsDue[own][own] = now }
            eventsDue = now
        }
        wasQuiet = isQuiet
        let isTrafficDue = now >= trafficDue
        if isTrafficDue {
            trafficDue = now + (isQuiet ? settings.paceMilliseconds : TrafficWatch.paceMilliseconds)
            lookAtTraffic(&looks, now)
        }
        for own in 0..<2 {
            lookAtAgents(of: own, by: own, &looks, now, isQuiet)
            lookAtAgents(of: 1 - own, by: own, &looks, now, isQuiet)
        }
        if settings.hasGlobalRouting, now >= eventsDue {
            eventsDue = now + (isQuiet ? 60_000 : BacktestSights.observedMilliseconds)
            for own in 0..<2 where !facts.events[own].isEmpty {
                tell(
                    SeenEvents.signal(of: facts.regions[1 - own], minutes[own].whole(now: now), now: now), of: 1 - own, by: own,
                    &looks)
            }
        }
        if isTrafficDue { assume(&looks, now) }
        return looks
    }

    /// How often a worker looks at what it sees itself.
    private static let observedMilliseconds: Int64 = 5_000
    /// Of agents, while nobody complains.
    private static let quietMilliseconds: Int64 = 60_000
    /// How often the other Region's agents are read, and while they complain.
    private static let peerMilliseconds: Int64 = 60_000
    private static let complainingMilliseconds: Int64 = 15_000

    private mutating func tell(_ signal: Signal, of region: Int, by controller: Int, _ looks: inout [Look]) {
        let key = Key(kind: signal.kind, region: region)
        if signal.state == .unhealthy { complaints[controller].insert(key) } else { complaints[controller].remove(key) }
        looks[controller].signals.append(signal)
    }

    private mutating func lookAtTraffic(_ looks: inout [Look], _ now: Int64) {
        let shares = shares.shares(at: now)
        watches = [0, 1].map { region in
            TrafficWatch(
                of: facts.regions[region], peer: facts.regions[1 - region], starts.history, share: shares?[region],
                delay: TrafficWatch.countedMilliseconds, wall: now)
        }
        for region in 0..<2 {
            for controller in 0..<2 {
                tell(
                    watches[region].signal(of: facts.regions[region], isOwn: region == controller, now: now), of: region,
                    by: controller, &looks)
            }
            if let expected = watches[region].startsExpected {
                looks[1 - region].volumes.append(Volume(starts: expected, agents: nil, observedAt: now))
            }
        }
    }

    private mutating func lookAtAgents(of region: Int, by controller: Int, _ looks: inout [Look], _ now: Int64, _ isQuiet: Bool)
    {
        let isOwn = region == controller
        // The pace at which it is looked is part of how late a heartbeat may seem.
        let pace = isOwn ? BacktestSights.observedMilliseconds : BacktestSights.peerMilliseconds
        let due = agentsDue[controller][region]
        guard now >= due else { return }
        var counts: AgentPulse.Counts?
        if !isOwn, !settings.readsPeerAgents { return }
        if hasSights[region] {
            counts = pulses[region].counts(delay: settings.heartbeatDelay + pace, now: now)
            pulses[region].forgetGone()
        }
        let signal = AgentPulse.signal(
            of: facts.regions[region], isOwn: isOwn, counts, why: "the archive has no agent event of it", now: now)
        tell(signal, of: region, by: controller, &looks)
        let isComplaint = !isOwn && signal.state == .unhealthy
        agentsDue[controller][region] =
            now
            + (isComplaint
                ? BacktestSights.complainingMilliseconds : isOwn && isQuiet ? BacktestSights.quietMilliseconds : pace)
        guard !isOwn, let online = counts?.online, online > 0 else { return }
        looks[controller].volumes.append(Volume(starts: nil, agents: online, observedAt: now))
    }

    // MARK: - What is assumed

    /// Of the kinds that are assumed: they complain of a Region from when a signal of the archive does until none does, and say that it is well otherwise.
    private func assume(_ looks: inout [Look], _ now: Int64) {
        for kind in settings.assumed {
            for region in 0..<2 {
                let isIll = isIll(region)
                for controller in 0..<2 {
                    looks[controller].signals.append(
                        Signal(
                            source: BacktestSights.source(of: kind), kind: kind, region: facts.regions[region],
                            state: isIll ? .unhealthy : .healthy,
                            path: BacktestSights.path(of: kind, isOwn: region == controller),
                            observedAt: now, evidence: "assumed to agree with the archive's signals",
                            keptMilliseconds: settings.paceMilliseconds * 2))
                }
            }
        }
    }

    static func source(of kind: SignalKind) -> String { "\(kind.rawValue) (assumed)" }

    /// What such a signal stands on where it is real.
    private static func path(of kind: SignalKind, isOwn: Bool) -> SignalPath {
        switch kind {
        case .connectAPI: isOwn ? SignalPath(.ownEndpoint) : SignalPath(.between)
        case .metrics: SignalPath(.monitoring)
        default: SignalPath(.outside(kind.rawValue))
        }
    }
}
