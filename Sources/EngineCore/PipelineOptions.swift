public import ContactCenter

/// How a worker runs.
public struct PipelineOptions: Sendable {
    /// Shards of the state, each worked on by a thread: 1 to ``ShardSet/shardsMax``.
    public var shards: Int
    /// What changes the meaning of events.
    public var decoder: DecoderOptions
    /// When dirty state is written.
    public var planner: FlushPlanner
    /// Most bytes of entities kept in memory over a store; above it the coldest are let go in a flush.
    public var residentBytesMax: Int
    /// Whether a step of a flush that fails is tried again for ever; otherwise it ends the run.
    public var retries: Bool
    /// For how many milliseconds at most heartbeats and other refreshes may wait for their write (``Shard/refreshInterval``).
    public var refreshInterval: Int64?
    /// Milliseconds from one commit to the next where the store's epoch is confirmed before each, which costs requests; 0: a commit a flush.
    public var commitInterval: Int64
    /// After how many milliseconds the epoch is looked at though there is nothing to commit, so that a table that was restored or swapped
    /// is noticed; nil: never.
    public var idleInterval: Int64?
    /// Whether a sample of every kind of unknown objects goes to the dead letters; otherwise only where there are many.
    public var keepsUnknown: Bool
    /// A random number that no other worker has (``Revision``).
    public var writer: UInt64

    public init(
        shards: Int, decoder: DecoderOptions = DecoderOptions(), planner: FlushPlanner = FlushPlanner(),
        residentBytesMax: Int = 4 << 30, retries: Bool = false, refreshInterval: Int64? = nil,
        commitInterval: Int64 = 0, idleInterval: Int64? = nil, keepsUnknown: Bool = false,
        writer: UInt64 = .random(in: 1 ... .max)
    ) {
        self.shards = min(max(shards, 1), ShardSet.shardsMax)
        self.decoder = decoder
        self.planner = planner
        self.residentBytesMax = residentBytesMax
        self.retries = retries
        self.refreshInterval = refreshInterval
        self.commitInterval = commitInterval
        self.idleInterval = idleInterval
        self.keepsUnknown = keepsUnknown
        self.writer = writer
    }
}
