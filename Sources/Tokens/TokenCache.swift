import Platform

/// What tokens said that were verified a moment ago, so that who asks again and again costs a hash instead of a signature.
///
/// Bounded: ``tokensMax`` in each of two generations; when the younger one is full the older one is forgotten. A token is verified anew after ``secondsMax`` at the latest, so that
/// a key that an issuer has withdrawn does not serve for longer than it would.
package struct TokenCache: Sendable {
    package static let tokensMax = 10_000
    package static let secondsMax = 300.0

    /// Of a token. Making one is most of what a look-up costs, and needs no lock.
    package struct Digest: Hashable, Sendable {
        private let (a, b, c, d): (UInt64, UInt64, UInt64, UInt64)

        package init(_ token: String) {
            var hash = SHA256()
            var token = token
            token.withUTF8 { hash.update(ByteView($0)) }
            (a, b, c, d) = hash.finalize { bytes in
                (
                    bytes.integer(at: 0, as: UInt64.self), bytes.integer(at: 8, as: UInt64.self),
                    bytes.integer(at: 16, as: UInt64.self), bytes.integer(at: 24, as: UInt64.self)
                )
            }
        }

        package func hash(into hasher: inout Hasher) { hasher.combine(a) }
        package static func == (one: Digest, other: Digest) -> Bool {
            one.a == other.a && one.b == other.b && one.c == other.c && one.d == other.d
        }
    }

    private struct Kept: Sendable {
        var claims: TokenClaims
        var until: Double
    }

    private var young: [Digest: Kept] = [:]
    private var old: [Digest: Kept] = [:]

    package init() {}

    /// `now`: seconds since 1970. `isYoung`: it need not be kept again (``keepAgain(_:)``).
    package func claims(of token: Digest, now: Double) -> (claims: TokenClaims, isYoung: Bool)? {
        let kept = young[token]
        guard let found = kept ?? old[token], now < found.until, now >= found.until - TokenCache.secondsMax else { return nil }
        return (found.claims, kept != nil)
    }

    package mutating func keep(_ claims: TokenClaims, of token: Digest, now: Double) {
        keep(Kept(claims: claims, until: min(claims.expiresAt, now + TokenCache.secondsMax)), token)
    }

    /// Of the older generation into the younger one, as it is.
    package mutating func keepAgain(_ token: Digest) {
        if young[token] == nil, let kept = old[token] { keep(kept, token) }
    }

    private mutating func keep(_ kept: Kept, _ digest: Digest) {
        if young.count >= TokenCache.tokensMax { (old, young) = (young, [:]) }
        young[digest] = kept
    }
}
