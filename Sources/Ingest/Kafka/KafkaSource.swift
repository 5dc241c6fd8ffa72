public import EngineCore
import Platform
import Synchronization

/// The partitions that a Kafka consumer group gives this member, as a ``Source``.
///
///     let source = try KafkaSource(settings, start: { _, _, _ in .beginning }, observer: { event in .. })
///     try Pipeline(source: source, ..).run()
///
/// A thread of its own talks to the group; the pipeline's threads take records from librdkafka's queues, a queue a partition, a
/// thread a queue at a time, and are woken when one that was empty is so no more. Each assignment of a partition has an index of its
/// own (``partition(_:)``), and its blocks count from 0.
///
///     assigned:   start position (closure) -> queue -> client is told to read
///     read:       queue -> block -> pipeline .. durable -> commit(_:epoch:)
///     revoked:    read no more -> flush and commit (at most ``KafkaSettings/revokeMillisecondsMax``) -> drop -> given up
///     lost:       drop
///
/// Nothing is read ahead of the pipeline but what librdkafka's queues hold (``KafkaSettings/queueKilobytesMax``).
public final class KafkaSource: Source {
    /// How often positions are committed to the group where the store keeps them itself, in milliseconds: the commits are for
    /// people and tools then.
    static let commitMilliseconds: Int64 = 1_000
    /// How long a broker is asked for the number of partitions before the first one is read.
    static let metadataMilliseconds: Int32 = 2_000
    /// How often topics that are not there are looked for.
    static let topicsMilliseconds: Int64 = 5_000

    struct State {
        var partitions = AssignedPartitions()
        var lanes: [Int: KafkaLane] = [:]
        var status: [Int: KafkaLane.Status] = [:]
        /// Which of them is read next.
        var queue = LaneQueue()
        /// What the cluster calls itself, since the first assignment; nil where it does not.
        var cluster: String?
        var hasAssignment = false
        var isRebalancing = false
        /// Partitions that ``KafkaSettings`` placed by time or at the end: once, not at every assignment.
        var begun: Set<Partition> = []
        var failure: KafkaError?
        var isClosing = false
        /// Of the table that positions are durable in; nil where the store keeps them itself.
        var epoch: String?
        /// Durable and not committed yet: index to offset.
        var uncommitted: [Int: Int64] = [:]
        var committedAt: Int64 = 0
        var figures = Figures()
        /// When the topics were last looked for.
        var topicsLookedAt: Int64 = 0
    }

    /// Says where a partition begins. `identity`: what the partition's checkpoints will carry. `isFirst`: the process has not had it yet.
    public typealias Start =
        @Sendable (_ partition: Partition, _ identity: String, _ isFirst: Bool) throws -> KafkaStart

    struct Figures {
        var rebalances = 0
        var commits = 0
        var commitFailures = 0
        var isCutOff = false
        var missingTopics: [String] = []
        var statistics: KafkaStatistics?
        var statisticsAt: Int64 = 0
        var polledAt: Int64 = 0
    }

    let settings: KafkaSettings
    /// Where a partition begins; called at each assignment, on the client's thread.
    let start: Start
    private let observer: @Sendable (KafkaEvent) -> Void
    let state = Mutex(State())
    let committing = Mutex(())
    /// Of who waits for a lane that somebody reads still.
    let returnBell = Bell()
    private let thread = Mutex<SystemThread?>(nil)
    private let connection = Mutex<KafkaClient?>(nil)
    private let started = Mutex<(any SourceContext)?>(nil)

    /// Checks the options; connects only when it is started.
    public init(
        _ settings: KafkaSettings, start: @escaping Start,
        observer: @escaping @Sendable (KafkaEvent) -> Void = { _ in }
    ) throws(KafkaError) {
        self.settings = settings
        self.start = start
        self.observer = observer
        try KafkaClient.check(settings.consumerOptions())
    }

    var client: KafkaClient? { connection.withLock { $0 } }
    var context: (any SourceContext)? { started.withLock { $0 } }

    /// How many assignments there were, and of how many something is kept.
    var assignments: (total: Int, kept: Int) { state.withLock { ($0.partitions.total, $0.partitions.count) } }

    public func partition(_ index: Int) -> Partition { state.withLock { $0.partitions[index].partition } }
    public func forget(partition: Int) { state.withLock { $0.partitions.forget(partition) } }
    public func identity(partition: Int) -> String {
        state.withLock { KafkaSource.identity(of: $0.partitions[partition].partition, in: $0.cluster) }
    }

    /// The topic, and of which cluster: offsets mean nothing in another one. A topic that was deleted and created anew is not told apart.
    static func identity(of partition: Partition, in cluster: String?) -> String {
        cluster.map { "cluster=\($0);topic=\(partition.stream)" } ?? partition.stream
    }

    // MARK: Life

    public func start(_ context: any SourceContext) throws {
        let client = try connect()
        connection.withLock { $0 = client }
        started.withLock { $0 = context }
        try client.subscribe(settings.topics)
        guard let thread = SystemThread({ [self] in serve(client) }) else { throw PipelineError.noThread }
        self.thread.withLock { $0 = thread }
    }

