import Observability

/// What is logged, and where.
package struct LogSettings: Sendable, Equatable {
    package var level: LogLevel
    /// Nil: text on a terminal, else JSON.
    package var format: LogFormat?
    /// Nil: standard error.
    package var path: String?

    init(_ configuration: Configuration) throws(ConfigurationError) {
        let level = try configuration.required.text("log.level")
        guard let level = LogLevel(name: level) else {
            throw ConfigurationError(problems: ["log.level: \(level) is not a level"])
        }
        self.level = level
        format = configuration.text("log.format").flatMap(LogFormat.init(rawValue:))
        path = configuration.text("log.path")
    }
}
