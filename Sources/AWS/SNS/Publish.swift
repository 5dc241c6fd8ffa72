public import HTTPClient

extension SNS {
    /// Publishes a message of at most 256 KiB to a topic.
    public struct Publish: AWSXMLOperation {
        /// The message's id.
        public typealias Output = String
        public static var service: AWSService { .sns }
        public static var name: String { "Publish" }
        static let subjectMax = 99
        public let line: RequestLine?
        public let body: [UInt8]

        /// `subject`: of mails. The service takes 99 printable characters of ASCII: others become a question mark, what is longer is cut.
        public init(topic: String, message: String, subject: String? = nil) {
            line = RequestLine(.post, "/", subject: "topic \(topic)")
            var form = QueryForm()
            form.append("TopicArn", topic)
            form.append("Message", message)
            if let subject, !subject.isEmpty { form.append("Subject", Self.plain(subject)) }
            body = form.bytes
        }

        private static func plain(_ subject: String) -> String {
            String(
                subject.prefix(subjectMax).map { character in
                    character.asciiValue.map { $0 >= 0x20 && $0 < 0x7F } == true ? character : "?"
                })
        }

        public func output(of response: HTTPResponse) throws(UnreadableOutput) -> String { try xmlOutput(of: response) }
        func output(_ root: XMLElement) -> String? { root.child("PublishResult")?.text("MessageId") }
    }
}
