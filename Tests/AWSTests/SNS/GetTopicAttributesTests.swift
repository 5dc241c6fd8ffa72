import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("a topic of SNS, looked for", .waiting(minutes: 5))
struct GetTopicAttributesTests {
    private static let topic = "arn:aws:sns:us-east-1:123456789012:ops"
    private static let answer =
        "<GetTopicAttributesResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><GetTopicAttributesResult><Attributes/>"
        + "</GetTopicAttributesResult></GetTopicAttributesResponse>"

    @Test("requests and responses are those of botocore's model, member by member")
    func model() throws {
        let cases = [ModelCase(SNS.GetTopicAttributes(topic: Self.topic), #"{"TopicArn":"\#(Self.topic)"}"#, Self.answer)]
        let flaws = try ModelCase.flaws(of: cases)
        #expect(flaws == [[]])
    }

    @Test("an answer says that it is there")
    func output() throws {
        let operation = SNS.GetTopicAttributes(topic: Self.topic)
        #expect(try operation.output(of: Self.answer))
        #expect(throws: UnreadableOutput.self) {
            try operation.output(of: "<GetTopicAttributesResponse></GetTopicAttributesResponse>")
        }
    }
}
