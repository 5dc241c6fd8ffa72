import HTTPClient
import Platform
import Tokens

/// Whose tokens the API takes.
package struct TokenSettings: Sendable, Equatable {
    /// Where an issuer's key set is.
    package enum Keys: Sendable, Equatable {
        case file(String)
        /// Of `https` alone.
        case url(HTTPURL)
    }

    package struct Source: Sendable, Equatable {
        package var issuer: TokenIssuer
        package var keys: Keys
    }

    package var sources: [Source]
    /// By how much clocks may differ.
    package var leewayMilliseconds: Int64

    /// Nil without issuers. Throws what is wrong, a sentence each.
    init?(_ configuration: Configuration) throws(ConfigurationError) {
        let names = configuration.list("http.tokens.issuers")
        guard !names.isEmpty else { return nil }
        var problems: [String] = []
        let audiences = configuration.list("http.tokens.audiences").map { Set($0.split(separator: " ").map(String.init)) }
        if audiences.count != names.count || audiences.contains(where: \.isEmpty) {
            problems.append(
                "http.tokens.audiences has \(audiences.count) items and http.tokens.issuers \(names.count): give the audiences of each issuer, in the same order; several of one issuer are separated by blanks"
            )
        }
        let given = configuration.list("http.tokens.jwks")
        let places = given.isEmpty ? names.map { ($0.hasSuffix("/") ? $0 : $0 + "/") + ".well-known/jwks.json" } : given
        if places.count != names.count {
            problems.append(
                "http.tokens.jwks has \(places.count) items and http.tokens.issuers \(names.count): give one for each issuer, in the same order, or none"
            )
        }
        if Set(names).count != names.count { problems.append("http.tokens.issuers names an issuer twice; remove one of them") }
        let keys = places.map { TokenSettings.keys($0, isGiven: !given.isEmpty, &problems) }
        let algorithms = configuration.list("http.tokens.algorithms").map { name in
            TokenAlgorithm(rawValue: name)
        }
        if algorithms.contains(nil) {
            let accepted = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            problems.append("http.tokens.algorithms: give one or both of \(accepted); no other is accepted")
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        sources = zip(names, zip(audiences, keys)).compactMap { name, rest in
            rest.1.map { keys in
                Source(
                    issuer: TokenIssuer(
                        name: name, audiences: rest.0, algorithms: Set(algorithms.compactMap { $0 }),
                        scopePrefix: configuration.text("http.tokens.scope-prefix") ?? "",
                        agentClaim: configuration.text("http.tokens.agent-claim")),
                    keys: keys)
            }
        }
        leewayMilliseconds = try configuration.required.milliseconds("http.tokens.leeway")
    }

    private static func keys(_ place: String, isGiven: Bool, _ problems: inout [String]) -> Keys? {
        if place.lowercased().hasPrefix("https://"), let url = HTTPURL(place) { return .url(url) }
        guard !place.contains("://"), isGiven else {
            problems.append(
                "http.tokens.jwks: '\(printable(place))' is not accepted; give an https address, or a file"
                    + (isGiven ? "" : "; without one it is the issuer's address with /.well-known/jwks.json"))
            return nil
        }
        return .file(place)
    }
}
