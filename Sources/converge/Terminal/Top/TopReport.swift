import EngineCore
import JSON
import Observability

/// What `converge top` shows, for programs: one JSON object. A figure that is not known is null.
public struct TopReport: Sendable {
    private let url: String
    private let trend: WorkerTrend

    public init(url: String, trend: WorkerTrend) {
        self.url = url
        self.trend = trend
    }

    public var json: String {
        let sample = trend.latest
        let ready = sample?.ready
        let failing = (ready?.checks ?? []).filter { !$0.isHealthy }.map {
            "{\"name\":\(jsonText($0.name)),\"detail\":\(jsonText($0.detail)),"
                + "\"since\":\($0.since.map { "\"\($0)\"" } ?? "null")}"
        }
        let members = [
            ("url", jsonText(url)), ("version", sample?.version.map(jsonText) ?? "null"),
            ("startedSeconds", number(sample?.started)), ("ready", ready.map { "\($0.isHealthy)" } ?? "null"),
            ("failing", "[" + failing.joined(separator: ",") + "]"),
            ("recordsPerSecond", number(trend.rate(\.records))), ("eventsPerSecond", number(trend.rate(\.events))),
            ("megabytesPerSecond", number(trend.rate(\.bytes).map { $0 / 1e6 })),
            ("flushesPerSecond", number(trend.rate(\.flushes))), ("dirtyBytes", number(sample?.dirtyBytes)),
            ("residentBytes", number(sample?.residentBytes)), ("endToEndLagP50Seconds", number(trend.endToEndLag(0.5))),
            ("oldestEventAgeSeconds", number(sample?.oldestEventAge)),
            ("waitingRefreshesAgeSeconds", number(sample?.refreshesAge)), ("lastCommitSeconds", number(sample?.lastCommit)),
            ("endToEndLagP99Seconds", number(trend.endToEndLag(0.99))), ("deadLetters", counts(sample?.deadLetters)),
            ("quarantined", number(sample?.quarantined)), ("storeErrors", counts(sample?.storeErrors)),
            ("rebalances", number(sample?.rebalances)),
            ("partitions", "[" + trend.lanes.map(lane).joined(separator: ",") + "]"),
            ("shards", "[" + (sample?.shards ?? []).map(shard).joined(separator: ",") + "]"),
            ("replicationLagSeconds", counts(sample?.replicationLag)),
        ]
        return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}\n"
    }

    private func lane(_ entry: WorkerTrend.Lane) -> String {
        "{\"topic\":\(jsonText(entry.lane.topic)),\"partition\":\(jsonText(entry.lane.partition)),"
            + "\"lagRecords\":\(number(entry.lane.lag)),\"lagChangePerSecond\":\(number(entry.lagChange)),"
            + "\"recordsPerSecond\":\(number(entry.rate)),\"position\":\(number(entry.lane.position))}"
    }

    private func shard(_ shard: WorkerSample.Shard) -> String {
        "{\"stream\":\(jsonText(shard.stream)),\"shard\":\(jsonText(shard.name)),\"behindSeconds\":\(number(shard.behind))}"
    }

    private func counts(_ counts: [String: Double]?) -> String {
        let members = (counts ?? [:]).sorted { $0.key < $1.key }.map { "\(jsonText($0)):\(number($1))" }
        return "{" + members.joined(separator: ",") + "}"
    }

    private func number(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "null" }
        return Observability.number(value)
    }
}
