import Platform
import TestSupport
import Testing

@testable import Worker

@Suite("settings of access tokens", .limited)
struct TokenSettingsTests {
    private static let east = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"
    private static let west = "https://id.example/"

    private func settings(_ flags: [String: String]) throws -> HTTPSettings? {
        let given = ["kafka-bootstrap-servers": "a", "kafka-topics": "t"].merging(
            Dictionary(uniqueKeysWithValues: flags.map { ("http-\($0)", $1) })
        ) { $1 }
        return try WorkerSettings(flags: given.sorted { $0.key < $1.key }.flatMap { ["--\($0.key)", $0.value] }).http
    }

    @Test("issuers have their keys and audiences side by side, and keys where OpenID has them unless something else is said")
    func lists() throws {
        let http = try #require(
            try settings([
                "tokens-issuers": "\(Self.east),\(Self.west)", "tokens-audiences": "one two,three", "tokens-scope-prefix": "c/",
                "tokens-agent-claim": "username", "tokens-algorithms": "ES256", "tokens-leeway": "10s", "rates-read": "7",
                "rates-list": "0",
            ]))
        let tokens = try #require(http.tokens)
        #expect(tokens.sources.map(\.issuer.name) == [Self.east, Self.west])
        #expect(tokens.sources.map(\.issuer.audiences) == [["one", "two"], ["three"]])
        #expect(tokens.sources.allSatisfy { $0.issuer.algorithms == [.es256] && $0.issuer.agentClaim == "username" })
        let places = tokens.sources.map { source in if case .url(let url) = source.keys { "\(url)" } else { "a file" } }
        #expect(places == [Self.east + "/.well-known/jwks.json", Self.west + ".well-known/jwks.json"])
        #expect(tokens.leewayMilliseconds == 10_000 && http.rates[.read] == 7 && http.rates[.list] == nil)
        let file = try settings(["tokens-issuers": "i", "tokens-audiences": "a", "tokens-jwks": "/etc/keys.json"])
        #expect(file?.tokens?.sources.first?.keys == .file("/etc/keys.json"))
        #expect(try settings([:])?.tokens == nil)
    }

    @Test("an address that others reach needs tokens and TLS, or that somebody says that it is insecure")
    func reachable() throws {
        let tokens = ["tokens-issuers": "https://a", "tokens-audiences": "x"]
        let tls = ["tls-certificate": "/c.pem", "tls-key": "/k.pem"]
        let both = tokens.merging(tls) { $1 }
        for given in [[:], tokens, tls] {
            #expect(throws: (any Error).self, "\(given)") { try settings(given.merging(["address": "0.0.0.0"]) { $1 }) }
            #expect(try settings(given)?.address == "127.0.0.1")
        }
        let http = try settings(both.merging(["address": "0.0.0.0"]) { $1 })
        #expect(http?.tls == HTTPSettings.TLS(certificate: "/c.pem", key: "/k.pem") && http?.isInsecure == false)
        // What somebody accepts to be missing is told to whoever asks for health, and on loopback nothing is.
        for (given, missing) in [([:], ["tokens", "TLS"]), (tokens, ["TLS"]), (tls, ["tokens"]), (both, [])] {
            let open = try #require(try settings(given.merging(["address": "0.0.0.0", "insecure": "true"]) { $1 }))
            #expect(open.missing == missing)
            let checks = HTTPPorts.checks(open, nil, isBeside: false)
            let said = missing.isEmpty ? [] : ["http.insecure is on: without \(missing.joined(separator: " and "))"]
            #expect(
                checks.map(\.detail) == said && checks.allSatisfy { $0.name == "http.secure" && !$0.isHealthy && $0.isBeside })
            let closed = try #require(try settings(given.merging(["insecure": "true"]) { $1 }))
            #expect(closed.missing.isEmpty && HTTPPorts.checks(closed, nil, isBeside: false).isEmpty)
        }
        for half in tls { #expect(throws: (any Error).self) { try settings([half.key: half.value]) } }
    }

    @Test(
        "what does not fit together, and what would make an attack easier, is refused with what to do",
        arguments: [
            (["tokens-issuers": "https://a,https://b", "tokens-audiences": "x"], "http.tokens.audiences has 1 items"),
            (["tokens-issuers": "https://a"], "http.tokens.audiences has 0 items"),
            (["tokens-issuers": "https://a,https://a", "tokens-audiences": "x,y"], "names an issuer twice"),
            (["tokens-issuers": "https://a", "tokens-audiences": "x", "tokens-jwks": "b,c"], "http.tokens.jwks has 2 items"),
            (
                ["tokens-issuers": "https://a", "tokens-audiences": "x", "tokens-jwks": "http://a/keys"],
                "give an https address, or a file"
            ),
            (["tokens-issuers": "http://a", "tokens-audiences": "x"], "give an https address, or a file"),
            (["tokens-issuers": "a", "tokens-audiences": "x"], "give an https address, or a file"),
            (["tokens-issuers": "https://a", "tokens-audiences": "x", "tokens-jwks": "ftp://a/keys"], "give an https address"),
            (["tokens-issuers": "https://a", "tokens-audiences": "x", "tokens-algorithms": "HS256"], "no other is accepted"),
            (["tokens-issuers": "https://a", "tokens-audiences": "x", "tokens-algorithms": "none"], "no other is accepted"),
            (["tokens-issuers": "https://a", "tokens-audiences": "x", "tokens-leeway": "10m"], "http.tokens.leeway"),
            (["tokens-audiences": "x"], "http.tokens.audiences has no effect without http.tokens.issuers"),
            (["rates-read": "5"], "http.rates.read has no effect without http.tokens.issuers"),
            (
                ["address": "0.0.0.0", "tokens-issuers": "https://a", "tokens-audiences": "x"],
                "can be reached from other machines"
            ),
            (["address": "0.0.0.0"], "Without http.tokens nobody is asked who they are"),
        ])
    func refused(flags: [String: String], message: String) {
        #expect {
            try settings(flags)
        } throws: { error in
            "\(error)".contains(message)
        }
    }

    private static let login = [
        "tokens-issuers": "\(east),\(west)", "tokens-audiences": "x,y", "login-client": "console",
        "login-address": "https://converge.example.com",
    ]

    @Test("people log in at the first issuer, or at the one that is named; secrets are shown to nobody")
    func login() throws {
        let plain = try #require(try settings(Self.login)?.login)
        #expect(plain.issuer == Self.east && plain.client == "console" && plain.secret == nil && plain.key == nil)
        #expect(plain.scopes == ["openid", "read", "read:personal", "operate"])
        let more = [
            "login-issuer": Self.west, "login-secret": "sesame", "login-scopes": "openid,read",
            "login-key": String(repeating: "k", count: 32), "login-address": "http://127.0.0.1:9464",
        ]
        let named = try #require(try settings(Self.login.merging(more) { $1 })?.login)
        #expect(named.issuer == Self.west && named.scopes == ["openid", "read"] && named.secret?.revealed == "sesame")
        #expect(!"\(named)".contains("sesame") && !"\(named)".contains("kkkk"))
        #expect(try settings(["tokens-issuers": Self.east, "tokens-audiences": "x"])?.login == nil)
    }

    @Test(
        "a log-in that could not work, or would not be safe, is refused with what to do",
        arguments: [
            (["login-issuer": "https://else.example"], "is none of http.tokens.issuers; accepted: \(Self.east)"),
            (
                ["tokens-issuers": "corp", "tokens-audiences": "x", "tokens-jwks": "/etc/keys.json"],
                "http.login.issuer 'corp' has to be an https address"
            ),
            (["login-address": ""], "http.login.address"),
            (["login-address": "http://converge.example.com"], "has to be https"),
            (["login-address": "http://127.0.0.1.example.com"], "has to be https"),
            (["login-address": "https://converge.example.com/"], "without a path"),
            (["login-address": "https://converge.example.com/x"], "without a path"),
            (["login-address": "https://converge.example.com?x"], "without a path"),
            (["login-address": "https://Converge.example.com"], "in small letters"),
            (["login-address": "https://converge.example.com:443"], "without port 443"),
            (["login-address": "converge.example.com"], "as https://converge.example.com"),
            (["login-key": "short"], "give at least 32 bytes"),
        ])
    func refusedLogin(flags: [String: String], message: String) {
        #expect {
            try settings(Self.login.merging(flags) { $1 })
        } throws: { error in
            "\(error)".contains(message)
        }
    }

    @Test("a log-in needs tokens that are verified, and its settings a client")
    func idleLogin() {
        for (flags, message) in [
            (["login-client": "c"], "http.login.client has no effect without http.tokens.issuers"),
            (["tokens-issuers": "https://a", "tokens-audiences": "x", "login-key": "k"], "without http.login.client"),
        ] {
            #expect {
                try settings(flags)
            } throws: { error in
                "\(error)".contains(message)
            }
        }
    }
}
