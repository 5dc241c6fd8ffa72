import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("messages published by SNS", .waiting(minutes: 5))
struct PublishTests {
    private static let topic = "arn:aws:sns:us-east-1:123456789012:ops"
    private static let answer =
        #"<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId></PublishResult>"#
        + "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PublishResponse>"

    @Test("requests and responses are those of botocore's model, member by member")
    func model() throws {
        let cases = [
            ModelCase(
                SNS.Publish(topic: Self.topic, message: "a & b = ü", subject: "Traffic moved"),
                #"{"TopicArn":"\#(Self.topic)","Message":"a & b = ü","Subject":"Traffic moved"}"#, Self.answer),
            ModelCase(SNS.Publish(topic: Self.topic, message: "m"), #"{"TopicArn":"\#(Self.topic)","Message":"m"}"#),
        ]
        #expect(try ModelCase.flaws(of: cases) == [[], []])
    }

    @Test("a subject is what mails can have: 99 printable characters of ASCII")
    func subject() {
        let text = String(
            decoding: SNS.Publish(topic: "t", message: "m", subject: "ü\n" + String(repeating: "x", count: 200)).body,
            as: UTF8.self)
        #expect(text.hasSuffix("&Subject=%3F%3F" + String(repeating: "x", count: 97)))
    }

    @Test("the message's id is read")
    func output() throws {
        let operation = SNS.Publish(topic: "t", message: "m")
        #expect(try operation.output(of: Self.answer) == "m-1")
        #expect(throws: UnreadableOutput.self) { try operation.output(of: "<PublishResponse></PublishResponse>") }
    }
}
