import API
import AWS
import ContactCenter
import FeedCore
import Observability
import Platform
import Storage
import Synchronization

/// The feed of a Region's tables, in a process that serves it: a thread around a ``FeedBook``, which follows the tables' streams or reads
/// what another process writes, and tells ``ChangeHub`` and ``ResidentState`` what is durable by then.
///
/// It follows only once it was able to list all streams: a process without permission never takes the place of one that has it. A follower
/// that cannot list or read something for a minute gives way for a minute, and comes back where nobody took its place.
///
/// Begin: where the log ends, then a scan of the tables into memory while what lies behind that is taken in. After a reset, or where
/// batches are missing, the tables are scanned again; clients are told at once to read anew, and once more when lists are whole again.
final class TablesFeed: StateFeed {
    struct Options: Sendable {
        var book: FeedBook.Options
        /// How long something may fail before a follower gives way, and for how long it does then.
        var trouble: Int64 = 60_000
        /// Between two attempts at listing all streams, of a process that was not able to.
        var trial: Int64 = 30_000
        var viewBytesMax = FeedBounds.viewBytesMax
        var windowBytesMax = FeedBounds.windowBytesMax

        /// `tables`: whose streams are followed.
        init(tables: [String]) {
            book = FeedBook.Options(
                author: "\(hostName())/\(UInt64.random(in: .min ... .max))", tables: tables)
            book.patience = Int64.random(in: 0...3_000)
            // Until all streams were listed.
            book.mayFollow = false
        }
    }

    /// Kinds of which changes are told and that are kept in memory. How many contacts started is counted for failover alone, and changes all
    /// the time; aliases are looked up one by one, and only some processes have their key.
    static let kinds = EntityKind.allCases.filter { $0 != .volume && $0 != .alias }
    /// How long a follower has to say its last word.
    private static let endMax: Int64 = 3_000
    private static let tickPause: Int64 = 1_000

    let hub: ChangeHub
    let resident: ResidentState
    private let options: Options
    private let lanes: FeedLanes
    private let streams: any FeedStreams
    private let scan: FeedScan
    private let log: Log
    private let state: Mutex<FeedStanding>
    private let monitor = Monitor()
    private let flow = Flow()

    /// Guarded by the monitor.
    private final class Flow: @unchecked Sendable {
        var isEnding = false
        var thread: SystemThread?
    }

    /// What the feed's thread has to itself.
    private struct Course {
        var book: FeedBook
        var canList = false
        var trials: Set<String> = []
        /// Tables that were listed in this trial.
        var listed: Set<String> = []
        var nextTrial: Int64 = .min / 2
        /// What fails, by table or shard, and since when.
        var failing: [String: (since: Int64, why: String)] = [:]
        var hasBegun = false
        var isMissing = false
        var last: UInt64 = 0
        var readTo: Int64 = 0
        /// How often a scan was done.
        var scans = 0
        var nextTick: Int64 = .min / 2
    }

    /// `streams` is given what is known of an entity, of all its rows.
    init(
        _ options: Options, log feedLog: any FeedLog, rows: @escaping FeedScan.Rows, _ log: Log,
        streams makeStreams: (_ joined: @escaping @Sendable (_ key: [UInt8]) -> [UInt8]?) throws -> any FeedStreams
    ) throws {
        self.options = options
        self.log = log
        let resident = ResidentState(bytesMax: options.viewBytesMax)
        let streams = try makeStreams { resident.entity($0) }
        self.streams = streams
        self.resident = resident
        hub = ChangeHub(windowBytesMax: options.windowBytesMax)
        lanes = FeedLanes(feedLog, streams)
        scan = FeedScan(into: resident, log, rows: rows)
        state = Mutex(FeedStanding())
        feedLogTrouble = { feedLog.trouble }
    }

    private let feedLogTrouble: @Sendable () -> String?

