import FailoverCore
import TestSupport
import Testing

@Suite("what the signals of a Region come to", .limited)
struct DiagnosisTests {
    struct Case: CustomTestStringConvertible {
        var name: String
        var signals: [(SignalKind, SignalState, SignalPath.Link)]
        /// What its controllers say of it; nil: none is heard.
        var verdict: SignalState?
        var state: SignalState
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "nothing is known", signals: [], state: .unknown),
        Case(name: "one that looks at Connect says healthy", signals: [(.connectAPI, .healthy, .between)], state: .healthy),
        Case(name: "only Converge says healthy", signals: [(.worker, .healthy, .controlTable)], state: .unknown),
        Case(name: "one complaint", signals: [(.connectAPI, .unhealthy, .between)], state: .unknown),
        Case(
            name: "two that are independent",
            signals: [(.connectAPI, .unhealthy, .between), (.worker, .unhealthy, .controlTable)],
            state: .unhealthy),
        Case(
            name: "two of one kind", signals: [(.traffic, .unhealthy, .counted), (.traffic, .unhealthy, .ownStreams)],
            state: .unknown),
        Case(
            name: "two over one link", signals: [(.connectAPI, .unhealthy, .between), (.agents, .unhealthy, .between)],
            state: .unknown),
        Case(
            name: "two about Converge alone",
            signals: [(.worker, .unhealthy, .controlTable), (.replication, .unhealthy, .between)], state: .unknown),
        Case(
            name: "what was counted there while replication stands still",
            signals: [
                (.traffic, .unhealthy, .counted), (.worker, .unhealthy, .controlTable), (.replication, .unhealthy, .between),
            ], state: .unknown),
        Case(
            name: "what was counted there while replication works",
            signals: [
                (.traffic, .unhealthy, .counted), (.metrics, .unhealthy, .monitoring), (.replication, .healthy, .between),
            ], state: .unhealthy),
        Case(
            name: "two, against a proof that callers are served",
            signals: [
                (.connectAPI, .unhealthy, .between), (.worker, .unhealthy, .controlTable),
                (.synthetic, .healthy, .outside("s")),
            ], state: .unknown),
        Case(
            name: "three, against such a proof",
            signals: [
                (.connectAPI, .unhealthy, .between), (.worker, .unhealthy, .controlTable),
                (.awsHealth, .unhealthy, .outside("h")),
                (.synthetic, .healthy, .outside("s")),
            ], state: .unhealthy),
        Case(
            name: "readiness tells nothing of life",
            signals: [(.readiness, .unhealthy, .between), (.worker, .unhealthy, .controlTable)], state: .unknown),
        Case(
            name: "the API across Regions, while its controllers live",
            signals: [(.connectAPI, .unhealthy, .between), (.traffic, .unhealthy, .counted)], verdict: .unknown, state: .unknown
        ),
        Case(
            name: "the API across Regions, while its controllers live and say that it is ill",
            signals: [(.connectAPI, .unhealthy, .between), (.traffic, .unhealthy, .counted)], verdict: .unhealthy,
            state: .unhealthy),
        Case(
            name: "the canary, while its controllers live",
            signals: [(.replication, .unhealthy, .between), (.synthetic, .unhealthy, .outside("s"))], verdict: .unknown,
            state: .unknown),
        Case(
            name: "its events that are missing while its controllers live and nothing is replicated",
            signals: [
                (.replication, .unhealthy, .between), (.events, .unhealthy, .between), (.synthetic, .unhealthy, .outside("s")),
            ], verdict: .unknown, state: .unknown),
        Case(
            name: "its events that are missing while its controllers live and replication works",
            signals: [
                (.replication, .healthy, .between), (.events, .unhealthy, .between), (.synthetic, .unhealthy, .outside("s")),
            ], verdict: .unknown, state: .unhealthy),
        Case(
            name: "callers who are missing, as two have counted, while its controllers live",
            signals: [(.traffic, .unhealthy, .counted), (.metrics, .unhealthy, .monitoring)], verdict: .unknown,
            state: .unhealthy),
        Case(
            name: "a person and the API", signals: [(.connectAPI, .unhealthy, .between), (.person, .unhealthy, .person)],
            state: .unhealthy),
    ]

    @Test("weighs them", arguments: cases)
    func weighs(_ example: Case) {
        let entries = example.signals.map { kind, state, link in
            SignalBook.Entry(
                signal: Signal(
                    source: kind.rawValue, kind: kind, region: "r", state: state, path: SignalPath(link), observedAt: 1,
                    evidence: ""), since: 1)
        }
        let verdicts = example.verdict.map {
            [SelfVerdict(region: "r", controller: "r/1", counter: 1, state: $0, evidence: "")]
        }
        for entries in [entries, entries.reversed()] {
            let diagnosis = Diagnosis(of: "r", entries, independentMin: 2, verdicts: verdicts ?? [])
            #expect(diagnosis.state == example.state)
        }
        #expect(Diagnosis(of: "other", entries, independentMin: 2, verdicts: verdicts ?? []).state == .unknown)
    }
}
