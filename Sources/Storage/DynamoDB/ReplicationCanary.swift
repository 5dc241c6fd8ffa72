public import AWS
import Platform
import Synchronization

/// Keeps writing this worker's canary row and reading those of the other Regions, on a thread of its own, for as long as the worker runs.
///
///     let canary = ReplicationCanary(client, prefix: "converge", worker: worker) { log.warn("replication.canary", $0) }
///     canary.start()
///     canary.links        // from us-west-2 to us-east-1: 812 ms
///
/// A row is in the agents' table: `pk` `converge#canary`, `sk` `REGION#WORKER`, `at`, what it has `seen` of other Regions, the newest format of rows
/// that it `reads`, how far its worker is behind (`lag`), and the write `units` of its rows by kind `since` it began; it expires a day after its worker has ended. Cost: a write unit a second in each Region, and a read unit for each 8 KB of rows four times a second.
///
/// Who is no worker only reads, once a second.
///
/// A write or read that fails is told, once until one works again, and tried again. A slow one is waited for; the other goes on.
public final class ReplicationCanary: Sendable {
    static let readIntervalMilliseconds: Int64 = 250
    static let readerIntervalMilliseconds: Int64 = 1_000
    /// A worker whose row is older has ended, or cannot write.
    private static let liveMilliseconds: Int64 = 15_000
    private static let keptMilliseconds: Int64 = 86_400_000

    private struct State {
        var watch: ReplicationWatch
        /// As they were read last.
        var rows: [ReplicationWatch.Row] = []
        var isWriting = false
        var isReading = false
        var failedWrites = 0
        var failedReads = 0
    }

    private let client: ServiceClient
    private let table: String
    private let worker: String?
    private let units: @Sendable () -> [String: Int64]
    private let since: Int64
    private let tell: @Sendable (String) -> Void
    private let now: @Sendable () -> Int64
    private let state: Mutex<State>
    private let monitor = Monitor()
    /// Guarded by the monitor.
    private let flow: Flow

    private final class Flow: @unchecked Sendable {
        var isStopped = false
        var thread: SystemThread?
        var lag: @Sendable () -> Int64? = { nil }
    }

    /// `worker`: what tells it from the others of its Region; nil: it writes no row. `units`: the write units of its rows so far, by kind. `tell` is given sentences about
    /// failures, on any thread. `now`: milliseconds since 1970.
    public init(
        _ client: ServiceClient, prefix: String, worker: String?, units: @escaping @Sendable () -> [String: Int64] = { [:] },
        now: @escaping @Sendable () -> Int64 = { Timestamp.now.milliseconds }, tell: @escaping @Sendable (String) -> Void
    ) {
        self.client = client
        self.worker = worker
        self.units = units
        self.tell = tell
        self.now = now
        since = now()
        table = DynamoDBStore.table(.agent, prefix: prefix)
        state = Mutex(State(watch: ReplicationWatch(region: client.region)))
        flow = Flow()
    }

    /// The Region whose rows it writes and reads.
    public var region: String { client.region }

    /// The replication from every other Region that a row was ever seen of.
    public var links: [ReplicationLink] {
        let now = now()
        return state.withLock { $0.watch.links(at: now) }
    }

    /// How far the workers of this Region are behind, by their rows: the one that is furthest, in milliseconds. Nil where none lives, or one does not know.
    public var ownLag: Int64? {
        let now = now()
        let live = state.withLock { $0.rows }.filter {
            $0.region == client.region && now - $0.at <= ReplicationCanary.liveMilliseconds
        }
        guard live.allSatisfy({ $0.lag != nil }) else { return nil }
        return live.compactMap { row in row.lag.map { $0 + max(0, now - row.at) } }.max()
    }

    /// The replication to every other Region that has told of this one's rows.
    public var outgoing: [ReplicationSight] {
        let now = now()
        return state.withLock { $0.watch.outgoing(at: now) }
    }

