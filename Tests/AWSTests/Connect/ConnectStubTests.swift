import Servers
import TestSupport
import Testing

@testable import AWS
@testable import HTTPClient
@testable import Platform

/// Amazon Connect's operations against the stub of a Global Resiliency pair, over signed HTTP.
@Suite("operations of Amazon Connect against the stub", .waiting(minutes: 5))
struct ConnectStubTests {
    private let http: HTTPClient
    private let east = "us-east-1"
    private let west = "us-west-2"

    init() throws { http = try HTTPClient() }

    private func client(_ stub: ConnectStub, _ region: String, _ timeouts: HTTPTimeouts = .init()) throws -> ServiceClient {
        ServiceClient(
            .connect, region: region, endpoint: try #require(HTTPURL("http://127.0.0.1:\(stub.port(region))")), http: http,
            credentials: CredentialsProvider(AWSCredentials(accessKeyID: "AKID", secretAccessKey: Secret("hush"))),
            timeouts: timeouts)
    }

    private func group(_ stub: ConnectStub) throws -> ConnectStub.Group { try #require(try stub.groups().first) }

    private func update(_ arn: String) throws -> Connect.UpdateTrafficDistribution {
        try Connect.UpdateTrafficDistribution(
            arn: arn, isDefault: true,
            to: .init(
                telephony: [east: 0, west: 100], agents: [east: 0, west: 100], signIn: [east: false, west: true]))
    }

    private static var once: SendLimits {
        var limits = SendLimits()
        limits.sendsOnce = true
        return limits
    }

    private func failure(_ client: ServiceClient, _ operation: some AWSOperation, _ limits: SendLimits) -> AWSError? {
        do throws(AWSError) {
            _ = try client.perform(operation, limits)
            return nil
        } catch {
            return error
        }
    }

    @Test("an update at the Region that is to take the traffic is read back in both, with all that it set")
    func moves() throws {
        let stub = try ConnectStub(groups: ["test"], rate: 1000, burst: 1000)
        let clients = try [client(stub, east), client(stub, west)]
        for client in clients {
            let groups = try stub.groups().map { try client.perform(Connect.DescribeTrafficDistributionGroup(arn: $0.arn)) }
            #expect(groups.count == 2 && groups.last?.name == "test")
            #expect(groups.map(\.isDefault) == [true, false] && groups.allSatisfy { $0.status == .active })
        }
        let arn = try group(stub).arn
        let before = try clients[0].perform(Connect.GetTrafficDistribution(arn: arn))
        #expect(before.distribution.telephony == [east: 100, west: 0] && before.distribution.signIn != nil)
        try clients[1].perform(update(arn), Self.once)
        for client in clients {
            let after = try client.perform(Connect.GetTrafficDistribution(arn: arn))
            #expect(
                after.distribution
                    == .init(
                        telephony: [east: 0, west: 100], agents: [east: 0, west: 100], signIn: [east: false, west: true]))
            #expect(try #require(after.lastFailover) >= #require(before.lastFailover))
        }
        #expect(try stub.calls("UpdateTrafficDistribution").map(\.door) == [west])
        let other = try #require(try stub.groups().last)
        let plain = try Connect.UpdateTrafficDistribution(
            arn: other.arn, isDefault: false, to: .init(telephony: [east: 50, west: 50], agents: [east: 50, west: 50]))
        try clients[1].perform(plain, Self.once)
        #expect(
            try clients[0].perform(Connect.GetTrafficDistribution(arn: other.arn)).distribution.telephony == [
                east: 50, west: 50,
            ])
    }

    @Test("the instance, its replica, its users and what is not replicated are read, page by page")
    func readiness() throws {
        let stub = try ConnectStub(users: 1203, rate: 1000, burst: 1000)
        let client = try client(stub, west)
        let instance = try client.perform(Connect.DescribeInstance(stub.instance))
        #expect(instance.id == stub.instance && instance.status == "ACTIVE" && instance.takesInboundCalls)
        let replication = try #require(instance.replication)
        #expect(replication.sourceRegion == east && replication.status.keys.sorted() == [east, west])
        #expect(
            replication.status.values.allSatisfy { $0 == Connect.Replication.complete } && replication.signInEndpoint != nil)
        #expect(try client.perform(Connect.CountUsers(instance: stub.instance)) == 1203)
        let members = try client.perform(Connect.ListTrafficDistributionGroupUsers(arn: try group(stub).arn))
        #expect(!members.elements.isEmpty && members.nextToken != nil)
        for type in Connect.ListReplicationFindings.resourceTypes {
            let findings = try client.perform(Connect.ListReplicationFindings(instance: stub.instance, type: type))
            #expect(findings.findings.elements.isEmpty && findings.driftedCounts.values.allSatisfy { $0 == 0 })
        }
        let profiles = try client.perform(Connect.ListRoutingProfiles(instance: stub.instance)).elements
        #expect(!profiles.isEmpty)
        let figures = try client.perform(
            Connect.GetCurrentMetricData(instance: stub.instance, routingProfiles: profiles))
        #expect(figures.values.values.allSatisfy { $0 >= 0 })
    }

    @Test(
        "what is sent once is asked for once, and the failure says whether it may have been done",
        arguments: [
            (["fault": "error", "code": "ThrottlingException", "status": 429], .throttled, 0),
            (["fault": "error", "code": "ResourceConflictException", "status": 409], .conflict, 0),
            (["fault": "error", "code": "InternalServiceException", "status": 500], .unknown, 0),
            (["fault": "reset"], .unknown, 0),
            (["fault": "lost"], .unknown, 1),
        ] as [([String: any Sendable], Connect.Failure, Int)])
    func once(fault: [String: any Sendable], failure: Connect.Failure, updates: Int) throws {
        let stub = try ConnectStub(rate: 1000, burst: 1000)
        try stub.set(faults: [fault.merging(["operation": "UpdateTrafficDistribution"]) { $1 }])
        let arn = try group(stub).arn
        let error = try #require(self.failure(client(stub, west), update(arn), Self.once))
        #expect(error.connect == failure && error.attempts == 1 && error.description.contains(arn), "\(error)")
        #expect(try stub.calls("UpdateTrafficDistribution").count == 1)
        #expect(try group(stub).updates == updates)
    }

    @Test("a request that arrives over five minutes after its signing time has no effect")
    func signature() throws {
        let stub = try ConnectStub(rate: 1000, burst: 1000)
        let (client, arn) = (try client(stub, west), try group(stub).arn)
        var limits = Self.once
        limits.signedAt = Timestamp(milliseconds: Timestamp.now.milliseconds - 310_000)
        let late = try #require(failure(client, update(arn), limits))
        #expect(late.connect == .refused && late.code == "InvalidSignatureException" && !late.mayBeDone)
        #expect(try group(stub).updates == 0)
        // Not a word about this machine's clock: the next one is signed as before.
        limits.signedAt = Timestamp(milliseconds: Timestamp.now.milliseconds - 200_000)
        #expect(failure(client, try update(arn), limits) == nil)
        #expect(try group(stub).updates == 1)
    }

    @Test("a clock that is off is learned of from a read, and the update is right at once")
    func clock() throws {
        let stub = try ConnectStub(rate: 1000, burst: 1000)
        try stub.set(clockAhead: 1200)
        let (client, arn) = (try client(stub, west), try group(stub).arn)
        _ = try client.perform(Connect.GetTrafficDistribution(arn: arn))
        var limits = Self.once
        limits.signedAt = .now
        #expect(failure(client, try update(arn), limits) == nil)
        #expect(try group(stub).updates == 1)
    }

    @Test("a bare id is missing in the other Region, and a Region that is away is told apart from one that is silent")
    func away() throws {
        let stub = try ConnectStub(rate: 1000, burst: 1000)
        let found = try group(stub)
        let bare = Connect.GetTrafficDistribution(arn: found.id)
        #expect(failure(try client(stub, west), bare, Self.once)?.connect == .missing)
        #expect(failure(try client(stub, east), bare, Self.once) == nil)
        try stub.set(east, .refuse)
        #expect(failure(try client(stub, east), try update(found.arn), Self.once)?.connect == .unsent)
        try stub.set(east, .hang)
        let short = HTTPTimeouts(connect: .seconds(1), firstByte: .seconds(1), idle: .seconds(1), total: .seconds(1))
        #expect(failure(try client(stub, east, short), try update(found.arn), Self.once)?.connect == .unknown)
        try stub.set(["updateSeconds": 3600, "conflict": "ResourceConflictException"])
        try client(stub, west).perform(update(found.arn), Self.once)
        #expect(failure(try client(stub, west), try update(found.arn), Self.once)?.connect == .conflict)
    }
}
