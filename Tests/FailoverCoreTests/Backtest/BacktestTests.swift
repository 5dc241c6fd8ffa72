import TestSupport
import Testing

@testable import FailoverCore

@Suite("archived weeks through the controllers", .limited(minutes: 4))
struct BacktestTests {
    private typealias Archive = BacktestArchive

    /// Nobody calls the east from noon on.
    private static var silentEast: Archive {
        var archive = Archive()
        archive.starts = { region, time in region == 1 || time < Archive.at(12) }
        return archive
    }

    @Test(
        "a Region that falls silent at noon is left at the second that a person works out, if Connect's API had complained as well"
    )
    func moved() throws {
        let report = try Self.silentEast.report([.connectAPI])
        let episode = try #require(report.episodes.first)
        #expect(report.episodes.count == 1)
        #expect(report.outcomes == [.moved: 1])
        #expect(episode.lost == "us-east-1" && episode.target == "us-west-2")
        // Counted is what began 30 s ago; half a minute of 30 starts is the 15 that a judgement takes: 12:00:00 + 30 s + 30 s.
        #expect(episode.began == Archive.at(12, 1))
        #expect(episode.complaints.map(\.source) == ["contact-starts-replicated", "connect-api (assumed)"])
        #expect(episode.complaints[0].evidence.hasPrefix("0 of 15.0 expected contacts started in 0.5 minutes"))
        #expect(episode.complaints.map(\.isAssumed) == [false, true])
        // All rules hold at once. Rounds are made every 2 s: the dwell of 15 s is over after 16 s; starts are looked at again after 20 s.
        #expect(episode.dwells.map(\.began) == [Archive.at(12, 1)])
        #expect(episode.decidedAt == Archive.at(12, 1, 20))
        #expect(episode.movedAt == Archive.at(12, 1, 22))
        #expect(episode.isOpen)
        #expect(episode.evidence.contains { $0.hasPrefix("us-east-1 traffic (contact-starts-replicated): 0 of ") })
        #expect(episode.evidence.contains { $0.hasPrefix("peer-unhealthy: 2 independent signals of 2") })
    }

    @Test(
        "without the assumption the same silence is one complaint, agents who fall silent with it change nothing, and the report says so"
    )
    func notEnough() throws {
        var archive = Self.silentEast
        archive.agents = 20
        archive.isHeard = archive.starts
        let report = try archive.report()
        let episode = try #require(report.episodes.first)
        #expect(report.outcomes == [.notEnough: 1])
        #expect(Set(episode.complaints.map(\.source)) == ["contact-starts-replicated", "heartbeats-replicated"])
        #expect(episode.decidedAt == nil && episode.dwellCount == 0)
        let hold = try #require(episode.holds.first)
        #expect(episode.holds.count == 1)
        #expect(hold.rule == .peerUnhealthy)
        #expect(hold.says.hasPrefix("1 independent signals of 2 that it takes"))
        // From the first complaint to the end of the archive, but for the last round.
        #expect((29 * 60_000 - 10_000...29 * 60_000).contains(hold.milliseconds), "\(hold.milliseconds)")
    }

    @Test("agents alone move nothing while contacts start as expected: that they do is proof, and takes one complaint more")
    func agentsAlone() throws {
        var archive = Archive()
        archive.agents = 20
        archive.isHeard = { region, time in region == 1 || time < Archive.at(12) }
        let report = try archive.report([.connectAPI])
        #expect(report.outcomes == [.notEnough: 1])
        let episode = try #require(report.episodes.first)
        #expect(episode.complaints.map(\.kind).contains(.agents))
        #expect(!episode.complaints.map(\.kind).contains(.traffic))
        #expect(episode.holds.map(\.rule) == [.peerUnhealthy])
        #expect(episode.holds.first?.says.hasPrefix("1 independent signals of 3 that it takes") == true)
        // With calls that nobody answers, too, there are enough.
        #expect(try archive.report([.connectAPI, .synthetic]).outcomes == [.moved: 1])
    }

