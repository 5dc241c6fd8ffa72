/// What became of a term: who wanted what and why, how long each phase took, and whether contacts landed. The same of a failover, a person's move, a step
/// of a return and a drill.
///
/// A function of what was written down: the terms, the history and what was seen to land. Two readers of the same make the same report.
package struct FailoverReport: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case failover, move, drill, adoption
        case stepBack = "return"
    }

    /// What a group was to give before and after.
    package struct Change: Equatable, Sendable {
        package var group: String
        /// Nil where the term before is not known, or had no such group.
        package var before: Shares?
        package var after: Shares
    }

    package var intent: Intent
    package var kind: Kind
    /// The Regions that gain and lose; nil where the intent does not say.
    package var gaining: String?
    package var losing: String?
    package var changes: [Change]
    /// Signals and people's words, as they were when it was committed.
    package var signals: [String]
    /// What each rule said.
    package var rules: [String]
    /// All of ``ReportPhase/Name``, in its order.
    package var phases: [ReportPhase]
    /// From the last sign of life to the first contact that landed.
    package var recovery: ReportPhase.Took
    /// How old the newest fact of the losing Region was that could be read when the change had begun: what may be lost, at most.
    package var lostAtMost: ReportPhase.Took
    package var landing: Landing?
    /// The history of it, oldest first.
    package var timeline: [JournalEntry]
    /// The term that took it back, of a drill.
    package var sequel: Intent?
    /// What a reader has to know to read the figures.
    package var remarks: [String]

    /// `terms`: as the control table has them, in any order. `history`: lines of all terms, in any order; what is of other terms is left out. Nil where there
    /// is no such term.
    package init?(of term: Int64, terms: [Intent], history: [JournalEntry]) {
        guard let intent = terms.first(where: { $0.term == term }) else { return nil }
        let before = terms.filter { $0.term < term }.max { $0.term < $1.term }
        let lines = ReportLines(of: intent, history)
        let landing = lines.landing
        self.intent = intent
        self.landing = landing
        let kind: Kind =
            switch intent.cause {
            case .automatic, .approved: .failover
            case .manual: .move
            case .returning: .stepBack
            case .drill: .drill
            case .adopted: .adoption
            }
        let losing =
            intent.actor.isEmpty ? nil : intent.groups.first?.shares.telephony.keys.filter { $0 != intent.actor }.min()
        self.kind = kind
        self.losing = losing
        gaining = intent.actor.isEmpty ? nil : intent.actor
        changes = intent.groups.map { Change(group: $0.group, before: before?.shares(of: $0.group), after: $0.shares) }
        let isRule = { (line: String) in FailoverRule.allCases.contains { line.hasPrefix("\($0.rawValue): ") } }
        signals = intent.evidence.filter { !isRule($0) }
        rules = intent.evidence.filter(isRule)
        timeline = lines.entries
        sequel = intent.plan.flatMap { plan in
            DrillMark(plan).flatMap { mark in
                terms.filter { $0.term > term && $0.plan.flatMap(DrillMark.init)?.id == mark.id }.max { $0.term < $1.term }
            }
        }
        let sign = kind == .failover ? lines.lastSign(losing ?? "the other Region") : nil
        phases = ReportPhase.Name.allCases.map { FailoverReport.phase($0, kind, lines, sign) }
        recovery =
            kind == .failover
            ? ReportPhase.span(sign, lines.firstStart, lines.firstStart == nil ? lines.whyNoLanding : ReportLines.whyNoSign)
            : .unknown(FailoverReport.nothingLost)
        lostAtMost = FailoverReport.loss(landing)
        remarks = []
        remarks = notes(before)
    }

    private static let nothingLost = "no Region was lost"

    private static func phase(
        _ name: ReportPhase.Name, _ kind: Kind, _ lines: ReportLines, _ sign: ReportMoment?
    ) -> ReportPhase {
        switch name {
        case .detect:
            ReportPhase(
                name, from: sign, to: lines.suspected,
                why: kind != .failover
                    ? nothingLost : lines.suspected == nil ? ReportLines.whyNoSuspicion : ReportLines.whyNoSign)
        case .decide:
            ReportPhase(
                name, from: lines.suspected, to: lines.committed,
                why: kind == .failover ? ReportLines.whyNoSuspicion : "nothing was suspected: a person wanted it")
        case .act:
            ReportPhase(
                name, from: lines.committed, to: lines.verified,
                why: kind == .adoption ? "nothing was to be changed" : ReportLines.whyNotVerified)
        case .landing:
            ReportPhase(
                name, from: lines.verified, to: lines.firstStart,
                why: lines.firstStart == nil ? lines.whyNoLanding : ReportLines.whyNotVerified)
        case .agentsHalf:
            ReportPhase(
                name, from: lines.verified, to: lines.agents(half: true),
                why: lines.verified == nil ? ReportLines.whyNotVerified : lines.whyNoAgents)
        case .agentsMost:
            ReportPhase(
                name, from: lines.verified, to: lines.agents(half: false),
                why: lines.verified == nil ? ReportLines.whyNotVerified : lines.whyNoAgents)
        }
    }

    private static func loss(_ landing: Landing?) -> ReportPhase.Took {
        guard let landing else { return .unknown(ReportLines.whyNotWatched) }
        guard let readAt = landing.readAt else { return .unknown("what could be read of \(landing.losing) was not looked at") }
        guard readAt - landing.began <= lateMax else {
            return .unknown(
                "what could be read of \(landing.losing) was looked at too late, \((readAt - landing.began) / 1000) s after it had begun"
            )
        }
        guard let fact = landing.factBefore else { return .unknown("no fact of \(landing.losing) could be read here") }
        return ReportPhase.span(
            ReportMoment(at: fact, clock: ReportMoment.connect, says: ""), ReportMoment(at: readAt, clock: "", says: ""), "")
    }

    /// What is read later says nothing of when it began. A look at a hundred thousand agents takes half of that.
    private static let lateMax: Int64 = 60_000

    private func notes(_ before: Intent?) -> [String] {
        var notes: [String] = []
        let mixed = phases.filter(\.hasTwoClocks).map(\.name.rawValue)
        if !mixed.isEmpty {
            notes.append(
                "\(mixed.joined(separator: ", ")): from one clock to another; how far the two differ is in the figure")
        }
        if let gaining, changes.contains(where: { $0.before?.telephony[gaining] ?? 0 > 0 }) {
            notes.append(
                "\(gaining) had a share before: contacts would have started there anyway, so the minutes say more than the first contact"
            )
        }
        if before == nil { notes.append("the term before is not kept any more: what was in force before is not known") }
        if let landing, let readAt = landing.readAt, readAt - landing.began > FailoverReport.lateMax {
            notes.append(
                "it was watched only from \((readAt - landing.began) / 1000) s after it had begun: who watched began then")
        }
        if let landing, let newest = landing.factNewest, let fact = landing.factBefore, newest > fact, kind == .failover {
            notes.append(
                "facts of \(landing.losing) came late, up to \(newest - fact) ms newer than what could be read when the change was begun"
            )
        }
        if let mark = intent.plan.flatMap(DrillMark.init) {
            notes.append(
                mark.isBack
                    ? "it ends the drill \(mark.id)"
                    : "it is the drill \(mark.id), for \(mark.seconds) s: nothing was lost in truth")
        }
        return notes
    }
}
