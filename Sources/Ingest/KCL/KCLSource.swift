public import EngineCore
import Platform

/// The shard that KCL's MultiLangDaemon gives this process, as a ``Source``: JSON lines over two pipes, one process a shard.
///
///     let channel = try KCLChannel(input: 0, output: 1)
///     if let shard = try channel.shard() {
///         let source = KCLSource(channel, shard, stream: "agents", settleMilliseconds: 30_000)
///         try Pipeline(source: source, ..).run()
///     }
///
/// A thread of its own speaks with the daemon, which says one thing at a time and waits for its status:
///
///     initialize          status
///     processRecords      records -> blocks -> (wait while too much is read ahead) -> checkpoint of what is durable -> status
///     leaseLost           drop what is not committed -> status
///     shardEnded          everything durable -> checkpoint of the end -> status
///     shutdownRequested   everything durable -> checkpoint -> status
///
/// **A checkpoint can be made only before a status**: the daemon listens to nobody between two actions. So ``commit(_:epoch:)`` notes what is
/// durable, and the daemon is told of it during its next action, about once a second; it then waits for the answer. A checkpoint may be
/// late, never early. On a shard without records the daemon has to come by on its own: `callProcessRecordsEvenForEmptyRecordList`.
///
/// Bounded: at most ``readAheadBytesMax`` wait to be merged, and what the batch in hand has beyond it.
public final class KCLSource: Source, @unchecked Sendable {
    /// Of records that wait for the pipeline; above it the daemon's batch stays unanswered, and it fetches nothing more.
    static let readAheadBytesMax = 16 << 20

    struct State {
        var blocks = KCLReadAhead()
        var checkpoints = KCLCheckpoints()
        /// Of the last record that was handed in.
        var position: Position
        var context: (any SourceContext)?
        /// Of the table that positions are durable in; nil where the store keeps them itself.
        var epoch: String?
        /// Another worker has the shard.
        var isLost = false
        /// The shard was given back: it is lost, ended, or asked for and settled.
        var isReleased = false
        var hasEnded = false
        var isStopping = false
        var failure: KCLError?
        var figures = KCLFigures()
    }

    let channel: KCLChannel
    let shard: KCLShard
    let partition: Partition
    let epochs: (any LeaseEpochs)?
    let settleMilliseconds: Int64
    private let observer: @Sendable (KCLEvent) -> Void
    let monitor = Monitor()
    /// Guarded by the monitor.
    var state: State
    /// Whether the lease row has the epoch; of the daemon's thread. So is what follows.
    var hasRecordedEpoch = false
    /// Records that the daemon has sent.
    var recordCount = 0
    private var thread: SystemThread?

    /// - `stream`: its name, for dead letters and captures; the daemon does not tell it.
    /// - `settleMilliseconds`: how long the daemon, once it wants the shard back, waits for what was read to become durable.
    /// - `epochs`: where the epoch of a shared table is kept beside KCL's checkpoint; nil: nowhere.
    public init(
        _ channel: KCLChannel, _ shard: KCLShard, stream: String, settleMilliseconds: Int64,
        epochs: (any LeaseEpochs)? = nil, observer: @escaping @Sendable (KCLEvent) -> Void = { _ in }
    ) {
        self.channel = channel
        self.shard = shard
        self.settleMilliseconds = settleMilliseconds
        self.epochs = epochs
        self.observer = observer
        partition = Partition(source: "kinesis", stream: stream, name: shard.id)
        state = State(position: shard.checkpoint ?? .beginning)
    }

    public func partition(_ index: Int) -> Partition { partition }
    public func identity(partition: Int) -> String { "\(self.partition.stream)/\(shard.id)" }

    /// Whether the daemon has the shard back in good order.
    public var isReleased: Bool { monitor.locked { state.isReleased } }

    public var figures: KCLFigures {
        monitor.locked {
            var figures = state.figures
            figures.waitingBytes = state.blocks.waitingBytes
            return figures
        }
    }

    func tell(_ event: KCLEvent) { observer(event) }

    // MARK: Life

    public func start(_ context: any SourceContext) throws {
        monitor.locked { state.context = context }
        guard let thread = SystemThread({ [self] in serve() }) else { throw PipelineError.noThread }
        self.thread = thread
    }

    /// Says nothing more to the daemon, which takes that for a failure unless it has the shard back.
    public func stop() {
        monitor.locked {
            state.isStopping = true
            monitor.broadcast()
        }
        channel.input.cancel()
        thread?.join()
        thread = nil
        monitor.locked { state.context = nil }
    }

    // MARK: The pipeline's side

    public func read(into block: RecordBlock) throws -> SourceStatus {
        try monitor.locked {
            if state.blocks.take(into: block) {
                monitor.broadcast()
                return .records
            }
            if let failure = state.failure { throw failure }
            return state.hasEnded ? .ended : .asleep
        }
    }

    /// Notes what is durable; the daemon is told of it before one of its next actions is answered.
    public func commit(_ positions: [CheckpointLedger.Sealed], epoch: String?) throws {
        monitor.locked {
            state.epoch = epoch
            for sealed in positions where !state.isLost && sealed.position != .beginning {
                state.checkpoints.madeDurable(sealed.position)
            }
            monitor.broadcast()
        }
    }
}

/// What metrics tell of a shard.
public struct KCLFigures: Sendable {
    /// The last batch: how far behind the end of the shard it was fetched, and when it came.
    public var lastBatch = LastAnswer(began: monotonicMilliseconds())
    /// The shard is read to its end.
    public var hasEnded = false
    public var checkpoints = 0
    public var checkpointFailures = 0
    /// Of records that wait to be merged.
    public var waitingBytes = 0

    /// How old the oldest record that was not read can be at most, in milliseconds: what the last batch told, and the time since, for a
    /// daemon that has caught up comes with empty ones. Nil before the first.
    public func behind(at now: Int64) -> Int64? { hasEnded ? 0 : lastBatch.behind(at: now) }
}
