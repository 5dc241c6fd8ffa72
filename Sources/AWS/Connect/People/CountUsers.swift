public import JSON

extension Connect {
    /// How many users an instance has, about, in one request: SearchUsers with a page of one.
    public struct CountUsers: ConnectOperation, AWSJSONOperation {
        public typealias Output = Int64
        public static var name: String { "SearchUsers" }
        public let line: RequestLine?
        public let body: [UInt8]

        public init(instance: String) {
            line = RequestLine(.post, "/search-users", subject: "instance \(instance)")
            body = JSONWriter.body { json in
                json.member("InstanceId", instance)
                json.member("MaxResults", 1)
            }
        }

        public func output(_ root: JSONValue) -> Int64? { root.member("ApproximateTotalCount")?.integer }
    }
}
