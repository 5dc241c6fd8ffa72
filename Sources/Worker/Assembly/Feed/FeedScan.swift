import API
import EngineCore
import FeedCore
import Observability
import Platform
import Synchronization

/// Reads all that a state has into memory, on a thread of its own, whenever that is wanted, and again where it fails: after 1 s, and twice
/// as long each time, up to a minute.
///
/// One scan at a time. One that was begun before it was wanted again counts for nothing and begins anew.
final class FeedScan: Sendable {
    private static let firstPause: Int64 = 1_000
    private static let pauseMax: Int64 = 60_000

    /// Calls its argument with every row. What that throws ends the scan.
    typealias Rows = @Sendable (_ found: (_ key: ByteView, _ row: String, _ entity: ByteView) throws -> Void) throws -> Void

    struct Standing: Sendable, Equatable {
        /// How often it was wanted, and up to which time it was done.
        var wanted = 0
        var done = 0
        /// When the scan that is done began, in milliseconds since 1970.
        var begun: Int64 = 0
        /// Why the last try came to nothing, and since when none was done.
        var trouble: String?
        var failingSince: Timestamp?

        var isDone: Bool { wanted > 0 && done == wanted }
    }

    private struct Outdated: Error {}

    private let resident: ResidentState
    private let rows: Rows
    private let log: Log
    private let monitor = Monitor()
    private let flow = Flow()

    /// Guarded by the monitor.
    private final class Flow: @unchecked Sendable {
        var standing = Standing()
        var isEnding = false
        var thread: SystemThread?
    }

    init(into resident: ResidentState, _ log: Log, rows: @escaping Rows) {
        self.resident = resident
        self.log = log
        self.rows = rows
    }

    var standing: Standing { monitor.locked { flow.standing } }

    /// False where the system has no thread left.
    func start() -> Bool {
        let thread = SystemThread { [self] in run() }
        monitor.locked { flow.thread = thread }
        return thread != nil
    }

    /// Returns when the scan under way is given up: with its next row, or the store's answer.
    func stop() {
        let thread = monitor.locked {
            flow.isEnding = true
            monitor.broadcast()
            defer { flow.thread = nil }
            return flow.thread
        }
        thread?.join()
    }

    /// All is to be read, from now on.
    func want() {
        monitor.locked {
            flow.standing.wanted += 1
            monitor.broadcast()
        }
    }

    private func run() {
        var pause = FeedScan.firstPause
        while let wanted = next() {
            let begun = Timestamp.now
            do {
                try scan(wanted)
                pause = FeedScan.firstPause
                monitor.locked {
                    let standing = flow.standing
                    flow.standing = Standing(wanted: standing.wanted, done: wanted, begun: begun.milliseconds)
                }
            } catch is Outdated {
                continue
            } catch {
                monitor.locked {
                    flow.standing.trouble = "\(error)"
                    flow.standing.failingSince = flow.standing.failingSince ?? begun
                }
                log.warning(
                    "feed.scan", "cannot read the state for lists; trying again in \(pause / 1000) s: \(error)",
                    key: "feed.scan")
                rest(pause)
                pause = min(2 * pause, FeedScan.pauseMax)
            }
        }
    }

    private func scan(_ wanted: Int) throws {
        resident.beginScan()
        try rows { key, row, entity in
            guard monitor.locked({ flow.standing.wanted == wanted && !flow.isEnding }) else { throw Outdated() }
            resident.found(key, row: row, entity)
        }
        resident.endScan()
    }

    /// What is wanted and not done; nil at the end.
    private func next() -> Int? {
        monitor.locked {
            while !flow.isEnding, flow.standing.done == flow.standing.wanted { monitor.wait() }
            return flow.isEnding ? nil : flow.standing.wanted
        }
    }

    private func rest(_ milliseconds: Int64) {
        let until = monotonicMilliseconds() + milliseconds
        monitor.locked { while !flow.isEnding, monotonicMilliseconds() < until { monitor.wait(until: until) } }
    }

    /// Whether lists can be answered. Beside: who cannot list can still read.
    var check: HealthReport.Check {
        let standing = standing
        return HealthReport.Check(
            "feed.scan", isHealthy: standing.isDone,
            standing.isDone
                ? ""
                : standing.trouble.map { "the state cannot be read for lists: \($0)" }
                    ?? (standing.done > 0 ? "the state is being read anew" : "the state has not been read yet"),
            since: standing.isDone ? nil : standing.failingSince, isBeside: true)
    }
}
