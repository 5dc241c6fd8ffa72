public import EngineCore

/// What happens between a client and its brokers, for logs and figures. Told on the client's threads: not to be held up.
public enum KafkaEvent: Sendable {
    /// Something that the client goes on trying by itself: `_TRANSPORT`, `_ALL_BROKERS_DOWN`, `_AUTHENTICATION`, ..
    case trouble(code: String, reason: String)
    /// A line of librdkafka's own log; `level` as in syslog, 0 (emergency) to 7 (debug).
    case log(level: Int, text: String)
    /// The member reads a partition from now on. `start`: from where, for people.
    case assigned(Partition, start: String)
    /// The partition ends before what was read of it, as after a broker lost its newest records or a topic was made anew: the member
    /// had read up to `from` and goes on at `to`.
    case wentBack(Partition, from: Int64, to: Int64)
    /// A partition was given up. `isSettled`: all that was read of it is durable and committed.
    case revoked(Partition, isSettled: Bool)
    /// The group has taken a partition away; what was read and not committed comes again, to another member.
    case lost(Partition)
    /// The commit that was found is of another table: the partition is read from the beginning.
    case otherTable(Partition, found: String)
    case commitFailed(reason: String)
    case tokenFailed(reason: String)
}

/// Where a partition is read from when it is assigned.
public enum KafkaStart: Equatable, Sendable {
    case offset(Int64)
    case beginning
    case latest
    /// The first record whose timestamp, in milliseconds since 1970, is no less.
    case time(Int64)
    /// What the group has committed, if the commit carries this epoch; else the beginning.
    case committed(epoch: String)
}
