public import JSON

extension Kinesis {
    /// Describes a consumer of enhanced fan-out.
    public struct DescribeStreamConsumer: KinesisOperation, AWSJSONOperation {
        public static var name: String { "DescribeStreamConsumer" }
        public let body: [UInt8]

        public init(streamARN: String, name: String) {
            body = JSONWriter.body { json in
                json.member("StreamARN", streamARN)
                json.member("ConsumerName", name)
            }
        }

        public struct Output: Hashable, Sendable {
            public let arn: String
            /// `ACTIVE`, `CREATING`, `DELETING`.
            public let status: String
        }

        public func output(_ root: JSONValue) -> Output? {
            guard let consumer = root.member("ConsumerDescription"), let arn = consumer.text("ConsumerARN"),
                let status = consumer.text("ConsumerStatus")
            else { return nil }
            return Output(arn: arn, status: status)
        }
    }
}
