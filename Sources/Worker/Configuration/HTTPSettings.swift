import HTTPServer

/// Where metrics, health and state are served.
package struct HTTPSettings: Sendable, Equatable {
    static let defaultPort = 9464
    /// Of a worker to which nothing else is given.
    package static let defaultURL = "http://\(HTTPServer.defaultAddress):\(defaultPort)"

    package var address: String
    /// 0 is any that is free.
    package var port: Int
    /// Whether the address may be one that other machines reach.
    package var isInsecure: Bool

    /// Nil without a port.
    init?(_ configuration: Configuration) throws(ConfigurationError) {
        guard let port = configuration.integer("http.port") else { return nil }
        self.port = port
        address = try configuration.required.text("http.address")
        isInsecure = configuration.isOn("http.insecure")
    }
}
