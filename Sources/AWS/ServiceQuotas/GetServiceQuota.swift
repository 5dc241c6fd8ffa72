public import JSON

extension ServiceQuotas {
    /// One quota, of the account or of a resource.
    public struct GetServiceQuota: ServiceQuotasOperation, AWSJSONOperation {
        public typealias Output = Quota
        public static var name: String { "GetServiceQuota" }
        public let line: RequestLine?
        public let body: [UInt8]

        /// `resource`: such as the ARN of an instance; nil: the account's.
        public init(_ service: String, code: String, resource: String? = nil) {
            line = RequestLine(.post, "/", subject: "quota \(code) of \(service)")
            body = JSONWriter.body { json in
                json.member("ServiceCode", service)
                json.member("QuotaCode", code)
                if let resource { json.member("ContextId", resource) }
            }
        }

        public func output(_ root: JSONValue) -> Quota? { root.member("Quota").flatMap { Quota($0) } }
    }
}
