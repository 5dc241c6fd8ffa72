import Foundation

/// A double of AWS Lambda's Runtime API (`runtime_api.py`): hands out invocations, and remembers what is answered.
public final class RuntimeDouble: Sendable {
    public struct Answer: Sendable {
        public let id: String
        /// `response`, `error` or `init`.
        public let kind: String
        public let body: String
        /// Since it was handed out.
        public let milliseconds: Double
    }

    private let server: ScriptServer
    /// `AWS_LAMBDA_RUNTIME_API`.
    public let address: String

    public init() throws {
        server = try ScriptServer("runtime_api.py", [])
        guard let world = try server.ask("GET", "/_stub/world") as? [String: Any], let address = world["address"] as? String
        else {
            throw PythonEnvironment.Failed(description: "runtime_api.py has no address")
        }
        self.address = address
    }

    /// When it was first asked for an invocation, in seconds since 1970; nil: not yet.
    public func asked() throws -> Double? { (try server.ask("GET", "/_stub/world") as? [String: Any])?["asked"] as? Double }

    /// `remaining`: milliseconds until the deadline; nil: none is told.
    public func invoke(_ id: String, _ event: String, remaining: Int? = 3_000) throws {
        let invocation: [String: Any] = [
            "id": id, "event": event, "remaining": remaining.map { $0 as Any } ?? NSNull(), "trace": "Root=1-\(id)",
        ]
        try server.ask("PUT", "/_stub/invocations", [invocation])
    }

    /// The next so many responses are not taken.
    public func refuse(_ count: Int) throws { try server.ask("PUT", "/_stub/refusals", count) }

    public func answers() throws -> [Answer] {
        (try server.ask("GET", "/_stub/answers") as? [[String: Any]] ?? []).map { answer in
            Answer(
                id: answer["id"] as? String ?? "", kind: answer["kind"] as? String ?? "", body: answer["body"] as? String ?? "",
                milliseconds: answer["milliseconds"] as? Double ?? -1)
        }
    }
}
