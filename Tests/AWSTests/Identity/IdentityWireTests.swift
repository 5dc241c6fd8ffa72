import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("who is asking, and what it may", .waiting(minutes: 5))
struct IdentityWireTests {
    private static let role = "arn:aws:iam::123456789012:role/controller"
    private static let simulated =
        #"<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>"#
        + "<IsTruncated>true</IsTruncated><Marker>m</Marker><EvaluationResults><member><EvalActionName>connect:DescribeInstance"
        + "</EvalActionName><EvalResourceName>arn:i</EvalResourceName><EvalDecision>allowed</EvalDecision><MatchedStatements><member>"
        + "<SourcePolicyId>p</SourcePolicyId></member></MatchedStatements></member><member><EvalActionName>sns:Publish"
        + "</EvalActionName><EvalDecision>implicitDeny</EvalDecision></member><member><EvalActionName>sns:Publish</EvalActionName>"
        + "<EvalResourceName>*</EvalResourceName><EvalDecision>explicitDeny</EvalDecision></member></EvaluationResults>"
        + "</SimulatePrincipalPolicyResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        + "</SimulatePrincipalPolicyResponse>"
    private static let identity =
        #"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>"#
        + "<Arn>arn:aws:sts::123456789012:assumed-role/controller/s-1</Arn><UserId>U:s-1</UserId><Account>123456789012</Account>"
        + "</GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"

    @Test("requests and responses are those of botocore's model, member by member")
    func model() throws {
        let cases = [
            ModelCase(
                IAM.SimulatePrincipalPolicy(
                    principal: Self.role, actions: ["connect:DescribeInstance", "sns:Publish"], resources: ["arn:i", "*"],
                    marker: "m"),
                #"{"PolicySourceArn":"\#(Self.role)","ActionNames":["connect:DescribeInstance","sns:Publish"],"#
                    + #""ResourceArns":["arn:i","*"],"MaxItems":1000,"Marker":"m"}"#, Self.simulated),
            ModelCase(
                IAM.SimulatePrincipalPolicy(principal: Self.role, actions: ["sns:Publish"]),
                #"{"PolicySourceArn":"\#(Self.role)","ActionNames":["sns:Publish"],"MaxItems":1000}"#),
            ModelCase(STS.GetCallerIdentity(), "{}", Self.identity),
        ]
        #expect(try ModelCase.flaws(of: cases) == [[], [], []])
    }

    @Test("decisions are read an action and a resource")
    func decisions() throws {
        let operation = IAM.SimulatePrincipalPolicy(principal: Self.role, actions: [])
        let output = try operation.output(of: Self.simulated)
        #expect(output.marker == "m" && output.decisions.map(\.isAllowed) == [true, false, false])
        #expect(output.decisions.map(\.action) == ["connect:DescribeInstance", "sns:Publish", "sns:Publish"])
        #expect(output.decisions.map(\.resource) == ["arn:i", "*", "*"])
        #expect(output.decisions.map(\.isDeniedExplicitly) == [false, false, true])
        #expect(throws: UnreadableOutput.self) { try operation.output(of: "<SimulatePrincipalPolicyResponse/>") }
    }

    @Test("the principal of a session is its role")
    func principal() throws {
        let caller = try STS.GetCallerIdentity().output(of: Self.identity)
        #expect(caller.account == "123456789012" && caller.policySource == Self.role)
        let user = CallerIdentity(account: "1", arn: "arn:aws:iam::1:user/u")
        #expect(user.policySource == user.arn)
    }
}
