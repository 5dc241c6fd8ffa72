import Engine
import EngineCore
import Ingest
import Observability
import Platform

/// The shard that KCL's MultiLangDaemon gives, as a worker sees it.
struct KCLWorkerSource: WorkerSource {
    private let kcl: KCLSource
    private let shard: KCLShard

    init(_ kcl: KCLSource, _ shard: KCLShard) {
        self.kcl = kcl
        self.shard = shard
    }

    var source: any Source { kcl }
    var summary: String { "kcl shard \(shard.id) from \(shard.start)" }

    /// The daemon watches its processes itself.
    var live: HealthReport { HealthReport() }

    var unread: Int64? { kcl.figures.behind(at: monotonicMilliseconds()) }

    func ready(_ status: PipelineStatus) -> [HealthReport.Check] {
        let allowed = KinesisSourceSettings.defaultReadyBehind
        let (figures, now) = (kcl.figures, monotonicMilliseconds())
        let behind = figures.behind(at: now).map { max($0, status.lag(now: now, time: .now)) }
        return [
            HealthReport.Check(
                "kcl.caught-up", isHealthy: behind.map { $0 <= allowed } ?? false,
                behind.map {
                    "\($0) ms behind, \(allowed) allowed; the daemon came \(figures.lastBatch.silence(at: now)) ms ago"
                } ?? "not known yet how far behind")
        ]
    }
}

extension KCLWorkerSource {
    func observe(_ pipeline: Pipeline, in metrics: Metrics) throws(MetricsError) {
        let labels = ["shard"]
        try metrics.observe(
            "converge_kcl_behind_seconds",
            "Time behind the end of the shard at most: when the daemon last came, and the time since.", labels: labels
        ) {
            unread.map { [reading(Double($0) * 0.001)] } ?? []
        }
        try metrics.observe("converge_kcl_waiting_bytes", "Bytes taken from the daemon and not merged yet.", labels: labels) {
            [reading(Double(kcl.figures.waitingBytes))]
        }
        try metrics.observe("converge_kcl_checkpoints_total", "Checkpoints that the daemon took.", labels: labels) {
            [reading(Double(kcl.figures.checkpoints))]
        }
        try metrics.observe("converge_kcl_checkpoint_failures_total", "Checkpoints that it did not take.", labels: labels) {
            [reading(Double(kcl.figures.checkpointFailures))]
        }
    }

    private func reading(_ value: Double) -> MetricReading { MetricReading(value, labels: [shard.id]) }
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
