/// Why a token is not taken. The raw value is a label of a metric and a word of the log; callers from elsewhere hear none of it.
package enum TokenFailure: String, Error, CaseIterable, Sendable {
    /// Longer than ``TokenVerifier/bytesMax``.
    case tooLong = "too-long"
    /// Not three parts of base64url without padding. A token of five parts is encrypted and none of ours.
    case form
    /// The header is no JSON object, or a member of it comes twice.
    case header
    /// `alg` is missing, none of the configured ones, or `none`.
    case algorithm
    /// The header has `crit`: something that has to be understood, and is not.
    case critical
    /// The header's `typ` is that of another kind of token.
    case type
    /// The header names no key.
    case noKeyID = "no-key-id"
    /// The claims are no JSON object, or a member of it comes twice.
    case claims
    /// `iss` is none of the configured issuers.
    case issuer
    /// The issuer's keys were never had.
    case noKeys = "no-keys"
    /// The issuer has no such key.
    case unknownKey = "unknown-key"
    /// The key is not for this algorithm.
    case keyMisfit = "key-misfit"
    case signature
    /// `exp` is missing or no number.
    case noExpiry = "no-expiry"
    case expired
    /// `nbf` or `iat` is in the future, or no number.
    case notYet = "not-yet"
    /// `aud` has none of the issuer's audiences; where it is missing, `client_id` is none of them.
    case audience
    /// `token_use` is not `access`: an ID token says who somebody is, and gives no right.
    case use
    /// `sub` is missing, empty or too long.
    case subject
    /// The claim that names the agent is there and is no name. Without it nobody knows whose own the caller may see: it must not count as nobody's.
    case agent
}
