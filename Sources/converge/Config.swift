import Platform
import Worker

/// `converge config`: what a worker would run with.
enum Config: Subcommand {
    private static let schema = ConfigurationSchema.worker

    static let command = Command(
        "config", usage: "check [--config FILE] [--connect] [--format yaml|json]",
        summary:
            "Checks the worker's configuration. Prints every setting, its default or value, and where the value came from.",
        flags: [
            Flag("config", "FILE", "the configuration file (YAML); without it, only flags and environment variables apply"),
            Flag("format", "yaml|json", "output format (default: yaml; with --connect: a table)"),
            Flag(
                "connect", nil, "also test brokers, streams, tables, permissions and paths; changes nothing"
            ),
        ] + schema.flags,
        notes: """
            A flag overrides an environment variable, which overrides the file, which overrides the default. Secrets are masked. Exit codes: 0 the
            configuration is valid; 2 it is not, and every mistake is printed with its location. With --connect, 1 means that something cannot be
            used. After a minute no more checks begin; one that is running finishes.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands == ["check"] else {
            throw UsageError("converge config: the only action is 'check': converge config check")
        }
        let format = try options.choice("format", of: ["yaml", "json"]) ?? "yaml"
        do {
            let configuration = try load(options, schema)
            let settings = try WorkerSettings(configuration)
            if options.isSet("connect") { return connect(settings, isJSON: format == "json") }
            writeOutput(format == "json" ? configuration.json : configuration.yaml)
            return 0
        } catch {
            writeError("\(error)\n")
            return 2
        }
    }

    private static func connect(_ settings: WorkerSettings, isJSON: Bool) -> Int32 {
        let checks = ConnectChecks.run(settings)
        if isJSON {
            for check in checks { writeOutput(check.json) }
        } else {
            var table = Table(header: ["", "what", "found"])
            for check in checks { table.add(check.isFine ? "ok" : "FAILED", check.what, check.found) }
            writeOutput(table.text)
        }
        return checks.allSatisfy(\.isFine) ? 0 : 1
    }

    /// The configuration of a command whose flags are `--config` and the schema's.
    static func load(_ options: Options, _ schema: ConfigurationSchema) throws(ConfigurationError) -> Configuration {
        var file: Configuration.File?
        if let path = options["config"] {
            do throws(FileError) {
                file = Configuration.File(path: path, bytes: try readFile(path, bytesMax: YAMLReader.bytesMax))
            } catch {
                throw ConfigurationError(problems: ["--config: \(error)"])
            }
        }
        let configuration = try Configuration.load(schema, file: file, environment: Converge.environment(), options: options)
        for warning in configuration.warnings { writeError("converge: warning: \(printable(warning))\n") }
        return configuration
    }
}
