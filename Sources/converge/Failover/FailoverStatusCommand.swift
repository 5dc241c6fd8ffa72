import Failover
import FailoverCore
import JSON
import Platform
import Worker

/// `converge failover status`: both Regions side by side, what is intended and in force, and what holds a move back.
enum FailoverStatusCommand: Subcommand {
    static let command = FailoverCommand.command(
        "status",
        summary: "Shows what is intended and in force, what controllers of both Regions say, and what holds a move back.",
        notes: "What cannot be read is said to be unknown, and the exit code is 1.")

    static func run(_ options: Options) throws -> Int32 {
        let access = try FailoverCommand.access(options)
        let look = FailoverLook(access)
        writeOutput(try FailoverCommand.isJSON(options) ? look.json : look.text)
        return look.isWhole ? 0 : 1
    }
}

/// What can be seen from here.
struct FailoverLook {
    let regions: [String]
    let control: Result<ControlView, ControlTableError>
    let groups: Result<[GroupView], ControlTableError>
    let caveat: String?
    /// Counters that were read before: a controller whose counter has not grown since is silent.
    private let alive: Set<String>
    private let drills: DrillCalendar

    /// Reads the control table again and again until every controller was seen to write, for four rounds at most.
    init(_ access: FailoverAccess) {
        regions = access.settings.regions
        caveat = access.control.caveat
        drills = access.settings.drills.calendar
        let first = FailoverLook.read { try access.view() }
        groups = FailoverLook.read { try access.groupViews() }
        guard case .success(let before) = first else {
            (control, alive) = (first, [])
            return
        }
        let round = access.settings.policy.roundMilliseconds
        let counters = Dictionary(before.verdicts.map { ($0.controller, $0.counter) }, uniquingKeysWith: { $1 })
        let end = monotonicMilliseconds() + 4 * round
        let monitor = Monitor()
        var view = before
        var seen: Set<String> = []
        var trouble: ControlTableError?
        while trouble == nil, seen.count < counters.count, monotonicMilliseconds() < end {
            let next = monotonicMilliseconds() + round
            monitor.locked { while monotonicMilliseconds() < next { monitor.wait(until: next) } }
            do {
                view = try access.view()
                seen.formUnion(view.verdicts.filter { counters[$0.controller] != $0.counter }.map(\.controller))
            } catch { trouble = ControlTableError("\(error)") }
        }
        control = trouble.map { .failure($0) } ?? .success(view)
        alive = seen
    }

    private static func read<Value>(_ body: () throws -> Value) -> Result<Value, ControlTableError> {
        do { return .success(try body()) } catch { return .failure(ControlTableError("\(error)")) }
    }

    /// Both could be read.
    var isWhole: Bool { (try? control.get()) != nil && (try? groups.get()) != nil }

    var text: String {
        var out = ""
        switch control {
        case .failure(let error): out += "control table: unknown: \(error)\n"
        case .success(let view): out += words(view)
        }
        switch groups {
        case .failure(let error): out += "\ngroups: unknown: \(error)\n"
        case .success(let views): out += "\n" + groupsText(views)
        }
        if case .success(let view) = control { out += "\n" + verdictsText(view) + drillsText(view) }
        return out
    }

    private func words(_ view: ControlView) -> String {
        guard let newest = view.newest else {
            return "no term yet: a controller makes the first one of what it finds in force\n"
        }
        var lines = [
            "term \(newest.term), \(newest.cause.rawValue), by \(newest.author), \(time(newest.proposedAt)): \(progress(newest, view))"
        ]
        if let hold = view.words.hold { lines.append("HELD by \(hold.by) since \(time(hold.at)): \(hold.why)") }
        // A move that was withdrawn by a later term is to be looked at, too.
        let last = view.terms.first { $0.term > view.words.acknowledgedTerm && $0.cause != .adopted }
        if let last, [.automatic, .approved].contains(last.cause) {
            lines.append("nothing else moves by itself until 'converge failover acknowledge'")
        }
        if let proposal = view.words.proposal, view.words.approval?.proposal != proposal.id, proposal.after == newest.term {
            lines.append(
                "PROPOSED by \(proposal.controller) since \(time(proposal.at)): converge failover approve \(proposal.id)")
        }
        if let plan = view.words.plan, plan.state != .done {
            lines.append(
                "return to \(plan.region) by \(plan.by): \(plan.state.rawValue)\(plan.evidence.isEmpty ? "" : ": \(plan.evidence)")"
            )
        }
        return lines.map { printable($0) + "\n" }.joined()
    }

    private func progress(_ intent: Intent, _ view: ControlView) -> String {
        if intent.cause == .adopted { return "what was found in force" }
        switch view.mark(of: intent.term)?.state {
        case .closed: return "carried out"
        case .fulfilled: return "carried out; an answer was not heard"
        case .sending: return "being carried out"
        case nil: return "waits for a controller of \(intent.actor)"
        }
    }

    private func groupsText(_ views: [GroupView]) -> String {
        var table = Table(header: ["group", "in force", "intended", "status"])
        let newest = (try? control.get())?.newest
        for view in views {
            table.add(
                tail(view.group), view.shares.text, newest?.shares(of: view.group)?.text ?? "unknown",
                view.status.text
                    + (newest.flatMap { $0.shares(of: view.group) }.map { $0 == view.shares ? "" : ", DIFFERS" } ?? ""))
        }
        return table.text
    }

    private func verdictsText(_ view: ControlView) -> String {
        var table = Table(header: ["Region", "controller", "says of its Region", "and of the other"])
        for region in regions {
            let own = view.verdicts.filter { $0.region == region }.sorted { $0.controller < $1.controller }
            if own.isEmpty { table.add(region, "none", "unknown", "unknown") }
            for verdict in own {
                let isAlive = alive.contains(verdict.controller)
                table.add(
                    region, verdict.controller,
                    isAlive ? "\(verdict.state.rawValue): \(verdict.evidence)" : "SILENT, last: \(verdict.state.rawValue)",
                    isAlive ? verdict.outlook : "unknown")
            }
        }
        let silent = regions.filter { region in
            !view.verdicts.contains { $0.region == region && alive.contains($0.controller) }
        }
        return table.text
            + silent.map {
                "no controller of \($0) lives: nothing moves there by itself, and nobody there says whether it is well\n"
            }
            .joined()
    }

    private func drillsText(_ view: ControlView) -> String {
        guard !drills.schedules.isEmpty else { return "" }
        var table = Table(header: ["drill", "next", "the last one"])
        let now = Timestamp.now.milliseconds
        for schedule in drills.schedules {
            table.add(
                schedule.text, drills.next(of: schedule, after: now).map(time) ?? "none within ten weeks",
                view.words.drills.first { $0.schedule == schedule.text }?.text ?? "unknown")
        }
        return "\n" + table.text
    }

    var json: String {
        jsonLine { json in
            json.member("caveat", caveat)
            if case .failure(let error) = control { json.member("controlError", "\(error)") }
            if case .success(let view) = control {
                json.key("control")
                view.write(to: &json) { verdict, json in json.member("isAlive", alive.contains(verdict.controller)) }
            }
            if case .failure(let error) = groups { json.member("groupsError", "\(error)") }
            if case .success(let views) = groups {
                json.array("groups") { json in for view in views { view.write(to: &json) } }
            }
        }
    }
}

extension DrillRecord {
    /// What became of it.
    fileprivate var text: String {
        switch outcome {
        case .watched: "none was due since \(time(at))"
        case .begun(let term): "\(time(at)): begun, term \(term)"
        case .notRun(let why): "\(time(at)): DID NOT RUN: \(why)"
        }
    }
}
