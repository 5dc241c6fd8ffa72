import TestSupport
import Testing

@testable import Simulation

@Suite("The mix of simulated traffic", .limited)
struct TrafficMixTests {
    @Test("weights are read by name, the rest is 0")
    func parse() throws {
        let mix = try TrafficMix.parse("agent=60, contact=25,record=8,flow=5 , session=2.5")
        let expected = TrafficMix(agent: 60, contact: 25, record: 8, flow: 5, session: 2.5, queue: 0, customer: 0)
        #expect(mix == expected)
    }

    @Test(
        "what is wrong is named",
        arguments: [
            ("agents=1", TrafficMixError.unknownKey("agents", accepted: TrafficMix.keys)),
            ("", .missingWeight(part: "")),
            ("agent", .missingWeight(part: "agent")),
            ("agent=1,", .missingWeight(part: "")),
            ("agent=1,agent=2", .repeatedKey("agent")),
            ("agent=-1", .badWeight(key: "agent", value: "-1")),
            ("flow=many", .badWeight(key: "flow", value: "many")),
            ("flow=nan", .badWeight(key: "flow", value: "nan")),
            ("agent=0,flow=0", .nothingToSend),
        ])
    func errors(text: String, error: TrafficMixError) {
        #expect(throws: error) { try TrafficMix.parse(text) }
    }

    @Test("an unknown kind is answered with the kinds there are")
    func message() {
        let text = TrafficMixError.unknownKey("calls", accepted: TrafficMix.keys).description
        #expect(text.contains("'calls'"))
        for key in TrafficMix.keys { #expect(text.contains(key)) }
    }

    @Test("a run has the shares of its mix")
    func shares() throws {
        let arrivals = try TrafficSample.all()
        let shares = TrafficMix().shares
        for kind in TrafficKind.allCases {
            let share = Double(arrivals.count { $0.kind == kind }) / Double(arrivals.count)
            #expect(abs(share - shares[kind.rawValue]) < 0.015, "\(kind): \(share)")
        }
    }

    @Test("a kind without weight is not delivered", arguments: TrafficMix.keys)
    func single(key: String) throws {
        let run = TrafficSample.lines(TrafficOptions(events: 600, mix: try TrafficMix.parse("\(key)=1")))
        #expect(run.count == 600)
        let mark =
            switch key {
            case "agent": #""AgentARN":"#
            case "contact": #""detail-type":"#
            case "record": #""LastUpdateTimestamp":"#
            case "flow": "flow"
            default: "converge."
            }
        #expect(run.allSatisfy { String(decoding: $0.bytes, as: UTF8.self).contains(mark) })
    }

    @Test("the bytes of an average event are those of real traffic")
    func size() throws {
        let arrivals = try TrafficSample.all()
        let average = arrivals.reduce(0) { $0 + $1.line.utf8.count } / arrivals.count
        #expect((2_200...3_100).contains(average))
    }
}
