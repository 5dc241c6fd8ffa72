public import ContactCenter
public import EngineCore
public import Lattice
public import Platform
public import Writing

/// Calls `found` with every row that an entity is the join of, and says where it lies, as `us-east-1`.
public typealias RowReading =
    @Sendable (EntityKind, String, _ found: (_ place: String, _ entity: EntityView) -> Void) throws(StoreError) -> Void

/// What the routes of `/v1` read from. Called on several threads at once.
public struct ReadingSource: Sendable {
    /// An entity, the join of all Regions' rows.
    public var read: EntityReading
    /// The rows one by one.
    public var rows: RowReading
    /// Which Regions the state is joined of.
    public var regions: @Sendable () -> [ReadingRegion]
    /// What of it this process has in memory, which is asked first where one entity is wanted; nil: nothing.
    public var resident: ResidentState?
    /// What this endpoint has accepted, laid over both.
    private(set) var writer: EventWriter?
    public var clock: @Sendable () -> Timestamp
    /// Is told what the client is not: why the store could not be read.
    public var failed: @Sendable (StoreError) -> Void

    public init(
        read: @escaping EntityReading, rows: @escaping RowReading, regions: @escaping @Sendable () -> [ReadingRegion],
        clock: @escaping @Sendable () -> Timestamp = { .now }, failed: @escaping @Sendable (StoreError) -> Void
    ) {
        self.read = read
        self.rows = rows
        self.regions = regions
        self.clock = clock
        self.failed = failed
    }

    /// Shows a writer what they wrote, before the store has it.
    public mutating func lay(_ writer: EventWriter) {
        read = writer.laid(over: read)
        self.writer = writer
    }

    /// Of a store that is one member's own: its row is the entity, at `place`.
    public init(
        _ store: any Store, at place: String, regions: @escaping @Sendable () -> [ReadingRegion],
        clock: @escaping @Sendable () -> Timestamp = { .now }, failed: @escaping @Sendable (StoreError) -> Void
    ) {
        self.init(
            read: { (kind, id, found) throws(StoreError) in try store.read(kind, id, found) },
            rows: { (kind, id, found) throws(StoreError) in try store.read(kind, id) { found(place, $1) } },
            regions: regions, clock: clock, failed: failed)
    }
}

/// A Region whose facts the state holds.
public struct ReadingRegion: Sendable, Equatable {
    public var name: String
    /// Whether this server stands in it.
    public var isOwn: Bool
    /// When the newest event was that is known to be in the state; nil where nobody counts.
    public var newestFact: Timestamp?
    /// How far its rows are behind here: by how much the newest canary row was late, in milliseconds; nil where nobody measures it.
    public var lagMilliseconds: Int64?

    public init(name: String, isOwn: Bool, newestFact: Timestamp? = nil, lagMilliseconds: Int64? = nil) {
        self.name = name
        self.isOwn = isOwn
        self.newestFact = newestFact
        self.lagMilliseconds = lagMilliseconds
    }
}
