/// Who may issue tokens, and for whom: a user pool of one Region, or another OpenID provider. Two Regions have two of them.
package struct TokenIssuer: Equatable, Sendable {
    /// As `iss` has it, to the letter.
    package var name: String
    /// One of them has to be in `aud`; where a token has no `aud` (Amazon Cognito's access tokens), `client_id` has to be one.
    package var audiences: Set<String>
    package var algorithms: Set<TokenAlgorithm>
    /// What its scopes begin with, which is taken off: `converge/` of a resource server's `converge/read`. Scopes without it are none of ours.
    package var scopePrefix: String
    /// The claim that names the agent whose token it is; nil: its tokens are nobody's own.
    package var agentClaim: String?

    package init(
        name: String, audiences: Set<String>, algorithms: Set<TokenAlgorithm> = Set(TokenAlgorithm.allCases),
        scopePrefix: String = "", agentClaim: String? = nil
    ) {
        self.name = name
        self.audiences = audiences
        self.algorithms = algorithms
        self.scopePrefix = scopePrefix
        self.agentClaim = agentClaim
    }
}

/// What a verified token says.
package struct TokenClaims: Equatable, Sendable {
    package var issuer: String
    package var subject: String
    /// Without the issuer's prefix; of others nothing.
    package var scopes: Set<String>
    /// The agent's own name, as the issuer has it.
    package var agent: String?
    /// Seconds since 1970; the token is none from here on.
    package var expiresAt: Double

    package init(issuer: String, subject: String, scopes: Set<String>, agent: String?, expiresAt: Double) {
        self.issuer = issuer
        self.subject = subject
        self.scopes = scopes
        self.agent = agent
        self.expiresAt = expiresAt
    }
}
