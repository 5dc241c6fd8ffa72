import Ingest

/// What a worker runs with: every setting in the type that its users take, decoded once.
///
///     let settings = try WorkerSettings(configuration)
///     if case .kafka(let kafka) = settings.source { print(kafka.client.brokers) }
///
/// The types of the sections stand in this folder, a file each. They alone read keys; the rest of the program takes these values.
/// A default stands in ``ConfigurationSchema/worker``; one that depends on the machine or on another setting, or that other commands have,
/// too, in the section's type.
package struct WorkerSettings: Sendable {
    package var source: SourceSettings
    package var store: StoreSettings
    package var deadLetters: DeadLetterSettings
    package var engine: EngineSettings
    /// Nil: no aliases are written.
    package var aliases: AliasSettings?
    /// Nil: the worker does not listen.
    package var http: HTTPSettings?
    /// Nil: nothing can be written over HTTP.
    package var writing: WritingSettings?
    package var log: LogSettings
    /// Nil: nothing is captured.
    package var capture: CaptureSettings?
    /// Nil: no controller stands beside the worker.
    package var failover: FailoverSettings?
    /// Of `converge kcl` alone.
    package var kcl: KCLSettings
    /// How long the worker may go on flushing and committing once it is told to end.
    package var drainMilliseconds: Int64

    /// Decodes and checks all of it. Makes nothing and asks nobody. Throws every problem there is, a sentence each.
    package init(_ configuration: Configuration) throws(ConfigurationError) {
        let store = try StoreSettings(configuration)
        self.store = store
        source = try SourceSettings(configuration, store)
        deadLetters = try DeadLetterSettings(configuration, store)
        engine = try EngineSettings(configuration, store)
        aliases = AliasSettings(configuration)
        http = try HTTPSettings(configuration)
        writing = try WritingSettings(configuration, store)
        log = try LogSettings(configuration)
        capture = try CaptureSettings(configuration)
        failover = configuration.isSet("failover.mode") ? try FailoverSettings(configuration) : nil
        kcl = KCLSettings(configuration)
        drainMilliseconds = try configuration.required.milliseconds("drain-timeout")
        let problems = problems()
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    /// What `converge run` has of these flags alone, whatever the environment says.
    package init(flags: [String]) throws {
        let schema = ConfigurationSchema.worker
        let command = Command("run", usage: "", summary: "", flags: schema.flags)
        try self.init(Configuration.load(schema, file: nil, environment: [:], options: Options(flags, for: command)))
    }

    /// The file of dead letters that do not go to Kafka: where none is named, it is in the directory of the state, or in the current one.
    package var deadLetterPath: String {
        if case .file(let path?) = deadLetters.place { return path }
        if case .embedded(let path) = store.place { return "\(path)/\(DeadLetterFile.defaultName)" }
        return DeadLetterFile.defaultName
    }

    /// How Kafka is spoken to, for events or for dead letters. Nil: it is not.
    package var kafka: KafkaClientSettings? {
        if case .kafka(let kafka) = source { return kafka.client }
        if case .kafka(_, let client) = deadLetters.place { return client }
        return nil
    }

    /// The same for one shard of KCL's. The processes of a machine share a configuration; each has a state and a capture of its own, called
    /// after its shard.
    package func ofShard(_ id: String) -> WorkerSettings {
        var settings = self
        settings.source = .kcl
        if case .embedded(let path) = store.place { settings.store.place = .embedded(path: "\(path)/\(id)") }
        if let path = capture?.path { settings.capture?.path = "\(path)/\(id)" }
        return settings
    }
}
