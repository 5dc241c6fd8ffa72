/// What a system that calls the contact center and listens says of a Region.
package struct SyntheticCalls: Equatable, Sendable {
    package var region: String
    package var state: SignalState
    /// When it last called, in milliseconds since 1970, by its own clock.
    package var at: Int64
    package var tried: Int
    package var answered: Int

    package init(region: String, state: SignalState, at: Int64, tried: Int, answered: Int) {
        self.region = region
        self.state = state
        self.at = at
        self.tried = tried
        self.answered = answered
    }

    /// A report that is of the future by more than this comes from a clock that is off.
    static let aheadMax: Int64 = 60_000

    /// The report of a Region; nil where there is none (`why`). `ageMax`: an older one says nothing. The signal is as old as the calls are.
    package static func signal(
        of region: String, _ report: SyntheticCalls?, why: String = "", host: String, ageMax: Int64, asked: Int64, wall: Int64
    ) -> Signal {
        let age = report.map { wall - $0.at } ?? 0
        let (state, evidence) = judge(report, why, host, age, ageMax)
        return Signal(
            source: "synthetic/\(host)", kind: .synthetic, region: region, state: state,
            path: SignalPath(.outside("synthetic/\(host)")), observedAt: asked - min(max(0, age), ageMax), evidence: evidence,
            keptMilliseconds: ageMax)
    }

    private static func judge(
        _ report: SyntheticCalls?, _ why: String, _ host: String, _ age: Int64, _ ageMax: Int64
    ) -> (SignalState, String) {
        guard let report else { return (.unknown, "\(host) tells nothing of it: \(why)") }
        let said = "\(report.answered) of \(report.tried) calls were answered, \(max(0, age) / 1000) s ago"
        if age < -aheadMax { return (.unknown, "\(host)'s clock is \(-age / 1000) s ahead of this one") }
        if age > ageMax { return (.unknown, "too old: \(said)") }
        if report.tried < 1 || report.answered < 0 || report.answered > report.tried {
            return (.unknown, "it says \(report.state.rawValue), and that \(said)")
        }
        switch report.state {
        case .healthy where report.answered * 2 > report.tried, .unhealthy where report.answered < report.tried: break
        case .unknown: break
        // What it calls it and what it heard have to agree.
        default: return (.unknown, "it says \(report.state.rawValue), and that \(said)")
        }
        return (report.state, said)
    }
}
