/// How far replication from the other Region is behind, by the canary rows that its workers write each second.
///
/// What is old may be a clock that is off. So the difference between the two clocks, as far as the canary knows it, is taken off, and where it does not, an age says
/// nothing against the Region.
package enum CanaryAge {
    static let healthyMax: Int64 = 10_000
    static let unhealthyMin: Int64 = 20_000

    /// `lag`: the age of the newest row, by this machine's clock; nil where none was ever seen. `aheadMax`: by how much this Region's clock is ahead of the other's at most;
    /// nil where that is not known.
    package static func signal(of region: String, lag: Int64?, aheadMax: Int64?, now: Int64) -> Signal {
        let state: SignalState
        let evidence: String
        if let lag {
            let seconds = max(0, lag - max(0, aheadMax ?? 0)) / 1000
            let behind = lag - (aheadMax ?? 0)
            if behind <= healthyMax {
                (state, evidence) = (.healthy, "the newest canary row from there is \(seconds) s late")
            } else if aheadMax == nil {
                state = .unknown
                evidence = "the newest canary row from there is \(seconds) s late, or the clocks differ by that much"
            } else {
                state = behind >= unhealthyMin ? .unhealthy : .unknown
                evidence = "the newest canary row from there is \(seconds) s late"
            }
        } else {
            (state, evidence) = (.unknown, "no canary row from there was seen yet")
        }
        return Signal(
            source: "canary", kind: .replication, region: region, state: state, path: SignalPath(.between), observedAt: now,
            evidence: evidence)
    }
}
