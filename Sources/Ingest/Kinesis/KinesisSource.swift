public import AWS
public import EngineCore
import Leases
import Platform
import Synchronization

/// The shards of Kinesis streams that this worker holds the leases of, as a ``Source``.
///
///     let source = try KinesisSource(settings, session: session, leases: AWSSession(), start: { _, _, _ in nil })
///     try Pipeline(source: source, ..).run()
///
/// Three threads of its own: one renews, takes and steals leases and never waits for anything; one looks the shards up; one
/// opens and closes lanes. The pipeline's threads take blocks from the lanes' fetchers, a thread a lane at a time, and are woken
/// when one that was empty is so no more. Each holding of a shard has an index of its own (``partition(_:)``), and its blocks
/// count from 0.
///
///     taken:     start position (closure, else the lease) -> fetcher
///     read:      fetcher -> block -> pipeline .. durable -> commit(_:epoch:) over owner and counter of the lease
///     lost:      read no more -> drop; nothing of it is committed any more
///     ended:     commit of the shard's end -> its children get leases at once
///     stopped:   commit what is durable -> give the leases up, for others to take within a second
public final class KinesisSource: Source {
    /// How often positions are committed where the store keeps them itself, in milliseconds: the commits are for people then.
    static let commitMilliseconds: Int64 = 1_000
    static let scanMilliseconds: Int64 = 1_000

    struct State {
        var partitions = AssignedPartitions()
        var streams: [LeasedStream] = []
        /// Whether the streams are found.
        var isReady = false
        var book: LeaseBook
        /// What the thread of the lanes has not seen to yet.
        var changes: [LeaseBook.Change] = []
        /// Whether that thread is at something.
        var isChanging = false
        var lanes: [Int: KinesisLane] = [:]
        var status: [Int: KinesisLane.Status] = [:]
        /// The lane of a lease that is held.
        var laneOf: [LeaseBook.Key: Int] = [:]
        /// Which of them is read next.
        var queue = LaneQueue()
        var failure: (any Error)?
        var isClosing = false
        /// Durable and to be committed when it is due, by index: where the store keeps the positions.
        var uncommitted: [Int: CheckpointLedger.Sealed] = [:]
        var committedAt: Int64 = 0
        /// Commits that wait for their turn at the lease, or for the answer.
        var pending: [LeaseBook.Key: PendingCommit] = [:]
        /// Leases that the service does not let this worker give up.
        var kept: Set<LeaseBook.Key> = []
        var figures = Figures()
    }

    struct Figures {
        var taken = 0
        var stolen = 0
        var lost = 0
        var commits = 0
        var commitFailures = 0
        var isCutOff = false
        var polledAt: Int64 = 0
        /// Of the looks at a stream's leases and at its shards, by stream.
        var scans: [Int: LastAnswer] = [:]
        var lists: [Int: LastAnswer] = [:]
        /// Of what comes before there are streams.
        var setUp: LastAnswer?
    }

    /// Says where a holding of a shard begins; nil: where its lease says. `identity`: what the partition's checkpoints will
    /// carry. `leased`: the position in the lease, nil where there is none that counts.
    public typealias Start =
        @Sendable (_ partition: Partition, _ identity: String, _ leased: Position?) throws -> ShardStart?

    let settings: KinesisSettings
    let session: AWSSession
    let leaseSession: AWSSession
    /// Nil once it has stopped, as the context is: a request to a lease table that is not answered may hold the source until the process
    /// exits, and an open store must not be closed as late as that.
    private let beginning: Mutex<Start?>
    private let observer: @Sendable (KinesisEvent) -> Void
    let state: Mutex<State>
    private let threads = Mutex<[SystemThread]>([])
    private let started = Mutex<(any SourceContext)?>(nil)
    /// Of the three threads, and of who waits for writes while stopping.
    let leaseBell = Bell()
    let laneBell = Bell()
    let listBell = Bell()
    let stopBell = Bell()

    /// Checks the settings; connects only when it is started. `leases`: for the lease tables, with connections of their own, so
    /// that a renewal never waits behind records.
    public init(
        _ settings: KinesisSettings, session: AWSSession, leases: AWSSession, start: @escaping Start,
        observer: @escaping @Sendable (KinesisEvent) -> Void = { _ in }
    ) throws(KinesisError) {
        _ = try settings.entries()
        self.settings = settings
        self.session = session
        leaseSession = leases
        beginning = Mutex(start)
        self.observer = observer
        var options = LeaseBook.Options(worker: settings.worker)
        options.epoch = settings.epoch
        options.initial = settings.initial.checkpoint
        state = Mutex(State(book: LeaseBook(options)))
    }

