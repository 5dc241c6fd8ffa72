import API
import HTTPServer
import Platform
import Tokens

extension ConfigurationSchema {
    /// The settings of `converge serve`: a worker's, so that both take one file. Only those of the state, of HTTP and of the log do anything.
    public static let serve = ConfigurationSchema(
        keys: worker.keys, rules: httpRules + writingRules, idle: idleInHTTP + idleInWriting)

    static let httpKeys =
        [
            ConfigurationKey(
                "http.address", .text, default: HTTPServer.defaultAddress, "IPv4 or IPv6 address for metrics, health and state"),
            ConfigurationKey(
                "http.changes", .boolean, default: "false",
                "follow what changes, in memory, for /v1/changes and lists: of tables, or a worker with store.kind embedded"),
            ConfigurationKey(
                "http.insecure", .boolean, default: "false",
                "allow an http.address that other machines can reach, although what is sent can be read on the way, and without http.tokens anyone who connects can read personal data"
            ),
            ConfigurationKey(
                "http.operations.address", .text, default: HTTPServer.defaultAddress,
                "IPv4 or IPv6 address of http.operations.port"),
            ConfigurationKey(
                "http.operations.port", .integer(0...65_535), unset: "both on http.port",
                "a port of its own, without TLS, for health and metrics, which then are nowhere else; 0: any free port"),
            ConfigurationKey(
                "http.origins", .list, unset: "pages of this address alone",
                "origins whose pages browsers may let read what is answered, as browsers send them: https://HOST or https://HOST:PORT"
            ),
            ConfigurationKey(
                "http.port", .integer(0...65_535), default: "\(HTTPSettings.defaultPort)", "port; 0: any free port"),
        ]
        + [
            (HTTPRouteClass.read, 6_000, "one thing is read"), (.list, 600, "a page of things is read"),
            (.write, 1_200, "something is written"), (.operate, 120, "traffic is moved, or a person's word on it is given"),
            (.stream, 60, "a stream is opened"),
        ].map { kind, standard, help in
            ConfigurationKey(
                "http.rates.\(kind.rawValue)", .integer(0...1_000_000_000), default: "\(standard)",
                "requests a minute of one caller by which \(help); 0: no limit")
        } + [
            ConfigurationKey(
                "http.tls.certificate", .text, unset: "plain HTTP",
                "file with the server's certificate and those above it (PEM); read again when it changes"),
            ConfigurationKey("http.tls.key", .text, unset: "plain HTTP", "file with the certificate's private key (PEM)"),
            ConfigurationKey(
                "http.tokens.issuers", .list, unset: "no tokens: on loopback everybody may do everything",
                "issuers of access tokens, as iss has them; each request then needs a token"),
            ConfigurationKey(
                "http.tokens.jwks", .list, unset: "of each issuer ISSUER/.well-known/jwks.json",
                "where the key set of each issuer is, in the same order: an https address or a file"),
            ConfigurationKey(
                "http.tokens.audiences", .list, unset: "required with http.tokens.issuers",
                "for each issuer, in the same order, what aud or, without aud, client_id has to be; several separated by blanks"
            ),
            ConfigurationKey(
                "http.tokens.algorithms", .list, default: TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ","),
                "signatures that are accepted"),
            ConfigurationKey(
                "http.tokens.scope-prefix", .text, unset: "none",
                "beginning of the scopes that are meant for Converge, such as converge/ of converge/read"),
            ConfigurationKey(
                "http.tokens.agent-claim", .text, unset: "none",
                "claim with the agent's id or username; a token that has it reads what is this agent's own, and nothing else"),
            ConfigurationKey(
                "http.tokens.leeway", .duration(0...120_000), default: "30s",
                "how much the issuer's clock and this one may differ"),
        ] + loginKeys

    static let idleInHTTP =
        ["jwks", "audiences", "algorithms", "scope-prefix", "agent-claim", "leeway"].map {
            IdleSetting("http.tokens.\($0)", needs: .set("http.tokens.issuers"))
        } + [
            IdleSetting("http.rates.", needs: .set("http.tokens.issuers")),
            IdleSetting("http.operations.address", needs: .set("http.operations.port")),
        ] + idleInLogin

    static let httpRules = [
        ConfigurationRule { configuration in
            switch (configuration.isSet("http.tls.certificate"), configuration.isSet("http.tls.key")) {
            case (true, false): "http.tls.certificate requires http.tls.key"
            case (false, true): "http.tls.key requires http.tls.certificate"
            default: nil
            }
        },
        ConfigurationRule { configuration in
            guard configuration.isSet("http.operations.port") else { return nil }
            guard let port = configuration.integer("http.port") else { return "http.operations.port requires http.port" }
            guard let address = configuration.text("http.operations.address") else { return nil }
            guard LoopbackHost.isAddress(address) else {
                return
                    "http.operations.address '\(printable(address))' is not an IPv4 or IPv6 address; give one, such as 127.0.0.1 or ::1"
            }
            guard port == 0 || port != configuration.integer("http.operations.port") else {
                return "http.operations.port \(port) is http.port, too; give another one, or leave it out"
            }
            return nil
        },
        ConfigurationRule { configuration in
            let origins = configuration.list("http.origins")
            guard origins.count <= CrossOrigin.originsMax else {
                return "http.origins has \(origins.count) items; give at most \(CrossOrigin.originsMax)"
            }
            return origins.lazy.compactMap { origin in
                CrossOrigin.flaw(in: origin).map { "http.origins: '\(printable(origin))' \($0)" }
            }.first
        },
        ConfigurationRule { configuration in
            guard configuration.isSet("http.port"), let address = configuration.text("http.address") else { return nil }
            guard LoopbackHost.isAddress(address) else {
                return
                    "http.address '\(printable(address))' is not an IPv4 or IPv6 address; give one, such as 127.0.0.1 or ::1"
            }
            let isGuarded = configuration.isSet("http.tls.certificate") && configuration.isSet("http.tokens.issuers")
            guard !LoopbackHost.isLoopback(address: address), !isGuarded, !configuration.isOn("http.insecure") else {
                return nil
            }
            return
                "http.address \(address) can be reached from other machines, and the state is personal data: "
                + "set http.tls.certificate, http.tls.key and http.tokens.issuers, use a loopback address (127.0.0.1 or ::1) behind a proxy that ends TLS, or accept this with "
                + "http.insecure: true"
                + (configuration.isSet("http.tokens.issuers") ? "" : ". Without http.tokens nobody is asked who they are")
        },
    ]
}
