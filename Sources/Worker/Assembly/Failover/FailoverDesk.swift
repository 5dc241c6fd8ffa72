import Failover
import FailoverCore
import Platform

/// What people ask of a failover and say to it, whether by a command or over HTTP.
///
/// Whoever speaks is named, and stands in the history. Called on several threads at once: the control table takes a word or refuses it.
package struct FailoverDesk: Sendable {
    /// Lines of the history that are looked through for what led to a term.
    private static let reportHistoryMax = 2_000

    package let access: FailoverAccess
    private let say: @Sendable (String) -> Void

    /// `say`: is told in words what went wrong behind a word that was taken.
    package init(_ access: FailoverAccess, say: @escaping @Sendable (String) -> Void) {
        self.access = access
        self.say = say
    }

    // MARK: Looking

    /// What a move would make of the groups. `region`: of the pair; `share`: in steps of 10.
    package func wanted(_ region: String, share: Int) throws -> [GroupShares] {
        let wanted = wanted(region, share: share, try access.groupViews())
        if let problem = wanted.lazy.compactMap(\.shares.problem).first {
            throw DeskError(.refused, "a group cannot be moved so: \(problem)")
        }
        return wanted
    }

    /// The same of groups that were read.
    package func wanted(_ region: String, share: Int, _ views: [GroupView]) -> [GroupShares] {
        let other = region == access.region ? access.peer : access.region
        return views.map { view in
            GroupShares(
                group: view.group, shares: Shares(region, share: share, other: other, hasSignIn: !view.shares.signIn.isEmpty))
        }
    }

    /// Newest first. `term`: nil is of all.
    package func history(of term: Int64?, limit: Int) throws -> [JournalEntry] {
        try access.control.history(of: term, limit: limit).get()
    }

    /// What became of a term.
    package func report(of term: Int64) throws -> FailoverReport {
        let view = try access.view()
        let own = try history(of: term, limit: FailoverDesk.reportHistoryMax)
        let all = try history(of: nil, limit: FailoverDesk.reportHistoryMax)
        guard let report = FailoverReport(of: term, terms: view.terms, history: own + all.filter { $0.term != term }) else {
            let kept = view.terms.last.map { "; kept are \($0.term) to \(view.newest?.term ?? 0)" } ?? "; there is none yet"
            throw DeskError(.notThere, "term \(term) is not in the control table\(kept)")
        }
        return report
    }

    /// A term in a line: what it was and what became of it.
    package struct TermSummary: Sendable {
        let intent: Intent
        let isDrill: Bool
        let state: ActingMark.State?
        /// Milliseconds from the intent until it was seen in force; nil: it was not, or nobody wrote it.
        let took: Int64?
    }

    /// The terms that the control table keeps, newest first. Two reads of it.
    package func terms() throws -> [TermSummary] {
        let view = try access.view()
        let verified = Dictionary(
            try history(of: nil, limit: FailoverDesk.reportHistoryMax).filter { $0.kind == .verified }.map { ($0.term, $0.at) },
            uniquingKeysWith: { min($0, $1) })
        return view.terms.map { intent in
            TermSummary(
                intent: intent, isDrill: intent.cause == .drill, state: view.mark(of: intent.term)?.state,
                took: verified[intent.term].map { max(0, $0 - intent.proposedAt) })
        }
    }

    // MARK: Speaking

    /// Nothing moves by itself until ``resume(by:)``.
    package func hold(by person: String, why: String) throws {
        let hold = Words.Hold(by: person, why: why, at: Timestamp.now.milliseconds)
        try write(.writeHold(hold), conflict: "somebody else has just held it")
        note(.noticed, by: person, ["held: \(why)"])
    }

    /// Ends a hold; false where nobody holds it. `why`: nil where none is told.
    package func resume(by person: String, why: String? = nil) throws -> Bool {
        guard let hold = try access.view().words.hold else { return false }
        try write(.writeHold(nil), conflict: "somebody else has just changed it")
        note(.noticed, by: person, ["resumed what \(hold.by) held\(why.map { ": \($0)" } ?? "")"])
        return true
    }

    /// Says yes or no to what a controller proposes.
    package func answer(_ proposal: Words.Proposal, isYes: Bool, by person: String, why: String? = nil) throws {
        try write(
            .writeApproval(Words.Approval(proposal: proposal.id, by: person, isYes: isYes)),
            conflict: "the proposal is not there any more: it was withdrawn, or was not answered in time")
        note(.noticed, by: person, ["said \(isYes ? "yes" : "no") to proposal \(proposal.id)\(why.map { ": \($0)" } ?? "")"])
    }

    /// What a controller proposes, where it has this id; nil is any.
    package func proposal(_ id: String?) throws -> Words.Proposal {
        guard let proposal = try access.view().words.proposal else { throw DeskError(.notThere, "nothing is proposed") }
        if let id, id != proposal.id {
            throw DeskError(.notThere, "proposal \(printable(id)) is not there any more; there is \(proposal.id)")
        }
        return proposal
    }

    /// Commits a move as the term behind `newest`, the one that the person has seen; controllers of the Region carry it out.
    package func move(
        _ wanted: [GroupShares], to region: String, after newest: Int64, by person: String, why: String
    ) throws -> Intent {
        let intent = Intent(
            term: newest + 1, groups: wanted, cause: .manual, author: person, actor: region, evidence: ["\(person): \(why)"],
            token: String(UInt64.random(in: .min ... .max), radix: 36), proposedAt: Timestamp.now.milliseconds)
        try write(
            .propose(intent),
            conflict: "somebody else has just made term \(newest + 1): look at 'converge failover status' and try again")
        note(.committed, term: intent.term, by: person, wanted.map { "\(tail($0.group)): \($0.shares.text)" } + intent.evidence)
        return intent
    }

    /// Begins a gradual return to a Region and acknowledges the last move. `share`: where it ends; `step`: percentage points; `hold`: milliseconds that the gates have to hold before
    /// each step. How many steps it takes.
    package func beginReturn(
        to region: String, share: Int, step: Int, hold: Int64, by person: String, why: String? = nil
    ) throws -> (plan: ReturnPlan, steps: Int) {
        let view = try access.view()
        guard let newest = view.newest else { throw DeskError(.refused, "there is no term yet: is a controller running?") }
        if let plan = view.words.plan, plan.state == .running {
            throw DeskError(
                .conflict,
                "a return to \(plan.region) by \(plan.by) is running; 'converge failover return --stop' halts it")
        }
        let other = region == access.region ? access.peer : access.region
        let goal = newest.groups.map { group in
            GroupShares(
                group: group.group,
                shares: Shares(region, share: share, other: other, hasSignIn: !group.shares.signIn.isEmpty))
        }
        let plan = ReturnPlan(
            id: String(UInt64.random(in: .min ... .max), radix: 36), by: person, region: region, goal: goal, step: step,
            holdMilliseconds: hold, after: newest.term)
        try write(
            .writePlan(plan, replacing: view.words.plan), conflict: "somebody else has just begun or changed a return")
        if view.words.acknowledgedTerm < newest.term {
            try write(.acknowledge(term: newest.term, by: person), conflict: "a newer term is acknowledged already")
        }
        note(
            .noticed, term: newest.term, by: person,
            [
                "began a return to \(region): \(step) points a step, gates hold for \(hold / 1000) s"
                    + (why.map { ": \($0)" } ?? "")
            ])
        return (plan, plan.steps(from: newest.groups).count)
    }

    /// Halts the return that is running where it is.
    package func haltReturn(by person: String, why: String? = nil) throws -> ReturnPlan {
        guard let plan = try access.view().words.plan, plan.state == .running else {
            throw DeskError(.notThere, "no return is running")
        }
        var halted = plan
        halted.state = .halted
        halted.evidence = "\(person) stopped it" + (why.map { ": \($0)" } ?? "")
        try write(.writePlan(halted, replacing: plan), conflict: "it has just made a step: try again")
        note(.halted, by: person, ["stopped the return to \(plan.region)" + (why.map { ": \($0)" } ?? "")])
        return plan
    }

    /// Ends the cool-down of the newest term's move. The term.
    package func acknowledge(by person: String, why: String? = nil) throws -> Int64 {
        let view = try access.view()
        guard let term = view.newest?.term else { throw DeskError(.notThere, "there is no term to acknowledge") }
        if view.words.acknowledgedTerm < term {
            try write(.acknowledge(term: term, by: person), conflict: "a newer term is acknowledged already")
            note(.noticed, term: term, by: person, ["acknowledged" + (why.map { ": \($0)" } ?? "")])
        }
        return term
    }

    /// Writes a word into the control table.
    package func write(_ step: ControlStep, conflict: String) throws(DeskError) {
        switch access.control.perform(step) {
        case .done: return
        case .conflict: throw DeskError(.conflict, conflict)
        case .refused(let why): throw DeskError(.refused, "the control table refused it: \(why)")
        case .unheard(let why):
            throw DeskError(.unheard, "no answer from the control table, it may have been written: \(why)")
        default: throw DeskError(.unheard, "the control table gave another answer")
        }
    }

    /// Writes a line of the history; what fails is told and nothing more, as what it tells of has happened.
    package func note(_ kind: JournalEntry.Kind, term: Int64 = 0, by person: String, _ lines: [String]) {
        let entry = JournalEntry(kind: kind, term: term, author: person, at: Timestamp.now.milliseconds, lines: lines)
        do { try write(.write(entry), conflict: "a line of the same name is there") } catch {
            say("the history was not written: \(error)")
        }
    }
}

/// Why a word to a failover was not taken, or a question has no answer.
package struct DeskError: Error, CustomStringConvertible, Sendable {
    package enum Reason: Sendable {
        /// What is asked for is not there.
        case notThere
        /// Somebody else was first.
        case conflict
        /// It is not possible so.
        case refused
        /// It may have been written.
        case unheard
    }

    package let reason: Reason
    package let description: String

    init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
