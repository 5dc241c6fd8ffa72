public import JSON

extension RoutingControl {
    /// Whether a routing control is on.
    public struct GetRoutingControlState: RoutingControlOperation, AWSJSONOperation {
        public typealias Output = State
        public static var name: String { "GetRoutingControlState" }
        public let line: RequestLine?
        public let body: [UInt8]

        public init(arn: String) {
            line = RequestLine(.post, "/", subject: "routing control \(arn)")
            body = JSONWriter.body { $0.member("RoutingControlArn", arn) }
        }

        public func output(_ root: JSONValue) -> State? { root.text("RoutingControlState").flatMap(State.init(rawValue:)) }
    }
}
