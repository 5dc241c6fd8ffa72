public import JSON

extension ServiceQuotas {
    /// Lists what a service allows in a Region, to the account and to each resource, page by page.
    public struct ListServiceQuotas: ServiceQuotasOperation, AWSJSONOperation {
        public static var name: String { "ListServiceQuotas" }
        static let pageSize: Int64 = 100
        public let line: RequestLine?
        public let body: [UInt8]

        /// `service`: as Service Quotas calls it, `connect`. `token`: of the page before; nil: the first page.
        public init(_ service: String, token: String? = nil) {
            line = RequestLine(.post, "/", subject: "quotas of \(service)")
            body = JSONWriter.body { json in
                json.member("ServiceCode", service)
                json.member("QuotaAppliedAtLevel", "ALL")
                json.member("MaxResults", Self.pageSize)
                if let token { json.member("NextToken", token) }
            }
        }

        public struct Output: Sendable {
            /// Those with a value; the service cannot tell all of them.
            public let quotas: [Quota]
            /// Nil where this is the last page.
            public let nextToken: String?
        }

        public func output(_ root: JSONValue) -> Output? {
            guard let list = root.member("Quotas"), list.isArray else { return nil }
            return Output(quotas: list.elements.compactMap { Quota($0) }, nextToken: root.text("NextToken"))
        }
    }
}
