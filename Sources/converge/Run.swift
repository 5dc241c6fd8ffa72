import EngineCore
import Platform
import Worker

/// `converge run`: the worker, until it is told to end.
enum Run: Subcommand {
    static let command = Command(
        "run", usage: "--config FILE",
        summary: "Reads events from Kafka or Kinesis and maintains the converged state, until it receives a signal to end.",
        flags: [
            Flag("config", "FILE", "the configuration file (YAML); without it, only flags and environment variables apply")
        ] + ConfigurationSchema.worker.flags,
        notes: """
            On SIGTERM or SIGINT it stops reading, makes everything durable, commits, gives up its partitions and exits with 0, or with 1 if
            that takes longer than --drain-timeout. A second signal ends it at once. SIGHUP reopens the log file. Exit codes: 0 done,
            1 failed, 2 the configuration is wrong. See docs/operations.md.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.isEmpty else {
            throw UsageError("converge run: takes no PATH; events come from Kafka or Kinesis")
        }
        WorkerMemory.giveBackEarly()
        // Before any thread is there: those that come take it over.
        WorkerSignals.block()
        let settings: WorkerSettings
        do { settings = try WorkerSettings(Config.load(options, .worker)) } catch {
            writeError("\(error)\n")
            return 2
        }
        let log = try WorkerLog(settings.log)
        defer { log.end() }
        let worker = try Worker(settings, version: Converge.version, log.log)
        // Its thread may outlive the run by half a second: were it to hold the worker, it would close the store while the process exits.
        let signals = WorkerSignals(
            log: log, drainMilliseconds: settings.drainMilliseconds,
            drain: { [weak pipeline = worker.pipeline] in pipeline?.drain() },
            tick: { [weak capture = worker.capture] in capture?.tick() })
        guard let signals else { throw PipelineError.noThread }
        defer { signals.end() }
        return worker.run() ? 0 : 1
    }
}
