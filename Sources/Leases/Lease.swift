/// A row of the lease table: who reads a shard, and how far it was read.
///
/// The attributes are those of the Kinesis Client Library 3 (`DynamoDBLeaseSerializer`), with four more: ``epoch``, ``tables``, ``begun`` and what
/// ``isOfAnotherStream`` goes by.
package struct Lease: Equatable, Sendable {
    /// `leaseKey`.
    package var shard: String
    /// The worker that reads the shard; nil where nobody does.
    package var owner: String?
    /// Grows with every write of the owner, so that others see it alive.
    package var counter: Int64 = 0
    package var checkpoint: LeaseCheckpoint
    /// `convergeEpoch`: of the table that everything up to the checkpoint is durable in; nil where somebody else made the
    /// checkpoint.
    package var epoch: String?
    /// `convergeTables`: the prefix of those tables' names.
    package var tables: String?
    /// `convergeBegun`: of a lease that was made for the end of its stream, when that was, in milliseconds since 1970. Whoever has it
    /// before the first checkpoint begins there, and not at what is the end by then.
    package var begun: Int64?
    /// `convergeStream` names another stream than the one that has this name now: it was deleted and made anew.
    package var isOfAnotherStream = false
    /// `ownerSwitchesSinceCheckpoint`.
    package var switches: Int64 = 0
    /// `parentShardId`.
    package var parents: [String] = []
    /// `childShardIds`, once the shard was read to its end.
    package var children: [String] = []
    /// Who is to make a last checkpoint before ``owner`` begins: the Kinesis Client Library hands leases over that way.
    package var checkpointOwner: String?
    /// 128-bit numbers in decimal; empty where they are not known.
    package var startingHashKey = ""
    package var endingHashKey = ""

    package init(
        shard: String, owner: String? = nil, counter: Int64 = 0, checkpoint: LeaseCheckpoint, epoch: String? = nil,
        tables: String? = nil, begun: Int64? = nil, isOfAnotherStream: Bool = false, switches: Int64 = 0,
        parents: [String] = [], children: [String] = [], checkpointOwner: String? = nil, startingHashKey: String = "",
        endingHashKey: String = ""
    ) {
        self.shard = shard
        self.owner = owner
        self.counter = counter
        self.checkpoint = checkpoint
        self.epoch = epoch
        self.tables = tables
        self.begun = begun
        self.isOfAnotherStream = isOfAnotherStream
        self.switches = switches
        self.parents = parents
        self.children = children
        self.checkpointOwner = checkpointOwner
        self.startingHashKey = startingHashKey
        self.endingHashKey = endingHashKey
    }
}

/// How far a shard was read. The words are the Kinesis Client Library's.
package enum LeaseCheckpoint: Equatable, Sendable {
    case trimHorizon
    case latest
    /// At the time that the application is configured with.
    case time
    case shardEnd
    /// Everything up to this record is done; of an aggregate, up to this part of it.
    case at(sequence: String, sub: Int64)

    /// `checkpoint` and `checkpointSubSequenceNumber`. What cannot be read is the beginning: nothing is passed over.
    package init(_ text: String, sub: Int64) {
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

    package var text: String {
        switch self {
        case .trimHorizon: "TRIM_HORIZON"
        case .latest: "LATEST"
        case .time: "AT_TIMESTAMP"
        case .shardEnd: "SHARD_END"
        case .at(let sequence, _): sequence
        }
    }

    package var sub: Int64 { if case .at(_, let sub) = self { sub } else { 0 } }

    /// Whether it says more than that the shard is to be read from its beginning, or from the configured time.
    package var hasBegun: Bool { self != .trimHorizon && self != .time }
}
