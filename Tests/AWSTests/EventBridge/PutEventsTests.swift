import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("events put on EventBridge", .waiting(minutes: 5))
struct PutEventsTests {
    private static let entry = EventBridge.PutEvents.Entry(
        bus: "ops", source: "converge.failover", detailType: "Failover Moved", detail: #"{"term":7}"#)
    private static let answer =
        #"{"FailedEntryCount":1,"Entries":[{"EventId":"e-1"},{"ErrorCode":"ThrottlingException","ErrorMessage":"slow down"}]}"#

    @Test("requests and responses are those of botocore's model, member by member")
    func model() throws {
        var other = Self.entry
        other.bus = nil
        let said = #""Source":"converge.failover","DetailType":"Failover Moved","Detail":"{\"term\":7}""#
        let cases = [
            ModelCase(
                EventBridge.PutEvents([Self.entry, other]),
                #"{"Entries":[{\#(said),"EventBusName":"ops"},{\#(said)}]}"#, Self.answer)
        ]
        let flaws = try ModelCase.flaws(of: cases)
        #expect(flaws == [[]])
    }

    @Test("each event has its own outcome: a success may be of some only")
    func partial() throws {
        let operation = EventBridge.PutEvents([Self.entry, Self.entry])
        #expect(
            try operation.output(of: Self.answer)
                == [.put(id: "e-1"), .failed(code: "ThrottlingException", message: "slow down")])
        for body in ["{}", #"{"Entries":[{"EventId":"e"}]}"#, #"{"Entries":[{},{}]}"#] {
            #expect(throws: UnreadableOutput.self, "\(body)") { try operation.output(of: body) }
        }
    }
}
