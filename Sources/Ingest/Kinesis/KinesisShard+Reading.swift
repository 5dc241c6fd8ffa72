import JSON
import Leases

extension KinesisShard {
    /// A page of `ListShards`.
    struct Page {
        var shards: [KinesisShard]
        var nextToken: String?

        /// Nil where the answer is none.
        init?(_ root: JSONValue) {
            guard let list = root.member("Shards"), list.isArray else { return nil }
            shards = []
            for value in list.elements {
                guard let shard = KinesisShard(value) else { return nil }
                shards.append(shard)
            }
            nextToken = root.text("NextToken")
        }
    }

    /// A shard as `ListShards` describes it.
    private init?(_ value: JSONValue) {
        guard let id = value.text("ShardId"), let numbers = value.member("SequenceNumberRange"), numbers.isObject else {
            return nil
        }
        self.init(id: id)
        parents = [value.text("ParentShardId"), value.text("AdjacentParentShardId")].compactMap { $0 }
        readHashKeys(value)
        isClosed = numbers.text("EndingSequenceNumber") != nil
    }

    /// The shards that the end of another one names.
    static func children(of list: JSONValue) throws(KinesisAnswerError) -> [KinesisShard] {
        guard list.isArray else { throw .malformed("ChildShards is no array") }
        var children: [KinesisShard] = []
        for value in list.elements {
            guard let id = value.text("ShardId"), let parents = value.member("ParentShards"), parents.isArray else {
                throw .malformed("a child lacks its name or parents")
            }
            var child = KinesisShard(id: id, parents: parents.elements.compactMap { $0.text })
            child.readHashKeys(value)
            children.append(child)
        }
        return children
    }

    private mutating func readHashKeys(_ value: JSONValue) {
        guard let range = value.member("HashKeyRange") else { return }
        startingHashKey = range.text("StartingHashKey") ?? ""
        endingHashKey = range.text("EndingHashKey") ?? ""
    }
}
