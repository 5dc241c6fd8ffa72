public import JSON

extension Connect {
    /// Lists the phone numbers that lead to a traffic distribution group or to an instance. The service calls it ListPhoneNumbersV2.
    public struct ListPhoneNumbers: ConnectOperation, AWSJSONOperation {
        public typealias Output = Page<PhoneNumber>
        public static var name: String { "ListPhoneNumbersV2" }
        static let pageSize: Int64 = 1000
        public let line: RequestLine?
        public let body: [UInt8]

        /// `target`: the ARN of the group or the instance. `token`: of the page before; nil: the first page.
        public init(target: String, token: String? = nil) {
            line = RequestLine(.post, "/phone-number/list", subject: target)
            body = JSONWriter.body { json in
                json.member("TargetArn", target)
                json.member("MaxResults", Self.pageSize)
                if let token { json.member("NextToken", token) }
            }
        }

        public func output(_ root: JSONValue) -> Output? {
            Page(root, "ListPhoneNumbersSummaryList") { value in
                guard let number = value.text("PhoneNumber"), let target = value.text("TargetArn") else { return nil }
                return PhoneNumber(number: number, target: target)
            }
        }
    }

    public struct PhoneNumber: Hashable, Sendable {
        /// `+15550100`: personal to nobody, but not for logs.
        public let number: String
        /// The ARN of the group or the instance that it leads to.
        public let target: String
    }
}