    /// Of tables whose names begin with a prefix, in the session's own Region.
    convenience init(_ session: AWSSession, prefix: String, _ log: Log) throws {
        let reader = try DynamoDBReader(session, prefix: prefix)
        try self.init(
            Options(tables: TablesFeed.kinds.map { DynamoDBStore.table($0, prefix: prefix) }),
            log: TableFeedLog(session, prefix: prefix),
            rows: { found in
                try reader.scan(TablesFeed.kinds) { row, key, entity in
                    try found(key, row.name, entity)
                }
            }, log
        ) { joined in try TableStreams(session, prefix: prefix, joined: joined) }
    }

    func start() {
        let thread = lanes.start() && scan.start() ? SystemThread { [self] in run() } : nil
        monitor.locked { flow.thread = thread }
        if thread == nil {
            log.error(
                "feed.failed", "the system has no thread left for the feed: nothing is told at /v1/changes, nothing listed")
            state.withLock { $0.failure = "the system has no thread left" }
        }
    }

    func stop() {
        hub.drain()
        let thread = monitor.locked {
            flow.isEnding = true
            monitor.broadcast()
            defer { flow.thread = nil }
            return flow.thread
        }
        thread?.join()
        lanes.end()
        scan.stop()
    }

    private var isEnding: Bool { monitor.locked { flow.isEnding } }

    // MARK: The thread

    private func run() {
        var course = Course(book: FeedBook(options.book))
        while !isEnding { turn(&course) }
        // Whoever is there need not wait until it is clear that this process is gone.
        course.book.end()
        let deadline = monotonicMilliseconds() + TablesFeed.endMax
        while !course.book.isOver, monotonicMilliseconds() < deadline { turn(&course) }
    }

    private func turn(_ course: inout Course) {
        var now = monotonicMilliseconds()
        let wall = Timestamp.now.milliseconds
        tryListing(&course, now: now, wall: wall)
        for step in course.book.steps(now: now, wall: wall) { lanes.ask(step, now: now, wall: wall) }
        deliver(&course)
        if now >= course.nextTick {
            hub.tick()
            course.nextTick = now + TablesFeed.tickPause
        }
        stand(course, now: now)
        // Half of what is waited for, so that nothing is late by more than that.
        let pause = course.book.role == .following ? options.book.linger / 2 : options.book.poll / 2
        let answers = lanes.next(until: now + pause)
        now = monotonicMilliseconds()
        for answer in answers { take(answer, &course, now: now) }
        deliver(&course)
    }

    /// A process that could not list all streams tries again; a follower that fails for a while gives way.
    private func tryListing(_ course: inout Course, now: Int64, wall: Int64) {
        if course.canList, course.book.role == .following,
            let failing = course.failing.min(by: { $0.value.since < $1.value.since }),
            now - failing.value.since >= options.trouble
        {
            log.warning(
                "feed.gives-way",
                "\(failing.key) has failed for \((now - failing.value.since) / 1000) s; another process may follow",
                ["why": .text(failing.value.why)])
            course.canList = false
            course.book.mayFollow(false)
            course.nextTrial = now + options.trouble
        }
        guard !course.canList, course.trials.isEmpty, now >= course.nextTrial else { return }
        course.trials = Set(options.book.tables)
        course.listed = []
        for table in options.book.tables { lanes.tryListing(table, now: now, wall: wall) }
    }

    private func take(_ answer: FeedLanes.Answer, _ course: inout Course, now: Int64) {
        switch answer {
        case .log(let batches, let sent, let trouble):
            course.book.logRead(batches, sent: sent, now: now)
            note("the log of the feed", trouble, &course, now: now)
            if batches != nil { begin(&course) }
        case .written(let outcome, let ticket, let sent):
            let trouble = outcome == .unknown ? feedLogTrouble() ?? "nobody knows whether a batch was written" : nil
            note("the log of the feed", trouble, &course, now: now)
            course.book.written(outcome, ticket: ticket, sent: sent, now: now)
        case .listed(let table, let found, let wall, let trouble, let isTrial):
            note("the stream of \(table)", trouble, &course, now: now)
            if isTrial {
                tried(table, isListed: found != nil, &course, now: now)
            } else {
                course.book.listed(table, found.map { ($0.stream, $0.shards) }, wall: wall, now: now)
            }
        case .read(let name, let answer, let ticket, let wall):
            if course.book.role == .following {
                var trouble: String?
                if case .failed = answer { trouble = streams.troubles[name] ?? "it does not answer" }
                note("shard \(name.shard) of \(name.table)", trouble, &course, now: now)
            }
            course.book.took(name, ticket: ticket, answer, wall: wall, now: now)
        }
        if course.book.role != .following { course.failing = course.failing.filter { !$0.key.hasPrefix("shard ") } }
    }

