import API
import Failover
import FailoverCore
import JSON
import Observability
import Platform

/// A failover as the routes of `/v1/failover` reach it: what its controller has read, and the control table for everything else.
final class FailoverPort: FailoverAnswers {
    let regions: [String]
    let ownRegion: String
    private let desk: FailoverDesk
    private let look: @Sendable () -> FailoverStatus

    /// `look`: what the controller knows, now.
    init(_ access: FailoverAccess, _ log: Log, look: @escaping @Sendable () -> FailoverStatus) {
        regions = access.settings.regions
        ownRegion = access.region
        desk = FailoverDesk(access) { log.warning("failover.history", $0) }
        self.look = look
    }

    func status() throws(FailoverProblem) -> String {
        let status = look()
        return jsonLine { json in
            json.member("caveat", desk.access.control.caveat)
            json.key("control")
            if let view = status.control { view.write(to: &json) } else { json.null() }
            json.key("controlAgeMs")
            if let age = status.controlAge { json.integer(age) } else { json.null() }
            json.object("controllersAlive") { json in
                for (region, count) in status.controllers.sorted(by: { $0.key < $1.key }) {
                    json.key(region)
                    json.integer(Int64(count))
                }
            }
            json.member("foreign", status.foreign)
            json.key("groups")
            if let groups = status.groups {
                json.array { json in for view in groups { view.write(to: &json) } }
            } else {
                json.null()
            }
            json.key("groupsAgeMs")
            if let age = status.groupsAge { json.integer(age) } else { json.null() }
            json.member("mode", status.mode.rawValue)
            json.member("ownRegion", ownRegion)
            json.array("regions") { json in for region in regions.sorted() { json.string(region) } }
            json.key("thinking")
            status.writeThinking(to: &json)
        }.dropping(suffix: "\n")
    }

    func plan(to region: String, share: Int) throws(FailoverProblem) -> String {
        try answer {
            let views = try desk.access.groupViews()
            let wanted = desk.wanted(region, share: share, views)
            let term = try desk.access.view().newest?.term ?? 0
            return { json in
                json.member("after", term)
                json.member(
                    "isChange",
                    !wanted.allSatisfy { wish in views.contains { $0.group == wish.group && $0.shares == wish.shares } })
                json.array("now") { json in for view in views { view.write(to: &json) } }
                json.array("then") { json in for group in wanted { group.write(to: &json) } }
            }
        }
    }

    func history(of term: Int64?, limit: Int) throws(FailoverProblem) -> String {
        try answer {
            let entries = try desk.history(of: term, limit: limit)
            return { json in json.array("entries") { json in for entry in entries { entry.write(to: &json) } } }
        }
    }

    func explain(_ term: Int64) throws(FailoverProblem) -> String {
        do { return try desk.report(of: term).json.dropping(suffix: "\n") } catch { throw FailoverPort.problem(error) }
    }

    func approve(
        _ proposal: String, isYes: Bool, confirmation: String?, by person: String, why: String
    ) throws(FailoverProblem) -> String {
        try answer {
            let proposal = try desk.proposal(proposal)
            guard !isYes || confirmation == proposal.actor else {
                throw FailoverProblem(
                    422,
                    "confirm is not '\(proposal.actor)', the Region that would gain; type its name, and nothing moves by mistake"
                )
            }
            try desk.answer(proposal, isYes: isYes, by: person, why: why)
            return { json in
                json.member("approved", isYes)
                json.member("proposal", proposal.id)
            }
        }
    }

    func hold(by person: String, why: String) throws(FailoverProblem) -> String {
        try answer {
            try desk.hold(by: person, why: why)
            return { json in json.member("held", true) }
        }
    }

    func resume(by person: String, why: String) throws(FailoverProblem) -> String {
        try answer {
            let wasHeld = try desk.resume(by: person, why: why)
            return { json in
                json.member("held", false)
                json.member("wasHeld", wasHeld)
            }
        }
    }

    func move(
        to region: String, share: Int, after term: Int64?, by person: String, why: String
    ) throws(FailoverProblem) -> String {
        try answer {
            let wanted = try desk.wanted(region, share: share)
            let newest = try desk.access.view().newest?.term ?? 0
            guard term.map({ $0 == newest }) ?? true else {
                throw FailoverProblem(409, "the newest term is \(newest) by now; look at /v1/failover/status and try again")
            }
            let intent = try desk.move(wanted, to: region, after: newest, by: person, why: why)
            return { json in
                json.member("outcome", "underway")
                json.member("term", intent.term)
            }
        }
    }

    func beginReturn(
        to region: String, share: Int, step: Int, hold: Int64, by person: String, why: String
    ) throws(FailoverProblem) -> String {
        try answer {
            let (plan, steps) = try desk.beginReturn(to: region, share: share, step: step, hold: hold, by: person, why: why)
            return { json in
                json.member("plan", plan.id)
                json.member("steps", steps)
            }
        }
    }

    func haltReturn(by person: String, why: String) throws(FailoverProblem) -> String {
        try answer {
            let plan = try desk.haltReturn(by: person, why: why)
            return { $0.member("halted", plan.id) }
        }
    }

    func acknowledge(by person: String, why: String) throws(FailoverProblem) -> String {
        try answer {
            let term = try desk.acknowledge(by: person, why: why)
            return { $0.member("acknowledged", term) }
        }
    }

    func reports() throws(FailoverProblem) -> String {
        try answer {
            let terms = try desk.terms()
            return { json in json.array("items") { json in for term in terms { term.write(to: &json) } } }
        }
    }

    private func answer(
        _ body: () throws -> (inout JSONWriter) -> Void
    ) throws(FailoverProblem) -> String {
        do {
            let write = try body()
            var json = JSONWriter()
            json.object(write)
            return json.buffer.bytes.text
        } catch {
            throw FailoverPort.problem(error)
        }
    }

    private static func problem(_ error: any Error) -> FailoverProblem {
        switch error {
        case let problem as FailoverProblem: return problem
        case let error as DeskError:
            let status =
                switch error.reason {
                case .notThere: 404
                case .conflict: 409
                case .refused: 502
                case .unheard: 504
                }
            return FailoverProblem(status, error.description)
        default: return FailoverProblem(503, "\(error)")
        }
    }
}

extension String {
    fileprivate func dropping(suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}
