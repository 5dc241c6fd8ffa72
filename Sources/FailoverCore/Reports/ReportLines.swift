/// The lines of the history that are about one term, and the moments that they tell.
struct ReportLines {
    /// Oldest first.
    var entries: [JournalEntry] = []
    var landing: Landing?
    var suspected: ReportMoment?
    var committed: ReportMoment?
    var verified: ReportMoment?

    static let whyNotWatched = "nobody watched how it landed"
    static let whyNoSign = "no fact of the lost Region was ever read here"
    static let whyNoSuspicion = "the history has no suspicion before it"
    static let whyNotVerified = "the history does not say that all groups showed it"

    init(of intent: Intent, _ history: [JournalEntry]) {
        let controller = ReportLines.controller(of: intent)
        let own = ReportLines.sorted(history.filter { $0.term == intent.term && $0.term != 0 })
        let first = own.first { $0.kind == .committed }
        // Who commits writes it down after it is so; whoever died before that has left the intent's own time.
        committed = ReportMoment(
            at: first?.at ?? intent.proposedAt, clock: first?.author ?? controller ?? intent.author,
            says: "term \(intent.term) was committed")
        verified = own.first { $0.kind == .verified }.map {
            ReportMoment(at: $0.at, clock: $0.author, says: "all groups showed it")
        }
        landing = own.filter { $0.kind == .landed }.compactMap { Landing(lines: $0.lines) }.filter {
            $0.term == intent.term
        }.reduce(nil) { known, landing in known?.merged(with: landing) ?? landing }
        var before: [JournalEntry] = []
        if let controller, let committed, intent.cause == .automatic || intent.cause == .approved {
            // Its author's own lines that led to it: from the last suspicion that was not cleared, by one clock.
            let said = ReportLines.sorted(
                history.filter { $0.term == 0 && $0.author == controller && $0.at <= committed.at })
            if let start = said.lastIndex(where: { $0.kind == .suspected }),
                !said[(start + 1)...].contains(where: { $0.kind == .cleared })
            {
                before = Array(said[start...])
                suspected = ReportMoment(at: said[start].at, clock: controller, says: "it was suspected")
            }
        }
        entries = Array((before + own).suffix(ReportLines.entriesMax))
    }

    /// More than any term has; the oldest are left out.
    static let entriesMax = 512

    /// By their writers' clocks; what is of the same moment in a fixed order.
    private static func sorted(_ entries: [JournalEntry]) -> [JournalEntry] {
        entries.enumerated().sorted { a, b in
            (a.element.at, a.element.author, a.offset) < (b.element.at, b.element.author, b.offset)
        }.map(\.element)
    }

    /// `us-west-2/3f9c`, where a controller is the author.
    private static func controller(of intent: Intent) -> String? {
        let prefix = "controller "
        return intent.author.hasPrefix(prefix) ? String(intent.author.dropFirst(prefix.count)) : nil
    }

    // MARK: What was seen to land

    func lastSign(_ region: String) -> ReportMoment? {
        landing?.factBefore.map {
            ReportMoment(at: $0, clock: ReportMoment.connect, says: "the newest fact of \(region) that could be read")
        }
    }

    var firstStart: ReportMoment? {
        landing?.firstStart.map {
            ReportMoment(at: $0, clock: ReportMoment.connect, says: "the first contact started in \(landing?.gaining ?? "")")
        }
    }

    func agents(half: Bool) -> ReportMoment? {
        (half ? landing?.half : landing?.most).map {
            ReportMoment(
                at: $0, clock: ReportMoment.connect,
                says: "\(half ? "half" : "nine tenths") of the agents were available in \(landing?.gaining ?? "")")
        }
    }

    var whyNoLanding: String {
        landing.map { "no contact started in \($0.gaining) while it was watched" } ?? ReportLines.whyNotWatched
    }

    var whyNoAgents: String {
        guard let landing else { return ReportLines.whyNotWatched }
        guard let before = landing.agentsBefore else { return "nobody told of agents" }
        guard before > 0 else { return "no agent was online in \(landing.losing) when it was begun" }
        return "\(landing.agentsBack) of \(before) were available while it was watched"
    }
}
