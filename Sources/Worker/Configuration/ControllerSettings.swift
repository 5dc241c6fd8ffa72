/// What `converge failover run` runs with: a controller without a worker.
package struct ControllerSettings: Sendable {
    package var failover: FailoverSettings
    package var log: LogSettings
    /// Nil: it does not listen.
    package var http: HTTPSettings?

    /// Throws what is wrong or missing, a sentence each.
    package init(_ configuration: Configuration) throws(ConfigurationError) {
        guard let failover = try FailoverSettings(configuration) else {
            throw ConfigurationError(problems: ["converge failover run requires failover.regions and failover.instance"])
        }
        guard configuration.isSet("failover.mode") else {
            throw ConfigurationError(problems: ["converge failover run requires failover.mode; begin with observe"])
        }
        self.failover = failover
        log = try LogSettings(configuration)
        http = try HTTPSettings(configuration)
    }
}
