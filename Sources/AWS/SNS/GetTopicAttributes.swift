public import HTTPClient

extension SNS {
    /// Whether a topic is there: what it says of itself is not read.
    public struct GetTopicAttributes: AWSXMLOperation {
        public typealias Output = Bool
        public static var service: AWSService { .sns }
        public static var name: String { "GetTopicAttributes" }
        public let line: RequestLine?
        public let body: [UInt8]

        public init(topic: String) {
            line = RequestLine(.post, "/", subject: "topic \(topic)")
            var form = QueryForm()
            form.append("TopicArn", topic)
            body = form.bytes
        }

        public func output(of response: HTTPResponse) throws(UnreadableOutput) -> Bool { try xmlOutput(of: response) }
        func output(_ root: XMLElement) -> Bool? { root.child("GetTopicAttributesResult").map { _ in true } }
    }
}
