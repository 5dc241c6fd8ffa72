import JSON
import Platform

/// How long ago an agent was last heard of.
public enum AgentFreshness {
    /// Connect sends a heartbeat every two minutes if nothing else happens; a table is told of it up to a minute later, and the other Region a
    /// moment after that. So nothing was heard of who has not been seen for five.
    /// Source: `docs/dynamodb.md`, how late a reader sees a fact.
    public static let staleMilliseconds: Int64 = 300_000

    /// Whether an agent who was last seen then may be gone without a word; an agent of whom that is not known is stale.
    public static func isStale(lastSeen: Timestamp?, now: Timestamp) -> Bool {
        lastSeen.map { now.milliseconds - $0.milliseconds > staleMilliseconds } ?? true
    }
}

/// What a customer's context takes from the projection of an agent.
struct ContextAgent {
    let presence: String
    /// JSON.
    let regionsOnline: String
    let status: String
    let lastSeen: Timestamp?
    let username: String?

    init(_ state: JSONValue) {
        presence = state.text("presence") ?? "unknown"
        regionsOnline = state.member("regionsOnline")?.bytes.text ?? "[]"
        status = state.member("status")?.bytes.text ?? "null"
        lastSeen = state.member("lastSeen")?.toldTime
        username = state.text("username")
    }
}
