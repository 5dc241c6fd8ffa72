/// A row of the lease table: who reads a shard, and how far it was read.
///
/// The attributes are those of the Kinesis Client Library 3 (`DynamoDBLeaseSerializer`), with four more: ``epoch``, ``tables``, ``begun`` and what
/// ``isOfAnotherStream`` goes by.
struct Lease: Equatable, Sendable {
    /// `leaseKey`.
    var shard: String
    /// The worker that reads the shard; nil where nobody does.
    var owner: String?
    /// Grows with every write of the owner, so that others see it alive.
    var counter: Int64 = 0
    var checkpoint: LeaseCheckpoint
    /// `convergeEpoch`: of the table that everything up to the checkpoint is durable in; nil where somebody else made the
    /// checkpoint.
    var epoch: String?
    /// `convergeTables`: the prefix of those tables' names.
    var tables: String?
    /// `convergeBegun`: of a lease that was made for the end of its stream, when that was, in milliseconds since 1970. Whoever has it
    /// before the first checkpoint begins there, and not at what is the end by then.
    var begun: Int64?
    /// `convergeStream` names another stream than the one that has this name now: it was deleted and made anew.
    var isOfAnotherStream = false
    /// `ownerSwitchesSinceCheckpoint`.
    var switches: Int64 = 0
    /// `parentShardId`.
    var parents: [String] = []
    /// `childShardIds`, once the shard was read to its end.
    var children: [String] = []
    /// Who is to make a last checkpoint before ``owner`` begins: the Kinesis Client Library hands leases over that way.
    var checkpointOwner: String?
    /// 128-bit numbers in decimal; empty where they are not known.
    var startingHashKey = ""
    var endingHashKey = ""
}

/// How far a shard was read. The words are the Kinesis Client Library's.
enum LeaseCheckpoint: Equatable, Sendable {
    case trimHorizon
    case latest
    /// At the time that the application is configured with.
    case time
    case shardEnd
    /// Everything up to this record is done; of an aggregate, up to this part of it.
    case at(sequence: String, sub: Int64)

    /// `checkpoint` and `checkpointSubSequenceNumber`. What cannot be read is the beginning: nothing is passed over.
    init(_ text: String, sub: Int64) {
        switch text {
        case "TRIM_HORIZON": self = .trimHorizon
        case "LATEST": self = .latest
        case "AT_TIMESTAMP": self = .time
        case "SHARD_END": self = .shardEnd
        default:
            let isNumber = !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            self = isNumber ? .at(sequence: text, sub: max(0, sub)) : .trimHorizon
        }
    }

    var text: String {
        switch self {
        case .trimHorizon: "TRIM_HORIZON"
        case .latest: "LATEST"
        case .time: "AT_TIMESTAMP"
        case .shardEnd: "SHARD_END"
        case .at(let sequence, _): sequence
        }
    }

    var sub: Int64 { if case .at(_, let sub) = self { sub } else { 0 } }

    /// Whether it says more than that the shard is to be read from its beginning, or from the configured time.
    var hasBegun: Bool { self != .trimHorizon && self != .time }
}
