public import HTTPClient
import JSON

extension Kinesis {
    /// Reads records of a shard: at most 10,000 of them, and 10 MB of data.
    public struct GetRecords: KinesisOperation {
        public typealias Output = HTTPResponse
        public static var name: String { "GetRecords" }
        public let body: [UInt8]

        public init(_ stream: KinesisStream, iterator: String, limit: Int) {
            body = JSONWriter.body { json in
                json.member("ShardIterator", iterator)
                json.member("Limit", Int64(limit))
                if let arn = stream.arn { json.member("StreamARN", arn) }
            }
        }

        /// The response as it came: whoever parses it keeps the parser's memory, and ``RecordsPage`` reads it.
        public func output(of response: HTTPResponse) -> HTTPResponse { response }
    }
}
