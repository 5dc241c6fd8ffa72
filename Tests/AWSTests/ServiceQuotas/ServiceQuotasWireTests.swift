import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("operations of Service Quotas", .waiting(minutes: 5))
struct ServiceQuotasWireTests {
    private static let quota =
        #"{"QuotaCode":"L-12AB7C57","QuotaName":"Concurrent active calls per instance","Value":100.0,"#
        + #""QuotaContext":{"ContextId":"arn:aws:connect:us-east-1:1:instance/i"}}"#

    @Test("requests and responses are those of botocore's model, member by member")
    func model() throws {
        let cases = [
            ModelCase(
                ServiceQuotas.ListServiceQuotas("connect"),
                #"{"ServiceCode":"connect","QuotaAppliedAtLevel":"ALL","MaxResults":100}"#,
                #"{"Quotas":[\#(Self.quota)],"NextToken":"t"}"#),
            ModelCase(
                ServiceQuotas.ListServiceQuotas("connect", token: "t"),
                #"{"ServiceCode":"connect","QuotaAppliedAtLevel":"ALL","MaxResults":100,"NextToken":"t"}"#),
        ]
        #expect(try ModelCase.flaws(of: cases) == [[], []])
    }

    @Test("quotas are read with the resource that they are of; one without a value is left out")
    func quotas() throws {
        let list = try ServiceQuotas.ListServiceQuotas("connect").output(
            of: #"{"Quotas":[\#(Self.quota),{"QuotaCode":"x"},{"QuotaCode":"y","Value":2}],"NextToken":"t"}"#)
        #expect(
            list.nextToken == "t" && list.quotas.map(\.code) == ["L-12AB7C57", "y"] && list.quotas.map(\.value) == [100, 2])
        #expect(list.quotas.map(\.resource) == ["arn:aws:connect:us-east-1:1:instance/i", nil])
        #expect(list.quotas[0].name == "Concurrent active calls per instance")
        #expect(throws: UnreadableOutput.self) { try ServiceQuotas.ListServiceQuotas("connect").output(of: "{}") }
    }
}
