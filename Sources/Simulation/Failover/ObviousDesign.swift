/// What people build first, for comparison: in each Region alarms of which any one will do, a function that they start once a minute, and no lock.
///
/// Modelled on AWS's own sample: it waits 120 s, looks at its alarms again, asks whether the other Region's endpoint answers, and then pushes its own traffic
/// away, at its own endpoint. People bring the traffic back after the episode.
enum ObviousDesign {
    private static let minute: Int64 = 60_000
    private static let dwell: Int64 = 120_000

    static func run(_ plan: FailoverPlan) -> [FailoverOutcome] {
        var random = SeededRandom(seed: plan.seed ^ 0x0B71_0005)
        return plan.episodes.map { run($0, plan, &random) }
    }

    private static func run(
        _ episode: FailoverPlan.Episode, _ plan: FailoverPlan, _ random: inout SeededRandom
    ) -> FailoverOutcome {
        var conditions = FailoverConditions()
        conditions.fronts = episode.fronts.map {
            .init(fault: $0.fault, region: $0.region, start: episode.start + $0.start, end: episode.start + $0.end)
        }
        var traffic = CallerTraffic(startsPerMinute: plan.startsPerMinute, seed: random.next())
        var outcome = FailoverOutcome()
        outcome.fault = episode.fault
        outcome.isAlone = episode.fronts.allSatisfy { $0.fault == episode.fault }
        let ill = episode.fault?.isReasonToMove == true ? conditions.fronts.first : nil
        outcome.beganAt = ill?.start
        outcome.simulated = episode.length

        var shares = [0, 1].map { region in
            plan.groups.reduce(0) { $0 + $1.portion * ($1.shares.telephony[FailoverPlan.regionNames[region]] ?? 0) / 100 }
        }
        var firingSince: [Int64?] = [nil, nil]
        var now = episode.start
        while now < episode.start + episode.length {
            now += minute
            let starts = traffic.starts(before: now, milliseconds: minute)
            for region in 0..<2 {
                let calls = starts * shares[region] / 100
                guard isAlarmed(region, calls: calls, conditions, plan, at: now, &random) else {
                    firingSince[region] = nil
                    continue
                }
                let since = firingSince[region] ?? now
                firingSince[region] = since
                guard now - since >= dwell, shares[region] > 0 else { continue }
                // The function runs where the trouble is, and changes the distribution there.
                guard conditions.doesConnectAnswer(in: region, at: now), !conditions.isActive(.groupsAway, in: region, at: now),
                    conditions.doesConnectAnswer(in: 1 - region, at: now) || !conditions.isParted(at: now)
                else { continue }
                shares[region] = 0
                shares[1 - region] = 100
                outcome.moves += 1
                if outcome.committedAt == nil { outcome.committedAt = now }
                if conditions.isFalseMove(from: region, at: now) { outcome.falseMoves += 1 }
            }
            if let ill, outcome.landedAt == nil, now > ill.start, now < ill.end, shares[ill.region] == 0,
                !conditions.isWell(ill.region, at: now)
            {
                outcome.landedAt = now + Int64(random.between(2_000, 10_000))
            }
        }
        return outcome
    }

    /// Any of: too many failed calls in the last minute's datapoint, Connect's endpoint, a call from outside.
    private static func isAlarmed(
        _ region: Int, calls: Int, _ conditions: FailoverConditions, _ plan: FailoverPlan, at now: Int64,
        _ random: inout SeededRandom
    ) -> Bool {
        // A dead Region has neither alarms nor functions.
        guard !conditions.isDead(region, at: now) else { return false }
        let isLying = conditions.isActive(.lyingSignal, in: region, at: now)
        let quality = conditions.quality(of: region, at: now - minute)
        var isFailing = calls >= 5 && quality < 0.8
        if isLying { isFailing = true }
        let isSilent = !conditions.doesConnectAnswer(in: region, at: now)
        let isUnanswered = plan.hasSynthetic && !random.chance(conditions.quality(of: region, at: now))
        return isFailing || isSilent || isUnanswered
    }
}
