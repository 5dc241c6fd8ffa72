public import EngineCore

/// What happens between a record processor and its daemon, for logs and figures. Not to be held up.
public enum KCLEvent: Sendable {
    /// The shard is read from now on. `start`: from where, for people.
    case assigned(Partition, start: String)
    /// Another worker has the shard; what was read and not checkpointed comes again, there.
    case lost(Partition)
    /// The shard was read to its end, and that is checkpointed.
    case ended(Partition)
    /// The daemon wants the shard back. `isSettled`: all that was read is durable and checkpointed.
    case released(Partition, isSettled: Bool)
    /// The daemon did not take a checkpoint, or the lease table not the epoch; tried again later. `error`: the exception's name.
    case checkpointFailed(Partition, error: String)
    /// An action that is not known, and was answered all the same.
    case unknownAction(String)
    /// The pipe was closed, and nobody had said that the shard is another's or ended.
    case daemonGone(Partition)
}
