import TestSupport
import Testing

@testable import Simulation

@Suite("the mix of generated traffic", .limited)
struct TrafficMixTests {
    @Test("weights are read by name, and missing ones are 0")
    func parse() throws {
        let mix = try TrafficMix.parse("agent=60, contact=25,record=8,flow=5 , session=2.5")
        let expected = TrafficMix(agent: 60, contact: 25, record: 8, flow: 5, session: 2.5, queue: 0, customer: 0)
        #expect(mix == expected)
    }

    @Test(
        "the error for an invalid mix contains the invalid part",
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

    @Test("the error for an unknown kind contains the known kinds")
    func message() {
        let text = TrafficMixError.unknownKey("calls", accepted: TrafficMix.keys).description
        #expect(text.contains("'calls'"))
        for key in TrafficMix.keys { #expect(text.contains(key)) }
    }

    @Test("the events of a run have the shares of the mix")
    func shares() throws {
        let arrivals = try TrafficSample.all()
        let shares = TrafficMix().shares
        for kind in TrafficKind.allCases {
            let share = Double(arrivals.count { $0.kind == kind }) / Double(arrivals.count)
            #expect(abs(share - shares[kind.rawValue]) < 0.015, "\(kind): \(share)")
        }
    }

    @Test("a kind with weight 0 does not occur", arguments: TrafficMix.keys)
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

    @Test("the average size of an event is that of real traffic")
    func size() throws {
        let arrivals = try TrafficSample.all()
        let average = arrivals.reduce(0) { $0 + $1.line.utf8.count } / arrivals.count
        #expect((2_200...3_100).contains(average))
    }
}
