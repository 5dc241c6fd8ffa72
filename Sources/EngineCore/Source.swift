/// Where records come from: files, Kafka, Kinesis.
public protocol Source: AnyObject, Sendable {
    /// What a partition is called, by index. An index is never used again for another one.
    func partition(_ index: Int) -> Partition

    /// Nothing asks for the partition any more: it was dropped, and every block of it is done with. The pipeline calls it under its
    /// lock, so nothing in it may wait for the pipeline.
    func forget(partition: Int)

    /// Called once before the first read, with the pipeline as the source sees it: the source reports to it what happens to partitions.
    func start(_ context: any SourceContext) throws

    /// Called once after the last read and the last commit, also where ``start(_:)`` or the run failed.
    func stop()

    /// Fills `block` with the next records of some partition. Called by several threads at once; the blocks of one partition
    /// carry ascending sequence numbers from 0. A block may hold no record when it only moves the position or ends a partition.
    func read(into block: RecordBlock) throws -> SourceStatus

    /// What tells that a partition is still the one that a checkpoint is of (``Checkpoint/identity``).
    func identity(partition: Int) -> String

    /// Tells the broker that everything up to these positions is durable, in the table of this epoch (``Store/epoch()``).
    /// A partition that is another worker's by now is left out. A source without a broker does nothing.
    func commit(_ positions: [CheckpointLedger.Sealed], epoch: String?) throws
}

extension Source {
    public func start(_ context: any SourceContext) throws {}
    public func stop() {}
    public func forget(partition: Int) {}
    public func identity(partition: Int) -> String { "" }
    public func commit(_ positions: [CheckpointLedger.Sealed], epoch: String?) throws {}
}

public enum SourceStatus: Sendable {
    /// The block holds the next records.
    case records
    /// Nothing now, after the source has waited for as long as it sees fit; ask again.
    case idle
    /// Nothing now; the source calls ``SourceContext/wake()`` when there may be something. Meanwhile a flush is not held up.
    case asleep
    /// Nothing ever again.
    case ended
}

/// Whoever reads a source, as the source sees it. From any thread.
public protocol SourceContext: AnyObject, Sendable {
    /// There may be something to read, after ``SourceStatus/asleep``.
    func wake()

    /// Makes everything that was read of these partitions durable and commits it, and waits for that: before they are given up
    /// in good order. `blocks`: how many were read of each. False where the time was too short or the run is over.
    func settle(_ partitions: [(partition: Int, blocks: Int)], withinMilliseconds limit: Int64) -> Bool

    /// Another worker has the partition, or it is committed to its end: nothing of it is read or committed any more. Whoever was reading it
    /// has returned from that.
    func drop(partition: Int)
}

/// What a partition is called and where it is known from.
public struct Partition: Hashable, Sendable {
    /// What the records came by: `file`, `kafka`, `kinesis`.
    public var source: String
    /// The file's path, the topic, the stream.
    public var stream: String
    /// The partition or shard inside the stream; empty of a file.
    public var name: String

    public init(source: String, stream: String, name: String = "") {
        self.source = source
        self.stream = stream
        self.name = name
    }

    /// One text for all three, the key that a checkpoint is stored under.
    public var key: String { "\(source)\u{0}\(stream)\u{0}\(name)" }
}

/// How far a partition has been made durable.
public struct Checkpoint: Equatable, Sendable {
    public var partition: Partition
    /// Everything before it is durable.
    public var position: Position
    /// Whether the partition was consumed to its end.
    public var ended: Bool
    /// What tells that the partition is still the same one (of a file: size and a hash of its start); the source's to read.
    public var identity: String

    public init(partition: Partition, position: Position, ended: Bool, identity: String = "") {
        self.partition = partition
        self.position = position
        self.ended = ended
        self.identity = identity
    }
}