    /// How far the workers of each Region are behind, of Regions that have rows here: by those that live, and where none does by the one that wrote last.
    public var workers: [WorkersLag] {
        let now = now()
        let rows = state.withLock { $0.rows }
        return Dictionary(grouping: rows, by: \.region).sorted { $0.key < $1.key }.compactMap { region, rows in
            let live = rows.filter { now - $0.at <= ReplicationCanary.liveMilliseconds }
            guard let last = rows.max(by: { $0.at < $1.at }) else { return nil }
            let told = live.isEmpty ? [last] : live
            let lags = told.map(\.lag)
            return WorkersLag(
                region: region, lagMilliseconds: lags.contains(nil) ? nil : lags.compactMap { $0 }.max(),
                ageMilliseconds: max(0, now - (told.map(\.at).min() ?? now)))
        }
    }

    /// Begins. Once. `lag`: how old the oldest event is that its worker has not written yet; nil where that is not known.
    public func start(lag: @escaping @Sendable () -> Int64? = { nil }) {
        monitor.locked {
            flow.lag = lag
            flow.thread = SystemThread { [self] in run() }
        }
        if monitor.locked({ flow.thread == nil }) {
            tell("cannot start a thread for the replication canary: replication lag is not measured")
        }
    }

    /// Returns when nothing more is begun.
    public func stop() {
        let thread = monitor.locked {
            flow.isStopped = true
            monitor.broadcast()
            defer { flow.thread = nil }
            return flow.thread
        }
        thread?.join()
    }

    private func run() {
        var writeAt = monotonicMilliseconds()
        var readAt = writeAt
        while !monitor.locked({ flow.isStopped }) {
            let time = monotonicMilliseconds()
            if let worker, time >= writeAt {
                write(worker)
                writeAt = max(writeAt + ReplicationWatch.writeIntervalMilliseconds, time)
            }
            if time >= readAt {
                read()
                readAt = max(readAt + readInterval, time)
            }
            let next = worker == nil ? readAt : min(writeAt, readAt)
            monitor.locked { if !flow.isStopped { monitor.wait(until: next) } }
        }
    }

    private var readInterval: Int64 {
        worker == nil ? ReplicationCanary.readerIntervalMilliseconds : ReplicationCanary.readIntervalMilliseconds
    }

    // MARK: - Writing

    private func write(_ worker: String) {
        let seen: [String: ReplicationWatch.Sight]? = state.withLock { state in
            guard !state.isWriting else { return nil }
            state.isWriting = true
            return state.watch.seen
        }
        guard let seen else { return }
        let lag = monitor.locked { flow.lag }
        let row = ReplicationWatch.Row(
            region: client.region, worker: worker, at: now(), seen: seen, reads: Int64(RegistersFormat.newest.rawValue),
            since: since, units: units(), lag: lag())
        client.submit(CanaryRow.put(row, in: table, keptFor: ReplicationCanary.keptMilliseconds)) { [self] result in
            state.withLock { $0.isWriting = false }
            ended(\.failedWrites, "write", result.failure)
        }
    }

    // MARK: - Reading

    private func read() {
        let isFree = state.withLock { state in
            defer { state.isReading = true }
            return !state.isReading
        }
        if isFree { read(after: nil, []) }
    }

    /// One page, and then the next.
    private func read(after last: [UInt8]?, _ rows: [ReplicationWatch.Row]) {
        client.submit(CanaryRow.query(table, after: last)) { [self] result in
            let page = try? result.get()
            let found = rows + (page?.rows(CanaryRow.row) ?? [])
            if let next = page?.last { return read(after: next, found) }
            let now = now()
            state.withLock { state in
                state.isReading = false
                guard page != nil else { return }
                state.watch.take(found, at: now)
                state.rows = found
            }
            ended(\.failedReads, "read", result.failure)
        }
    }

    // MARK: - Telling

    private func ended(_ count: WritableKeyPath<State, Int> & Sendable, _ doing: String, _ failure: String?) {
        let before = state.withLock { state in
            defer { state[keyPath: count] = failure == nil ? 0 : state[keyPath: count] + 1 }
            return state[keyPath: count]
        }
        if let failure, before == 0 { tell("cannot \(doing) the replication canary's rows: \(failure); retrying") }
        if failure == nil, before > 0 { tell("the replication canary can \(doing) its rows again after \(before) failures") }
    }
}

extension Result where Failure == AWSError {
    fileprivate var failure: String? { if case .failure(let error) = self { "\(error)" } else { nil } }
}
