public import JSON

extension DynamoDBStreams {
    /// Describes a stream and its shards, page by page: up to 100 shards each.
    public struct DescribeStream: DynamoDBStreamsOperation, AWSJSONOperation {
        public static var name: String { "DescribeStream" }
        public let body: [UInt8]

        /// `last`: of the page before; nil: the first page.
        public init(_ stream: String, after last: String? = nil) {
            body = JSONWriter.body { json in
                json.member("StreamArn", stream)
                if let last { json.member("ExclusiveStartShardId", last) }
            }
        }

        public struct Output: Sendable {
            public let shards: [Shard]
            /// Nil where this is the last page.
            public let last: String?
        }

        public func output(_ root: JSONValue) -> Output? {
            guard let stream = root.member("StreamDescription"), stream.isObject else { return nil }
            var shards: [Shard] = []
            for value in stream.array("Shards") {
                guard let id = value.text("ShardId") else { return nil }
                shards.append(
                    Shard(
                        id: id, parent: value.text("ParentShardId"),
                        isClosed: value.member("SequenceNumberRange")?.text("EndingSequenceNumber") != nil))
            }
            return Output(shards: shards, last: stream.text("LastEvaluatedShardId"))
        }
    }

    public struct Shard: Hashable, Sendable {
        public let id: String
        /// It may be gone already.
        public let parent: String?
        /// Whether it takes no more records.
        public let isClosed: Bool
    }
}
