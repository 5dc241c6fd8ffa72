import HTTPServer

/// Where metrics, health and state are served, and to whom.
package struct HTTPSettings: Sendable, Equatable {
    static let defaultPort = 9464
    /// Of a worker to which nothing else is given.
    package static let defaultURL = "http://\(HTTPServer.defaultAddress):\(defaultPort)"

    package var address: String
    /// 0 is any that is free.
    package var port: Int
    /// Whether the address may be one that other machines reach.
    package var isInsecure: Bool
    /// Files in PEM of the server's certificate and of its key; nil: it speaks plain HTTP.
    package var tls: TLS?
    /// Whether changes are followed and told.
    package var tellsChanges: Bool
    /// Whose pages browsers may let read what is answered, as browsers send them.
    package var origins: [String]
    /// Nil: nobody is asked who they are.
    package var tokens: TokenSettings?
    /// Nil: nobody logs in to the console.
    package var login: LoginSettings?
    /// Requests a minute that one caller may make, by class; a class without a number has no limit. Of callers with tokens alone.
    package var rates: [HTTPRouteClass: Int]
    /// Where metrics and health are served apart from everything else, without TLS; nil: on the one port there is.
    package var operations: Operations?

    /// The whole configuration for the console, secrets masked (``Configuration/shown``).
    package var shown: String

    package struct Operations: Sendable, Equatable {
        package var address: String
        package var port: Int
    }

    package struct TLS: Sendable, Equatable {
        package var certificate: String
        package var key: String
    }

    /// What protects it from those who reach its address, and is missing: `tokens`, `TLS`. Of one that only this machine reaches nothing is; of others what
    /// `http.insecure` leaves out.
    package var missing: [String] {
        guard !HTTPServer.isLoopback(address: address) else { return [] }
        return (tokens == nil ? ["tokens"] : []) + (tls == nil ? ["TLS"] : [])
    }

    /// Nil without a port.
    init?(_ configuration: Configuration) throws(ConfigurationError) {
        guard let port = configuration.integer("http.port") else { return nil }
        self.port = port
        shown = configuration.shown
        address = try configuration.required.text("http.address")
        isInsecure = configuration.isOn("http.insecure")
        tellsChanges = configuration.isOn("http.changes")
        if let certificate = configuration.text("http.tls.certificate"), let key = configuration.text("http.tls.key") {
            tls = TLS(certificate: certificate, key: key)
        }
        origins = configuration.list("http.origins")
        tokens = try TokenSettings(configuration)
        login = try LoginSettings(configuration, tokens)
        if let port = configuration.integer("http.operations.port") {
            operations = Operations(address: try configuration.required.text("http.operations.address"), port: port)
        }
        rates = [:]
        for kind in HTTPSettings.limited {
            let rate = try configuration.required.integer("http.rates.\(kind.rawValue)")
            if rate > 0 { rates[kind] = rate }
        }
    }

    /// Classes that have a rate: all but health and metrics.
    static let limited = HTTPRouteClass.allCases.filter { $0 != .operations }
}
