import Foundation

/// A stub of DynamoDB Streams with shards that split, end and are trimmed (`streams.py`, which says what it can be told).
public final class StreamsDouble: Sendable {
    /// A shard as a test has it.
    public struct Shard {
        public var id: String
        public var parent: String?
        public var isClosed: Bool
        /// How many of its records are gone.
        public var trimmed: Int
        /// JSON, as GetRecords answers them.
        public var records: [String]

        public init(_ id: String, parent: String? = nil, isClosed: Bool = false, trimmed: Int = 0, _ records: [String] = []) {
            self.id = id
            self.parent = parent
            self.isClosed = isClosed
            self.trimmed = trimmed
            self.records = records
        }
    }

    private let server: ScriptServer
    /// The endpoints of the tables and of their streams.
    public let tables: String
    public let streams: String

    public init() throws {
        server = try ScriptServer("streams.py", [])
        let world = try server.ask("GET", "/_stub/world") as? [String: String] ?? [:]
        tables = world["tables"] ?? ""
        streams = world["streams"] ?? ""
    }

    /// One table with a stream of these shards, or without (nil), in place of what there was.
    public func set(
        _ table: String, stream: String?, view: String = "NEW_AND_OLD_IMAGES", _ shards: [Shard] = []
    ) throws {
        let described = try shards.map { shard in
            var said: [String: Any] = ["id": shard.id, "isClosed": shard.isClosed, "trimmed": shard.trimmed]
            said["parent"] = shard.parent
            said["records"] = try shard.records.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) }
            return said
        }
        let found: [String: Any] = ["stream": stream ?? NSNull(), "view": view, "shards": described]
        try server.ask("PUT", "/_stub/streams", [table: found])
    }

    /// All iterators that were given so far are too old.
    public func expireIterators() throws { try server.ask("PUT", "/_stub/iterators", [String: String]()) }

    /// The next so many requests of an operation end so.
    public func refuse(_ operation: String, code: String, times: Int) throws {
        try server.ask("PUT", "/_stub/faults", [["operation": operation, "fault": "error", "code": code, "times": times]])
    }

    /// How often each operation was asked for since the last look.
    public func calls() throws -> [String: Int] {
        let log = try server.ask("GET", "/_stub/log") as? [[String: Any]] ?? []
        try server.ask("DELETE", "/_stub/log")
        return log.reduce(into: [:]) { $0[$1["operation"] as? String ?? "", default: 0] += 1 }
    }
}
