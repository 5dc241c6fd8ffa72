import API
import Failover
import FailoverCore
import Platform

/// What a controller's signals and its preflight say, as the console shows them. Looks at what is in memory.
struct FailoverSights: Sendable {
    /// A link is well up to here: what `replication` takes for healthy by default is no less.
    private static let linkMilliseconds: Int64 = 10_000
    /// What was told longer ago says nothing of now.
    private static let ageMax: Int64 = 30_000

    private let own: String
    private let peer: String
    private let status: @Sendable () -> FailoverStatus?
    private let last: @Sendable () -> PreflightWatch.Result

    init(_ runner: FailoverRunner, _ watch: PreflightWatch, own: String, peer: String) {
        (self.own, self.peer) = (own, peer)
        status = { [weak runner] in runner?.status }
        last = { watch.last }
    }

    /// From end to end first. `lag`: nil where nobody measures it.
    func probes(_ lag: ProcessStanding.Lag?) -> [ProcessStanding.Probe] {
        links(lag) + [numberToFlow]
            + signals.sorted { ($0.isEndToEnd ? 0 : 1, $0.region, $0.name) < ($1.isEndToEnd ? 0 : 1, $1.region, $1.name) }
    }

    /// Whether a row that is written in one Region can be read in the other.
    private func links(_ lag: ProcessStanding.Lag?) -> [ProcessStanding.Probe] {
        guard let lag else {
            return [
                ProcessStanding.Probe(
                    "replication", source: "canary", region: peer, .unknown, age: nil,
                    evidence: "nobody measures replication: the state is not in tables", isEndToEnd: true)
            ]
        }
        return lag.links.map { link in
            let isOld = link.age.map { $0 > FailoverSights.ageMax } ?? true
            let state: ProcessStanding.Probe.State =
                link.lag.map { isOld ? .unknown : $0 <= FailoverSights.linkMilliseconds ? .healthy : .unhealthy } ?? .unknown
            let says =
                link.lag.map { "what is written in \(link.from) is there in \(link.to) after \($0) ms" } ?? link.why ?? ""
            return ProcessStanding.Probe(
                "replication", source: "canary \(link.from) to \(link.to)", region: link.from, state, age: link.age,
                evidence: isOld && link.lag != nil ? "\(says); told too long ago" : says, isEndToEnd: true)
        }
    }

    /// A contact center of which every part is well, and whose number leads nowhere, takes no call.
    private var numberToFlow: ProcessStanding.Probe {
        let last = last()
        let items = last.items.filter { $0.id.hasPrefix("group") }
        let bad = items.first { $0.state == .failed } ?? items.first { $0.state == .unknown }
        let state: ProcessStanding.Probe.State =
            items.isEmpty ? .unknown : bad == nil ? .healthy : bad?.state == .failed ? .unhealthy : .unknown
        return ProcessStanding.Probe(
            "number-to-flow", source: "preflight", region: own, state,
            age: last.at.map { max(0, Timestamp.now.milliseconds - $0) },
            evidence: items.isEmpty
                ? "no preflight has looked at the traffic distribution groups yet"
                : bad.map { "\($0.what): \($0.found)" }
                    ?? "\(items.count) traffic distribution groups can be moved, with numbers in front of them",
            isEndToEnd: true)
    }

    private var signals: [ProcessStanding.Probe] {
        guard let evaluation = status()?.evaluation else { return [] }
        let (now, wall) = (monotonicMilliseconds(), Timestamp.now)
        return (evaluation.own.entries + evaluation.peer.entries).map { entry in
            let signal = entry.signal
            return ProcessStanding.Probe(
                signal.kind.rawValue, source: signal.source, region: signal.region,
                ProcessStanding.Probe.State(rawValue: signal.state.rawValue) ?? .unknown,
                since: Timestamp(milliseconds: wall.milliseconds - max(0, now - entry.since)),
                age: max(0, now - signal.observedAt),
                evidence: signal.evidence, isEndToEnd: signal.kind.isProof && signal.kind != .person)
        }
    }

    var preflight: ProcessStanding.Preflight {
        let last = last()
        return ProcessStanding.Preflight(
            target: own, at: last.at.map { Timestamp(milliseconds: $0) },
            items: last.items.map {
                ProcessStanding.Preflight.Item(
                    id: $0.id, what: $0.what, state: $0.state.rawValue, found: $0.found, remedy: $0.remedy,
                    isBlocking: $0.isBlocking)
            })
    }
}
