import API
import Engine
import EngineCore
import Failover
import FailoverCore
import Platform
import Storage

extension ProcessStanding {
    /// Of a worker, with a controller beside it or without one.
    init(
        _ settings: WorkerSettings, _ store: WorkerStore, _ source: any WorkerSource, _ pipeline: Pipeline,
        _ health: WorkerHealth, _ failover: FailoverService?
    ) {
        self.init()
        configuration = settings.http?.shown
        streams = { source.streams(pipeline.status) }
        let trend = LagTrend()
        self.trend = trend
        let regions = settings.failover?.regions ?? []
        if let canary = store.replication {
            lag = { LagLook.lag(canary, own: canary.region, regions: regions, ingest: health.lag) }
        } else {
            lag = {
                Lag(
                    links: [],
                    ingest: [
                        Ingest(
                            region: "", lag: health.lag, age: 0,
                            why: health.lag == nil ? "not all shards have been read from yet" : nil)
                    ])
            }
        }
        if let failover { add(failover.sights) }
    }

    /// What a controller's signals and its preflight say.
    mutating func add(_ sights: FailoverSights) {
        let lag = lag
        probes = { sights.probes(lag?()) }
        preflight = { sights.preflight }
    }
}

/// Lag as the replication canary knows it.
enum LagLook {
    /// `regions`: those that are expected; `ingest`: this worker's own lag, nil where it is not known or there is no worker.
    static func lag(
        _ canary: ReplicationCanary, own: String, regions: [String], ingest: Int64?
    ) -> ProcessStanding.Lag {
        let (links, outgoing, workers) = (canary.links, canary.outgoing, canary.workers)
        let others = Set(regions).union(links.map(\.from)).union(workers.map(\.region)).subtracting([own]).sorted()
        var lag = ProcessStanding.Lag(links: [], ingest: [])
        for other in others {
            lag.links.append(
                links.first { $0.from == other }.map {
                    ProcessStanding.Link(from: other, to: own, lag: $0.lagMilliseconds, age: 0)
                }
                    ?? ProcessStanding.Link(
                        from: other, to: own, lag: nil, age: nil, why: "no row of a worker of \(other) was ever seen here"))
            lag.links.append(
                outgoing.first { $0.to == other }.map {
                    ProcessStanding.Link(from: own, to: other, lag: $0.lagMilliseconds, age: $0.ageMilliseconds)
                }
                    ?? ProcessStanding.Link(
                        from: own, to: other, lag: nil, age: nil,
                        why: "no worker of \(other) has told that it saw a row from here"))
        }
        for region in [own] + others {
            let told = workers.first { $0.region == region }
            if region == own, let ingest {
                lag.ingest.append(ProcessStanding.Ingest(region: region, lag: max(ingest, told?.lagMilliseconds ?? 0), age: 0))
            } else {
                lag.ingest.append(
                    ProcessStanding.Ingest(
                        region: region, lag: told?.lagMilliseconds, age: told?.ageMilliseconds,
                        why: told == nil
                            ? "no worker of it was ever heard of here"
                            : told?.lagMilliseconds == nil ? "one of its workers does not know it yet" : nil))
            }
        }
        return lag
    }
}

/// Writes the lag down, again and again, on a thread of its own.
final class LagRounds: Sendable {
    private let rounds: Rounds

    /// Nil where there is nothing to write down.
    init?(_ standing: ProcessStanding) {
        guard let lag = standing.lag, let trend = standing.trend else { return nil }
        rounds = Rounds(paceMilliseconds: LagTrend.stepMilliseconds, isAtOnce: true) { trend.take(lag(), at: .now) }
    }

    /// Without a thread there is no trend, and nothing else is missing.
    func start() { _ = rounds.start() }
    func stop() { rounds.stop() }
}
