import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("operations of Amazon Connect", .waiting(minutes: 5))
struct ConnectWireTests {
    private static let instance = "0a1b2c3d-0000-4000-8000-00000000000a"
    private static let group = "0a1b2c3d-0000-4000-8000-00000000000b"
    private static let arn = "arn:aws:connect:us-east-1:123456789012:traffic-distribution-group/\(group)"
    private static let instanceARN = "arn:aws:connect:us-east-1:123456789012:instance/\(instance)"
    private static let west = TrafficDistribution(
        telephony: ["us-west-2": 100, "us-east-1": 0], agents: ["us-east-1": 0, "us-west-2": 100],
        signIn: ["us-west-2": true, "us-east-1": false])
    private static let westShares =
        #"{"Distributions":[{"Region":"us-east-1","Percentage":0},{"Region":"us-west-2","Percentage":100}]}"#
    private static let westSignIn =
        #"{"Distributions":[{"Region":"us-east-1","Enabled":false},{"Region":"us-west-2","Enabled":true}]}"#

    private static func update(isDefault: Bool) throws -> Connect.UpdateTrafficDistribution {
        var distribution = west
        if !isDefault { distribution.signIn = nil }
        return try Connect.UpdateTrafficDistribution(arn: arn, isDefault: isDefault, to: distribution)
    }

    private static let groupJSON =
        #"{"Id":"\#(group)","Arn":"\#(arn)","Name":"main","InstanceArn":"\#(instanceARN)","Status":"ACTIVE","IsDefault":true}"#
    private static let distributionJSON =
        #"{"TelephonyConfig":\#(westShares),"Id":"\#(group)","Arn":"\#(arn)","SignInConfig":\#(westSignIn),"#
        + #""AgentConfig":\#(westShares),"LastFailoverTime":1796061600.5}"#
    private static let instanceJSON =
        #"{"Instance":{"Id":"\#(instance)","Arn":"\#(instanceARN)","InstanceStatus":"ACTIVE","InboundCallsEnabled":true},"#
        + #""ReplicationConfiguration":{"ReplicationStatusSummaryList":[{"Region":"us-east-1","ReplicationStatus":"#
        + #""INSTANCE_REPLICATION_COMPLETE"},{"Region":"us-west-2","ReplicationStatus":"INSTANCE_REPLICATION_IN_PROGRESS","#
        + #""ReplicationStatusReason":"copying"}],"SourceRegion":"us-east-1","GlobalSignInEndpoint":"https://s.example"}}"#
    private static let findingsJSON =
        #"{"ReplicationFindingsList":[{"Arn":"a","Id":"i","Region":"us-west-2","ResourceType":"QUEUE","Name":"sales","#
        + #""Message":"rename it"}],"ApproximateDriftedResourceCounts":[{"Region":"us-west-2","Count":3,"Timestamp":1.5}],"#
        + #""NextToken":"t","ResourceReplicationStatuses":[{"Region":"us-west-2","Status":"ENABLED"}]}"#
    private static let figuresJSON =
        #"{"MetricResults":[{"Collections":[{"Metric":{"Name":"AGENTS_ONLINE","Unit":"COUNT"},"Value":12.0},"#
        + #"{"Metric":{"Name":"AGENTS_AVAILABLE","Unit":"COUNT"},"Value":0.0},"#
        + #"{"Metric":{"Name":"CONTACTS_IN_QUEUE","Unit":"COUNT"},"Value":null}]}],"DataSnapshotTime":1796061600}"#