    @Test("a quiet night moves nothing, whatever is assumed: too few are expected to tell")
    func night() throws {
        var archive = Archive()
        archive.perMinute = 1
        archive.hours = 0..<9
        archive.starts = { region, time in region == 1 || !(Archive.at(5)..<Archive.at(7)).contains(time) }
        let report = try archive.report([.connectAPI, .metrics], from: Archive.at(5), to: Archive.at(5, 10))
        #expect(report.outcomes.isEmpty)
        #expect(report.coverage[0].judged == 0)
        #expect(report.coverage[0].tooFew == 600_000)
    }

    @Test("a holiday, on which a tenth call from the first hour on and in both Regions, moves nothing")
    func holiday() throws {
        var archive = Archive()
        archive.starts = { _, time in time / 2_000 % 10 == 0 }
        for (from, to) in [(Archive.at(8), Archive.at(8, 20)), (Archive.at(12), Archive.at(12, 20))] {
            let report = try archive.report([.connectAPI], from: from, to: to)
            #expect(report.count(.moved) == 0)
            #expect(report.count(.nearMiss) == 0)
        }
    }

    @Test("a silence that ends before the dwell does is a near miss, with what ended it")
    func nearMiss() throws {
        var archive = Archive()
        archive.starts = { region, time in region == 1 || !(Archive.at(12)..<Archive.at(12, 1, 2)).contains(time) }
        let report = try archive.report([.connectAPI])
        #expect(report.outcomes == [.nearMiss: 1])
        let episode = try #require(report.episodes.first)
        #expect(episode.dwells.map(\.began) == [Archive.at(12, 1)])
        #expect(episode.dwells.map(\.ended) == [Archive.at(12, 1, 10)])
        #expect(episode.dwells.first?.why.hasPrefix("peer-unhealthy: ") == true)
        #expect(!episode.isOpen)
    }

    @Test("both Regions silent: held back, as nothing says that the other one serves")
    func both() throws {
        var archive = Archive()
        archive.starts = { _, time in time < Archive.at(12) }
        archive.agents = 20
        let report = try archive.report([.connectAPI], to: Archive.at(12, 10))
        #expect(report.count(.moved) == 0)
        #expect(report.count(.heldBack) == 2)
        #expect(report.episodes.allSatisfy { $0.holds.contains { $0.rule == .ownHealthy && $0.milliseconds > 300_000 } })
    }

    @Test("each episode is judged by itself, as though a person had returned everything; a third one in a day is held back")
    func thrice() throws {
        var archive = Archive()
        let silences = [(9, 0), (10, 30), (12, 0)].map { Archive.at($0, $1)..<Archive.at($0, $1 + 10) }
        archive.starts = { region, time in region == 1 || !silences.contains { $0.contains(time) } }
        let report = try archive.report([.connectAPI], from: Archive.at(8, 55), to: Archive.at(12, 20)) {
            $0.paceMilliseconds = 30_000
        }
        #expect(report.outcomes == [.moved: 2, .heldBack: 1])
        #expect(report.episodes.last?.holds.map(\.rule) == [.movesPerDay])
    }

    @Test("controllers that had nothing to do between two silences know each other to be alive in the second one, too")
    func asleep() throws {
        var archive = Archive()
        let silences = [9, 11].map { Archive.at($0)..<Archive.at($0, 5) }
        // The west, as its own controllers write after those of the east have read.
        archive.starts = { region, time in region == 0 || !silences.contains { $0.contains(time) } }
        let report = try archive.report(from: Archive.at(8, 55), to: Archive.at(11, 20)) { $0.paceMilliseconds = 30_000 }
        #expect(report.outcomes == [.notEnough: 2])
    }

    @Test("what is told late counts from then on, and keeps nothing else waiting")
    func late() throws {
        var facts = BacktestFacts(regions: Archive.regions)
        for week in 0...3 { try Archive().add(week, to: &facts) }
        for region in 0..<2 {
            try facts.takeStart(
                region: region, minute: Archive.at(11, 40) / Archive.minute, bucket: 63, value: 1, heard: Archive.at(13))
        }
        facts.seal()
        var backtest = try Backtest(facts, Archive.settings([.connectAPI], to: Archive.at(11, 50)))
        let report = backtest.run()
        #expect(report.outcomes.isEmpty)
        #expect(report.coverage.allSatisfy { $0.judged == 1_200_000 && $0.unclear == 0 })
    }

