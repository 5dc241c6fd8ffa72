import JSON
import Platform

/// The rules by which a token is taken (RFC 7519, RFC 8725, RFC 9068, and what Amazon Cognito and Okta do otherwise). A value without a clock or a connection.
///
/// What a token says of where its key is (`jku`, `jwk`, `x5u`, `x5c`) is not looked at: keys come from where the configuration says.
package struct TokenVerifier: Sendable {
    /// Bytes of a token.
    package static let bytesMax = 8_192
    /// Bytes of a subject, an agent's name, a scope.
    package static let nameBytesMax = 256
    /// Scopes of a token that are ours; more are not looked at.
    package static let scopesMax = 64
    /// By how much clocks may differ, in seconds.
    package static let leeway: ClosedRange<Double> = 0...120

    package let issuers: [TokenIssuer]
    /// Seconds by which clocks may differ.
    package let leeway: Double

    /// `leeway`: seconds, for `exp`, `nbf` and `iat`; taken into ``leeway``.
    package init(issuers: [TokenIssuer], leeway: Double = 30) {
        self.issuers = issuers
        self.leeway = min(max(leeway, TokenVerifier.leeway.lowerBound), TokenVerifier.leeway.upperBound)
    }

    /// What the token says, if it is one of ours and in force. `now`: seconds since 1970. `key`: of an issuer by its id; throws ``TokenFailure/noKeys`` or
    /// ``TokenFailure/unknownKey``.
    ///
    /// Nothing that the token says is used before its signature was verified, but for which issuer's key to verify it with.
    package func verify(
        _ token: String, now: Double, key: (_ issuer: TokenIssuer, _ id: String) throws(TokenFailure) -> VerificationKey
    ) throws(TokenFailure) -> TokenClaims {
        guard token.utf8.count <= TokenVerifier.bytesMax else { throw .tooLong }
        let text = Array(token.utf8)
        let dots = text.indices.filter { text[$0] == UInt8(ascii: ".") }
        guard dots.count == 2,
            let headerText = decoded(text[..<dots[0]]), let claimsText = decoded(text[(dots[0] + 1)..<dots[1]]),
            let signature = decoded(text[(dots[1] + 1)...]), !signature.isEmpty
        else { throw .form }
        let header = try Header(headerText)
        guard let claims = TokenObject(claimsText) else { throw .claims }
        guard let name = claims.text("iss"), let issuer = issuers.first(where: { $0.name == name }) else { throw .issuer }
        guard issuer.algorithms.contains(header.algorithm) else { throw .algorithm }
        let key = try key(issuer, header.keyID)
        guard key.algorithm == header.algorithm else { throw .keyMisfit }
        let isRight = text.withUnsafeBytes { key.verifies(signature, of: ByteView(rebasing: $0[..<dots[1]])) }
        guard isRight else { throw .signature }
        return try accepted(claims, of: issuer, now: now)
    }

    private func decoded(_ part: ArraySlice<UInt8>) -> [UInt8]? { part.withUnsafeBytes { base64URLDecoded($0) } }

    private struct Header {
        let algorithm: TokenAlgorithm
        let keyID: String

        init(_ text: [UInt8]) throws(TokenFailure) {
            guard let object = TokenObject(text) else { throw .header }
            guard let algorithm = object.text("alg").flatMap(TokenAlgorithm.init) else { throw .algorithm }
            guard !object.has("crit") else { throw .critical }
            if object.has("typ") {
                // A media type, whose first half may be left out, in any case (RFC 7515 section 4.1.9).
                let type = object.text("typ")?.lowercased() ?? ""
                guard ["jwt", "at+jwt", "application/jwt", "application/at+jwt"].contains(type) else { throw .type }
            }
            guard let id = object.text("kid"), !id.isEmpty, id.utf8.count <= TokenVerifier.nameBytesMax else { throw .noKeyID }
            self.algorithm = algorithm
            keyID = id
        }
    }

    private func accepted(_ claims: TokenObject, of issuer: TokenIssuer, now: Double) throws(TokenFailure) -> TokenClaims {
        guard let expiry = claims.number("exp") else { throw .noExpiry }
        guard now < expiry + leeway else { throw .expired }
        for name in ["nbf", "iat"] where claims.has(name) {
            guard let time = claims.number(name), time <= now + leeway else { throw .notYet }
        }
        let audiences = claims.has("aud") ? claims.texts("aud") : claims.text("client_id").map { [$0] }
        guard let audiences, !issuer.audiences.isDisjoint(with: audiences) else { throw .audience }
        guard !claims.has("token_use") || claims.text("token_use") == "access" else { throw .use }
        guard let subject = claims.text("sub"), TokenVerifier.isName(subject) else { throw .subject }
        var agent: String?
        if let claim = issuer.agentClaim, claims.has(claim) {
            agent = claims.text(claim)
            guard let agent, TokenVerifier.isName(agent) else { throw .agent }
        }
        return TokenClaims(
            issuer: issuer.name, subject: subject, scopes: scopes(claims, of: issuer), agent: agent, expiresAt: expiry)
    }

    private static func isName(_ text: String) -> Bool { !text.isEmpty && text.utf8.count <= nameBytesMax }

    /// `scope` is a text with blanks (RFC 8693 section 4.2), `scp` a list (Okta) or a text.
    private func scopes(_ claims: TokenObject, of issuer: TokenIssuer) -> Set<String> {
        let texts = claims.texts("scope") ?? claims.texts("scp") ?? []
        let ours = texts.flatMap { $0.split(separator: " ") }.compactMap { scope in
            scope.hasPrefix(issuer.scopePrefix) && scope.utf8.count <= TokenVerifier.nameBytesMax
                ? String(scope.dropFirst(issuer.scopePrefix.count)) : nil
        }
        return Set(ours.prefix(TokenVerifier.scopesMax))
    }
}
