public import JSON
public import Platform

extension Kinesis {
    /// Writes one record; the answer is that it is durable. The sequence number is the output.
    public struct PutRecord: KinesisOperation, AWSJSONOperation {
        public typealias Output = String
        public static var name: String { "PutRecord" }
        public let body: [UInt8]

        /// `key`: 1 to 256 characters; records of one key are in one shard, in the order in which they came.
        public init(_ stream: KinesisStream, key: String, _ data: ByteView) {
            body = JSONWriter.body { json in
                json.name(stream)
                json.key("Data")
                json.blob(data)
                json.member("PartitionKey", key)
            }
        }

        public func output(_ root: JSONValue) -> String? { root.text("SequenceNumber") }
    }
}