    /// A client whose queues have the room that there is for so many partitions. It cannot be told later.
    private func connect() throws(KafkaError) -> KafkaClient {
        let client = try connect(partitions: nil)
        let count = lookForTopics(client)
        guard settings.queueKilobytes(partitions: count) != settings.queueKilobytes(partitions: nil) else { return client }
        client.destroy()
        return try connect(partitions: count)
    }

    /// How many partitions all topics have; nil where no broker says.
    @discardableResult
    private func lookForTopics(_ client: KafkaClient) -> Int? {
        let counts = client.partitionCounts(of: settings.topics, milliseconds: KafkaSource.metadataMilliseconds)
        state.withLock { state in
            state.topicsLookedAt = monotonicMilliseconds()
            guard let counts else { return }
            state.figures.missingTopics = zip(settings.topics, counts).filter { $0.1 == 0 }.map(\.0)
        }
        return counts?.reduce(0, +)
    }

    /// Looks again for topics that were not there.
    private func lookForMissingTopics(_ client: KafkaClient, _ now: Int64) {
        let isDue = state.withLock { state in
            let wait = state.figures.missingTopics.isEmpty ? Int64.max : KafkaSource.topicsMilliseconds
            return state.topicsLookedAt < 0 || now - state.topicsLookedAt >= wait
        }
        if isDue { lookForTopics(client) }
    }

    private func connect(partitions: Int?) throws(KafkaError) -> KafkaClient {
        try KafkaClient(
            .consumer, settings.consumerOptions(partitions: partitions), hasTokens: settings.token != nil, owner: self)
    }

    /// Commits what is durable and leaves the group; takes at most about ten seconds where the brokers are away.
    public func stop() {
        state.withLock { $0.isClosing = true }
        let running = self.thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
        let client = connection.withLock { client in
            defer { client = nil }
            return client
        }
        // Without its thread nobody has closed it.
        if running == nil { client?.destroy() }
        started.withLock { $0 = nil }
    }

    /// The thread that talks to the group.
    private func serve(_ client: KafkaClient) {
        var swept = monotonicMilliseconds()
        while !state.withLock({ $0.isClosing }) {
            if let problem = client.poll(milliseconds: 100) { told(problem.code, problem.reason) }
            let now = monotonicMilliseconds()
            state.withLock { $0.figures.polledAt = now }
            try? push(isForced: false)
            // A queue that fell silent for any reason is looked at again.
            guard now - swept >= 1_000 else { continue }
            swept = now
            sweep()
            lookForMissingTopics(client, now)
        }
        try? push(isForced: true)
        client.leave(milliseconds: 5_000)
        // Where the brokers do not answer, nobody has taken the partitions back.
        let lanes = state.withLock { state in
            defer { (state.lanes, state.queue) = ([:], LaneQueue()) }
            return Array(state.lanes.values)
        }
        for lane in lanes { lane.close() }
        client.destroy()
    }

    // MARK: Reading

    public func read(into block: RecordBlock) throws -> SourceStatus {
        while let lane = try take() {
            let outcome = lane.fill(block)
            giveBack(lane, outcome)
            if case .block = outcome { return .records }
        }
        return state.withLock { hasEnded($0) } ? .ended : .asleep
    }

    /// The lane that has waited longest; nil where none has anything.
    private func take() throws(KafkaError) -> KafkaLane? {
        try state.withLock { (state) throws(KafkaError) in
            if let failure = state.failure { throw failure }
            return state.queue.pollLane().flatMap { state.lanes[$0] }
        }
    }

    private func giveBack(_ lane: KafkaLane, _ outcome: KafkaLane.Outcome) {
        let (wake, isOver) = state.withLock { state in
            var mayHaveMore = false
            switch outcome {
            case .nothing: break
            case .block(let isMore):
                state.status[lane.index]?.blocks += 1
                state.figures.isCutOff = false
                mayHaveMore = isMore
            case .failed(let error): state.failure = state.failure ?? error
            }
            state.status[lane.index]?.hasEnded = lane.hasEnded
            state.status[lane.index]?.position = lane.next
            state.status[lane.index]?.arrival = lane.arrival
            return (state.queue.handleReturned(lane.index, mayHaveMore ? .more : .empty), hasEnded(state))
        }
        if wake == .thread || isOver { context?.wake() }
        if wake == .owner { returnBell.ring() }
    }

    /// There is something in the queue of a lane.
    func hasNews(_ index: Int) {
        if state.withLock({ $0.queue.handleRecords(index) }) == .thread { context?.wake() }
    }

    private func sweep() {
        _ = state.withLock { $0.queue.handleSweep() }
        context?.wake()
    }

    /// Whether all that there was when it was asked for was read; only where that is the wish.
    private func hasEnded(_ state: State) -> Bool {
        settings.untilEnd && state.hasAssignment && !state.isRebalancing && state.queue.isResting
            && state.status.values.allSatisfy { $0.hasEnded }
    }

    // MARK: Troubles

    func tell(_ event: KafkaEvent) { observer(event) }

    func fail(_ error: KafkaError) {
        state.withLock { $0.failure = $0.failure ?? error }
        context?.wake()
    }
}
