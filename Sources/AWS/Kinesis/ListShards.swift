public import JSON

extension Kinesis {
    /// Lists the shards of a stream that the service still knows, closed ones included, page by page.
    public struct ListShards: KinesisOperation, AWSJSONOperation {
        public static var name: String { "ListShards" }
        public let body: [UInt8]

        /// The first page.
        public init(_ stream: KinesisStream) {
            body = JSONWriter.body { $0.name(stream) }
        }

        /// The page that ``Output/nextToken`` of the one before names. The token stands for the stream, too: with both, the service refuses.
        public init(token: String) {
            body = JSONWriter.body { $0.member("NextToken", token) }
        }

        public struct Output: Sendable {
            public let shards: [Shard]
            /// Nil where this is the last page.
            public let nextToken: String?
        }

        public func output(_ root: JSONValue) -> Output? {
            guard let list = root.member("Shards"), list.isArray else { return nil }
            var shards: [Shard] = []
            for value in list.elements {
                guard let shard = Shard(listed: value) else { return nil }
                shards.append(shard)
            }
            return Output(shards: shards, nextToken: root.text("NextToken"))
        }
    }

    /// A shard, as it is listed or as the end of another one names it.
    public struct Shard: Hashable, Sendable {
        public let id: String
        /// One after a split, two after a merge, none of a shard that the stream was made with. A parent may be gone already.
        public let parents: [String]
        /// 128-bit numbers in decimal; empty where the service says nothing.
        public let startingHashKey: String
        public let endingHashKey: String
        /// Whether it takes no more records.
        public let isClosed: Bool

        init?(listed value: JSONValue) {
            guard let id = value.text("ShardId"), let numbers = value.member("SequenceNumberRange"), numbers.isObject else {
                return nil
            }
            let parents = [value.text("ParentShardId"), value.text("AdjacentParentShardId")].compactMap { $0 }
            self.init(value, id, parents, isClosed: numbers.text("EndingSequenceNumber") != nil)
        }

        init?(child value: JSONValue) {
            guard let id = value.text("ShardId"), let parents = value.member("ParentShards"), parents.isArray else {
                return nil
            }
            self.init(value, id, parents.elements.compactMap { $0.text }, isClosed: false)
        }

        private init(_ value: JSONValue, _ id: String, _ parents: [String], isClosed: Bool) {
            self.id = id
            self.parents = parents
            self.isClosed = isClosed
            let range = value.member("HashKeyRange")
            startingHashKey = range?.text("StartingHashKey") ?? ""
            endingHashKey = range?.text("EndingHashKey") ?? ""
        }
    }
}