    @Test("without enough earlier days nothing is expected, and the report says for how long")
    func noHistory() throws {
        var archive = Self.silentEast
        archive.weeks = 2
        let report = try archive.report([.connectAPI])
        #expect(report.outcomes.isEmpty)
        #expect(report.coverage.map(\.unexpected) == [3_600_000, 3_600_000])
    }

    @Test("a share that was moved away by hand is no silence")
    func byHand() throws {
        let shares = BacktestShares(given: [
            .init(at: .min, percent: 50), .init(at: Archive.at(12), percent: 0),
        ])
        let report = try Self.silentEast.report([.connectAPI]) { $0.shares = shares }
        #expect(report.outcomes.isEmpty)
        #expect(report.coverage[0].nothing > 1_000_000)
    }

    @Test("shares are those of the days before, to the nearest tenth")
    func measured() {
        var days: [Int64: [Int]] = [:]
        for day in Int64(100)..<110 { days[day] = day == 105 ? [0, 700] : [612, 288] }
        days[110] = [3, 4]
        let shares = BacktestShares(measured: days, from: 100 * 86_400_000, to: 112 * 86_400_000)
        #expect(shares.shares(at: 100 * 86_400_000) == nil)
        #expect(shares.shares(at: 101 * 86_400_000)?.map(\.percent) == [70, 30])
        #expect(shares.changes.count == 2)
        #expect(shares.isMeasured)
    }

    @Test("order and repetition of the archive change nothing, and the same archive gives the same report")
    func order() throws {
        let once = try Self.silentEast.report([.connectAPI])
        var facts = BacktestFacts(regions: Archive.regions)
        let archive = Self.silentEast
        for week in [3, 0, 1, 0, 2] { try archive.add(week, to: &facts) }
        facts.seal()
        var again = try Backtest(facts, Archive.settings([.connectAPI]))
        #expect(again.run() == once)
    }

    @Test("events of the other Region that cease in a Region's own stream are a second complaint")
    func events() throws {
        var facts = BacktestFacts(regions: Archive.regions)
        for week in 0...3 { try Self.silentEast.add(week, to: &facts) }
        for minute in 0..<90 {
            let time = Archive.at(11) + Int64(minute) * 60_000
            for _ in 0..<10 {
                try facts.takeEvent(stream: 1, isOther: false, at: time)
                if minute < 60 { try facts.takeEvent(stream: 1, isOther: true, at: time) }
            }
        }
        facts.seal()
        var backtest = try Backtest(facts, Archive.settings { $0.hasGlobalRouting = true })
        let report = backtest.run()
        #expect(report.outcomes == [.moved: 1])
        let episode = try #require(report.episodes.first)
        #expect(Set(episode.complaints.map(\.source)) == ["contact-starts-replicated", "events-here"])
        #expect(report.assumed.isEmpty)
    }

    @Test("what cannot be judged is refused with what to do")
    func refused() throws {
        var empty = BacktestFacts(regions: Archive.regions)
        empty.seal()
        #expect(throws: Backtest.Problem.empty) { try Backtest(empty, Archive.settings()) }
        var facts = BacktestFacts(regions: Archive.regions)
        try facts.takeStart(region: 0, minute: 1, bucket: 0, value: 1, heard: 60_000)
        #expect(facts.outside == 1)
        try facts.takeStart(region: 0, minute: 1, bucket: 0, value: 1, heard: Archive.day)
        try facts.takeStart(region: 0, minute: 2, bucket: 0, value: 1, heard: Archive.day + 500 * 86_400_000)
        facts.seal()
        var settings = Archive.settings()
        settings.from = nil
        settings.to = nil
        #expect(throws: Backtest.Problem.tooLong(days: 500)) { try Backtest(facts, settings) }
        settings.from = Archive.day + 501 * 86_400_000
        #expect(throws: Backtest.Problem.self) { try Backtest(facts, settings) }
    }
}
