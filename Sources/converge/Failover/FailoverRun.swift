import Failover
import FailoverCore
import Platform
import Worker

/// `converge failover run`: a controller alone, without a worker.
enum FailoverRun: Subcommand {
    static let command = Command(
        "failover run", usage: "--config FILE",
        summary: "Runs a controller: watches the other Region, and moves contacts here when it does not serve.",
        flags: [Flag("config", "FILE", "the configuration file (YAML)")]
            + ConfigurationSchema.failover.flags(of: ["failover", "http", "log"])
            + ConfigurationSchema.failover.flags(named: ["store.kind", "store.prefix", "engine.heartbeat-write-interval"]),
        notes: """
            A worker with failover.mode in its configuration runs a controller, too. Several may run in a Region. Alone, it knows what there is to lose by the tables of the
            state (store.kind dynamodb), which it only reads; without them it moves nothing by itself, and carries out what people intend. On SIGTERM or SIGINT it ends after the step that is under
            way; what it was carrying out is carried out by another one, or by the next start. Exit codes: 0 done, 1 failed, 2 the configuration is wrong.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.isEmpty else { throw UsageError("converge failover run: takes no operand") }
        WorkerSignals.block()
        let settings: ControllerSettings
        do { settings = try ControllerSettings(Config.load(options, .failover)) } catch {
            writeError("\(error)\n")
            return 2
        }
        let log = try WorkerLog(settings.log)
        defer { log.end() }
        let service = try FailoverService(settings, version: Converge.version, log.log)
        let signals = WorkerSignals(
            log: log, drainMilliseconds: 30_000, drainMessage: "received a signal to end: the controller ends after this step",
            drain: { [weak service] in service?.end() }, tick: {})
        guard let signals else { throw ControlTableError("the system has no thread left") }
        defer { signals.end() }
        return service.run() ? 0 : 1
    }
}
