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
        return jsonLine { json in
            json.member("url", url)
            json.member("version", sample?.version)
            json.figure("startedSeconds", sample?.started)
            json.key("ready")
            if let ready = sample?.ready { json.bool(ready.isHealthy) } else { json.null() }
            json.array("failing") { json in
                for check in sample?.ready?.checks ?? [] where !check.isHealthy {
                    json.object { json in
                        json.member("name", check.name)
                        json.member("detail", check.detail)
                        json.member("since", check.since.map { "\($0)" })
                    }
                }
            }
            json.figure("recordsPerSecond", trend.rate(\.records))
            json.figure("eventsPerSecond", trend.rate(\.events))
            json.figure("megabytesPerSecond", trend.rate(\.bytes).map { $0 / 1e6 })
            json.figure("flushesPerSecond", trend.rate(\.flushes))
            json.figure("dirtyBytes", sample?.dirtyBytes)
            json.figure("residentBytes", sample?.residentBytes)
            json.figure("endToEndLagP50Seconds", trend.endToEndLag(0.5))
            json.figure("oldestEventAgeSeconds", sample?.oldestEventAge)
            json.figure("waitingRefreshes", sample?.refreshes)
            json.figure("waitingRefreshesAgeSeconds", sample?.refreshesAge)
            json.figure("lastCommitSeconds", sample?.lastCommit)
            json.figure("endToEndLagP99Seconds", trend.endToEndLag(0.99))
            json.figures("deadLetters", sample?.deadLetters)
            json.figure("quarantined", sample?.quarantined)
            json.figures("storeErrors", sample?.storeErrors)
            json.figure("rebalances", sample?.rebalances)
            json.array("partitions") { json in
                for entry in trend.lanes {
                    json.object { json in
                        json.member("topic", entry.lane.topic)
                        json.member("partition", entry.lane.partition)
                        json.figure("lagRecords", entry.lane.lag)
                        json.figure("lagChangePerSecond", entry.lagChange)
                        json.figure("recordsPerSecond", entry.rate)
                        json.figure("position", entry.lane.position)
                    }
                }
            }
            json.array("shards") { json in
                for shard in sample?.shards ?? [] {
                    json.object { json in
                        json.member("stream", shard.stream)
                        json.member("shard", shard.name)
                        json.figure("behindSeconds", shard.behind)
                    }
                }
            }
            json.figures("replicationLagSeconds", sample?.replicationLag)
        }
    }
}

extension JSONWriter {
    /// Whole ones without a fraction; null where it is not known.
    fileprivate mutating func figure(_ name: StaticString, _ value: Double?) {
        key(name)
        write(value)
    }

    fileprivate mutating func figures(_ name: StaticString, _ values: [String: Double]?) {
        object(name) { json in
            for (name, value) in (values ?? [:]).sorted(by: { $0.key < $1.key }) {
                json.key(name)
                json.write(value)
            }
        }
    }

    private mutating func write(_ value: Double?) {
        if let value, value.isFinite { raw(Observability.number(value)) } else { null() }
    }
}
