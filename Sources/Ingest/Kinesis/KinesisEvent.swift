public import EngineCore

/// What happens between a worker and its streams, for logs and figures. Not to be held up.
public enum KinesisEvent: Sendable {
    /// Something that the source goes on trying by itself. `code`: the service's, or what the network says.
    case trouble(code: String, reason: String)
    /// The worker reads a shard from now on. `start`: from where, for people. `from`: the worker that had it, nil where nobody did.
    case assigned(Partition, start: String, from: String?)
    /// The lease is another worker's (`to`), or nobody's; what was read and not committed comes again, to whoever has it next. `isDeleted`:
    /// somebody removed its row.
    case lost(Partition, to: String?, isDeleted: Bool)
    /// The shard was read to its end and all of it is committed. `children`: the shards that go on.
    case ended(Partition, children: [String])
    /// A lease was given up in good order. `isSettled`: all that was read of the shard is durable and committed.
    case released(Partition, isSettled: Bool)
    /// The service knows the shard no more: what it still held has expired.
    case gone(Partition)
    /// The checkpoint that was found is of another table: the shard is read from the beginning.
    case otherTable(Partition, found: String)
    /// The shards of a stream were looked up: how many there are, and how many leases were made for them.
    case synced(stream: String, shards: Int, leasesMade: Int)
}
