import HTTPClient
import Platform
import Tokens

/// How people log in to the console: OpenID Connect's authorization code flow with PKCE at an issuer whose tokens the API takes.
package struct LoginSettings: Sendable, Equatable {
    /// The issuer, as `http.tokens.issuers` has it.
    package var issuer: String
    package var client: String
    /// Nil of a public client.
    package var secret: Secret?
    package var scopes: [String]
    /// Where browsers find the console: `https://converge.example.com`, without a slash at the end.
    package var address: String
    /// Under which cookies are sealed; nil: a key that ends with the process.
    package var key: Secret?

    /// Nil where nobody logs in. Throws what is wrong, a sentence each.
    init?(_ configuration: Configuration, _ tokens: TokenSettings?) throws(ConfigurationError) {
        guard let client = configuration.text("http.login.client") else { return nil }
        var problems: [String] = []
        let issuers = tokens?.sources.map(\.issuer.name) ?? []
        let issuer = configuration.text("http.login.issuer") ?? issuers.first ?? ""
        if !issuers.contains(issuer) {
            let accepted = printable(issuers.joined(separator: ", "))
            problems.append(
                "http.login.issuer '\(printable(issuer))' is none of http.tokens.issuers; accepted: \(accepted)")
        } else if !issuer.hasPrefix("https://") {
            problems.append(
                "http.login.issuer '\(printable(issuer))' has to be an https address: a code and a secret are sent there")
        }
        let address = configuration.text("http.login.address") ?? ""
        if let flaw = LoginSettings.flaw(in: address) { problems.append("http.login.address \(flaw)") }
        let key = configuration.text("http.login.key").map { Secret($0) }
        if let key, key.revealed.utf8.count < Sealer.keyBytes {
            problems.append(
                "http.login.key: give at least \(Sealer.keyBytes) bytes, such as the output of openssl rand -hex 32")
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        (self.issuer, self.client, self.address, self.key) = (issuer, client, address, key)
        secret = configuration.text("http.login.secret").map { Secret($0) }
        scopes = configuration.list("http.login.scopes")
    }

    private static func flaw(in address: String) -> String? {
        let accepted = "give where browsers find it, as https://converge.example.com"
        guard !address.isEmpty else { return "is missing: \(accepted)" }
        // As a browser writes it: what it sends as Origin is held against it.
        guard let url = HTTPURL(address), address == url.origin, address == address.lowercased(), !address.hasSuffix(":443")
        else {
            return "'\(printable(address))' is not accepted: \(accepted), in small letters, without a path and without port 443"
        }
        return address.hasPrefix("https://") || LoopbackPages.isLoopback(url)
            ? nil : "has to be https: cookies of a log-in go by nothing else"
    }
}

/// Pages of this machine, whose browser takes them for safe without TLS.
private enum LoopbackPages {
    static func isLoopback(_ url: HTTPURL) -> Bool {
        ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains { start in
            "\(url)".hasPrefix(start + ":") || "\(url)".hasPrefix(start + "/") || "\(url)" == start
        }
    }
}

extension ConfigurationSchema {
    static let loginKeys = [
        ConfigurationKey(
            "http.login.address", .text, unset: "required with http.login.client",
            "where browsers find this server: https://HOST; the issuer is to know ADDRESS/console/callback"),
        ConfigurationKey(
            "http.login.client", .text, unset: "nobody logs in to the console",
            "client id at the issuer: people log in to the console by OpenID Connect's code flow with PKCE"),
        ConfigurationKey(
            "http.login.issuer", .text, unset: "the first of http.tokens.issuers",
            "which of http.tokens.issuers people log in at"),
        ConfigurationKey(
            "http.login.key", .text, unset: "one that ends with the process", secret: true,
            "secret of 32 bytes and more under which cookies are sealed; the same in all processes behind one address"),
        ConfigurationKey(
            "http.login.scopes", .list, default: "openid,read,read:personal,operate",
            "scopes that are asked for, as the issuer calls them"),
        ConfigurationKey(
            "http.login.secret", .text, unset: "a public client", secret: true, "the client's secret, of a confidential client"),
    ]

    static let idleInLogin =
        ["address", "issuer", "key", "scopes", "secret"].map {
            IdleSetting("http.login.\($0)", needs: .set("http.login.client"))
        }
        + [IdleSetting("http.login.client", needs: .set("http.tokens.issuers"))]
}
