import Foundation

/// A receiver of webhooks (`webhooks.py`), which remembers what it was sent and answers as it is told.
public final class WebhookReceiver: Sendable {
    public struct Request: Sendable {
        public let method: String
        public let path: String
        /// By lower-case name.
        public let headers: [String: String]
        public let body: String
        /// Seconds since 1970.
        public let at: Double
    }

    /// What one of the next requests gets: a status, or no answer.
    public enum Answer: Sendable {
        case status(Int)
        /// It is heard, and nothing is said.
        case hang
        /// It is heard, and the connection is reset.
        case reset

        var json: [String: Any] {
            switch self {
            case .status(let code): ["status": code]
            case .hang: ["status": "hang"]
            case .reset: ["status": "reset"]
            }
        }
    }

    private let server: ScriptServer
    /// Any path of it is a webhook.
    public let endpoint: String

    public init() throws {
        server = try ScriptServer("webhooks.py", [])
        endpoint = (try server.ask("GET", "/_stub/world") as? [String: Any])?["endpoint"] as? String ?? ""
    }

    /// What the next requests are answered, in that order; 200 once they are used up.
    public func answer(_ answers: [Answer]) throws { try server.ask("PUT", "/_stub/answers", answers.map(\.json)) }

    /// Every request from now on is answered so.
    public func answerAll(_ answer: Answer) throws {
        try server.ask("PUT", "/_stub/answers", [answer.json.merging(["times": NSNull()]) { $1 }])
    }

    /// Oldest first; the newest 10,000 at most.
    public func requests() throws -> [Request] {
        (try server.ask("GET", "/_stub/requests") as? [[String: Any]] ?? []).map { request in
            Request(
                method: request["method"] as? String ?? "", path: request["path"] as? String ?? "",
                headers: request["headers"] as? [String: String] ?? [:], body: request["body"] as? String ?? "",
                at: request["at"] as? Double ?? 0)
        }
    }

    public func clear() throws { try server.ask("DELETE", "/_stub/requests") }
}
