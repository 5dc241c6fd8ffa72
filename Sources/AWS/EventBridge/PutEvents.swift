public import JSON

extension EventBridge {
    /// Puts up to ten events, of 256 KiB together, on buses. A success may be one of some of them only.
    public struct PutEvents: AWSJSONOperation {
        public static var service: AWSService { .eventBridge }
        public static var name: String { "PutEvents" }
        public static let entriesMax = 10
        public let body: [UInt8]
        private let count: Int

        public struct Entry: Hashable, Sendable {
            /// The name or the ARN of the bus; nil: the account's default one.
            public var bus: String?
            public var source: String
            public var detailType: String
            /// An object of JSON, as text.
            public var detail: String

            public init(bus: String? = nil, source: String, detailType: String, detail: String) {
                self.bus = bus
                self.source = source
                self.detailType = detailType
                self.detail = detail
            }
        }

        /// `entries`: the first ten are put.
        public init(_ entries: [Entry]) {
            let entries = entries.prefix(Self.entriesMax)
            count = entries.count
            body = JSONWriter.body { json in
                json.array("Entries") { json in
                    for entry in entries {
                        json.object { json in
                            json.member("Source", entry.source)
                            json.member("DetailType", entry.detailType)
                            json.member("Detail", entry.detail)
                            if let bus = entry.bus { json.member("EventBusName", bus) }
                        }
                    }
                }
            }
        }

        /// What became of one entry.
        public enum Outcome: Hashable, Sendable {
            /// `id`: the event's.
            case put(id: String)
            case failed(code: String, message: String)
        }

        /// One an entry, in their order.
        public typealias Output = [Outcome]

        public func output(_ root: JSONValue) -> [Outcome]? {
            guard let list = root.member("Entries"), list.isArray else { return nil }
            var outcomes: [Outcome] = []
            for value in list.elements {
                if let code = value.text("ErrorCode") {
                    outcomes.append(.failed(code: code, message: value.text("ErrorMessage") ?? ""))
                } else if let id = value.text("EventId") {
                    outcomes.append(.put(id: id))
                } else {
                    return nil
                }
            }
            return outcomes.count == count ? outcomes : nil
        }
    }
}
