import AWS
import EngineCore
import Glibc
import Ingest
import Observability
import Platform

/// A worker that KCL's MultiLangDaemon gives a shard.
package struct KCLWorker {
    package let worker: Worker
    private let source: KCLSource

    /// How long an embedded store is waited for: whichever process had the shard before holds it to its own end.
    private static let storeMilliseconds: Int64 = 60_000

    /// `settings`: those of the shard. `deadline`: begins when the daemon goes away.
    package init(
        _ settings: WorkerSettings, _ channel: KCLChannel, _ shard: KCLShard, _ deadline: KCLDeadline, version: String,
        _ log: Log
    ) throws {
        let reports = try WorkerReports(version: version, log)
        let span = reports.span
        let epochs = try KCLWorker.leaseTable(settings, log)
        let source = KCLSource(
            channel, shard, stream: settings.kcl.stream, settleMilliseconds: deadline.milliseconds, epochs: epochs
        ) { event in
            if case .assigned = event { span.assigned() }
            if case .daemonGone = event { deadline.begin() }
            log.tell(event)
        }
        let store = try KCLWorker.store(settings, channel, log)
        if let epochs, let epoch = store.epoch { try epochs.confirm(shard, in: epoch) }
        let stored = try store.store.checkpoints().first { $0.partition == source.partition(0) }
        log.info(
            "kcl.shard", "the daemon assigned a shard",
            [
                "shard": .text(shard.id), "from": .text(shard.start),
                "stored": .text(stored?.position.sequenceNumber ?? "nothing"),
            ])
        worker = try Worker(settings, store, KCLWorkerSource(source, shard), reports)
        self.source = source
    }

    /// Whether everything went well and the daemon has the shard back.
    package func run() -> Bool { worker.run() && source.isReleased }

    /// Nil where no lease table is named, or the store keeps the positions itself.
    private static func leaseTable(_ settings: WorkerSettings, _ log: Log) throws -> KCLLeaseTable? {
        guard settings.store.isShared else { return nil }
        guard let name = settings.kcl.leaseTable else {
            log.warning(
                "kcl.epoch.off",
                "kcl.lease-table is not set. After a table is restored, emptied or replaced, KCL's checkpoints stay where they are, and the "
                    + "records before them are not read again. Set kcl.lease-table to detect this")
            return nil
        }
        return KCLLeaseTable(name, try AWSSession().client(.dynamoDB))
    }

    /// Opens it once nobody else has it.
    private static func store(_ settings: WorkerSettings, _ channel: KCLChannel, _ log: Log) throws -> WorkerStore {
        makeParents(settings)
        let limit = monotonicMilliseconds() + storeMilliseconds
        while true {
            do { return try WorkerStore(settings, log) } catch let error as StoreError {
                guard case .inUse = error.reason, monotonicMilliseconds() < limit, !channel.isClosed else { throw error }
                log.warning("kcl.store.waits", "\(error); retrying")
                usleep(200_000)
            }
        }
    }

    /// The directories that those of all shards are in.
    private static func makeParents(_ settings: WorkerSettings) {
        var paths = settings.capture.map { [$0.path] } ?? []
        if case .embedded(let path) = settings.store.place { paths.append(path) }
        for path in paths {
            guard let slash = path.lastIndex(of: "/") else { continue }
            mkdir(String(path[..<slash]), 0o700)
        }
    }
}
