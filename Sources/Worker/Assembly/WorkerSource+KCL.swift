import EngineCore
import Ingest
import Observability
import Platform

/// A worker that KCL's MultiLangDaemon gives a shard.
extension WorkerSource {
    init(_ source: KCLSource, _ shard: KCLShard) {
        self.init(
            source: source, summary: "kcl shard \(shard.id) from \(shard.start)",
            observe: { metrics, _ throws(MetricsError) in try KCLMetrics.observe(source, shard.id, in: metrics) },
            live: { HealthReport() }, ready: { KCLMetrics.ready(source, $0) }, unread: { KCLMetrics.unread(source) })
    }
}

private enum KCLMetrics {
    /// How far behind the end of its shard it says that it is ready.
    private static let readyMilliseconds: Int64 = 60_000

    static func observe(_ source: KCLSource, _ shard: String, in metrics: Metrics) throws(MetricsError) {
        let labels = ["shard"]
        try metrics.observe(
            "converge_kcl_behind_seconds",
            "Time behind the end of the shard when the last batch was fetched, and where there was more, the time since.",
            labels: labels
        ) {
            guard let milliseconds = unread(source) else { return [] }
            return [MetricReading(Double(milliseconds) * 0.001, labels: [shard])]
        }
        try metrics.observe("converge_kcl_waiting_bytes", "Bytes taken from the daemon and not merged yet.", labels: labels) {
            [MetricReading(Double(source.figures.waitingBytes), labels: [shard])]
        }
        try metrics.observe("converge_kcl_checkpoints_total", "Checkpoints that the daemon took.", labels: labels) {
            [MetricReading(Double(source.figures.checkpoints), labels: [shard])]
        }
        try metrics.observe("converge_kcl_checkpoint_failures_total", "Checkpoints that it did not take.", labels: labels) {
            [MetricReading(Double(source.figures.checkpointFailures), labels: [shard])]
        }
    }

    /// The daemon says nothing where there is nothing, so a batch that reached the end tells no age.
    static func unread(_ source: KCLSource) -> Int64? {
        let figures = source.figures
        return figures.millisecondsBehind.map { $0 == 0 ? 0 : $0 + max(0, monotonicMilliseconds() - figures.batchAt) }
    }

    static func ready(_ source: KCLSource, _ standing: WorkerStanding) -> [HealthReport.Check] {
        let behind = unread(source).map { max($0, standing.lag(now: monotonicMilliseconds(), time: .now)) }
        return [
            HealthReport.Check(
                "kcl.caught-up", isHealthy: behind.map { $0 <= readyMilliseconds } ?? false,
                behind.map { "\($0) ms behind, \(readyMilliseconds) allowed" } ?? "not known yet how far behind")
        ]
    }
}

extension Log {
    /// What happens between the record processor and its daemon.
    func tell(_ event: KCLEvent) {
        switch event {
        case .assigned(let partition, let start):
            info("kcl.assigned", "reads a shard", ["shard": .text(partition.name), "from": .text(start)])
        case .lost(let partition):
            info(
                "kcl.lost", "the daemon lost the shard's lease; what was not checkpointed comes again, to whoever has it next",
                ["shard": .text(partition.name)])
        case .ended(let partition):
            info("kcl.ended", "the shard was read to its end, and that is checkpointed", ["shard": .text(partition.name)])
        case .released(let partition, let isSettled):
            info("kcl.released", "gave the shard back", ["shard": .text(partition.name), "settled": .boolean(isSettled)])
        case .checkpointFailed(let partition, let error):
            warning(
                "kcl.checkpoint.failed", "a checkpoint was not taken: \(error)", key: error, ["shard": .text(partition.name)])
        case .unknownAction(let action):
            warning(
                "kcl.action.unknown", "the daemon wants what is not known; it was answered", key: action,
                ["action": .text(action)])
        case .daemonGone(let partition):
            error(
                "kcl.daemon.gone", "the daemon went away without giving the shard back; what was not checkpointed comes again",
                ["shard": .text(partition.name)])
        }
    }
}
