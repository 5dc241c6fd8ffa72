/// What is so at a moment, of Regions and links: the truth, which nobody in the world knows.
struct FailoverConditions {
    /// The fronts of the episode, with times of the agenda.
    var fronts: [FailoverPlan.Front] = []

    func isActive(_ fault: FailoverFault, in region: Int, at now: Int64) -> Bool {
        fronts.contains { $0.fault == fault && $0.region == region && $0.start <= now && now < $0.end }
    }

    /// In whichever Region.
    func isActive(_ fault: FailoverFault, at now: Int64) -> Bool {
        fronts.contains { $0.fault == fault && $0.start <= now && now < $0.end }
    }

    /// Fronts that mislead, active within the last `milliseconds`.
    func deceptions(before now: Int64, milliseconds: Int64) -> Int {
        fronts.count { $0.fault.deceives && $0.start <= now && now - milliseconds < $0.end }
    }

    /// Since when a Region is in one of these; nil where it is not.
    func since(_ faults: [FailoverFault], in region: Int, at now: Int64) -> Int64? {
        fronts.filter { faults.contains($0.fault) && $0.region == region && $0.start <= now && now < $0.end }
            .map(\.start).min()
    }

    func isDead(_ region: Int, at now: Int64) -> Bool { isActive(.regionDead, in: region, at: now) }
    func isParted(at now: Int64) -> Bool { isActive(.regionsParted, at: now) }
    /// Whether what a Region's workers say arrives in the other one.
    func isHeard(_ region: Int, at now: Int64) -> Bool { !isParted(at: now) && !isDead(region, at: now) }
    func doesConnectAnswer(in region: Int, at now: Int64) -> Bool {
        !isDead(region, at: now) && !isActive(.controlPlaneDead, in: region, at: now)
    }

    /// How long a Region takes to decay, in milliseconds.
    static let decay = 600_000.0
    /// And how long until it serves less than a third: ``isIll(_:at:)``.
    static let untilIll: Int64 = 422_000

    /// Which part of the calls is answered.
    func quality(of region: Int, at now: Int64) -> Double {
        var quality = 1.0
        for front in fronts where front.start <= now && now < front.end {
            switch front.fault {
            case .regionDead, .telephonyDead, .targetIll, .wanderingFault: if front.region == region { quality = 0 }
            case .sharedFault: quality = min(quality, 0.1)
            case .slowDecay:
                if front.region == region { quality = min(quality, max(0, 1 - Double(now - front.start) / Self.decay)) }
            default: break
            }
        }
        return quality
    }

    /// Whether calls that are not served have arrived at least, so that somebody counts them.
    func doCallsArrive(in region: Int, at now: Int64) -> Bool {
        since([.regionDead, .telephonyDead, .targetIll, .wanderingFault], in: region, at: now) == nil
    }

    func isWell(_ region: Int, at now: Int64) -> Bool { quality(of: region, at: now) >= 0.75 }
    func isIll(_ region: Int, at now: Int64) -> Bool { quality(of: region, at: now) <= 0.3 }

    /// Whether a move at `now` that leaves a Region for the other one is a false one: the Region was well all the last minute, or the target has been ill for minutes.
    func isFalseMove(from left: Int, at now: Int64) -> Bool { !wasIll(left, at: now) || isLost(1 - left, at: now) }
    func wasIll(_ region: Int, at now: Int64) -> Bool {
        stride(from: 0, through: 60_000, by: 5_000).contains { !isWell(region, at: now - Int64($0)) }
    }
    private func isLost(_ region: Int, at now: Int64) -> Bool {
        [0, 100_000, 200_000].allSatisfy { !isWell(region, at: now - $0) }
    }
}
