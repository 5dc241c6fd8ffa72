public import HTTPClient

extension Route53 {
    /// Where a change stands.
    public struct GetChange: Route53Operation, AWSXMLOperation {
        public typealias Output = Change
        public static var name: String { "GetChange" }
        public let line: RequestLine?

        public init(_ id: String) {
            let id = Route53.bare(id)
            line = RequestLine(.get, "\(Route53.path)/change/\(RequestLine.label(id))", subject: "change \(id)")
        }

        public func output(of response: HTTPResponse) throws(UnreadableOutput) -> Change { try xmlOutput(of: response) }
        func output(_ root: XMLElement) -> Change? { Change(root) }
    }
}
