import AWS
import Leases

extension KinesisShard {
    /// A shard as the service describes it.
    init(_ shard: Kinesis.Shard) {
        self.init(
            id: shard.id, parents: shard.parents, startingHashKey: shard.startingHashKey, endingHashKey: shard.endingHashKey,
            isClosed: shard.isClosed)
    }
}
