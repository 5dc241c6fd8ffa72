import FailoverCore

/// What comes to a controller's ears: signals of both Regions as they would be measured, with their ages, gaps and lies. What judges an answer is real
/// (`FailoverCore/Signals`); the answers are the world's.
struct FailoverSenses {
    enum Source: Int, CaseIterable {
        case starts, heartbeats, api, cloudwatch, synthetic, events, canary, health

        /// Between two looks, in milliseconds.
        var period: Int64 {
            switch self {
            case .canary: 2_000
            case .starts, .api: 10_000
            case .events: 15_000
            case .synthetic: 30_000
            case .heartbeats, .cloudwatch: 60_000
            case .health: 120_000
            }
        }

        /// Those that a lie is put into the mouth of.
        static let liars: [Source] = [.starts, .synthetic, .api, .heartbeats, .events, .cloudwatch]
    }

    /// Between two questions to an endpoint that may be silent.
    private static let doubtful: Int64 = 4_000
    /// What a synthetic call says counts for so long.
    private static let syntheticMax: Int64 = 90_000

    let own: Int
    /// By Region and source: when it is looked at again.
    private var due = Array(repeating: Array(repeating: Int64.min, count: Source.allCases.count), count: 2)
    /// By Region.
    private var pulses: [ConnectAPIPulse]
    private var random: SeededRandom
    /// Contacts that are expected to start in the other Region in a minute, as they were last said to be.
    private(set) var startsExpected: Double?

    init(own: Int, seed: UInt64) {
        self.own = own
        random = SeededRandom(seed: seed)
        pulses = [0, 1].map { ConnectAPIPulse(region: FailoverPlan.regionNames[$0], isOwn: $0 == own) }
    }

    /// The signals that are due, about both Regions. Times are the agenda's; `wall` is what the machine's clock shows.
    mutating func look(_ world: FailoverWorld, wall: Int64, _ take: (Signal) -> Void) {
        let now = world.agenda.now
        for region in 0..<2 {
            for source in Source.allCases where due[region][source.rawValue] <= now {
                due[region][source.rawValue] = now + source.period - Int64(random.between(0, 500))
                guard !random.chance(0.01), !world.isMissing(source, of: region),
                    var signal = look(at: region, by: source, world, wall: wall)
                else { continue }
                if source == .api, pulses[region].isDoubtful { due[region][source.rawValue] = now + Self.doubtful }
                if world.isLying(source, of: region) { signal.state = signal.state == .unhealthy ? .healthy : .unhealthy }
                take(signal)
            }
        }
    }

    /// An honest look; nil where nothing comes.
    private mutating func look(at region: Int, by source: Source, _ world: FailoverWorld, wall: Int64) -> Signal? {
        let now = world.agenda.now
        let name = FailoverPlan.regionNames[region]
        let isOwn = region == own
        let isHeard = isOwn || world.conditions.isHeard(region, at: now)
        switch source {
        case .starts:
            let watch = world.watch(of: region, by: own, wall: wall)
            if !isOwn, let starts = watch.startsExpected { startsExpected = starts }
            return StartCounts.signal(watch, of: region, by: own, clock: world.clockOffsets[own], now: now)
        case .heartbeats:
            guard isHeard else { return nil }
            return AgentPulse.signal(of: name, isOwn: isOwn, world.agents(of: region), now: now)
        case .api:
            let isReached =
                world.conditions.doesConnectAnswer(in: region, at: now) && (isOwn || !world.conditions.isParted(at: now))
            return pulses[region].take(isReached ? .answered : .silent("timeout"), to: "DescribeInstance", asked: now)
        case .cloudwatch:
            let isReached = !world.conditions.isDead(region, at: now) && (isOwn || !world.conditions.isParted(at: now))
            return ConnectMetrics.signal(of: name, isReached ? world.metrics(of: region) : nil, asked: now, wall: wall)
        case .synthetic:
            guard world.plan.hasSynthetic else { return nil }
            let quality = world.conditions.quality(of: region, at: now)
            let answered = (random.chance(quality) ? 1 : 0) + (random.chance(quality) ? 1 : 0)
            let state = answered == 2 ? SignalState.healthy : answered == 0 ? .unhealthy : .unknown
            return SyntheticCalls.signal(
                of: name, .init(region: name, state: state, at: now - 5_000, tried: 2, answered: answered),
                host: "calls.example.com", ageMax: Self.syntheticMax, asked: now, wall: wall)
        case .events:
            guard !isOwn, world.plan.hasGlobalRouting else { return nil }
            return SeenEvents.signal(of: name, world.seenEvents(of: region), now: now)
        case .canary:
            guard !isOwn else { return nil }
            return CanaryAge.signal(
                of: name, lag: world.canaryLag(from: region), aheadMax: world.clockOffsets[own] - world.clockOffsets[region],
                now: now)
        case .health:
            let ill = world.conditions.since([.regionDead, .telephonyDead, .targetIll, .wanderingFault], in: region, at: now)
            let notices = ill.map { now - $0 > 1_200_000 } ?? false
            return Signal(
                source: "aws-health", kind: .awsHealth, region: name, state: notices ? .unhealthy : .unknown,
                path: SignalPath(.outside("aws-health")), observedAt: now, evidence: "", keptMilliseconds: 600_000)
        }
    }
}

