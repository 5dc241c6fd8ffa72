import EngineCore
import Leases

/// Reads one shard of a Kinesis stream from a place on: by polling (`GetRecords`) or by enhanced fan-out (`SubscribeToShard`).
///
/// It requests records ahead of the pipeline, up to a stated bound, so a pipeline that pauses stops the requests. What goes wrong on the way
/// (throttles, time-outs, expired iterators, cut connections, missing permissions) it tells as ``KinesisEvent/trouble(code:reason:)``
/// and tries again, a little later each time, for as long as it is open.
protocol ShardFetcher: AnyObject, Sendable {
    /// Fills the block with the next records, without waiting: records, their arrival, `ordinal` and ``RecordBlock/end``. Everything else of
    /// the block is the caller's. One thread at a time. The fetcher calls its `news` closure when there may be something after
    /// ``ShardOutcome/nothing``.
    func fill(_ block: RecordBlock) -> ShardOutcome

    /// Asks for nothing more; what is under way is given up.
    func close()

    /// The last answer all of whose records were handed over, and what has failed since. From any thread.
    var lastAnswer: LastAnswer { get }
}

extension ShardFetcher {
    /// How far behind the end of the shard that answer was, in milliseconds; nil before the first.
    var millisecondsBehind: Int64? { lastAnswer.behind }
}

enum ShardOutcome {
    case nothing
    /// The block has records, or moved the position.
    case block
    /// Everything of the shard was handed over, in this block and those before: it was split or merged, into `children` where the answer
    /// named them. The block is the last one and may be empty.
    case ended(children: [KinesisShard])
    /// The service knows no such shard: its records have all expired. As ended, without records.
    case gone
}

/// Where the reading of a shard begins.
public enum ShardStart: Equatable, Sendable {
    case trimHorizon
    case latest
    /// The first record that arrived no earlier; milliseconds since 1970.
    case time(Int64)
    /// At the record of this position, that one included: it may be half of an aggregate that another consumer stopped in.
    case at(Position)

    /// As the lease of a shard that is new to an application says it.
    var checkpoint: LeaseCheckpoint {
        switch self {
        case .trimHorizon, .at: .trimHorizon
        case .latest: .latest
        case .time: .time
        }
    }
}
