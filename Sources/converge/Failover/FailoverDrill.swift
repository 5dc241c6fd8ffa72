import Failover
import FailoverCore
import Platform
import Worker

/// `converge failover drill`: a Region counts as lost for a while, and a report says what that took.
enum FailoverDrill: Subcommand {
    static let command = Command(
        "failover drill",
        usage: "--config FILE (--region REGION --for DURATION --mode test-group|live | --resume | --abort)",
        summary: "Has everything leave a Region that is well, waits, has it put back, and reports.",
        flags: [
            Flag("config", "FILE", "the configuration file (YAML)"),
            Flag("region", "REGION", "the Region that is to count as lost"),
            Flag("for", "DURATION", "for how long, from when all groups show it (default: 10m)"),
            Flag("mode", "test-group|live", "move the groups of --groups alone, or all of them"),
            Flag("groups", "ARN,ARN", "the test groups; traffic distribution groups of the configuration"),
            Flag("dry-run", nil, "say what would happen; change nothing"),
            Flag("yes", nil, "do not ask; for scripts"),
            Flag("resume", nil, "go on with a drill whose process is gone"),
            Flag("abort", nil, "end a drill at once, wherever it was begun"),
            FailoverCommand.why, FailoverCommand.by,
            Flag("format", "table|json|markdown|html", "format of the report at its end (default: table)"),
        ] + ConfigurationSchema.failover.flags(of: ["failover"]),
        notes: """
            The controllers of the Region that gains do the moving, as in a failover; both Regions need one that runs. Ctrl-C ends the drill early: everything goes back. It goes
            back, too, when the other Region does not serve, and when somebody holds; it stays where it is while the drilled Region is not known to serve. If this process is
            killed, the controllers end the drill when its time is over. A term by anybody else ends it, and then nothing is touched. Exit codes: 0 everything is as before, 1 it did not begin or was not put back, 2 wrong usage.
            """)

    static func run(_ options: Options) throws -> Int32 {
        let format = try options.choice("format", of: ["table", "json", "markdown", "html"]) ?? "table"
        let (isResumed, isAbort) = (options.isSet("resume"), options.isSet("abort"))
        guard !(isResumed && isAbort) else {
            throw UsageError("converge failover drill: --resume and --abort exclude each other; give one")
        }
        let person = try FailoverCommand.person(options)
        let interrupts = Interrupts()
        let seed = UInt64.random(in: .min ... .max)
        if isResumed || isAbort {
            let access = try FailoverCommand.access(options)
            guard let drill = Drill.resuming(try access.view(), by: person, isAbort: isAbort, seed: seed) else {
                throw ControlTableError("no drill is under way: the newest term is of none")
            }
            return try carry(drill, access, format, interrupts)
        }
        let settings = try FailoverCommand.settings(options)
        let order = try order(options, settings, by: person)
        let access = try FailoverCommand.access(options, region: order.peer)
        let inForce = try access.groupViews().map { GroupShares(group: $0.group, shares: $0.shares) }
        let plan = order.plan(inForce).map(printable).joined(separator: "\n")
        if options.isSet("dry-run") {
            writeOutput(plan + "\n")
            return 0
        }
        if !options.isSet("yes") {
            guard interrupts.released({ FailoverCommand.confirms(plan, word: order.region) }) else {
                throw UsageError("converge failover drill: not confirmed; give --yes where there is no terminal")
            }
        } else {
            writeError(plan + "\n")
        }
        return try carry(Drill(order, seed: seed), access, format, interrupts)
    }

    private static func order(_ options: Options, _ settings: FailoverSettings, by person: String) throws -> DrillOrder {
        guard let region = options["region"], settings.regions.contains(region) else {
            throw UsageError(
                "converge failover drill: --region is required; accepted: \(settings.regions.joined(separator: ", "))")
        }
        guard let peer = settings.regions.first(where: { $0 != region }) else {
            throw UsageError("converge failover drill: failover.regions has no other Region")
        }
        guard let mode = try options.choice("mode", of: ["test-group", "live"]) else {
            throw UsageError("converge failover drill: --mode test-group or --mode live is required")
        }
        let groups = options.all("groups").flatMap { $0.split(separator: ",").map(String.init) }
        guard (mode == "live") == groups.isEmpty else {
            throw UsageError("converge failover drill: --mode test-group takes --groups ARN,ARN, and --mode live takes none")
        }
        let order = DrillOrder(
            id: String(UInt32.random(in: .min ... .max), radix: 16), region: region, peer: peer,
            mode: mode == "live" ? .live : .testGroup(groups), holdMilliseconds: try options.duration("for") ?? 600_000,
            by: person, why: options["why"] ?? "")
        if let problem = order.problem { throw UsageError("converge failover drill: \(problem)") }
        return order
    }

    // MARK: Carrying it through

    private static func carry(
        _ drill: Drill, _ access: FailoverAccess, _ format: String, _ interrupts: Interrupts
    ) throws -> Int32 {
        var drill = drill
        let ports = access.ports
        var shown = drill.phase
        var isInterrupted = false
        while true {
            while let step = drill.next(now: ports.now(), wall: ports.wall()) {
                let answer = ports.perform(step)
                drill.take(answer, now: ports.now())
                if case .control(.write(let entry)) = step {
                    for line in entry.lines { writeError("\(printable(line))\n") }
                }
            }
            if drill.phase != shown, drill.outcome == nil { writeError("\(text(drill.phase))\n") }
            shown = drill.phase
            if let outcome = drill.outcome { return try report(outcome, drill, access, format) }
            guard interrupts.wait(milliseconds: max(0, drill.wakeAt - ports.now())) else { continue }
            if isInterrupted {
                writeError("left to the controllers: they end it when its time is over; '--abort' puts everything back now\n")
                return 1
            }
            isInterrupted = true
            writeError("ending it: everything goes back; once more to leave that to the controllers\n")
            drill.abort("it was interrupted")
        }
    }

    private static func report(_ outcome: Drill.Outcome, _ drill: Drill, _ access: FailoverAccess, _ format: String) throws
        -> Int32
    {
        writeError("\(printable(outcome.text))\n")
        if let term = drill.term {
            writeOutput(FailoverExplain.text(try FailoverCommand.desk(access).report(of: term), format))
        }
        switch outcome {
        case .done, .aborted: return 0
        case .refused, .kept, .superseded, .unfinished: return 1
        }
    }

    private static func text(_ phase: Drill.Phase) -> String {
        switch phase {
        case .checking: "checking"
        case .leaving: "committed; the groups are being moved"
        case .away: "away: all groups show it"
        case .returning: "going back"
        case .ended: "ended"
        }
    }
}
