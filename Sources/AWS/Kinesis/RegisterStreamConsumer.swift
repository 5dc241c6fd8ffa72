import JSON

extension Kinesis {
    /// Registers a consumer of enhanced fan-out. It can be used some time after the response; one of that name that is there already is
    /// refused as ``Failure/inUse``.
    public struct RegisterStreamConsumer: KinesisOperation {
        public typealias Output = Void
        public static var name: String { "RegisterStreamConsumer" }
        public let body: [UInt8]

        public init(streamARN: String, name: String) {
            body = JSONWriter.body { json in
                json.member("StreamARN", streamARN)
                json.member("ConsumerName", name)
            }
        }
    }
}
