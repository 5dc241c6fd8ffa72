/// What the signals of one Region come to.
package struct Diagnosis: Equatable, Sendable {
    package var region: String
    /// Unhealthy: enough complaints that are independent of each other. Healthy: somebody who looks at Connect says so, and nobody who does
    /// complains. Unknown: anything else.
    package var state: SignalState
    /// The complaints that are independent of each other, as many as there can be.
    package var complaints: [SignalBook.Entry]
    /// How many of them it takes.
    package var complaintsMin: Int
    /// All signals of the Region as they count, those made unknown among them.
    package var entries: [SignalBook.Entry]
    /// Kinds of complaints that count as unknown, since its controllers live and it may be the way from here that is silent.
    package var doubted: [SignalKind]

    /// `entries`: of every Region, as ``SignalBook/signals(at:ageMax:)`` gives them. `from`: complaints observed before count as unknown (the cause is asked
    /// again). While replication from the Region stands still, whatever came by it is unknown. While its controllers live and do not say themselves that it is ill
    /// (`verdicts`: theirs), so is every silence that may be that of the way from here: they look from inside. The silence of its events says something while replication
    /// shows that the way is there.
    package init(
        of region: String, _ entries: [SignalBook.Entry], independentMin: Int, verdicts: [SelfVerdict] = [], from: Int64 = .min
    ) {
        self.region = region
        let isReplicated = entries.allSatisfy {
            $0.signal.kind != .replication || $0.signal.region != region || $0.signal.state == .healthy
        }
        let isSeenFromInside = !verdicts.isEmpty && verdicts.allSatisfy { $0.state != .unhealthy }
        var doubted: [SignalKind] = []
        let own = entries.compactMap { entry -> SignalBook.Entry? in
            guard entry.signal.region == region else { return nil }
            var entry = entry
            if !isReplicated, entry.signal.path.links.contains(.counted), entry.signal.state != .unknown {
                entry.signal.state = .unknown
                entry.signal.evidence = "came by replication, which stands still: \(entry.signal.evidence)"
            }
            if isSeenFromInside, entry.signal.state == .unhealthy, entry.signal.path.links.contains(.between),
                entry.signal.kind != .events || !isReplicated
            {
                doubted.append(entry.signal.kind)
                entry.signal.state = .unknown
                entry.signal.evidence =
                    "its controllers live and do not say that it is ill, so it may be the way from here: \(entry.signal.evidence)"
            }
            if entry.signal.state == .unhealthy, entry.signal.observedAt < from { entry.signal.state = .unknown }
            return entry
        }
        self.entries = own
        self.doubted = doubted
        let proofs = Set(own.filter { $0.signal.state == .healthy && $0.signal.kind.isProof }.map(\.signal.kind))
        complaintsMin = independentMin + proofs.count
        complaints = Diagnosis.independent(own.filter { $0.signal.state == .unhealthy && $0.signal.kind.isOfLife })
        if complaints.count >= complaintsMin {
            state = .unhealthy
        } else if own.contains(where: { $0.signal.kind.isOfConnect && $0.signal.state == .healthy }),
            !own.contains(where: { $0.signal.kind.isOfConnect && $0.signal.state == .unhealthy })
        {
            state = .healthy
        } else {
            state = .unknown
        }
    }

    /// The most of them that are of different kinds and stand on no common link, one at least about Connect itself; empty without such a one.
    ///
    /// Tries all choices: bounded by the kinds that there are, not by the signals.
    private static func independent(_ entries: [SignalBook.Entry]) -> [SignalBook.Entry] {
        var best: [SignalBook.Entry] = []
        func choose(_ rest: ArraySlice<SignalBook.Entry>, _ chosen: [SignalBook.Entry]) {
            if chosen.count > best.count, chosen.contains(where: { $0.signal.kind.isOfConnect }) { best = chosen }
            for (index, entry) in zip(rest.indices, rest)
            where chosen.allSatisfy({
                $0.signal.kind != entry.signal.kind && $0.signal.path.isDisjoint(with: entry.signal.path)
            }) {
                choose(rest[(index + 1)...], chosen + [entry])
            }
        }
        choose(onePathEach(entries)[...], [])
        return best
    }

    /// Signals of one kind and one path are one opinion: the first of them.
    private static func onePathEach(_ entries: [SignalBook.Entry]) -> [SignalBook.Entry] {
        var found: [SignalBook.Entry] = []
        for entry in entries
        where !found.contains(where: { $0.signal.kind == entry.signal.kind && $0.signal.path == entry.signal.path }) {
            found.append(entry)
        }
        return Array(found.prefix(16))
    }
}
