import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("operations on routing controls", .waiting(minutes: 5))
struct RoutingControlWireTests {
    private static let panel = "arn:aws:route53-recovery-control::123456789012:controlpanel/a"
    private static let east = panel + "/routingcontrol/1"
    private static let west = panel + "/routingcontrol/2"

    @Test("requests, responses and errors are those of botocore's model, member by member")
    func model() throws {
        let entries =
            #""UpdateRoutingControlStateEntries":[{"RoutingControlArn":"\#(Self.east)","RoutingControlState":"Off"},"#
            + #"{"RoutingControlArn":"\#(Self.west)","RoutingControlState":"On"}]"#
        let states: [String: RoutingControl.State] = [Self.west: .on, Self.east: .off]
        let cases = [
            ModelCase(
                RoutingControl.GetRoutingControlState(arn: Self.east), #"{"RoutingControlArn":"\#(Self.east)"}"#,
                #"{"RoutingControlArn":"\#(Self.east)","RoutingControlState":"On"}"#),
            ModelCase(
                RoutingControl.UpdateRoutingControlStates(states), "{\(entries)}", "{}",
                codes: [
                    "ResourceNotFoundException", "AccessDeniedException", "ValidationException", "ConflictException",
                    "EndpointTemporarilyUnavailableException", "InternalServerException",
                ]),
            ModelCase(
                RoutingControl.UpdateRoutingControlStates(states, overriding: ["arn:r"]),
                #"{\#(entries),"SafetyRulesToOverride":["arn:r"]}"#),
        ]
        let flaws = try ModelCase.flaws(of: cases)
        #expect(flaws.count == cases.count)
        for (one, flaws) in zip(cases, flaws) { #expect(flaws.isEmpty, "\(one.testDescription)") }
    }

    @Test("no safety rule is overridden unless it is named")
    func safety() {
        let body = String(decoding: RoutingControl.UpdateRoutingControlStates([Self.east: .on]).body, as: UTF8.self)
        #expect(!body.contains("SafetyRules"))
    }

    @Test("states are read")
    func states() throws {
        let get = RoutingControl.GetRoutingControlState(arn: Self.east)
        #expect(try get.output(of: #"{"RoutingControlState":"Off"}"#) == .off)
        for body in ["{}", #"{"RoutingControlState":"Ajar"}"#] {
            #expect(throws: UnreadableOutput.self) { try get.output(of: body) }
        }
    }

    @Test(
        "fail in a few ways, of which some are another endpoint's to try",
        arguments: [
            ("ResourceNotFoundException", 404, .missing), ("AccessDeniedException", 403, .denied),
            ("ValidationException", 400, .invalid),
            ("ConflictException", 409, .ruledOut), ("EndpointTemporarilyUnavailableException", 503, .tryAnother),
            ("ThrottlingException", 429, .tryAnother), ("InternalServerException", 500, .tryAnother), ("", 502, .tryAnother),
            ("ServiceLimitExceededException", 402, .refused),
        ] as [(String, Int, RoutingControl.Failure)])
    func failures(code: String, status: Int, failure: RoutingControl.Failure) {
        #expect(AWSError(RoutingControl.GetRoutingControlState.self, code, status: status).routingControl == failure)
    }
}
