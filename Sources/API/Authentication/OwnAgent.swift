import HTTPServer

extension HTTPRequest {
    /// Whether its caller is an agent, who sees what is their own and nothing else.
    public var isAgents: Bool { caller?.agent != nil }

    /// Whether its caller may read this agent. Who is no agent may, by their scopes; an agent may if the token names this one: by the whole id, the last part of it
    /// (the id that Connect gives), or the username, in any case of its letters.
    ///
    /// A route answers 403 where it may not, whether there is such an agent or not, so that nobody learns that.
    public func mayRead(agent id: String, username: String? = nil) -> Bool {
        guard let own = caller?.agent else { return true }
        return own == id || id.split(separator: "/").last.map(String.init) == own
            || username.map { $0.lowercased() == own.lowercased() } ?? false
    }
}

extension HTTPResponse {
    /// What an agent is told who asks for what is not theirs.
    public static let notYours = HTTPResponse.problem(403, "an agent's access token reads what is this agent's own")
}
