import EngineCore
import Platform
import Worker

/// `converge serve`: the HTTP API over a state that workers maintain.
enum Serve: Subcommand {
    static let command = Command(
        "serve", usage: "--config FILE",
        summary: "Serves the state over HTTP, from DynamoDB tables or a state directory, without reading events.",
        flags: [
            Flag("config", "FILE", "the configuration file (YAML); without it, only flags and environment variables apply")
        ] + ConfigurationSchema.serve.flags(of: ["store", "aliases", "http", "writing", "log", "drain-timeout"]),
        notes: """
            It takes the configuration of a worker and reads store.*, aliases.*, http.*, writing.*, log.* and drain-timeout of it. It writes
            no state; what is written over HTTP goes into the stream of writing.*. Of a state directory it shows what a worker made
            durable some seconds ago, and can run beside it. On SIGTERM or SIGINT it accepts no more requests, and ends when the answers under way are out. Exit codes:
            0 done, 1 failed, 2 the configuration is wrong. See docs/api.md.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.isEmpty else {
            throw UsageError("converge serve: takes no PATH; store.path or store.prefix says which state")
        }
        // Before any thread is there: those that come take it over.
        WorkerSignals.block()
        let settings: ServeSettings
        do { settings = try ServeSettings(Config.load(options, .serve)) } catch {
            writeError("\(error)\n")
            return 2
        }
        let log = try WorkerLog(settings.log)
        defer { log.end() }
        let service = try StateService(settings, version: Converge.version, log.log)
        let signals = WorkerSignals(
            // Answers have the time of the drain; what is left of it is for closing.
            log: log, drainMilliseconds: settings.drainMilliseconds + 5_000,
            drainMessage: "received a signal to end: answers under way go out",
            drain: { [weak service] in service?.end() }, tick: {})
        guard let signals else { throw PipelineError.noThread }
        defer { signals.end() }
        return service.run() ? 0 : 1
    }
}
