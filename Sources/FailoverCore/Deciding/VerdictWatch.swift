/// How fresh the controllers' verdicts in the control table are, by their counters: who sees one grow knows that its writer lives, whatever the clocks say.
package struct VerdictWatch: Sendable {
    private struct Sight: Sendable {
        var verdict: SelfVerdict
        /// When the counter was first seen.
        var since: Int64
        /// Whether it was ever seen to grow. Before that it may be what a controller left behind that ended long ago.
        var hasGrown: Bool
    }

    /// More controllers than there are at a time; of more the one that is silent for longest is forgotten.
    package static let controllersMax = 32

    private var sights: [String: Sight] = [:]

    package init() {}

    package mutating func take(_ verdicts: [SelfVerdict], now: Int64) {
        // One that is gone from the table is silent all the same: what a controller wrote is removed some time after it ended.
        for verdict in verdicts.prefix(VerdictWatch.controllersMax) {
            guard let known = sights[verdict.controller] else {
                if sights.count >= VerdictWatch.controllersMax, let oldest = sights.min(by: { $0.value.since < $1.value.since })
                {
                    sights[oldest.key] = nil
                }
                sights[verdict.controller] = Sight(verdict: verdict, since: now, hasGrown: false)
                continue
            }
            if verdict.counter != known.verdict.counter {
                sights[verdict.controller] = Sight(verdict: verdict, since: now, hasGrown: true)
            }
        }
    }

    /// The verdicts of a Region whose counters grew within `ageMax`, by controller.
    package func fresh(of region: String, now: Int64, ageMax: Int64) -> [SelfVerdict] {
        sights.values.filter { $0.verdict.region == region && $0.hasGrown && now - $0.since <= ageMax }
            .map(\.verdict).sorted { $0.controller < $1.controller }
    }

    package func isAlive(_ controller: String, now: Int64, ageMax: Int64) -> Bool {
        guard let sight = sights[controller] else { return false }
        return sight.hasGrown && now - sight.since <= ageMax
    }

    /// What the silence or the life of a Region's controllers says. `readAt`: when the control table was last read.
    package func signal(of region: String, readAt: Int64, now: Int64, ageMax: Int64) -> Signal {
        let ours = sights.values.filter { $0.verdict.region == region }
        let alive = fresh(of: region, now: now, ageMax: ageMax)
        let state: SignalState
        let evidence: String
        if !alive.isEmpty {
            state = .healthy
            evidence = "\(alive.count) of its controllers write into the control table"
        } else if let last = ours.map(\.since).max(), now - last > ageMax {
            state = .unhealthy
            evidence = "no controller of it has written into the control table for \((now - last) / 1000) s"
        } else {
            state = .unknown
            evidence = "no controller of it was seen to write into the control table yet"
        }
        return Signal(
            source: "controllers", kind: .worker, region: region, state: state, path: SignalPath(.controlTable),
            observedAt: readAt, evidence: evidence)
    }
}
