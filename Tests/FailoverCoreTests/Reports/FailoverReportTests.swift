import FailoverCore
import TestSupport
import Testing

@Suite("a report of a term", .limited)
struct FailoverReportTests {
    /// What a controller wrote by itself when the east was lost, and what was seen to land.
    private func story(mode: FailoverPolicy.Mode = .automatic) -> (pair: Pair, report: FailoverReport?) {
        var pair = Pair()
        var controller = Pair.controller(mode: mode)
        pair.run(&controller, for: 60_000)
        pair.loseEast()
        let lost = pair.now
        pair.run(&controller, for: 60_000)
        if let proposal = pair.table.words.proposal {
            pair.table.words.approval = Words.Approval(proposal: proposal.id, by: "ann", isYes: true)
            pair.run(&controller, for: 60_000)
        }
        let committed = pair.kinds(.committed).last?.at ?? 0
        let landing = Landing(
            term: 2, gaining: Pair.west, losing: Pair.east, began: committed, until: pair.now, firstStart: committed + 7_000,
            factBefore: lost - 1_500, readAt: committed + 1_000, factNewest: lost - 500, agentsBefore: 10, agentsBack: 6,
            half: committed + 90_000,
            most: nil)
        pair.journal.append(
            JournalEntry(kind: .landed, term: 2, author: "us-west-2/a", at: pair.now, lines: landing.lines))
        return (pair, FailoverReport(of: 2, terms: pair.table.terms, history: pair.journal.reversed()))
    }

    private func phase(_ name: ReportPhase.Name, _ report: FailoverReport?) -> ReportPhase? {
        report?.phases.first { $0.name == name }
    }

    @Test("of a failover has every phase, from what its controller wrote and what landed")
    func failover() throws {
        let (pair, made) = story()
        let report = try #require(made)
        #expect(report.kind == .failover)
        #expect(report.gaining == Pair.west)
        #expect(report.losing == Pair.east)
        #expect(report.phases.map(\.name) == ReportPhase.Name.allCases)
        let suspected = try #require(pair.kinds(.suspected).first)
        let verified = try #require(pair.kinds(.verified).first)
        let committed = try #require(pair.kinds(.committed).last)
        #expect(phase(.decide, report)?.took == .milliseconds(committed.at - suspected.at))
        #expect(phase(.act, report)?.took == .milliseconds(verified.at - committed.at))
        #expect(phase(.landing, report)?.took == .milliseconds(committed.at + 7_000 - verified.at))
        #expect(phase(.landing, report)?.hasTwoClocks == true)
        #expect(phase(.agentsMost, report)?.took == .unknown("6 of 10 were available while it was watched"))
        guard case .milliseconds(let detect) = phase(.detect, report)?.took else {
            Issue.record("detect is not known")
            return
        }
        #expect(report.recovery == .milliseconds(detect + committed.at + 7_000 - suspected.at))
        #expect(report.lostAtMost == .milliseconds(detect + committed.at + 1_000 - suspected.at))
        #expect(report.signals.contains { $0.hasPrefix("us-east-1 connect-api") })
        #expect(report.rules.count == FailoverRule.allCases.count)
        #expect(report.changes.map(\.before) == [Shares(Pair.west, share: 50, other: Pair.east, hasSignIn: true)])
        #expect(report.timeline.map(\.kind).first == .suspected)
        #expect(report.remarks.contains { $0.hasPrefix("us-west-2 had a share before") })
        #expect(report.remarks.contains { $0.contains("came late, up to 1000 ms newer") })
    }

    @Test("of an approved move counts the person's time as deciding")
    func approved() {
        let (pair, report) = story(mode: .approve)
        #expect(report?.kind == .failover)
        #expect(report?.timeline.map(\.kind).prefix(2) == [.suspected, .proposed])
        let took = (pair.kinds(.committed).last?.at ?? 0) - (pair.kinds(.suspected).first?.at ?? 0)
        #expect(phase(.decide, report)?.took == .milliseconds(took))
    }

