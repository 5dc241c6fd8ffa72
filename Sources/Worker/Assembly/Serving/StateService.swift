import API
import AWS
import ContactCenter
import EngineCore
import Observability
import Platform
import Storage

/// Serves a state without maintaining it, until it is told to end: what `converge serve` runs.
///
/// Of tables it reads all Regions' rows; of an embedded state what its worker has made durable, at most ``StateWatch/paceMilliseconds`` and the time of
/// opening it ago. It writes nothing, and takes no lock that a worker wants.
package final class StateService: Sendable {
    private let server: APIServer
    private let watch: StateWatch
    /// Nil where nobody is told what changes.
    private let feed: TablesFeed?
    /// Nil where nobody is told of a failover.
    private let failover: FailoverWatch?
    private let drainMilliseconds: Int64
    private let log: Log
    private let monitor = Monitor()
    /// Guarded by the monitor.
    private let flow = Flow()

    private final class Flow: @unchecked Sendable { var isEnded = false }

    /// Opens the state and listens. Throws where either cannot be done.
    package init(_ settings: ServeSettings, version: String, _ log: Log) throws {
        let reports = try WorkerReports(version: version, log)
        let failed: @Sendable (StoreError) -> Void = { log.error("http.state", "\($0)") }
        let aliasKey = try settings.aliases?.key()
        let (state, reading, summary, look) = try StateService.state(settings.store, failed: failed)
        let watch = StateWatch(look)
        try reports.metrics.observe(
            "converge_state_view_age_seconds", "Time since the state was last opened, or its tables last answered."
        ) { [MetricReading(Double(watch.age) * 0.001)] }
        let feed = try StateService.feed(settings, log)
        try feed?.observe(reports.metrics)
        self.feed = feed
        failover = try feed.flatMap { feed in
            try settings.failover.map { FailoverWatch(try FailoverAccess($0, session: AWSSession()).control, feed.hub) }
        }
        var standing = ProcessStanding()
        standing.configuration = settings.http.shown
        server = try APIServer(
            settings.http,
            APIServer.Source(
                state: state, reading: reading, aliasKey: aliasKey, writing: settings.writing, feed: feed, standing: standing,
                process: ("serve", version)),
            Operations(
                metrics: reports.metrics, live: { HealthReport() },
                ready: { HealthReport([watch.check] + (feed?.checks ?? [])) }),
            isBeside: false, log)
        (self.watch, self.log, drainMilliseconds) = (watch, log, settings.drainMilliseconds)
        log.info(
            "serve.start", "serving the state",
            ["version": .text(version), "store": .text(summary), "http": .text(server.place)])
    }

    /// Of tables alone: of a directory nobody hears what its worker writes.
    private static func feed(_ settings: ServeSettings, _ log: Log) throws -> TablesFeed? {
        guard settings.http.tellsChanges else { return nil }
        guard case .tables(let prefix) = settings.store.place else {
            log.warning(
                "feed.off",
                "http.changes has no effect on a state directory; ask its worker for /v1/changes and lists, or set store.kind to dynamodb"
            )
            return nil
        }
        return try TablesFeed(AWSSession(), prefix: prefix, log)
    }

    /// The state, its name for people, and how to look whether it can be read.
    private static func state(
        _ settings: StoreSettings, failed: @escaping @Sendable (StoreError) -> Void
    ) throws -> (APIServer.State, ReadingSource, summary: String, look: @Sendable () throws -> Void) {
        switch settings.place {
        case .tables(let prefix):
            let reader = try DynamoDBReader(AWSSession(), prefix: prefix)
            let look: @Sendable () throws -> Void = { try reader.read(.agent, probe) { (_: EntityKey, _) in } }
            try look()
            let read: EntityReading = { (kind, id, found) throws(StoreError) in try reader.read(kind, id, found) }
            let own = ReadingRegion(name: reader.region, isOwn: true)
            return (
                .all(read),
                ReadingSource(
                    read: read, rows: { (kind, id, found) throws(StoreError) in try reader.readRows(kind, id, found) },
                    regions: { [own] }, failed: failed),
                "dynamodb:\(prefix) in \(reader.region)", look
            )
        case .embedded(let path):
            let snapshots = try StateSnapshots(path: path, expiry: Expiry(retention: settings.retentionMilliseconds))
            return (
                .member(snapshots), ReadingSource(snapshots, at: path, regions: { [] }, failed: failed), path,
                { try snapshots.renew() }
            )
        case .memory: throw UsageError("a state in memory is its worker's alone; set store.kind to embedded or dynamodb")
        }
    }

    /// No agent's id: a read of it costs the least that one can.
    private static let probe = "converge.probe"

    /// Until ``end()``, and then until all answers under way are out, or their time is over. Whether everything went well.
    package func run() -> Bool {
        guard watch.start() else {
            log.error("serve.failed", "the system has no thread left")
            return false
        }
        feed?.start()
        if failover?.start() == false {
            log.error("failover.watch", "the system has no thread left: clients of /v1/changes hear of no failover")
        }
        monitor.locked { while !flow.isEnded { monitor.wait() } }
        failover?.stop()
        feed?.stop()
        server.stop(graceMilliseconds: Int(drainMilliseconds))
        watch.stop()
        log.close(.info, "serve.end", "all answers are out; ending")
        return true
    }

    package func end() {
        monitor.locked {
            flow.isEnded = true
            monitor.broadcast()
        }
    }
}