    private static func cases() throws -> [ModelCase] {
        let named = #"{"InstanceId":"\#(instance)"}"#
        let grouped = #"{"TrafficDistributionGroupId":"\#(arn)"}"#
        let codes = [
            "ResourceNotFoundException", "AccessDeniedException", "InvalidRequestException", "InvalidParameterException",
            "ResourceConflictException", "ThrottlingException", "InternalServiceException",
        ]
        let shares = #""TelephonyConfig":\#(westShares),"AgentConfig":\#(westShares)"#
        return [
            ModelCase(Connect.DescribeInstance(instance), named, instanceJSON),
            ModelCase(
                Connect.DescribeTrafficDistributionGroup(arn: arn), grouped, #"{"TrafficDistributionGroup":\#(groupJSON)}"#),
            ModelCase(Connect.GetTrafficDistribution(arn: arn), #"{"Id":"\#(arn)"}"#, distributionJSON),
            ModelCase(
                try update(isDefault: true), #"{"Id":"\#(arn)",\#(shares),"SignInConfig":\#(westSignIn)}"#, "{}", codes: codes),
            ModelCase(try update(isDefault: false), #"{"Id":"\#(arn)",\#(shares)}"#),
            ModelCase(
                Connect.ListTrafficDistributionGroupUsers(arn: arn, token: "t"),
                #"{"TrafficDistributionGroupId":"\#(arn)","MaxResults":1000,"NextToken":"t"}"#,
                #"{"NextToken":"u","TrafficDistributionGroupUserSummaryList":[{"UserId":"a"},{"UserId":"b"}]}"#),
            ModelCase(
                Connect.CountUsers(instance: instance), #"{"InstanceId":"\#(instance)","MaxResults":1}"#,
                #"{"ApproximateTotalCount":212}"#),
            ModelCase(
                Connect.ListRoutingProfiles(instance: instance, token: "t"),
                #"{"InstanceId":"\#(instance)","MaxResults":1000,"NextToken":"t"}"#,
                #"{"RoutingProfileSummaryList":[{"Id":"a"}]}"#),
            ModelCase(
                Connect.GetCurrentMetricData(instance: instance, routingProfiles: ["r", "s"]),
                #"{"InstanceId":"\#(instance)","Filters":{"RoutingProfiles":["r","s"]},"CurrentMetrics":[{"Name":"AGENTS_ONLINE","#
                    + #""Unit":"COUNT"},{"Name":"AGENTS_AVAILABLE","Unit":"COUNT"},{"Name":"CONTACTS_IN_QUEUE","Unit":"COUNT"}]}"#,
                figuresJSON, #"{"MetricResults":[]}"#),
            ModelCase(
                Connect.ListReplicationFindings(instance: instance, type: "QUEUE", token: "t"),
                #"{"InstanceId":"\#(instance)","ResourceType":"QUEUE","MaxResults":100,"NextToken":"t"}"#, findingsJSON),
        ]
    }

    @Test("requests, responses and errors are those of botocore's model, member by member")
    func model() throws {
        let cases = try Self.cases()
        let flaws = try ModelCase.flaws(of: cases)
        #expect(flaws.count == cases.count)
        for (one, flaws) in zip(cases, flaws) { #expect(flaws.isEmpty, "\(one.testDescription)") }
    }

    @Test("an update has all that its group may have in one body, and names the group by its ARN")
    func update() throws {
        let update = try Self.update(isDefault: true)
        #expect(update.line?.method == .put)
        #expect(
            update.line?.path == "/traffic-distribution/arn%3Aaws%3Aconnect%3Aus-east-1%3A123456789012%3A"
                + "traffic-distribution-group%2F\(Self.group)")
        #expect(
            String(decoding: update.body, as: UTF8.self)
                == #"{"TelephonyConfig":\#(Self.westShares),"AgentConfig":\#(Self.westShares),"SignInConfig":\#(Self.westSignIn)}"#
        )
        #expect(!String(decoding: try Self.update(isDefault: false).body, as: UTF8.self).contains("SignInConfig"))
    }

    private static func shares(_ east: Int, _ west: Int) -> [String: Int] { ["us-east-1": east, "us-west-2": west] }
    private static func signIn(_ east: Bool, _ west: Bool) -> [String: Bool] { ["us-east-1": east, "us-west-2": west] }

    @Test(
        "a distribution that the service would refuse is refused here, in words",
        arguments: [
            (.init(telephony: shares(0, 100), agents: shares(0, 100), signIn: signIn(false, true)), true, nil),
            (.init(telephony: shares(30, 70), agents: shares(100, 100)), false, nil),
            (.init(telephony: shares(0, 100), agents: shares(0, 100)), true, "sign-in of the default group is missing"),
            (
                .init(telephony: shares(0, 100), agents: shares(0, 100), signIn: signIn(true, true)), false,
                "default group alone"
            ),
            (.init(telephony: shares(0, 90), agents: shares(0, 100)), false, "add up to 90"),
            (.init(telephony: shares(5, 95), agents: shares(0, 100)), false, "5 % of telephony for us-east-1"),
            (.init(telephony: shares(-10, 110), agents: shares(0, 100)), false, "-10 % of telephony"),
            (.init(telephony: shares(0, 100), agents: shares(0, 101)), false, "101 % of agents for us-west-2"),
            (.init(telephony: shares(0, 100), agents: [:]), false, "agents are not distributed"),
            (.init(telephony: ["us-west-2": 100], agents: ["us-west-2": 100]), false, "names 1 Regions"),
            (
                .init(telephony: shares(0, 100), agents: shares(0, 100), signIn: ["us-west-2": true]), true,
                "sign-in does not name"
            ),
            (
                .init(telephony: shares(0, 100), agents: shares(0, 100), signIn: signIn(false, false)), true,
                "off in both Regions"
            ),
        ] as [(TrafficDistribution, Bool, String?)])
    func flaws(distribution: TrafficDistribution, isDefault: Bool, words: String?) {
        let flaw = distribution.flaw(isDefault: isDefault)
        guard let words else {
            #expect(flaw == nil)
            return
        }
        #expect(flaw?.contains(words) == true, "\(flaw ?? "nothing")")
        let error = #expect(throws: Connect.UnusableDistribution.self) {
            try Connect.UpdateTrafficDistribution(arn: Self.arn, isDefault: isDefault, to: distribution)
        }
        #expect(error?.description.contains(Self.arn) == true)
    }

    @Test("a group's bare id, which one Region alone knows, is refused")
    func bareID() {
        let error = #expect(throws: Connect.UnusableDistribution.self) {
            try Connect.UpdateTrafficDistribution(arn: Self.group, isDefault: true, to: Self.west)
        }
        #expect(error?.description.contains("ARN") == true)
    }

    @Test("a group and its distribution are read whole, Regions in any order")
    func traffic() throws {
        let describe = Connect.DescribeTrafficDistributionGroup(arn: Self.arn)
        let group = try describe.output(of: #"{"TrafficDistributionGroup":\#(Self.groupJSON)}"#)
        #expect(group.id == Self.group && group.arn == Self.arn && group.name == "main" && group.isDefault)
        #expect(group.status == .active && group.instanceARN == Self.instanceARN)
        let get = Connect.GetTrafficDistribution(arn: Self.arn)
        let found = try get.output(of: Self.distributionJSON)
        #expect(found.distribution == Self.west && found.lastFailover == Timestamp(milliseconds: 1_796_061_600_500))
        let other = try get.output(of: #"{"TelephonyConfig":\#(Self.westShares)}"#)
        #expect(other.distribution == .init(telephony: Self.west.telephony, agents: [:]) && other.lastFailover == nil)
        for body in [
            "{}", #"{"TelephonyConfig":{}}"#, #"{"TelephonyConfig":{"Distributions":[]}}"#,
            #"{"TelephonyConfig":{"Distributions":[{"Region":"r"}]}}"#,
            #"{"TelephonyConfig":{"Distributions":[{"Region":"r","Percentage":1},{"Region":"r","Percentage":1}]}}"#,
        ] {
            #expect(throws: UnreadableOutput.self, "\(body)") { try get.output(of: body) }
        }
        #expect(throws: UnreadableOutput.self) { try describe.output(of: #"{"TrafficDistributionGroup":{}}"#) }
    }

    @Test("an instance, its replica and what is not replicated are read")
    func instance() throws {
        let instance = try Connect.DescribeInstance(Self.instance).output(of: Self.instanceJSON)
        #expect(instance.id == Self.instance && instance.arn == Self.instanceARN && instance.status == "ACTIVE")
        #expect(instance.takesInboundCalls)
        let replication = try #require(instance.replication)
        #expect(replication.sourceRegion == "us-east-1" && replication.signInEndpoint == "https://s.example")
        #expect(
            replication.status == [
                "us-east-1": Connect.Replication.complete, "us-west-2": "INSTANCE_REPLICATION_IN_PROGRESS",
            ])
        #expect(replication.reasons == ["us-west-2": "copying"])
        let single = try Connect.DescribeInstance("i").output(of: #"{"Instance":{"Id":"i","Arn":"a"}}"#)
        #expect(single.replication == nil && !single.takesInboundCalls)

        let findings = try Connect.ListReplicationFindings(instance: "i", type: "QUEUE").output(of: Self.findingsJSON)
        #expect(findings.driftedCounts == ["us-west-2": 3])
        let finding = try #require(findings.findings.elements.first)
        #expect(finding.name == "sales" && finding.region == "us-west-2" && finding.message == "rename it")
        #expect(finding.arn == "a" && finding.resourceType == "QUEUE" && findings.findings.nextToken == "t")
    }

    @Test("what the service could not compute is missing from the figures, and zero is zero")
    func figures() throws {
        let operation = Connect.GetCurrentMetricData(instance: "i", routingProfiles: ["r"])
        let figures = try operation.output(of: Self.figuresJSON)
        #expect(figures.values == [.agentsOnline: 12, .agentsAvailable: 0])
        let none = try operation.output(of: #"{"MetricResults":[]}"#)
        #expect(none.values.isEmpty)
        let many = Connect.GetCurrentMetricData(instance: "i", routingProfiles: (0..<101).map { "q\($0)" })
        let body = String(decoding: many.body, as: UTF8.self)
        #expect(body.contains(#""q99"]"#) && !body.contains("q100"))
    }

    @Test("pages of users and routing profiles are read with their tokens")
    func pages() throws {
        let members = try Connect.ListTrafficDistributionGroupUsers(arn: Self.arn).output(
            of: #"{"NextToken":"u","TrafficDistributionGroupUserSummaryList":[{"UserId":"a"}]}"#)
        #expect(members.elements == ["a"] && members.nextToken == "u")
        let profiles = Connect.ListRoutingProfiles(instance: "i")
        let some = try profiles.output(of: #"{"RoutingProfileSummaryList":[{"Id":"r"},{"Id":"s"}]}"#)
        #expect(some.elements == ["r", "s"] && some.nextToken == nil)
        #expect(try Connect.CountUsers(instance: "i").output(of: #"{"ApproximateTotalCount":212}"#) == 212)
        #expect(throws: UnreadableOutput.self) { try Connect.CountUsers(instance: "i").output(of: "{}") }
        #expect(throws: UnreadableOutput.self) { try profiles.output(of: "{}") }
        #expect(throws: UnreadableOutput.self) { try profiles.output(of: #"{"RoutingProfileSummaryList":[{}]}"#) }
    }

    @Test(
        "fail in a few ways, and it is known whether it may have been done",
        arguments: [
            ("ResourceNotFoundException", 404, .missing), ("AccessDeniedException", 403, .denied),
            ("InvalidRequestException", 400, .invalid), ("InvalidParameterException", 400, .invalid),
            ("ResourceConflictException", 409, .conflict), ("ThrottlingException", 429, .throttled),
            ("InternalServiceException", 500, .unknown), ("", 502, .unknown), ("", 429, .throttled),
            ("ExpiredTokenException", 403, .refused), ("RequestExpired", 400, .refused), ("Something", 402, .refused),
        ] as [(String, Int, Connect.Failure)])
    func failures(code: String, status: Int, failure: Connect.Failure) {
        #expect(AWSError(Connect.UpdateTrafficDistribution.self, code, status: status).connect == failure)
    }
}
