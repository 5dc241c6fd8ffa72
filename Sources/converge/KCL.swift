import Engine
import Glibc
import Ingest
import Operations

/// `converge kcl`: the record processor of KCL's MultiLangDaemon, which starts one for each shard that it holds.
enum KCL: Subcommand {
    static let command = Command(
        "kcl", usage: "--config FILE",
        summary: "Reads one shard from KCL's MultiLangDaemon, as its executableName, and keeps the converged state.",
        flags: [
            Flag("config", "FILE", "the configuration file, YAML; without it there are flags and environment alone")
        ] + ConfigurationSchema.kcl.flags,
        notes: """
            It speaks the daemon's protocol on standard input and output, and logs to standard error. Each shard has an embedded store and a
            capture of its own, in a directory below store.path and capture.path. The daemon decides when it ends; SIGTERM or SIGINT gives
            it --drain-timeout to do so. Exit codes: 0 the daemon has the shard back in good order, 1 failed, or the daemon went away, 2 the
            configuration is wrong. deploy/kcl/README.md tells more.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.isEmpty else { throw UsageError("converge kcl: takes no PATH; the daemon tells it a shard") }
        RunMemory.giveBackEarly()
        // Before any thread is there: those that come take it over.
        RunSignals.block()
        let configuration: Configuration
        do { configuration = try Config.load(options, .kcl) } catch {
            writeError("\(error)\n")
            return 2
        }
        let log = try RunLog(configuration)
        defer { log.end() }
        do { return try run(configuration, log) ? 0 : 1 } catch {
            log.log.error("kcl.failed", "\(error)")
            return 1
        }
    }

    /// Whether the daemon has the shard back.
    private static func run(_ configuration: Configuration, _ log: RunLog) throws -> Bool {
        let pipes = try KCLPipes()
        let channel = try KCLChannel(input: pipes.input, output: pipes.output)
        guard let shard = try channel.shard() else {
            log.log.info("kcl.none", "the daemon went away before it named a shard")
            return true
        }
        let worker = try KCLWorker(configuration.of(shard), channel, shard, log.log)
        // Its thread may outlive the run by half a second: were it to hold the worker, it would close the store while the process exits.
        let signals = RunSignals(
            log: log, drainMilliseconds: configuration.milliseconds("drain-timeout") ?? 30_000,
            drainMessage: "told to end: it is the daemon's to give the shard back",
            drain: {},
            tick: { [weak worker] in worker?.tick(log) })
        guard let signals else { throw WorkerError.noThread }
        defer { signals.end() }
        return worker.run()
    }
}

/// Standard input and output, kept for the daemon alone: whatever else writes to standard output writes to standard error.
private struct KCLPipes {
    let input: Int32
    let output: Int32

    init() throws(KCLError) {
        input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard input >= 0, output >= 0, nothing >= 0, dup2(nothing, STDIN_FILENO) >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0
        else { throw .pipe(action: "keep", reason: String(cString: strerror(errno))) }
        close(nothing)
    }
}

extension Configuration {
    /// The processes of a machine share a configuration; each has a state and a capture of its own, called after its shard.
    fileprivate func of(_ shard: KCLShard) -> Configuration {
        ["store.path", "capture.path"].reduce(self) { configuration, name in
            configuration.text(name).map { configuration.replacing(name, with: "\($0)/\(shard.id)") } ?? configuration
        }
    }
}