/// What there is to be seen, by whoever gets to look.
extension FailoverWorld {
    private func front(_ fault: FailoverFault, of region: Int) -> FailoverPlan.Front? {
        let now = agenda.now
        return conditions.fronts.first { $0.fault == fault && $0.region == region && $0.start <= now && now < $0.end }
    }

    /// Two of three sources are silent about a Region.
    func isMissing(_ source: FailoverSenses.Source, of region: Int) -> Bool {
        guard let front = front(.missingSignals, of: region) else { return false }
        return (Int(front.start / 1_000) + source.rawValue) % 3 != 0
    }

    /// One source lies about a Region.
    func isLying(_ source: FailoverSenses.Source, of region: Int) -> Bool {
        guard let front = front(.lyingSignal, of: region) else { return false }
        return FailoverSenses.Source.liars[Int(front.start / 1_000) % FailoverSenses.Source.liars.count] == source
    }

    /// Since when nothing is replicated from a Region; nil where it is.
    func silentSince(_ region: Int) -> Int64? {
        let now = agenda.now
        return [
            conditions.since([.regionDead, .canaryDead], in: region, at: now),
            conditions.fronts.first { $0.fault == .regionsParted && $0.start <= now && now < $0.end }?.start,
        ].compactMap { $0 }.min()
    }

    /// How old the newest canary row of a Region is in the other one, by the clock there.
    func canaryLag(from region: Int) -> Int64 {
        let lag = silentSince(region).map { agenda.now - $0 } ?? 1_000
        return lag + clockOffsets[1 - region] - clockOffsets[region]
    }

    /// Contacts against what is expected of earlier days.
    func watch(of region: Int, by viewer: Int, wall: Int64) -> TrafficWatch {
        let percent = groups.telephony(of: FailoverPlan.regionNames[region])
        let changed = groups.groups.compactMap(\.changedAt).max()
        return counts.watch(
            of: region, by: viewer, isHeard: conditions.isHeard(1 - viewer, at: agenda.now), lag: canaryLag(from: 1 - viewer),
            share: .init(percent: Int(percent.rounded()), changed: changed), at: agenda.now, wall: wall)
    }

    /// Four agents for each contact that begins in a minute. Heartbeats come every two minutes, and are overdue some time later.
    func agents(of region: Int) -> AgentPulse.Counts {
        let now = agenda.now
        let online = Int(traffic.expected(at: now) * groups.telephony(of: FailoverPlan.regionNames[region]) / 25)
        let isSilent = conditions.isIll(region, at: now) && conditions.isIll(region, at: now - 150_000)
        return AgentPulse.Counts(online: online, overdue: isSilent ? online : 0)
    }

    /// CloudWatch's last minutes: a call that never arrives leaves no trace, and a minute without a call has no datapoint.
    func metrics(of region: Int) -> [ConnectMetrics.Minute] {
        regions[region].minutes(before: agenda.now, 4).dropLast().map { minute in
            let arrived = minute.began + minute.failed
            return ConnectMetrics.Minute(
                start: minute.start, calls: arrived > 0 ? Double(arrived) : nil,
                fatalErrors: minute.failed > 0 ? Double(minute.failed) : nil)
        }
    }

    /// A Region's events as they arrive in the other one; from the moment on that nothing passes between them, none do.
    func seenEvents(of region: Int) -> [SeenEvents.Minute] {
        let count = SeenEvents.silentMinutes + SeenEvents.minutesBefore
        let now = agenda.now
        let parted = conditions.fronts.first { $0.fault == .regionsParted && $0.start <= now && now < $0.end }?.start ?? .max
        return zip(regions[1 - region].minutes(before: now, count), regions[region].minutes(before: now, count)).map {
            own, other in
            SeenEvents.Minute(own: own.began, other: other.start >= parted ? 0 : other.began)
        }
    }
}
