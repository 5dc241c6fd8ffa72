import FailoverCore
import TestSupport
import Testing

@Suite("what the signals of a Region come to", .limited)
struct DiagnosisTests {
    struct Case: CustomTestStringConvertible {
        var name: String
        var signals: [(SignalKind, SignalState, SignalPath.Link)]
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
        #expect(Diagnosis(of: "r", entries, independentMin: 2).state == example.state)
        #expect(Diagnosis(of: "r", entries.reversed(), independentMin: 2).state == example.state)
        #expect(Diagnosis(of: "other", entries, independentMin: 2).state == .unknown)
    }
}
