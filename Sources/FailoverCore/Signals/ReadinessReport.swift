/// Whether a Region could take the traffic: what Connect says of the replication of the instance's configuration. It is no sign of life.
package struct ReadinessReport: Equatable, Sendable {
    /// The status of each Region's copy that is not whole; nil while it is not known.
    package var unfinished: [String: String]?
    package var hasReplica = true
    /// Resources that differ between the Regions, by kind, out of ListReplicationFindings; only the kinds that were asked for yet.
    package var drift: [String: Int] = [:]
    /// Kinds that ListReplicationFindings has.
    package var kinds: Int
    /// Why it is not known.
    package var problem = ""

    package init(unfinished: [String: String]? = nil, kinds: Int) {
        self.unfinished = unfinished
        self.kinds = kinds
    }

    /// It is read over many minutes.
    package static let keptMilliseconds: Int64 = 3_600_000

    /// `path`: where it was asked.
    package func signal(of region: String, _ path: SignalPath, asked: Int64) -> Signal {
        let (state, evidence) = judged
        return Signal(
            source: "replication-findings", kind: .readiness, region: region, state: state, path: path, observedAt: asked,
            evidence: evidence, keptMilliseconds: ReadinessReport.keptMilliseconds)
    }

    private var judged: (SignalState, String) {
        guard let unfinished else {
            return (.unknown, problem.isEmpty ? "replication of the instance was not read yet" : problem)
        }
        guard hasReplica else { return (.unhealthy, "the instance has no replica") }
        if let (region, status) = unfinished.min(by: { $0.key < $1.key }) {
            return (.unhealthy, "replication with \(region) is \(status)")
        }
        let drifted = drift.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let looked = "\(drift.count) of \(kinds) kinds of resources looked at"
        if !drifted.isEmpty {
            let kinds = drifted.prefix(3).map { "\($0.value) of \($0.key)" }.joined(separator: ", ")
            return (.unhealthy, "replication is complete, and \(kinds) differ between the Regions; \(looked)")
        }
        guard drift.count >= kinds else {
            return (
                .unknown, "replication is complete; \(looked), without a difference\(problem.isEmpty ? "" : "; \(problem)")"
            )
        }
        return (.healthy, "replication is complete, without a difference; \(looked)")
    }
}
