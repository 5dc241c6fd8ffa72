/// What AWS Health says of Connect in a Region. People write it, late: it corroborates, and confirms an end.
package enum HealthNotices {
    package struct Notice: Equatable, Sendable {
        /// `AWS_CONNECT_OPERATIONAL_ISSUE`.
        package var code: String
        package var isOpen: Bool
        /// Milliseconds since 1970, by AWS: when it began, and, of one that is closed, ended.
        package var began: Int64
        package var ended: Int64?

        package init(code: String, isOpen: Bool, began: Int64, ended: Int64? = nil) {
            self.code = code
            self.isOpen = isOpen
            self.began = began
            self.ended = ended
        }
    }

    /// An end is told for so long.
    static let endToldMilliseconds: Int64 = 3_600_000
    package static let keptMilliseconds: Int64 = 150_000

    /// `notices`: of the category issue, of Connect, in this Region; nil where AWS Health was not heard (`why`). That there is none says nothing.
    package static func signal(
        of region: String, _ notices: [Notice]?, why: String = "", asked: Int64, wall: Int64
    ) -> Signal {
        let state: SignalState
        let evidence: String
        if let notices {
            let ended = notices.filter { !$0.isOpen && wall - ($0.ended ?? .min / 2) <= endToldMilliseconds }
            if let open = notices.filter(\.isOpen).min(by: { $0.began < $1.began }) {
                (state, evidence) = (.unhealthy, "\(open.code) is open for \(max(0, wall - open.began) / 60_000) min")
            } else if let last = ended.max(by: { ($0.ended ?? 0) < ($1.ended ?? 0) }) {
                let minutes = max(0, wall - (last.ended ?? wall)) / 60_000
                (state, evidence) = (.healthy, "\(last.code) was closed \(minutes) min ago, and none is open")
            } else {
                (state, evidence) = (.unknown, "no issue is told, which is no sign of health")
            }
        } else {
            (state, evidence) = (.unknown, "AWS Health was not heard: \(why)")
        }
        return Signal(
            source: "aws-health", kind: .awsHealth, region: region, state: state, path: SignalPath(.outside("aws-health")),
            observedAt: asked, evidence: evidence, keptMilliseconds: keptMilliseconds)
    }
}
