import HTTPServer

extension HTTPRequest {
    /// Whether its caller is an agent, who sees what is their own and nothing else.
    public var isAgents: Bool { caller?.agent != nil }

    /// Whether its caller may read this agent. Who is no agent may, by their scopes; an agent may if the token names this one: by the whole id, the last part of it
    /// (the id that Connect gives), or the username, in any case of its ASCII letters.
    ///
    /// A route answers 403 where it may not, whether there is such an agent or not, so that nobody learns that.
    public func mayRead(agent id: String, username: String? = nil) -> Bool {
        guard let own = caller?.agent else { return true }
        return OwnName.isSame(own, id) || id.split(separator: "/").last.map { OwnName.isSame(own, String($0)) } ?? false
            || username.map { OwnName.isSameUsername(own, $0) } ?? false
    }
}

extension HTTPCaller {
    /// Whether a session is their agent's own: its id is the agent's name, or begins with it and a slash. Who is no agent has none.
    func owns(session id: String) -> Bool {
        guard let agent, !agent.isEmpty else { return false }
        return id.utf8.starts(with: agent.utf8) && (id.utf8.count == agent.utf8.count || id.utf8.starts(with: "\(agent)/".utf8))
    }
}

/// Names are held against each other byte by byte. Swift's own comparison, and Unicode's lower case, take some that are spelled otherwise for the same
/// (a Kelvin sign for a k): who could choose such a name would be somebody else.
enum OwnName {
    static func isSame(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }

    static func isSameUsername(_ one: String, _ other: String) -> Bool {
        one.utf8.elementsEqual(other.utf8) { lower($0) == lower($1) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte }
}

extension HTTPResponse {
    /// What an agent is told who asks for what is not theirs.
    public static let notYours = HTTPResponse.problem(403, "an agent's access token reads what is this agent's own")
}
