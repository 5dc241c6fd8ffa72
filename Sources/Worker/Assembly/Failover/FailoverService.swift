import API
import AWS
import Failover
import FailoverCore
import HTTPServer
import Observability
import Platform
import Storage
import Synchronization

/// A controller with all that it needs: the control table, the groups, what looks at the Regions, and what follows its intents.
///
/// It stands beside a worker, or alone (`converge failover run`). Nothing in it stands in a worker's way.
package final class FailoverService: Sendable {
    private let runner: FailoverRunner
    private let drills: DrillRunner
    private let sources: SignalSources
    private let actuators: Actuators
    private let preflight: PreflightWatch
    /// Of a controller alone: reads what the Regions' workers say of themselves.
    private let canary: ReplicationCanary?
    /// Nil where nobody is told what changes.
    private let watch: FailoverWatch?
    private let log: Log
    private let ports: HTTPPorts?
    /// What the routes of `/v1/failover` reach it by.
    let answers: any FailoverAnswers
    /// What its signals and its preflight say.
    let sights: FailoverSights
    private let trend: LagRounds?
    private let monitor = Monitor()
    /// Guarded by the monitor.
    private let flow = Flow()

    private final class Flow: @unchecked Sendable { var isEnded = false }

    /// The control table as it was last read: which intent a line of the history is about.
    private final class NewestView: Sendable {
        let view = Mutex<ControlView?>(nil)

        func intent(of term: Int64) -> Intent? { view.withLock { $0?.terms.first { $0.term == term } } }
    }

    /// Of `converge failover run`.
    package convenience init(_ settings: ControllerSettings, version: String, _ log: Log) throws {
        let seen = try settings.failover.tables.map { try TablesSeen($0, settings.failover, log) }
        if seen == nil {
            log.warning(
                "failover.blind",
                "store.kind is not dynamodb: this controller sees no contacts and no agents, so it does not know how much there is to lose and moves nothing by itself; it carries out what people intend"
            )
        }
        try self.init(
            settings.failover, WorkerReports(version: version, log), beside: seen?.workers, http: settings.http,
            canary: seen?.canary)
    }

    /// `worker`: the one that it stands beside, and what that sees by itself, or what the tables tell of the Region's; nil where there is neither. `http`: where it serves metrics and health; nil beside a worker, which does.
    /// `hub`: whose clients are told of a failover.
    init(
        _ settings: FailoverSettings, _ reports: WorkerReports, beside worker: WorkerBeside?, http: HTTPSettings?,
        canary: ReplicationCanary? = nil, hub: ChangeHub? = nil
    ) throws {
        self.canary = canary
        let session = try AWSSession()
        let access = try FailoverAccess(settings, session: session)
        watch = hub.map { FailoverWatch(access.control, $0) }
        let log = reports.log
        let looking = try FailoverLooking(access, session: session)
        let controller = FailoverController(
            .init(region: access.region, peer: access.peer, id: settings.controller), settings.policy,
            seed: UInt64.random(in: .min ... .max))
        let say: @Sendable (String) -> Void = { log.warning("failover.actuator", $0) }
        let following = try settings.actuators.actuators(session, own: access.region, regions: settings.regions, say: say)
        let exercise = ConnectExercise(access.groups, pace: { looking.upkeep.exerciseMilliseconds }, say: say)
        let actuators = Actuators([exercise] + following.all)
        self.actuators = actuators
        let newest = NewestView()
        let tellEntry: @Sendable (JournalEntry) -> Void = { entry in
            FailoverService.tell(entry, log)
            actuators.tell(Notice(entry, of: newest.intent(of: entry.term), by: controller.identity.name))
        }
        let counted = StartsCounted()
        // Who sees no contact begin does not say that none landed.
        let landing = try worker.flatMap { worker in
            worker.sights.isAlone
                ? nil
                : LandingSource(
                    by: controller.identity.name, in: access.region, access.control,
                    try worker.landing(settings.signals, session, counted), say: { log.warning("failover.landing", $0) },
                    tell: tellEntry)
        }
        let runner = FailoverRunner(controller, access.ports) { told in
            switch told {
            case .view(let view):
                newest.view.withLock { $0 = view }
                actuators.follow(view)
                landing?.follow(view)
            case .entry(let entry):
                landing?.follow(entry)
                tellEntry(entry)
            case .trouble(let what): log.warning("failover.trouble", what)
            }
        }
        (self.runner, self.log) = (runner, log)
        let answers = FailoverPort(access, log) { runner.status }
        self.answers = answers
        let keeper = DrillKeeper(
            controller.identity, settings.drills.calendar, approvedBy: settings.drills.approvedBy,
            testGroups: settings.drills.testGroups, seed: UInt64.random(in: .min ... .max))
        drills = DrillRunner(keeper, access.ports, look: { [weak runner] in runner?.status }) { entry in
            FailoverService.tell(entry, log)
            actuators.tell(Notice(entry, of: nil, by: controller.identity.name))
        }
        var observed = try worker?.sources(settings.signals, session) ?? []
        if let worker {
            observed += try worker.volumes(access, session, runner, counted)
        }
        if let landing { observed.append(landing) }
        sources = SignalSources(looking.sources + observed) { [weak runner, looking] signal in
            guard let runner else { return }
            runner.observe([signal])
            looking.share(runner.status.controllers)
        }
        preflight = PreflightWatch(
            Preflight(
                access.preflightPlan(.watch), session,
                sights: FailoverService.sights(
                    actuators, looking.readiness, own: access.region, peer: access.peer, beside: worker)),
            pace: { looking.upkeep.preflightMilliseconds }
        ) { [weak runner] blockers in runner?.observe(blockers: blockers) }
        try FailoverMetrics.observe(preflight, in: reports.metrics)
        try FailoverMetrics.observe(runner, sources, looking.counts, in: reports.metrics)
        try FailoverMetrics.observe(actuators, in: reports.metrics)
        try FailoverMetrics.observe(settings.drills, runner, in: reports.metrics)
        var standing = ProcessStanding()
        standing.configuration = http?.shown
        if let canary {
            let trend = LagTrend()
            standing.trend = trend
            standing.lag = { LagLook.lag(canary, own: access.region, regions: settings.regions, ingest: nil) }
        }
        sights = FailoverSights(runner, preflight, own: access.region, peer: access.peer)
        standing.add(sights)
        trend = LagRounds(standing)
        ports = try http.map { http in
            let operations = Operations(
                metrics: reports.metrics, live: { HealthReport() },
                ready: { [weak runner] in HealthReport(runner.map { FailoverService.checks($0.status) } ?? []) })
            return try HTTPPorts(http, operations, isBeside: true, log) { router in
                router.addFailover(answers)
                APIServer.addConsole(
                    to: &router,
                    ProcessStanding.Identity(
                        process: "controller", version: reports.version, region: access.region,
                        regions: settings.regions, tellsChanges: false, hasFailover: true, missing: http.missing,
                        wantsTokens: http.tokens != nil), standing)
            }
        }
        if let caveat = access.control.caveat { log.warning("failover.caveat", caveat) }
        log.info(
            "failover.start", "the controller begins",
            [
                "region": .text(access.region), "peer": .text(access.peer), "mode": .text(settings.policy.mode.rawValue),
                "controller": .text(settings.controller), "groups": .integer(settings.groups.count),
                "http": .text(ports?.place ?? "off"),
            ])
    }

    /// What a preflight need not ask for.
    private static func sights(
        _ actuators: Actuators, _ readiness: ReadinessSource, own: String, peer: String, beside worker: WorkerBeside?
    ) -> Preflight.Sights {
        var sights = Preflight.Sights()
        sights.actuators = actuators
        sights.drift = { readiness.report }
        if let worker {
            sights.contactAge = { region in
                guard region == own, let newest = worker.sights.landing.newestStart else { return nil }
                return max(0, Timestamp.now.milliseconds - newest)
            }
            sights.peerClock = {
                guard let range = worker.links().first(where: { $0.from == peer })?.clockOffsetMilliseconds else { return nil }
                return ((range.lowerBound + range.upperBound) / 2, (range.upperBound - range.lowerBound) / 2)
            }
        }
        return sights
    }

    /// Of a worker's readiness: told there, and no matter of the worker's.
    var checksBeside: [HealthReport.Check] { FailoverService.beside(FailoverService.checks(runner.status)) }

    static func beside(_ checks: [HealthReport.Check]) -> [HealthReport.Check] {
        checks.map { check in
            var check = check
            check.isBeside = true
            return check
        }
    }

    /// Begins; false where the system has no thread left.
    func start() -> Bool {
        canary?.start()
        trend?.start()
        if watch?.start() == false {
            log.error("failover.watch", "the system has no thread left: clients of /v1/changes hear of no failover")
        }
        let idle = actuators.start()
        if !idle.isEmpty { log.error("failover.actuator", "the system has no thread left for \(idle.joined(separator: ", "))") }
        sources.start()
        if !preflight.start() { log.error("failover.preflight", "the system has no thread left for preflights") }
        if !drills.start() { log.error("failover.drill", "the system has no thread left for drills") }
        return runner.start()
    }

    /// Returns when nothing more is begun.
    func stop() {
        watch?.stop()
        preflight.stop()
        drills.stop()
        runner.stop()
        sources.stop()
        trend?.stop()
        canary?.stop()
        actuators.stop()
        ports?.stop()
    }

    /// Until ``end()``. Whether everything went well.
    package func run() -> Bool {
        guard start() else {
            log.error("failover.failed", "the system has no thread left")
            return false
        }
        monitor.locked { while !flow.isEnded { monitor.wait() } }
        stop()
        log.close(.info, "failover.end", "the controller ends")
        return true
    }

    package func end() {
        monitor.locked {
            flow.isEnded = true
            monitor.broadcast()
        }
    }

    /// A controller that cannot read the control table, or the groups, can do nothing.
    static func checks(_ status: FailoverStatus) -> [HealthReport.Check] {
        let isBlind = status.phase == .blind
        let groupsAge = status.groupsAge.map { $0 / 1000 }
        let hasGroups = status.groupsAge.map { $0 <= 3 * status.groupsPace } ?? false
        return [
            HealthReport.Check(
                "failover.control-table", isHealthy: !isBlind,
                status.controlAge.map { "read \($0 / 1000) s ago" } ?? "not read yet"),
            HealthReport.Check(
                "failover.groups", isHealthy: hasGroups, groupsAge.map { "read \($0) s ago" } ?? "not read yet"),
        ]
    }

    private static func tell(_ entry: JournalEntry, _ log: Log) {
        let text = entry.shownLines.joined(separator: "; ")
        let fields: KeyValuePairs<String, LogValue> = ["kind": .text(entry.kind.rawValue), "term": .integer(Int(entry.term))]
        switch entry.kind {
        case .suspected, .heldBack, .foreign, .halted, .failed, .proposed: log.warning("failover.history", text, fields)
        default: log.info("failover.history", text, fields)
        }
    }
}
