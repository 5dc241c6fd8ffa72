import API
import ContactCenter
import EngineCore
import FeedCore
import HTTPServer
import Lattice
import Observability
import Platform
import Synchronization

/// The feed of a store that one worker has to itself: what the worker writes is what changes, so nobody reads a stream. Batches are kept in
/// memory alone; a client that comes with a position of before the start is told to read anew.
///
/// Entities that expire leave the store by themselves. They stay here until the next start, are shown by nobody, and are not told.
final class LocalFeed: StateFeed {
    /// Under which name the store keeps the number that the next start begins above.
    private static let metadataName = "feed.limit"
    /// Numbers that are kept for one start before the store is asked for more: so many writes.
    private static let reserved: UInt64 = 1 << 20

    private struct State {
        var number: UInt64
        var limit: UInt64

        mutating func next(_ entries: [FeedEntry]) -> FeedBatch {
            number += 1
            let now = Timestamp.now.milliseconds
            return FeedBatch(number: number, author: "", time: now, readTo: now, cursor: FeedCursor(), entries: entries)
        }
    }

    let hub = ChangeHub(windowBytesMax: FeedBounds.windowBytesMax)
    let resident: ResidentState
    private let store: any Store
    private let log: Log
    private let state: Mutex<State>
    /// When the writes that are under way began, by their numbers, in milliseconds since 1970: what one of them has may be durable and not
    /// told yet. As many as threads write.
    private let underWay = Mutex<(next: UInt64, begun: [UInt64: Int64])>((0, [:]))
    /// Of what was there before.
    private let scan: FeedScan
    private let monitor = Monitor()
    /// Guarded by the monitor.
    private nonisolated(unsafe) var isEnding = false
    private nonisolated(unsafe) var thread: SystemThread?

    /// A number above all that this store's feed has had, whatever the clock says. `retention`: the store's, in milliseconds.
    init(_ store: any Store, retention: Int64, _ log: Log) throws {
        let expiry = Expiry(retention: retention)
        let resident = ResidentState(bytesMax: FeedBounds.viewBytesMax) { expiry.hasPassed($0.bytes, $1.bytes) }
        self.resident = resident
        scan = FeedScan(into: resident, log) { found in
            try store.scan { key, entity in
                guard EntityKey(key).kind != .volume else { return }
                try found(key, "", entity)
            }
        }
        self.store = store
        self.log = log
        let now = UInt64(max(Timestamp.now.milliseconds, 1))
        let number = max(now, try store.metadata(LocalFeed.metadataName).flatMap { UInt64($0) } ?? 0)
        let limit = number + LocalFeed.reserved
        try store.setMetadata(LocalFeed.metadataName, "\(limit)")
        state = Mutex(State(number: number, limit: limit))
        hub.begin(behind: number)
    }

    /// Reads what the store has, until that was done once, and tells quiet clients that they are not alone, until ``stop()``.
    func start() {
        scan.want()
        guard scan.start() else { return failed() }
        let started = SystemThread { [self] in
            while !isOver(after: 1_000) {
                hub.tick()
                tellAge()
            }
        }
        monitor.locked { thread = started }
        if started == nil { failed() }
    }

    private func failed() {
        log.error(
            "feed.failed",
            "the system has no thread left for the feed: nothing is listed, and clients of /v1/changes hear no heartbeat")
    }

    private func isOver(after milliseconds: Int64) -> Bool {
        let until = monotonicMilliseconds() + milliseconds
        return monitor.locked {
            while !isEnding, monotonicMilliseconds() < until { monitor.wait(until: until) }
            return isEnding
        }
    }

    func stop() {
        hub.drain()
        let thread = monitor.locked {
            isEnding = true
            monitor.broadcast()
            defer { self.thread = nil }
            return self.thread
        }
        thread?.join()
        scan.stop()
    }

    /// All that was durable before the first write began that is under way is in memory.
    private func tellAge() {
        guard scan.standing.isDone else { return }
        let now = Timestamp.now.milliseconds
        resident.isCurrent(asOf: underWay.withLock { $0.begun.values.min() } ?? now)
    }

    var checks: [HealthReport.Check] { [scan.check, FeedStanding.age(of: resident, now: .now)] }

    func observe(_ metrics: Metrics) throws(MetricsError) { try FeedMetrics.observe(self, in: metrics) }

    // MARK: What is written

    /// A write begins; its number.
    func begins() -> UInt64 {
        let now = Timestamp.now.milliseconds
        return underWay.withLock { underWay in
            underWay.next += 1
            underWay.begun[underWay.next] = now
            return underWay.next
        }
    }

    /// A write is over: what it made durable was told (``wrote(_:)``), or it failed.
    func ended(_ number: UInt64) {
        underWay.withLock { _ = $0.begun.removeValue(forKey: number) }
        tellAge()
    }

    /// Rows that are durable by now, the whole of each entity.
    func wrote(_ batches: [RowBatch]) {
        let told = state.withLock { state -> [FeedBatch] in
            var told: [FeedBatch] = []
            var entries: [FeedEntry] = []
            var registers = 0
            for row in batches.lazy.joined() where EntityKey(row.key).kind != .volume {
                let key = Array(row.key)
                let old = resident.entity(key)
                func found(_ joined: EntityView?) -> [FeedEntry] {
                    FeedEntry.entries(key: key, row: "", old: old, new: Array(row.entity), joined: joined)
                }
                for entry in old?.withUnsafeBytes({ found(EntityView($0)) }) ?? found(nil) {
                    if registers + entry.count > FeedPosition.registersMax {
                        told.append(state.next(entries))
                        (entries, registers) = ([], 0)
                    }
                    entries.append(entry)
                    registers += entry.count
                }
            }
            if !entries.isEmpty { told.append(state.next(entries)) }
            for batch in told { resident.take(batch) }
            return told
        }
        reserve()
        for batch in told { hub.append(batch) }
    }

    /// Keeps the limit ahead of the numbers that are given.
    private func reserve() {
        let limit = state.withLock { state -> UInt64? in
            guard state.number + LocalFeed.reserved / 2 > state.limit else { return nil }
            state.limit = state.number + LocalFeed.reserved
            return state.limit
        }
        guard let limit else { return }
        do { try store.setMetadata(LocalFeed.metadataName, "\(limit)") } catch {
            log.warning("feed.limit", "cannot keep how far the numbers of changes are: \(error)")
        }
    }
}
