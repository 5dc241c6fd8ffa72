import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("a bus of EventBridge, described", .waiting(minutes: 5))
struct DescribeEventBusTests {
    private static let answer = #"{"Name":"ops","Arn":"arn:aws:events:us-east-1:123456789012:event-bus/ops"}"#

    @Test("requests and responses are those of botocore's model, member by member")
    func model() throws {
        let cases = [ModelCase(EventBridge.DescribeEventBus(bus: "ops"), #"{"Name":"ops"}"#, Self.answer)]
        #expect(try ModelCase.flaws(of: cases) == [[]])
    }

    @Test("its ARN is read")
    func output() throws {
        let operation = EventBridge.DescribeEventBus(bus: "ops")
        #expect(try operation.output(of: Self.answer) == "arn:aws:events:us-east-1:123456789012:event-bus/ops")
        #expect(throws: UnreadableOutput.self) { try operation.output(of: "{}") }
    }
}
