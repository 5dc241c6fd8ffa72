public import JSON
public import Platform

extension Health {
    /// Lists issues of one service that AWS tells of, the newest first, page by page. People write them: they come late, and corroborate.
    public struct DescribeEvents: AWSJSONOperation {
        public static var service: AWSService { .health }
        public static var name: String { "DescribeEvents" }
        static let pageSize: Int64 = 100
        public let body: [UInt8]

        /// `service`: as AWS Health calls it, `CONNECT`. `regions`: ten at most. `open`: only what has not ended. `token`: of the page before;
        /// nil: the first page.
        public init(service: String, regions: [String], isOpen: Bool = true, token: String? = nil) {
            body = JSONWriter.body { json in
                json.object("filter") { json in
                    json.strings("services", [service])
                    json.strings("regions", regions.prefix(10))
                    json.strings("eventTypeCategories", ["issue"])
                    if isOpen { json.strings("eventStatusCodes", [Event.Status.open.rawValue]) }
                }
                json.member("maxResults", Self.pageSize)
                if let token { json.member("nextToken", token) }
            }
        }

        public struct Output: Sendable {
            public let events: [Event]
        }

        public func output(_ root: JSONValue) -> Output? {
            guard let list = root.member("events"), list.isArray else { return nil }
            var events: [Event] = []
            for value in list.elements {
                guard let event = Event(value) else { return nil }
                events.append(event)
            }
            return Output(events: events)
        }
    }

    public struct Event: Hashable, Sendable {
        public enum Status: String, Sendable { case open, closed, upcoming }

        public let arn: String
        /// `AWS_CONNECT_OPERATIONAL_ISSUE`.
        public let code: String
        public let region: String
        /// Nil where the service says another word.
        public let status: Status?
        public let start: Timestamp?
        /// Nil while it goes on.
        public let end: Timestamp?
        public let updated: Timestamp?

        init?(_ value: JSONValue) {
            guard let arn = value.text("arn"), let code = value.text("eventTypeCode") else { return nil }
            self.arn = arn
            self.code = code
            region = value.text("region") ?? ""
            status = value.text("statusCode").flatMap(Status.init(rawValue:))
            start = value.member("startTime").flatMap { Timestamp(seconds: $0) }
            end = value.member("endTime").flatMap { Timestamp(seconds: $0) }
            updated = value.member("lastUpdatedTime").flatMap { Timestamp(seconds: $0) }
        }
    }
}
