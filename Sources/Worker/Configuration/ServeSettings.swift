/// What `converge serve` runs with: of a worker's settings those of its state, of aliases, of HTTP, of the log, and where a failover is told of.
package struct ServeSettings: Sendable {
    package var store: StoreSettings
    package var http: HTTPSettings
    /// Nil: there are no aliases to look up.
    package var aliases: AliasSettings?
    /// Nil: nothing can be written over HTTP.
    package var writing: WritingSettings?
    /// Nil: its clients hear of no failover.
    package var failover: FailoverSettings?
    package var log: LogSettings
    /// How long answers under way may take once it is told to end.
    package var drainMilliseconds: Int64

    /// Throws what is wrong or missing, a sentence each.
    package init(_ configuration: Configuration) throws(ConfigurationError) {
        guard let http = try HTTPSettings(configuration) else {
            throw ConfigurationError(problems: ["converge serve requires http.port"])
        }
        self.http = http
        store = try StoreSettings(configuration)
        if case .memory = store.place {
            throw ConfigurationError(problems: [
                "converge serve requires store.kind embedded or dynamodb: a state in memory is its worker's alone"
            ])
        }
        if let problem = store.prefixProblem { throw ConfigurationError(problems: [problem]) }
        aliases = AliasSettings(configuration)
        writing = try WritingSettings(configuration, store)
        failover = try FailoverSettings(configuration)
        log = try LogSettings(configuration)
        drainMilliseconds = try configuration.required.milliseconds("drain-timeout")
    }
}
