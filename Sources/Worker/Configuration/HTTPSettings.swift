/// Where metrics, health and state are served.
package struct HTTPSettings: Sendable, Equatable {
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
