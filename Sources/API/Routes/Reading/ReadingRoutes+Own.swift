import ContactCenter
import EngineCore
import HTTPServer

extension ReadingRoutes {
    /// Whether the caller may read what the request names. An agent reads of agents, usernames and sessions their own, and of the rest what their scopes say; what explains
    /// values is for those who are no agents.
    func allows(_ request: HTTPRequest, _ pattern: String) throws(StoreError) -> Bool {
        guard let own = request.caller?.agent else { return true }
        let id = request.parameters["id"] ?? ""
        switch pattern {
        case "/v1/agents/{id...}": return try isOwn(AgentID.id(told: id), own, request)
        case "/v1/usernames/{id}": return request.mayRead(agent: "", username: id)
        case "/v1/sessions/{id...}": return request.caller?.owns(session: id) ?? false
        case "/v1/explain/{kind}/{id...}":
            return request.parameters["kind"] == "agent" ? try isOwn(AgentID.id(told: id), own, request) : false
        case "/v1/contacts/{id}", "/v1/customers/{id}", "/v1/customers/{id}/context", "/v1/flows/{id}", "/v1/queues/{id...}",
            "/v1/regions", "/v1/lookups":
            return true
        default: return false
        }
    }

    /// Whether it can be told without a look at the state that the caller may read an entity: who is no agent may, and an agent what bears their id.
    func allowsAtOnce(_ request: HTTPRequest, _ kind: EntityKind, _ id: String) -> Bool {
        guard let caller = request.caller, caller.agent != nil else { return true }
        return switch kind {
        case .agent: request.mayRead(agent: id)
        case .session: caller.owns(session: id)
        case .customer, .flow: true
        case .alias, .contact, .queue, .username, .volume: false
        }
    }

    /// Whether the token names this agent, or a username that is this agent's.
    private func isOwn(_ id: String, _ own: String, _ request: HTTPRequest) throws(StoreError) -> Bool {
        if request.mayRead(agent: id) { return true }
        guard let alias = try Reading(source, request).state(.username, own) else { return false }
        return Reading.look(alias) { $0.member("agents").map { $0.elements.contains { $0.text == id } } ?? false } ?? false
    }
}
