import FailoverCore
import TestSupport
import Testing

/// Signals that are read from somebody else's report: CloudWatch, AWS Health, a synthetic call system, a person.
@Suite("what others report of a Region", .limited)
struct ReportedSignalTests {
    private static let wall: Int64 = 1_800_000_000_000

    private static func minute(
        _ ago: Int64, calls: Double? = nil, misdirected: Double? = nil, fatal: Double? = nil, overQuota: Double? = nil
    ) -> ConnectMetrics.Minute {
        ConnectMetrics.Minute(
            start: wall - ago * 60_000, calls: calls, misdirected: misdirected, fatalErrors: fatal, overQuota: overQuota)
    }

    @Test(
        "CloudWatch's figures tell by what became of the calls that arrived",
        arguments: [
            ([minute(2, calls: 10), minute(3, calls: 12), minute(4, calls: 9)], SignalState.healthy),
            ([minute(2, calls: 10, fatal: 9), minute(3, calls: 12, fatal: 6)], .unhealthy),
            ([minute(2, calls: 10, fatal: 2)], .unknown),
            ([minute(2, calls: 2, misdirected: 8)], .unhealthy),
            ([minute(2, misdirected: 8)], .unhealthy),
            // Too few, none, none of late, and a minute that is not over.
            ([minute(2, calls: 2, fatal: 2)], .unknown),
            ([minute(2)], .unknown),
            ([], .unknown),
            ([minute(6, calls: 100)], .unknown),
            ([minute(0, calls: 100)], .unknown),
            // A minute that is not over does not hide those before, nor do older ones count.
            ([minute(0, calls: 100, fatal: 100), minute(2, calls: 10)], .healthy),
            ([minute(2, calls: 10), minute(3, calls: 10), minute(4, calls: 10), minute(5, calls: 90, fatal: 90)], .healthy),
            // Quotas are the same in both Regions.
            ([minute(2, calls: 10, overQuota: 90)], .healthy),
        ])
    func metrics(minutes: [ConnectMetrics.Minute], expected: SignalState) {
        let signal = ConnectMetrics.signal(of: "us-east-1", minutes, asked: 5_000, wall: Self.wall)
        #expect(signal.state == expected, "\(signal.evidence)")
        #expect(signal.observedAt == 5_000)
        #expect(signal.path == SignalPath(.monitoring))
    }

    @Test("CloudWatch that does not answer says nothing of the Region")
    func noMetrics() {
        let signal = ConnectMetrics.signal(of: "us-east-1", nil, why: "timed out", asked: 5_000, wall: Self.wall)
        #expect(signal.state == .unknown)
        #expect(signal.evidence == "CloudWatch was not heard: timed out")
    }

