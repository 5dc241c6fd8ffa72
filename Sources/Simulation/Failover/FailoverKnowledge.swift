import FailoverCore

/// What a controller has been told, kept apart from what it makes of it: the witness's own, much simpler reading of the rules.
struct FailoverKnowledge {
    let own: Int
    /// The newest of each, with times of the agenda.
    private var signals: [String: Signal] = [:]
    /// Since when independent signals have said all along that the peer is ill; nil while they do not.
    private(set) var illSince: Int64?

    init(own: Int) { self.own = own }

    mutating func take(_ signal: Signal) {
        let key = signal.source + signal.region
        if let known = signals[key], known.observedAt > signal.observedAt { return }
        signals[key] = signal
    }

    private func fresh(of region: Int, at now: Int64) -> [Signal] {
        let name = FailoverPlan.regionNames[region]
        return signals.values.filter { $0.region == name && now - $0.observedAt <= max(30_000, $0.keptMilliseconds) }
    }

    /// Complaints about the peer, with the silence of its controllers, of which two are independent.
    func isPeerIll(_ world: FailoverWorld) -> Bool {
        let now = world.agenda.now
        let known = fresh(of: 1 - own, at: now)
        let isReplicated = !known.contains { $0.kind == .replication && $0.state != .healthy }
        var complaints = known.filter {
            $0.state == .unhealthy && $0.kind.isOfLife && (isReplicated || !$0.path.links.contains(.counted))
        }
        guard complaints.contains(where: { $0.kind.isOfConnect }) else { return false }
        // The table is read every round.
        if now - world.witness.verdictAt[1 - own] > 10_000 || now - world.witness.heardAgainAt[1 - own] < 4_000 {
            complaints.append(
                Signal(
                    source: "silence", kind: .worker, region: FailoverPlan.regionNames[1 - own], state: .unhealthy,
                    path: SignalPath(.controlTable), observedAt: now, evidence: ""))
        }
        return complaints.contains { one in
            one.kind.isOfConnect
                && complaints.contains { $0.kind != one.kind && $0.path.isDisjoint(with: one.path) }
        }
    }

    /// Somebody who looks at Connect says that this Region is well, and nobody who looks at Connect says that it is not.
    func isOwnWell(at now: Int64) -> Bool {
        let known = fresh(of: own, at: now).filter { $0.kind.isOfConnect }
        return known.contains { $0.state == .healthy } && !known.contains { $0.state == .unhealthy }
    }

    mutating func weigh(_ world: FailoverWorld) {
        if !isPeerIll(world) {
            illSince = nil
        } else if illSince == nil {
            illSince = world.agenda.now
        }
    }
}
