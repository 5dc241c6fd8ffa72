import EngineCore
import Glibc
import Ingest
import Observability
import Platform
import Synchronization
import Worker

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
        do { configuration = try RunChecks.load(options, .kcl) } catch {
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
        let configuration = configuration.of(shard)
        let deadline = KCLDeadline(milliseconds: configuration.milliseconds("drain-timeout") ?? 30_000)
        let (worker, source) = try open(configuration, channel, shard, deadline, log.log)
        // Its thread may outlive the run by half a second: were it to hold the worker, it would close the store while the process exits.
        let signals = RunSignals(
            log: log, drainMilliseconds: deadline.milliseconds,
            drainMessage: "told to end: it is the daemon's to give the shard back",
            drain: {},
            tick: { [weak capture = worker.capture] in
                capture?.tick()
                deadline.check(log)
            })
        guard let signals else { throw WorkerError.noThread }
        defer { signals.end() }
        return worker.run() && source.isReleased
    }

    /// How long an embedded store is waited for: whichever process had the shard before holds it to its own end.
    private static let storeMilliseconds: Int64 = 60_000

    private static func open(
        _ configuration: Configuration, _ channel: KCLChannel, _ shard: KCLShard, _ deadline: KCLDeadline, _ log: Log
    ) throws -> (RunWorker, KCLSource) {
        let span = RunSpan()
        let epochs = try KCLLeaseTable(configuration, log)
        let streams = configuration.list("kinesis.streams")
        let source = KCLSource(
            channel, shard, stream: streams.count == 1 ? streams[0] : "", settleMilliseconds: deadline.milliseconds,
            epochs: epochs
        ) { event in
            if case .assigned = event { span.assigned() }
            if case .daemonGone = event { deadline.begin() }
            log.tell(event)
        }
        makeParent(of: configuration)
        let limit = monotonicMilliseconds() + storeMilliseconds
        while true {
            do {
                let worker = try RunWorker(configuration, span, log, makeFeed: { _ in RunFeed(source, shard) }) {
                    store, epoch in
                    if let epochs, let epoch { try epochs.confirm(shard, in: epoch) }
                    let stored = try store.checkpoints().first { $0.partition == source.partitions[0] }
                    log.info(
                        "kcl.shard", "the daemon gives a shard",
                        [
                            "shard": .text(shard.id), "from": .text(shard.start),
                            "stored": .text(stored?.position.sequenceNumber ?? "nothing"),
                        ])
                }
                return (worker, source)
            } catch let error as StoreError {
                guard case .inUse = error.reason, monotonicMilliseconds() < limit, !channel.isClosed else { throw error }
                log.warning("kcl.store.waits", "\(error); waits for it")
                usleep(200_000)
            }
        }
    }

    /// The directory that those of all shards are in.
    private static func makeParent(of configuration: Configuration) {
        for path in ["store.path", "capture.path"].compactMap(configuration.text) {
            guard configuration.text("store.kind") == "embedded" || configuration.text("capture.path") == path,
                let slash = path.lastIndex(of: "/")
            else { continue }
            mkdir(String(path[..<slash]), 0o700)
        }
    }
}

/// How long a process may outlive its daemon.
private final class KCLDeadline: Sendable {
    let milliseconds: Int64
    private let time = Atomic<Int64>(.max)

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    func begin() { time.store(monotonicMilliseconds() + milliseconds, ordering: .relaxed) }

    func check(_ log: RunLog) {
        guard monotonicMilliseconds() >= time.load(ordering: .relaxed) else { return }
        log.log.close(
            .error, "run.broken-off",
            "not drained within --drain-timeout after the daemon went away; what is not durable comes again")
        log.end()
        _exit(1)
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
        ["store.path", "capture.path"].reduce(replacing("source.kind", with: "kcl")) { configuration, name in
            configuration.text(name).map { configuration.replacing(name, with: "\($0)/\(shard.id)") } ?? configuration
        }
    }
}