    @Test("the evidence of CloudWatch's figures says how old they are, and what is beyond a quota")
    func metricsEvidence() {
        let signal = ConnectMetrics.signal(
            of: "us-east-1", [Self.minute(2, calls: 10, misdirected: 1, fatal: 0, overQuota: 3)], asked: 0,
            wall: Self.wall + 10_000)
        #expect(
            signal.evidence
                == "10 calls, 1 to numbers that lead nowhere, 0 flows ended by a fatal error, in 1 minutes up to 70 s ago; "
                + "3 calls beyond a quota")
    }

    private static func notice(open: Bool, beganAgo: Int64, endedAgo: Int64? = nil) -> HealthNotices.Notice {
        HealthNotices.Notice(
            code: "AWS_CONNECT_OPERATIONAL_ISSUE", isOpen: open, began: wall - beganAgo * 60_000,
            ended: endedAgo.map { wall - $0 * 60_000 })
    }

    @Test(
        "AWS Health complains while an issue is open, confirms an end for an hour, and says nothing by its silence",
        arguments: [
            ([notice(open: true, beganAgo: 20)], SignalState.unhealthy),
            ([notice(open: true, beganAgo: 20), notice(open: false, beganAgo: 90, endedAgo: 30)], .unhealthy),
            ([notice(open: false, beganAgo: 90, endedAgo: 30)], .healthy),
            ([notice(open: false, beganAgo: 290, endedAgo: 130)], .unknown),
            ([notice(open: false, beganAgo: 290)], .unknown),
            ([], .unknown),
            (nil, .unknown),
        ] as [([HealthNotices.Notice]?, SignalState)])
    func health(notices: [HealthNotices.Notice]?, expected: SignalState) {
        let signal = HealthNotices.signal(of: "us-east-1", notices, why: "no plan", asked: 0, wall: Self.wall)
        #expect(signal.state == expected, "\(signal.evidence)")
    }

    @Test(
        "a synthetic call system is believed as far as its word, its calls and its clock agree",
        arguments: [
            (SignalState.healthy, 3, 3, Int64(60), SignalState.healthy),
            (.healthy, 3, 2, 60, .healthy),
            (.healthy, 3, 1, 60, .unknown),
            (.healthy, 3, 0, 60, .unknown),
            (.unhealthy, 3, 0, 60, .unhealthy),
            (.unhealthy, 3, 2, 60, .unhealthy),
            (.unhealthy, 3, 3, 60, .unknown),
            (.unknown, 3, 3, 60, .unknown),
            (.unhealthy, 0, 0, 60, .unknown),
            (.unhealthy, 3, 4, 60, .unknown),
            (.unhealthy, 3, -1, 60, .unknown),
            (.unhealthy, 3, 0, 301, .unknown),
            (.unhealthy, 3, 0, -59, .unhealthy),
            (.unhealthy, 3, 0, -61, .unknown),
        ])
    func synthetic(state: SignalState, tried: Int, answered: Int, age: Int64, expected: SignalState) {
        let report = SyntheticCalls(
            region: "us-east-1", state: state, at: Self.wall - age * 1_000, tried: tried, answered: answered)
        let signal = SyntheticCalls.signal(
            of: "us-east-1", report, host: "calls.example.com", ageMax: 300_000, asked: 1_000_000, wall: Self.wall)
        #expect(signal.state == expected, "\(signal.evidence)")
        #expect(signal.path == SignalPath(.outside("synthetic/calls.example.com")))
        // The signal is as old as the calls.
        #expect(signal.observedAt == 1_000_000 - min(max(0, age), 300) * 1_000)
        var book = SignalBook()
        book.take(signal)
        #expect(book.signals(at: 1_000_000, ageMax: 30_000).first?.signal.state == expected)
    }

    @Test(
        "a person's newest word counts for an hour",
        arguments: [
            ([(SignalState.unhealthy, Int64(5))], SignalState.unhealthy),
            ([(.unhealthy, 5), (.healthy, 2)], .healthy),
            ([(.unhealthy, 61)], .unknown),
            ([(.unhealthy, -2)], .unknown),
            ([], .unknown),
        ] as [([(SignalState, Int64)], SignalState)])
    func word(words: [(SignalState, Int64)], expected: SignalState) {
        let said = words.map {
            PersonsWord(region: "us-east-1", state: $0, at: Self.wall - $1 * 60_000, why: "callers hear silence")
        }
        let other = PersonsWord(region: "us-west-2", state: .healthy, at: Self.wall, why: "fine here")
        let signal = PersonsWord.signal(of: "us-east-1", said + [other], asked: 7_000, wall: Self.wall)
        #expect(signal.state == expected, "\(signal.evidence)")
        #expect(signal.observedAt == 7_000)
    }

    @Test(
        "readiness is replication that is complete and every kind without a difference",
        arguments: [
            (nil, [:], SignalState.unknown),
            (["us-west-2": "INSTANCE_REPLICATION_IN_PROGRESS"], ["USER": 0, "QUEUE": 0], .unhealthy),
            ([:], [:], .unknown),
            ([:], ["USER": 0, "QUEUE": 0], .healthy),
            ([:], ["USER": 0, "QUEUE": 2], .unhealthy),
            ([:], ["QUEUE": 2], .unhealthy),
        ] as [([String: String]?, [String: Int], SignalState)])
    func readiness(unfinished: [String: String]?, drift: [String: Int], expected: SignalState) {
        var report = ReadinessReport(unfinished: unfinished, kinds: 2)
        report.drift = drift
        let signal = report.signal(of: "us-east-1", SignalPath(.between), asked: 0)
        #expect(signal.state == expected, "\(signal.evidence)")
        #expect(!signal.kind.isOfLife)
        report.hasReplica = false
        #expect(
            report.signal(of: "us-east-1", SignalPath(.between), asked: 0).state == (unfinished == nil ? .unknown : .unhealthy))
    }
}
