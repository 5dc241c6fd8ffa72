/// Whether everything should go to this Region, rule by rule: each says why it holds or does not.
package struct Evaluation: Equatable, Sendable {
    package var own: Diagnosis
    package var peer: Diagnosis
    /// All of ``FailoverRule``, in its order.
    package var findings: [RuleFinding]

    /// Every rule holds.
    package var callsForMove: Bool { findings.allSatisfy(\.holds) }
    /// The first that does not.
    package var heldBackBy: RuleFinding? { findings.first { !$0.holds } }

    /// What led to it, for the journal and the intent: the complaints, then what the rules say.
    package var evidence: [String] {
        peer.complaints.map { "\($0.signal.region) \($0.signal.kind.rawValue) (\($0.signal.source)): \($0.signal.evidence)" }
            + findings.map { "\($0.rule.rawValue): \($0.says)" }
    }

    /// A symptom here counts as shared for so long after it was last seen.
    package static let sharedMilliseconds: Int64 = 300_000
    /// A Region of which somebody who looks at Connect complained is not known to serve for so long, whatever is said since: a fault that flickers is one.
    package static let ownMilliseconds: Int64 = 120_000
    private static let dayMilliseconds: Int64 = 86_400_000

    /// `from`: only complaints that were observed since count.
    package init(_ situation: Situation, _ policy: FailoverPolicy, from: Int64 = .min) {
        own = Diagnosis(of: situation.own, situation.entries, independentMin: policy.independentMin)
        peer = Diagnosis(
            of: situation.peer, situation.entries, independentMin: policy.independentMin, verdicts: situation.peerVerdicts,
            from: from)
        let peer = peer
        let own = own
        findings = FailoverRule.allCases.map { rule in
            let (holds, says) = Evaluation.find(rule, situation, policy, own: own, peer: peer)
            return RuleFinding(rule: rule, holds: holds, says: says)
        }
    }

    private static func find(
        _ rule: FailoverRule, _ situation: Situation, _ policy: FailoverPolicy, own: Diagnosis, peer: Diagnosis
    ) -> (Bool, String) {
        switch rule {
        case .viewsFresh: viewsFresh(situation, policy)
        case .notHeld:
            situation.control?.words.hold.map { (false, "\($0.by) holds it: \($0.why)") } ?? (true, "nobody holds it")
        case .noForeignHand: situation.foreign.map { (false, $0) } ?? (true, "in force is what was last intended")
        case .peerHasShare: peerHasShare(situation)
        case .peerUnhealthy:
            (
                peer.state == .unhealthy,
                "\(peer.complaints.count) independent signals of \(peer.complaintsMin) that it takes say that \(peer.region) does not serve"
            )
        case .volume: volume(situation, policy)
        case .peerVerdict: peerVerdict(situation)
        case .ownHealthy: ownHealthy(situation, own)
        case .notShared: notShared(situation, own: own, peer: peer)
        case .ready: situation.blockers.first.map { (false, $0) } ?? (true, "nothing is missing")
        case .coolDown: coolDown(situation)
        case .movesPerDay: movesPerDay(situation, policy)
        }
    }

    private static func viewsFresh(_ situation: Situation, _ policy: FailoverPolicy) -> (Bool, String) {
        guard situation.control != nil else { return (false, "the control table was not read yet") }
        guard situation.groups != nil else { return (false, "the traffic distribution groups were not read yet") }
        let (control, groups) = (situation.now - situation.controlReadAt, situation.now - situation.groupsReadAt)
        guard control <= policy.viewAgeMax else { return (false, "the control table was last read \(control / 1000) s ago") }
        guard groups <= policy.viewAgeMax else { return (false, "the groups were last read \(groups / 1000) s ago") }
        guard situation.control?.newest != nil else {
            return (false, "nothing was ever intended: the control table has no term")
        }
        return (true, "control table and groups were read within \(max(control, groups)) ms")
    }

    private static func peerHasShare(_ situation: Situation) -> (Bool, String) {
        let shares = (situation.groups ?? []).map {
            max($0.shares.telephony[situation.peer] ?? 0, $0.shares.agents[situation.peer] ?? 0)
        }
        guard let most = shares.max(), most > 0 else { return (false, "\(situation.peer) has no share to move") }
        return (true, "\(situation.peer) has up to \(most) % of a group")
    }

    private static func volume(_ situation: Situation, _ policy: FailoverPolicy) -> (Bool, String) {
        guard let volume = situation.volume, situation.now - volume.observedAt <= Volume.ageMax else {
            return (false, "how much \(situation.peer) has to lose is not known")
        }
        if let starts = volume.starts {
            let text =
                "\(rounded(starts)) contacts a minute are expected in \(situation.peer), \(rounded(policy.startsMin)) are the least"
            return (starts >= policy.startsMin, text)
        }
        guard let agents = volume.agents else { return (false, "how much \(situation.peer) has to lose is not known") }
        return (
            agents >= policy.agentsMin, "\(agents) agents were online in \(situation.peer), \(policy.agentsMin) are the least"
        )
    }

    private static func peerVerdict(_ situation: Situation) -> (Bool, String) {
        if let well = situation.peerVerdicts.first(where: { $0.state == .healthy }) {
            return (false, "\(well.controller) is alive and says that \(situation.peer) is well: \(well.evidence)")
        }
        guard let other = situation.peerVerdicts.first else { return (true, "no controller of \(situation.peer) is heard") }
        return (true, "\(other.controller) says that \(situation.peer) is \(other.state.rawValue): \(other.evidence)")
    }

    private static func ownHealthy(_ situation: Situation, _ own: Diagnosis) -> (Bool, String) {
        for entry in own.entries where entry.signal.kind.isOfConnect {
            guard let at = entry.unhealthyAt, situation.now - at <= ownMilliseconds else { continue }
            let when = entry.signal.state == .unhealthy ? "" : "\((situation.now - at) / 1000) s ago, now "
            return (
                false,
                "\(own.region) is not known to serve: \(entry.signal.kind.rawValue): \(when)\(entry.signal.evidence)"
            )
        }
        guard own.state == .healthy else { return (false, "nothing says that \(own.region) serves") }
        return (true, "\(own.region) serves, as far as is known")
    }

    private static func notShared(_ situation: Situation, own: Diagnosis, peer: Diagnosis) -> (Bool, String) {
        let kinds = Set(peer.complaints.map(\.signal.kind))
        let shared = own.entries.first { entry in
            guard kinds.contains(entry.signal.kind), let at = entry.unhealthyAt else { return false }
            return situation.now - at <= sharedMilliseconds
        }
        guard let shared else { return (true, "\(situation.own) does not show what \(situation.peer) shows") }
        return (false, "\(situation.own) shows the same (\(shared.signal.kind.rawValue)): moving cannot help")
    }

    private static func coolDown(_ situation: Situation) -> (Bool, String) {
        guard let control = situation.control else { return (false, "the control table was not read yet") }
        // A later word of a person ends it too.
        for term in control.terms where term.term > control.words.acknowledgedTerm {
            switch term.cause {
            case .automatic, .approved: return (false, "the move of term \(term.term) was not acknowledged")
            case .manual, .returning, .drill:
                return (true, "a person has intended term \(term.term) since the last move by itself")
            case .adopted: continue
            }
        }
        return (true, "no move by itself awaits its acknowledgement")
    }

    private static func movesPerDay(_ situation: Situation, _ policy: FailoverPolicy) -> (Bool, String) {
        let moves = (situation.control?.terms ?? []).count {
            $0.cause == .automatic && situation.wall - $0.proposedAt < dayMilliseconds
        }
        return (moves < policy.movesPerDay, "\(moves) moves by itself in 24 hours, \(policy.movesPerDay) are the most")
    }

    private static func rounded(_ value: Double) -> String {
        let tenths = Int64((max(0, min(value, 1e9)) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
