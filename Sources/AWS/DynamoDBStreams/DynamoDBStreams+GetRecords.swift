public import HTTPClient
import JSON

extension DynamoDBStreams {
    /// Reads records of a shard: at most 1,000 of them, and 1 MB.
    public struct GetRecords: DynamoDBStreamsOperation {
        public typealias Output = RecordsPage
        public static var name: String { "GetRecords" }
        public let body: [UInt8]

        public init(iterator: String) {
            body = JSONWriter.body { $0.member("ShardIterator", iterator) }
        }

        public func output(of response: HTTPResponse) throws(UnreadableOutput) -> RecordsPage { try RecordsPage(response) }
    }
}
