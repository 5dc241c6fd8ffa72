import FailoverCore

/// What comes to a controller's ears: signals of both Regions as they would be measured, with their ages, gaps and lies.
struct FailoverSenses {
    enum Source: Int, CaseIterable {
        case starts, heartbeats, api, cloudwatch, synthetic, events, canary, health

        var kind: SignalKind {
            switch self {
            case .starts: .traffic
            case .heartbeats: .agents
            case .api: .connectAPI
            case .cloudwatch: .metrics
            case .synthetic: .synthetic
            case .events: .events
            case .canary: .replication
            case .health: .awsHealth
            }
        }

        /// Between two looks, in milliseconds.
        var period: Int64 {
            switch self {
            case .canary: 2_000
            case .starts, .events: 5_000
            case .heartbeats, .api: 10_000
            case .synthetic: 30_000
            case .cloudwatch: 60_000
            case .health: 120_000
            }
        }

        /// How long what it says counts, where that is longer than the policy has it.
        var kept: Int64 {
            switch self {
            case .synthetic: 90_000
            case .cloudwatch: 180_000
            case .health: 600_000
            default: 0
            }
        }
    }

    /// What one of them says. `late`: how long ago that was so.
    struct Saying {
        var state: SignalState
        var path: SignalPath
        var late: Int64 = 0
    }

    /// By Region and source: when it is looked at again.
    private var due = Array(repeating: Array(repeating: Int64.min, count: Source.allCases.count), count: 2)
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// The signals that are due, about both Regions, for a controller in `own`. Times are the agenda's.
    mutating func look(_ world: FailoverWorld, from own: Int, _ take: (Signal) -> Void) {
        let now = world.agenda.now
        for region in 0..<2 {
            for source in Source.allCases where due[region][source.rawValue] <= now {
                due[region][source.rawValue] = now + source.period - Int64(random.between(0, 500))
                guard !random.chance(0.01), let said = world.say(source, of: region, to: own) else { continue }
                take(
                    Signal(
                        source: "\(source)", kind: source.kind, region: FailoverPlan.regionNames[region], state: said.state,
                        path: said.path, observedAt: now - said.late, evidence: said.state.rawValue,
                        keptMilliseconds: source.kept))
            }
        }
    }
}

extension FailoverWorld {
    /// What a source says of a Region to a controller in `own`; nil where it is silent. One that lies says the opposite.
    func say(_ source: FailoverSenses.Source, of region: Int, to own: Int) -> FailoverSenses.Saying? {
        let now = agenda.now
        if let front = conditions.fronts.first(where: {
            $0.fault == .missingSignals && $0.region == region && $0.start <= now && now < $0.end
        }), (Int(front.start / 1_000) + source.rawValue) % 3 != 0 {
            return nil
        }
        guard var said = measure(source, of: region, to: own) else { return nil }
        let liars: [FailoverSenses.Source] = [.starts, .synthetic, .api, .heartbeats, .events, .cloudwatch]
        if let front = conditions.fronts.first(where: {
            $0.fault == .lyingSignal && $0.region == region && $0.start <= now && now < $0.end
        }), liars[Int(front.start / 1_000) % liars.count] == source {
            said.state = said.state == .unhealthy ? .healthy : .unhealthy
        }
        return said
    }

    /// The honest answer.
    private func measure(_ source: FailoverSenses.Source, of region: Int, to own: Int) -> FailoverSenses.Saying? {
        let now = agenda.now
        let isOwn = region == own
        switch source {
        case .starts:
            guard isOwn || conditions.isHeard(region, at: now) else { return nil }
            return .init(
                state: starts(of: region), path: isOwn ? SignalPath(.ownStreams) : SignalPath(.counted), late: isOwn ? 0 : 1_500)
        case .heartbeats:
            guard isOwn || conditions.isHeard(region, at: now) else { return nil }
            return .init(
                state: heartbeats(of: region), path: isOwn ? SignalPath(.ownStreams) : SignalPath(.counted),
                late: isOwn ? 0 : 1_500)
        case .api:
            let answers = conditions.doesConnectAnswer(in: region, at: now) && (isOwn || !conditions.isParted(at: now))
            return .init(
                state: answers ? .healthy : .unhealthy, path: isOwn ? SignalPath(.ownEndpoint) : SignalPath(.between))
        case .cloudwatch:
            guard !conditions.isDead(region, at: now), isOwn || !conditions.isParted(at: now) else {
                return .init(state: .unknown, path: SignalPath(.monitoring))
            }
            // The minute before the last one; without a call there is no datapoint.
            let minute = regions[region].past(from: 30, count: 30)
            guard minute.began > 0 || minute.expected > 12 else { return .init(state: .unknown, path: SignalPath(.monitoring)) }
            let isWell = Double(minute.began) > 0.3 * minute.expected
            return .init(state: isWell ? .healthy : .unhealthy, path: SignalPath(.monitoring), late: 60_000)
        case .synthetic:
            guard plan.hasSynthetic else { return nil }
            let quality = conditions.quality(of: region, at: now)
            let isAnswered = random.chance(quality) || random.chance(quality)
            return .init(
                state: isAnswered ? .healthy : .unhealthy, path: SignalPath(.outside("synthetic/calls.example.com")))
        case .events:
            guard !isOwn, plan.hasGlobalRouting else { return nil }
            let parted = conditions.fronts.first {
                $0.fault == .regionsParted && $0.start <= now && now < $0.end
            }
            let said = starts(of: region)
            if let parted, now - parted.start > 30_000 {
                return .init(state: said == .unknown ? .unknown : .unhealthy, path: SignalPath(.ownStreams, .between))
            }
            return .init(
                state: said, path: said == .unhealthy ? SignalPath(.ownStreams, .between) : SignalPath(.ownStreams))
        case .canary:
            guard !isOwn else { return nil }
            let silent = [
                conditions.since([.regionDead, .canaryDead], in: region, at: now),
                conditions.fronts.first { $0.fault == .regionsParted && $0.start <= now && now < $0.end }?.start,
            ].compactMap { $0 }.min()
            let isLate = silent.map { now - $0 > 15_000 } ?? false
            return .init(state: isLate ? .unhealthy : .healthy, path: SignalPath(.between))
        case .health:
            let ill = conditions.since([.regionDead, .telephonyDead, .targetIll], in: region, at: now)
            let isWritten = ill.map { now - $0 > 1_200_000 } ?? false
            return .init(state: isWritten ? .unhealthy : .unknown, path: SignalPath(.outside("aws-health")))
        }
    }

    /// Contacts against what is expected: unhealthy where at most a fifth of twelve or more began.
    private func starts(of region: Int) -> SignalState {
        guard let recent = regions[region].recent(enough: 12) else { return .unknown }
        return Double(recent.began) <= 0.2 * recent.expected ? .unhealthy : .healthy
    }

    /// Heartbeats come every two minutes, and are overdue a little later.
    private func heartbeats(of region: Int) -> SignalState {
        guard traffic.expected(at: agenda.now) > 2, groups.telephony(of: FailoverPlan.regionNames[region]) > 0 else { return .unknown }
        return conditions.isIll(region, at: agenda.now) && conditions.isIll(region, at: agenda.now - 150_000)
            ? .unhealthy : .healthy
    }
}