    @Test("says what is not known, and why, where the history is empty")
    func unknown() throws {
        let (pair, _) = story()
        let report = try #require(FailoverReport(of: 2, terms: pair.table.terms, history: []))
        let reasons = report.phases.map { phase -> String in
            if case .unknown(let why) = phase.took { why } else { "known" }
        }
        #expect(
            reasons == [
                "the history has no suspicion before it", "the history has no suspicion before it",
                "the history does not say that all groups showed it", "nobody watched how it landed",
                "the history does not say that all groups showed it", "the history does not say that all groups showed it",
            ])
        #expect(report.recovery == .unknown("nobody watched how it landed"))
        #expect(report.lostAtMost == .unknown("nobody watched how it landed"))
        #expect(FailoverReport(of: 9, terms: pair.table.terms, history: []) == nil)
    }

    @Test("takes no suspicion that was cleared, or that another controller had")
    func others() throws {
        let (pair, _) = story()
        let committed = try #require(pair.kinds(.committed).last)
        let suspected = JournalEntry(kind: .suspected, term: 0, author: "us-west-2/a", at: committed.at - 9_000, lines: [])
        let cleared = JournalEntry(kind: .cleared, term: 0, author: "us-west-2/a", at: committed.at - 8_000, lines: [])
        let other = JournalEntry(kind: .suspected, term: 0, author: "us-west-2/b", at: committed.at - 7_000, lines: [])
        for history in [[committed, suspected, cleared], [committed, other]] {
            let report = FailoverReport(of: 2, terms: pair.table.terms, history: history)
            #expect(phase(.decide, report)?.took == .unknown("the history has no suspicion before it"))
        }
        let report = FailoverReport(
            of: 2, terms: pair.table.terms,
            history: [cleared, committed, suspected].map {
                var entry = $0
                if entry.kind == .cleared { entry.at -= 5_000 }
                return entry
            })
        #expect(phase(.decide, report)?.took == .milliseconds(9_000))
    }

    @Test("shows a contact that landed before all groups showed it as earlier, not as nothing")
    func earlier() throws {
        let (pair, _) = story()
        let verified = try #require(pair.kinds(.verified).first)
        let landing = Landing(
            term: 2, gaining: Pair.west, losing: Pair.east, began: verified.at - 1_000, until: verified.at,
            firstStart: verified.at - 400)
        let history =
            pair.journal.filter { $0.kind != .landed } + [
                JournalEntry(kind: .landed, term: 2, author: "us-west-2/a", at: verified.at, lines: landing.lines)
            ]
        let report = FailoverReport(of: 2, terms: pair.table.terms, history: history)
        #expect(phase(.landing, report)?.took == .earlier(400))
        #expect(report?.recovery == .unknown("no fact of the lost Region was ever read here"))
    }

    @Test("puts together what several watches saw, and what one wrote twice")
    func several() throws {
        let (pair, _) = story()
        let at = try #require(pair.kinds(.verified).first).at
        func landing(_ until: Int64, _ change: (inout Landing) -> Void) -> Landing {
            var landing = Landing(
                term: 2, gaining: Pair.west, losing: Pair.east, began: at, until: at + until, firstStart: at + 9_000,
                factBefore: at - 7_000, readAt: at + 5_000, factNewest: at - 7_000, agentsBefore: 10, agentsBack: 4)
            change(&landing)
            return landing
        }
        let minutes = [Landing.Minute(start: at, gaining: 3, losing: 0)]
        let all = [
            landing(60_000) { $0.minutes = minutes },
            landing(900_000) {
                $0.agentsBack = 9
                $0.half = at + 30_000
            },
            landing(500_000) {
                $0.firstStart = at + 2_000
                $0.readAt = at + 1_000
                $0.factBefore = at - 8_000
            },
        ]
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2, 1, 1]] {
            let entries = order.enumerated().map { index, each in
                JournalEntry(
                    kind: .landed, term: 2, author: "us-west-2/\(each)", at: at + Int64(index), lines: all[each].lines)
            }
            let history = pair.journal.filter { $0.kind != .landed } + entries
            let report = try #require(FailoverReport(of: 2, terms: pair.table.terms, history: history))
            let found = try #require(report.landing)
            #expect(found.firstStart == at + 2_000)
            #expect(found.agentsBack == 9 && found.half == at + 30_000 && found.until == at + 900_000)
            #expect(found.minutes == minutes)
            #expect(report.lostAtMost == .milliseconds(9_000))
        }
    }

    @Test("takes what was read long after it began for what it is: no answer to what could be read when it began")
    func late() throws {
        let (pair, _) = story()
        let at = try #require(pair.kinds(.verified).first).at
        func report(_ readAt: Int64?, _ fact: Int64?) -> FailoverReport? {
            let landing = Landing(
                term: 2, gaining: Pair.west, losing: Pair.east, began: at, until: at + 900_000, factBefore: fact,
                readAt: readAt)
            let entry = JournalEntry(kind: .landed, term: 2, author: "us-west-2/a", at: at, lines: landing.lines)
            return FailoverReport(
                of: 2, terms: pair.table.terms, history: pair.journal.filter { $0.kind != .landed } + [entry])
        }
        #expect(report(at + 60_000, at - 1_000)?.lostAtMost == .milliseconds(61_000))
        let restarted = report(at + 60_001, at - 1_000)
        #expect(
            restarted?.lostAtMost
                == .unknown("what could be read of us-east-1 was looked at too late, 60 s after it had begun"))
        #expect(restarted?.remarks.contains { $0.hasPrefix("it was watched only from 60 s after") } == true)
        #expect(report(nil, nil)?.lostAtMost == .unknown("what could be read of us-east-1 was not looked at"))
        #expect(report(at + 1_000, nil)?.lostAtMost == .unknown("no fact of us-east-1 could be read here"))
    }

    @Test("of a drill names the term that ended it, and loses nothing")
    func drill() throws {
        let (pair, _) = story()
        var terms = pair.table.terms
        terms[0].cause = .drill
        terms[0].author = "ann"
        terms[0].plan = DrillMark(id: "d1", region: Pair.east, seconds: 600, isBack: false).plan
        var back = terms[0]
        back.term = 3
        back.plan = DrillMark(id: "d1", region: Pair.east, seconds: 600, isBack: true).plan
        let report = try #require(FailoverReport(of: 2, terms: terms + [back], history: pair.journal))
        #expect(report.kind == .drill)
        #expect(report.sequel?.term == 3)
        #expect(report.recovery == .unknown("no Region was lost"))
        #expect(phase(.decide, report)?.took == .unknown("nothing was suspected: a person wanted it"))
        #expect(report.remarks.contains("it is the drill d1, for 600 s: nothing was lost in truth"))
    }

    @Test("a drill's plan is read as it was written, and nothing else is one")
    func marks() {
        for isBack in [false, true] {
            let mark = DrillMark(id: "3f9c", region: Pair.east, seconds: 600, isBack: isBack)
            #expect(DrillMark(mark.plan) == mark)
        }
        for plan in [
            "", "3f9c", "drill/a/600/out", "drill/a/r/0/out", "drill//r/600/out", "drill/a//600/out", "drill/a/r/b/out",
            "drill/a/r/600/up", "drill/a/r/86401/out",
        ] {
            #expect(DrillMark(plan) == nil)
        }
    }
}
