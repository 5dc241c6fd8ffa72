public import JSON

extension DynamoDBStreams {
    /// Where reading of a shard begins.
    public enum ShardPlace: Hashable, Sendable {
        /// The oldest record that it still has.
        case trimHorizon
        /// Behind the record of that sequence number.
        case after(String)
    }

    /// An iterator, which GetRecords begins with.
    public struct GetShardIterator: DynamoDBStreamsOperation, AWSJSONOperation {
        public typealias Output = String
        public static var name: String { "GetShardIterator" }
        public let body: [UInt8]

        public init(_ stream: String, shard: String, from place: ShardPlace) {
            body = JSONWriter.body { json in
                json.member("StreamArn", stream)
                json.member("ShardId", shard)
                switch place {
                case .trimHorizon: json.member("ShardIteratorType", "TRIM_HORIZON")
                case .after(let sequence):
                    json.member("ShardIteratorType", "AFTER_SEQUENCE_NUMBER")
                    json.member("SequenceNumber", sequence)
                }
            }
        }

        public func output(_ root: JSONValue) -> String? { root.text("ShardIterator") }
    }
}
