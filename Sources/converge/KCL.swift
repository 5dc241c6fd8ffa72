import EngineCore
import Ingest
import Platform
import Worker

/// `converge kcl`: the record processor of KCL's MultiLangDaemon, which starts one for each shard that it holds.
enum KCL: Subcommand {
    static let command = Command(
        "kcl", usage: "--config FILE",
        summary: "Reads one Kinesis shard through KCL's MultiLangDaemon and maintains the converged state.",
        flags: [
            Flag("config", "FILE", "the configuration file (YAML); without it, only flags and environment variables apply")
        ] + ConfigurationSchema.kcl.flags,
        notes: """
            Set it as executableName in the daemon's configuration. It uses standard input and output for the daemon's protocol, and logs to
            standard error. Each shard has its own embedded store and capture, in a directory below store.path and capture.path. The daemon
            decides when it ends; after SIGTERM or SIGINT the daemon has --drain-timeout to do so. Exit codes: 0 the shard was given back to
            the daemon cleanly, 1 failed or the daemon ended first, 2 the configuration is wrong. See deploy/kcl/README.md.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.isEmpty else { throw UsageError("converge kcl: takes no PATH; the daemon assigns it a shard") }
        WorkerMemory.giveBackEarly()
        // Before any thread is there: those that come take it over.
        WorkerSignals.block()
        let settings: WorkerSettings
        do { settings = try WorkerSettings(Config.load(options, .kcl)) } catch {
            writeError("\(error)\n")
            return 2
        }
        let log = try WorkerLog(settings.log)
        defer { log.end() }
        do { return try run(settings, log) ? 0 : 1 } catch {
            log.log.error("kcl.failed", "\(error)")
            return 1
        }
    }

    /// Whether the daemon has the shard back.
    private static func run(_ settings: WorkerSettings, _ log: WorkerLog) throws -> Bool {
        let pipes = try KCLPipes()
        let channel = try KCLChannel(input: pipes.input, output: pipes.output)
        guard let shard = try channel.shard() else {
            log.log.info("kcl.none", "the daemon ended before it assigned a shard")
            return true
        }
        let deadline = KCLDeadline(milliseconds: settings.drainMilliseconds)
        let kcl = try KCLWorker(settings.ofShard(shard.id), channel, shard, deadline, version: Converge.version, log.log)
        // Its thread may outlive the run by half a second: were it to hold the worker, it would close the store while the process exits.
        let signals = WorkerSignals(
            log: log, drainMilliseconds: deadline.milliseconds,
            drainMessage: "received a signal to end: waiting for the daemon to release the shard",
            drain: {},
            tick: { [weak capture = kcl.worker.capture] in
                capture?.tick()
                deadline.check(log)
            })
        guard let signals else { throw PipelineError.noThread }
        defer { signals.end() }
        return kcl.run()
    }
}
