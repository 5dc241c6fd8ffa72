public import Platform

/// Who asks, as a verified token says it.
public struct HTTPCaller: Sendable, Equatable {
    /// Who made the token.
    public var issuer: String
    /// Whom the issuer calls so: unique for one issuer only.
    public var subject: String
    /// What the token allows.
    public var scopes: Set<String>
    /// The agent's id or username, where the token says that it is an agent's.
    public var agent: String?
    /// Until when the token is good; nil: not known.
    public var until: Timestamp?

    public init(issuer: String, subject: String, scopes: Set<String>, agent: String? = nil, until: Timestamp? = nil) {
        self.until = until
        self.issuer = issuer
        self.subject = subject
        self.scopes = scopes
        self.agent = agent
    }
}