    var context: (any SourceContext)? { started.withLock { $0 } }
    var isClosing: Bool { state.withLock { $0.isClosing } }

    /// How many holdings of shards there were, and of how many something is kept.
    var assignments: (total: Int, kept: Int) { state.withLock { ($0.partitions.total, $0.partitions.count) } }

    /// Where a holding begins; nil: where its lease says.
    func givenStart(_ partition: Partition, _ identity: String, _ leased: Position?) throws -> ShardStart? {
        let start = beginning.withLock { $0 }
        return try start?(partition, identity, leased)
    }

    public func partition(_ index: Int) -> Partition { state.withLock { $0.partitions[index].partition } }
    public func identity(partition: Int) -> String { state.withLock { $0.partitions[partition].identity } }
    public func forget(partition: Int) { state.withLock { $0.partitions.forget(partition) } }

    // MARK: Life

    public func start(_ context: any SourceContext) throws {
        started.withLock { $0 = context }
        let started = [
            SystemThread { [self] in serveLeases() }, SystemThread { [self] in serveLanes() },
            SystemThread { [self] in serveLists() },
        ]
        threads.withLock { $0 = started.compactMap { $0 } }
        guard started.allSatisfy({ $0 != nil }) else { throw PipelineError.noThread }
    }

    /// Commits what is durable and gives the leases up. Where the lease tables are away it goes on trying for
    /// ``KinesisSettings/stopMilliseconds``; leases that are not given up by then run out.
    public func stop() {
        let deadline = monotonicMilliseconds() + settings.stopMilliseconds
        state.withLock { $0.isClosing = true }
        for bell in [leaseBell, laneBell, listBell] { bell.ring() }
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        // The third may wait for the streams, which the leases need not.
        for thread in running.prefix(2) { thread.join() }
        let lanes = state.withLock { Array($0.lanes.values) }
        for lane in lanes { lane.fetcher.close() }
        queueCommits(isForced: true)
        pump()
        waitAtStop(until: deadline) { $0.pending.isEmpty }
        releaseLeases(until: deadline)
        for thread in running.dropFirst(2) { thread.join() }
        state.withLock { state in
            state.lanes = [:]
            state.status = [:]
            state.queue = LaneQueue()
            state.laneOf = [:]
        }
        started.withLock { $0 = nil }
        beginning.withLock { $0 = nil }
    }

    private func waitAtStop(until deadline: Int64, _ isSo: (State) -> Bool) {
        while !state.withLock({ isSo($0) }), monotonicMilliseconds() < deadline { stopBell.wait(milliseconds: 50) }
    }

    // MARK: Reading

    public func read(into block: RecordBlock) throws -> SourceStatus {
        while let lane = try take() {
            let filled = lane.fill(block)
            giveBack(lane, filled)
            if filled.hasBlock { return .records }
        }
        return state.withLock { hasEnded($0) } ? .ended : .asleep
    }

    /// The lane that has waited longest; nil where none has anything.
    private func take() throws -> KinesisLane? {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.queue.pollLane().flatMap { state.lanes[$0] }
        }
    }

    private func giveBack(_ lane: KinesisLane, _ filled: KinesisLane.Filled) {
        let (wake, isOver) = state.withLock { state in
            state.status[lane.index]?.isAtTip = filled.isAtTip
            if filled.hasBlock { state.status[lane.index]?.position = lane.end }
            if let children = filled.children {
                state.status[lane.index]?.hasEnded = true
                state.status[lane.index]?.children = children
                state.status[lane.index]?.isGone = filled.isGone
            }
            return (state.queue.handleReturned(lane.index, filled.outcome), hasEnded(state))
        }
        if wake == .thread || isOver { context?.wake() }
        if wake == .owner { laneBell.ring() }
    }

    /// There may be something in the fetcher of a lane.
    func hasNews(_ index: Int) {
        if state.withLock({ $0.queue.handleRecords(index) }) == .thread { context?.wake() }
    }

    /// Every lane is looked at again: one that fell silent for any reason, and whether all has ended.
    func sweep() {
        _ = state.withLock { $0.queue.handleSweep() }
        context?.wake()
    }

    /// Whether all that there was when it was asked for was read; only where that is the wish.
    private func hasEnded(_ state: State) -> Bool {
        settings.untilEnd && state.isReady && state.changes.isEmpty && !state.isChanging && state.queue.isResting
            && state.queue.revokedCount == 0 && state.status.values.allSatisfy { $0.isAtTip } && state.book.isSettledForSure
    }

    // MARK: Troubles

    func tell(_ event: KinesisEvent) { observer(event) }

    func fail(_ error: any Error) {
        state.withLock { $0.failure = $0.failure ?? error }
        context?.wake()
    }
}
