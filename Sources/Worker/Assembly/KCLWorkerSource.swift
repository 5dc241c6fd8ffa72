import API
import AWS
import Engine
import EngineCore
import Ingest
import Observability
import Platform

/// The shard that KCL's MultiLangDaemon gives, as a worker sees it.
struct KCLWorkerSource: WorkerSource {
    private let kcl: KCLSource
    private let shard: KCLShard
    private let redriver = Result { KinesisRedriver(try AWSSession()) }

    init(_ kcl: KCLSource, _ shard: KCLShard) {
        self.kcl = kcl
        self.shard = shard
    }

    var source: any Source { kcl }
    var summary: String { "kcl shard \(shard.id) from \(shard.start)" }

    /// The daemon watches its processes itself.
    var live: HealthReport { HealthReport() }

    var unread: Int64? { kcl.figures.behind(at: monotonicMilliseconds()) }

    func redrive(_ record: [UInt8], _ letter: Letter) throws { try redriver.get().put(record, letter) }

    func streams(_ status: PipelineStatus) -> ProcessStanding.Streams {
        let partition = kcl.partition(0)
        return ProcessStanding.Streams(
            source: "kcl",
            shards: [ProcessStanding.Shard(stream: partition.stream, name: partition.name, lag: unread)], areAllRead: nil)
    }

    func ready(_ status: PipelineStatus) -> [HealthReport.Check] {
        let allowed = KinesisSourceSettings.defaultReadyBehind
        let (figures, now) = (kcl.figures, monotonicMilliseconds())
        let behind = figures.behind(at: now).map { max($0, status.lag(now: now, time: .now)) }
        return [
            HealthReport.Check(
                "kcl.caught-up", isHealthy: behind.map { $0 <= allowed } ?? false,
                behind.map {
                    "\($0) ms behind, \(allowed) allowed; last batch of the daemon \(figures.lastBatch.silence(at: now)) ms ago"
                } ?? "lag not yet known")
        ]
    }
}

extension KCLWorkerSource {
    func observe(_ pipeline: Pipeline, in metrics: Metrics) throws(MetricsError) {
        let labels = ["shard"]
        try metrics.observe(
            "converge_kcl_behind_seconds",
            "Upper bound of the time behind the end of the shard: as of the daemon's last batch, plus the time since then.",
            labels: labels
        ) {
            unread.map { [reading(Double($0) * 0.001)] } ?? []
        }
        try metrics.observe("converge_kcl_waiting_bytes", "Bytes received from the daemon and not yet merged.", labels: labels)
        {
            [reading(Double(kcl.figures.waitingBytes))]
        }
        try metrics.observe("converge_kcl_checkpoints_total", "Checkpoints that the daemon accepted.", labels: labels) {
            [reading(Double(kcl.figures.checkpoints))]
        }
        try metrics.observe("converge_kcl_checkpoint_failures_total", "Checkpoints that the daemon refused.", labels: labels) {
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
            info("kcl.assigned", "started reading a shard", ["shard": .text(partition.name), "from": .text(start)])
        case .lost(let partition):
            info(
                "kcl.lost",
                "the daemon lost the shard's lease; its next owner will read records after the last checkpoint again",
                ["shard": .text(partition.name)])
        case .ended(let partition):
            info("kcl.ended", "the shard was read to its end, and its end is checkpointed", ["shard": .text(partition.name)])
        case .released(let partition, let isSettled):
            info(
                "kcl.released", "gave the shard back to the daemon",
                ["shard": .text(partition.name), "settled": .boolean(isSettled)])
        case .checkpointFailed(let partition, let error):
            warning(
                "kcl.checkpoint.failed", "the daemon refused a checkpoint: \(error)", key: error,
                ["shard": .text(partition.name)])
        case .unknownAction(let action):
            warning(
                "kcl.action.unknown", "the daemon sent an unknown action; it was acknowledged", key: action,
                ["action": .text(action)])
        case .daemonGone(let partition):
            error(
                "kcl.daemon.gone",
                "the daemon ended without releasing the shard; records after the last checkpoint will be read again",
                ["shard": .text(partition.name)])
        }
    }
}
