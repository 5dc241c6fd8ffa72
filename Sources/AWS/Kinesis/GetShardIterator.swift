public import JSON

extension Kinesis {
    /// An iterator, which GetRecords begins with.
    public struct GetShardIterator: KinesisOperation, AWSJSONOperation {
        public typealias Output = String
        public static var name: String { "GetShardIterator" }
        public let body: [UInt8]

        public init(_ stream: KinesisStream, shard: String, from place: ShardPlace) {
            body = JSONWriter.body { json in
                json.name(stream)
                json.member("ShardId", shard)
                place.append(type: "ShardIteratorType", number: "StartingSequenceNumber", to: &json)
            }
        }

        public func output(_ root: JSONValue) -> String? { root.text("ShardIterator") }
    }
}
