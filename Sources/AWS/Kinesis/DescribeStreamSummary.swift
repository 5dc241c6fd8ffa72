public import JSON

extension Kinesis {
    /// Describes a stream.
    public struct DescribeStreamSummary: KinesisOperation, AWSJSONOperation {
        public static var name: String { "DescribeStreamSummary" }
        public let body: [UInt8]

        public init(_ stream: KinesisStream) {
            body = JSONWriter.body { $0.name(stream) }
        }

        public struct Output: Hashable, Sendable {
            public let arn: String
            /// When it was made, as the service writes it: a stream that is made anew has the same name and ARN. Empty where it does not say.
            public let created: String
        }

        public func output(_ root: JSONValue) -> Output? {
            guard let summary = root.member("StreamDescriptionSummary"), let arn = summary.text("StreamARN") else { return nil }
            return Output(arn: arn, created: summary.member("StreamCreationTimestamp")?.bytes.text ?? "")
        }
    }
}
