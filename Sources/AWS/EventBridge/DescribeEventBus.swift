public import JSON

extension EventBridge {
    /// The ARN of a bus: whether it is there.
    public struct DescribeEventBus: AWSJSONOperation {
        public typealias Output = String
        public static var service: AWSService { .eventBridge }
        public static var name: String { "DescribeEventBus" }
        public let line: RequestLine?
        public let body: [UInt8]

        /// `bus`: its name or ARN.
        public init(bus: String) {
            line = RequestLine(.post, "/", subject: "event bus \(bus)")
            body = JSONWriter.body { $0.member("Name", bus) }
        }

        public func output(_ root: JSONValue) -> String? { root.text("Arn") }
    }
}
