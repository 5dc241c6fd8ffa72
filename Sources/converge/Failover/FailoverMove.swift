import Failover
import FailoverCore
import JSON
import Glibc
import Platform
import Worker

/// `converge failover move`: a person's command, with the control table or without it.
enum FailoverMove: Subcommand {
    static let command = FailoverCommand.command(
        "move", usage: "--to REGION [--share PERCENT] --why TEXT",
        summary: "Moves contacts, agents and sign-in to a Region, now.",
        flags: [
            Flag("to", "REGION", "the Region that gains"),
            Flag("share", "PERCENT", "what it is to have, in steps of 10 (default: 100)"),
            Flag("yes", nil, "do not ask; for scripts"),
            Flag("wait", "DURATION", "how long to wait until it is carried out (default: 2m)"),
            Flag("break-glass", nil, "without the control table: asks for the Region's name on a terminal"),
            FailoverCommand.why,
            FailoverCommand.by,
        ],
        notes: """
            The intent is committed to the control table and carried out by this command or by a controller of the Region, whoever is first. It ignores every rule
            that holds back a move by itself. With --break-glass Connect is told directly; what was done is written down once the table answers.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard let region = options["to"] else { throw UsageError("converge failover move: --to REGION is required") }
        guard let why = options["why"] else { throw UsageError("converge failover move: --why TEXT is required") }
        let share = try share(options)
        let wait = try options.duration("wait") ?? 120_000
        let access = try FailoverCommand.access(options, region: region)
        let person = try FailoverCommand.person(options)
        let isJSON = try FailoverCommand.isJSON(options)
        let desk = FailoverCommand.desk(access)
        let wanted = try desk.wanted(region, share: share)
        if options.isSet("break-glass") {
            return try BreakGlass(access, wanted, person: person, why: why).run(isJSON: isJSON)
        }
        let newest = try access.view().newest?.term ?? 0
        if !options.isSet("yes") {
            guard FailoverCommand.confirms(FailoverPlan.text(wanted, try access.groupViews()), word: region) else {
                throw UsageError("converge failover move: not confirmed; give --yes where there is no terminal")
            }
        }
        let intent = try desk.move(wanted, to: region, after: newest, by: person, why: why)
        let outcome = CarryingOut(access, term: intent.term).run(for: wait)
        if isJSON {
            writeOutput(
                jsonLine { json in
                    json.member("outcome", outcome.rawValue)
                    json.member("term", intent.term)
                })
        } else {
            writeOutput("term \(intent.term): \(outcome.text)\n")
        }
        return outcome == .carriedOut ? 0 : 1
    }

    static func share(_ options: Options) throws -> Int {
        let share = try options.integer("share", in: 0...100) ?? 100
        guard share % 10 == 0 else { throw UsageError("--share: \(share) is not accepted; give 0 to 100 in steps of 10") }
        return share
    }
}

/// Carries a committed term out beside the controllers, as one more of them that begins nothing itself.
struct CarryingOut {
    enum Outcome: String {
        case carriedOut = "carried-out"
        case superseded, underway

        var text: String {
            switch self {
            case .carriedOut: "carried out"
            case .superseded: "a newer term has taken its place"
            case .underway: "not carried out yet; controllers of the Region go on with it, see 'converge failover status'"
            }
        }
    }

    private let access: FailoverAccess
    private let term: Int64

    init(_ access: FailoverAccess, term: Int64) {
        self.access = access
        self.term = term
    }

    /// `limit` in milliseconds.
    func run(for limit: Int64) -> Outcome {
        let ports = access.ports
        let end = ports.now() + limit
        let monitor = Monitor()
        var controller = FailoverController(
            .init(
                region: access.region, peer: access.peer, id: "command-\(getpid())-\(UInt32.random(in: .min ... .max))",
                isCommand: true),
            access.settings.policy, seed: UInt64.random(in: .min ... .max))
        var view: ControlView?
        while ports.now() < end {
            while let step = controller.next(now: ports.now(), wall: ports.wall()) {
                let answer = ports.perform(step)
                controller.take(answer, now: ports.now())
                if case .control(let read) = answer { view = read }
                if case .control(.write(let entry)) = step {
                    writeError("\(printable("\(entry.kind.rawValue): \(entry.lines.joined(separator: "; "))"))\n")
                }
            }
            if let view, let newest = view.newest {
                if newest.term > term { return .superseded }
                if let state = view.mark(of: term)?.state, state != .sending { return .carriedOut }
            }
            let next = min(controller.wakeAt, end)
            monitor.locked { while ports.now() < next { monitor.wait(until: next) } }
        }
        return .underway
    }
}

/// A move without the control table.
struct BreakGlass {
    private let access: FailoverAccess
    private let wanted: [GroupShares]
    private let person: String
    private let why: String

    /// What groups need until they show an update, at most.
    private static let verifyMilliseconds: Int64 = 60_000

    init(_ access: FailoverAccess, _ wanted: [GroupShares], person: String, why: String) {
        self.access = access
        self.wanted = wanted
        self.person = person
        self.why = why
    }

    func run(isJSON: Bool) throws -> Int32 {
        let region = access.region
        guard
            FailoverCommand.confirms(
                """
                Without the control table nobody keeps others from moving at the same time, and nobody has checked that \(region) serves.
                \(FailoverPlan.text(wanted, try access.groupViews()))
                """, word: region)
        else {
            throw UsageError(
                "converge failover move --break-glass: not confirmed; it needs a terminal, on which the Region's name is typed")
        }
        let groups = access.groupsWithoutTable
        var failed: [String] = []
        for group in wanted {
            let answer = groups.send(GroupUpdate(term: 0, group: group, deadline: monotonicMilliseconds() + 10_000))
            if answer == .done {
                writeError("sent: \(tail(group.group)): \(group.shares.text)\n")
            } else {
                failed.append("\(tail(group.group)): \(answer)")
            }
        }
        for line in failed { writeError("FAILED: \(printable(line))\n") }
        let isThere = verify(groups)
        writeError(isThere ? "all groups show it\n" : "not all groups show it yet\n")
        record(isThere)
        if isJSON { writeOutput(jsonLine { $0.member("outcome", isThere ? "carried-out" : "underway") }) }
        return isThere ? 0 : 1
    }

    private func verify(_ groups: ConnectGroups) -> Bool {
        let end = monotonicMilliseconds() + BreakGlass.verifyMilliseconds
        let monitor = Monitor()
        while true {
            if case .groups(let views) = groups.read(),
                wanted.allSatisfy({ wish in
                    views.contains { $0.group == wish.group && $0.shares == wish.shares && $0.status == .active }
                })
            {
                return true
            }
            let next = monotonicMilliseconds() + 1_000
            guard next < end else { return false }
            monitor.locked { while monotonicMilliseconds() < next { monitor.wait(until: next) } }
        }
    }

    /// What was done becomes the newest term, so that controllers do not take it for a stranger's doing.
    private func record(_ isThere: Bool) {
        do {
            let term = (try access.view().newest?.term ?? 0) + 1
            let intent = Intent(
                term: term, groups: wanted, cause: .manual, author: person, actor: access.region,
                evidence: ["\(person), without the control table (break glass): \(why)"],
                token: String(UInt64.random(in: .min ... .max), radix: 36), proposedAt: Timestamp.now.milliseconds)
            try FailoverCommand.say(.propose(intent), to: access, conflict: "somebody else has just made term \(term)")
            if isThere {
                let mark = ActingMark(term: term, controller: "command", token: intent.token, state: .closed)
                try FailoverCommand.say(
                    .writeMark(mark, replacing: nil), to: access, conflict: "term \(term) has a mark already")
            }
            writeError("written down as term \(term)\n")
        } catch {
            writeError(
                """
                NOT written down: \(error)
                Until it is, controllers take it for a stranger's doing and move nothing by themselves. Once the table answers: converge failover acknowledge --adopt

                """)
        }
    }
}
