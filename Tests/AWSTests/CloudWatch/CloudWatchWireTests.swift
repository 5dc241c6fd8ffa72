import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("operations of CloudWatch", .waiting(minutes: 5))
struct CloudWatchWireTests {
    private static let calls = CloudWatch.GetMetricData.Query(
        namespace: "AWS/Connect", metric: "CallsPerInterval", dimensions: ["InstanceId": "i", "MetricGroup": "VoiceCalls"],
        statistic: "Sum")
    private static let errors = CloudWatch.GetMetricData.Query(
        namespace: "AWS/Connect", metric: "ContactFlowFatalErrors", dimensions: [:], statistic: "Maximum", periodSeconds: 300)
    private static let start = Timestamp(milliseconds: 1_796_061_600_000)
    private static let end = Timestamp(milliseconds: 1_796_062_200_000)
    private static let data =
        #"{"MetricDataResults":[{"Id":"q1","Timestamps":[],"Values":[],"StatusCode":"Complete"},{"Id":"q0","Timestamps":["#
        + #"1796061600,1796061720],"Values":[4.0,0.0],"StatusCode":"PartialData"}],"NextToken":"t","Messages":[]}"#

    @Test("requests and responses are those of botocore's model, member by member")
    func model() throws {
        let stat =
            #"{"Id":"q0","MetricStat":{"Metric":{"Namespace":"AWS/Connect","MetricName":"CallsPerInterval","Dimensions":["#
            + #"{"Name":"InstanceId","Value":"i"},{"Name":"MetricGroup","Value":"VoiceCalls"}]},"Period":60,"Stat":"Sum"}},"#
            + #"{"Id":"q1","MetricStat":{"Metric":{"Namespace":"AWS/Connect","MetricName":"ContactFlowFatalErrors","Dimensions":[]},"#
            + #""Period":300,"Stat":"Maximum"}}"#
        let span =
            #""StartTime":"2026-11-30T18:00:00Z","EndTime":"2026-11-30T18:10:00Z","ScanBy":"TimestampAscending""#
        let cases = [
            ModelCase(
                CloudWatch.GetMetricData([Self.calls, Self.errors], from: Self.start, to: Self.end),
                #"{"MetricDataQueries":[\#(stat)],\#(span)}"#, Self.data),
            ModelCase(
                CloudWatch.GetMetricData([Self.calls, Self.errors], from: Self.start, to: Self.end, token: "t"),
                #"{"MetricDataQueries":[\#(stat)],\#(span),"NextToken":"t"}"#),
        ]
        let flaws = try ModelCase.flaws(of: cases)
        #expect(flaws.count == cases.count)
        for (one, flaws) in zip(cases, flaws) { #expect(flaws.isEmpty, "\(one.testDescription)") }
    }

    @Test("minutes without a datapoint have none, and zero is a datapoint")
    func sparse() throws {
        let operation = CloudWatch.GetMetricData([Self.calls, Self.errors], from: Self.start, to: Self.end)
        let output = try operation.output(of: Self.data)
        #expect(output.series.count == 2 && output.hasMore)
        #expect(
            output.series[0].points == [
                .init(time: Self.start, value: 4), .init(time: Timestamp(milliseconds: 1_796_061_720_000), value: 0),
            ])
        #expect(!output.series[0].isComplete && output.series[0].status == "PartialData")
        #expect(output.series[1].points.isEmpty && output.series[1].isComplete)
        let nothing = try operation.output(of: #"{"MetricDataResults":[]}"#)
        #expect(nothing.series.count == 2 && nothing.series.allSatisfy { $0.points.isEmpty && !$0.isComplete })
        for body in [
            "{}", #"{"MetricDataResults":[{"Id":"other"}]}"#,
            #"{"MetricDataResults":[{"Id":"q0","Timestamps":[1],"Values":[]}]}"#,
        ] {
            #expect(throws: UnreadableOutput.self, "\(body)") { try operation.output(of: body) }
        }
    }

    @Test("the permission that is missing is CloudWatch's, whatever it is signed as")
    func advice() {
        let error = AWSError(CloudWatch.GetMetricData.self, "AccessDenied", status: 403)
        #expect(error.advice == "missing permission: allow cloudwatch:GetMetricData")
    }
}
