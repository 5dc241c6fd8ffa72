import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("events of AWS Health", .waiting(minutes: 5))
struct DescribeEventsTests {
    private static let answer =
        #"{"events":[{"arn":"arn:aws:health:us-east-1::event/CONNECT/AWS_CONNECT_OPERATIONAL_ISSUE/x","service":"CONNECT","#
        + #""eventTypeCode":"AWS_CONNECT_OPERATIONAL_ISSUE","eventTypeCategory":"issue","region":"us-east-1","#
        + #""startTime":1796061600.0,"lastUpdatedTime":1796061660.5,"statusCode":"open"},{"arn":"b","#
        + #""eventTypeCode":"AWS_CONNECT_OPERATIONAL_ISSUE","statusCode":"closed","endTime":1796061720}],"nextToken":"t"}"#

    @Test("requests and responses are those of botocore's model, member by member")
    func model() throws {
        let filter = #""services":["CONNECT"],"regions":["us-east-1","us-west-2"],"eventTypeCategories":["issue"]"#
        let regions = ["us-east-1", "us-west-2"]
        let cases = [
            ModelCase(
                Health.DescribeEvents(service: "CONNECT", regions: regions),
                #"{"filter":{\#(filter),"eventStatusCodes":["open"]},"maxResults":100}"#, Self.answer),
            ModelCase(
                Health.DescribeEvents(service: "CONNECT", regions: regions, isOpen: false, token: "abcd"),
                #"{"filter":{\#(filter)},"maxResults":100,"nextToken":"abcd"}"#),
        ]
        #expect(try ModelCase.flaws(of: cases) == [[], []])
    }

    @Test("events are read, with what the service does not say left out")
    func events() throws {
        let operation = Health.DescribeEvents(service: "CONNECT", regions: ["us-east-1"])
        let output = try operation.output(of: Self.answer)
        #expect(output.events.map(\.status) == [.open, .closed])
        let first = output.events[0]
        #expect(first.code == "AWS_CONNECT_OPERATIONAL_ISSUE" && first.region == "us-east-1" && first.end == nil)
        #expect(
            first.start == Timestamp(milliseconds: 1_796_061_600_000)
                && first.updated == Timestamp(milliseconds: 1_796_061_660_500))
        #expect(output.events[1].region == "" && output.events[1].end == Timestamp(milliseconds: 1_796_061_720_000))
        #expect(first.arn.hasPrefix("arn:aws:health") && output.events[1].arn == "b")
        for body in ["{}", #"{"events":[{}]}"#] {
            #expect(throws: UnreadableOutput.self) { try operation.output(of: body) }
        }
    }

    @Test(
        "an account without a support plan is told apart from a missing permission",
        arguments: [
            ("SubscriptionRequiredException", .notSubscribed), ("AccessDeniedException", .denied),
            ("ThrottlingException", .other),
        ] as [(String, Health.Failure)])
    func failures(code: String, failure: Health.Failure) {
        #expect(AWSError(Health.DescribeEvents.self, code).health == failure)
    }
}