    private func tried(_ table: String, isListed: Bool, _ course: inout Course, now: Int64) {
        course.trials.remove(table)
        if isListed { course.listed.insert(table) }
        guard course.trials.isEmpty else { return }
        course.canList = course.listed.count == options.book.tables.count
        course.book.mayFollow(course.canList)
        course.nextTrial = now + options.trial
    }

    private func note(_ what: String, _ trouble: String?, _ course: inout Course, now: Int64) {
        guard let trouble else {
            course.failing[what] = nil
            return
        }
        log.warning("feed.trouble", "\(what): \(trouble)", key: what)
        course.failing[what] = (course.failing[what]?.since ?? now, trouble)
    }

    // MARK: What is durable

    /// Where the log ended, and then what the tables hold: what comes behind that is told.
    private func begin(_ course: inout Course) {
        guard !course.hasBegun else { return }
        course.hasBegun = true
        if let head = course.book.head {
            hub.begin(behind: head.number)
            (course.last, course.readTo) = (head.number, head.readTo)
        }
        scan.want()
    }

    private func deliver(_ course: inout Course) {
        for told in course.book.takeTold() {
            switch told {
            case .missing:
                course.isMissing = true
            case .batch(let batch):
                resident.take(batch)
                var shown = batch
                // Clients that are there have to hear of it, too.
                shown.isReset = batch.isReset || course.isMissing
                if shown.isReset {
                    log.info(
                        "feed.reset", "changes may be missing: reading the state anew", ["batch": .integer(Int(batch.number))])
                    scan.want()
                }
                course.isMissing = false
                hub.append(shown)
                (course.last, course.readTo) = (batch.number, max(course.readTo, batch.readTo))
                state.withLock {
                    $0.batches += 1
                    if shown.isReset { $0.resets += 1 }
                }
            }
        }
        let standing = scan.standing
        guard standing.isDone else { return }
        if standing.done != course.scans {
            // Who was told to read anew and looked at lists then saw what was there before.
            if course.scans > 0, course.last > 0 {
                hub.append(
                    FeedBatch(number: course.last, author: "", time: 0, isReset: true, cursor: FeedCursor()))
            }
            course.scans = standing.done
            resident.isCurrent(asOf: standing.begun)
        }
        // What came up to the batch that the scan began behind was durable before it.
        if course.readTo > 0 { resident.isCurrent(asOf: course.readTo) }
    }

    // MARK: How it stands

    private func stand(_ course: Course, now: Int64) {
        let trouble = course.failing.min { ($0.value.since, $0.key) < ($1.value.since, $1.key) }
        let damage = streams.damage
        if damage.count > standing.damaged, let latest = damage.latest {
            log.error("feed.damaged", "a version of a row is passed over, nothing can read it: \(latest)")
        }
        state.withLock { standing in
            (standing.damaged, standing.damage) = damage
            standing.role = course.book.role
            standing.shards = course.book.shardCount
            standing.canFollow = course.canList
            standing.newest = course.book.head.map { Timestamp(milliseconds: $0.time) }
            standing.trouble = trouble.map { "\($0.key): \($0.value.why)" }
            standing.troubleSince = trouble.map { timeOfDay($0.value.since, now: now, time: .now) }
        }
    }

    var standing: FeedStanding { state.withLock { $0 } }

    var checks: [HealthReport.Check] {
        standing.checks(silence: options.book.silence, now: .now)
            + [scan.check, FeedStanding.age(of: resident, now: .now)]
    }

    func observe(_ metrics: Metrics) throws(MetricsError) {
        try FeedMetrics.observe(self, in: metrics)
        try FeedMetrics.observeFollowing({ [self] in standing }, in: metrics)
    }
}
