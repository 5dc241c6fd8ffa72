import Servers
import TestSupport
import Testing

@testable import AWS
@testable import HTTPClient
@testable import Platform

/// What failover asks of services that the emulator does not know, asked of the stubs, over signed HTTP. Those of Connect: `ConnectStubTests`.
@Suite("operations of failover against stubs", .waiting(minutes: 5))
struct FailoverStubTests {
    private func session() throws -> AWSSession {
        try AWSSession(Scratch().environment(["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "hush"]))
    }

    private func failure(_ client: ServiceClient, _ operation: some AWSOperation) -> AWSError? {
        do throws(AWSError) {
            _ = try client.perform(operation)
            return nil
        } catch {
            return error
        }
    }

    @Test("routing controls are read and switched together at any endpoint of the cluster, within the safety rule")
    func routingControls() throws {
        let (stub, session) = (try RoutingControls(), try session())
        let clients = try stub.endpoints.map { region, url in
            try session.client(RoutingControl.Endpoint(url: #require(HTTPURL(url)), region: region))
        }
        #expect(clients.count == 5)
        let (east, west) = (try #require(stub.arns["us-east-1"]), try #require(stub.arns["us-west-2"]))
        try clients[0].perform(RoutingControl.UpdateRoutingControlStates([east: .off, west: .on]))
        #expect(try stub.areOn() == ["us-east-1": false, "us-west-2": true])
        for client in clients {
            #expect(try client.perform(RoutingControl.GetRoutingControlState(arn: west)) == .on)
        }
        #expect(try clients[1].perform(RoutingControl.GetRoutingControlState(arn: east)) == .off)

        let forbidden = failure(clients[2], RoutingControl.UpdateRoutingControlStates([west: .off]))
        #expect(forbidden?.routingControl == .ruledOut && forbidden?.mayBeDone == false)
        #expect(failure(clients[2], RoutingControl.GetRoutingControlState(arn: west + "x"))?.routingControl == .missing)
        #expect(try stub.areOn() == ["us-east-1": false, "us-west-2": true])
        try clients[2].perform(RoutingControl.UpdateRoutingControlStates([west: .off], overriding: [stub.safetyRule]))
        #expect(try stub.areOn() == ["us-east-1": false, "us-west-2": false])
    }

    @Test(
        "an endpoint that is away says so at once: each is asked once, so that another can be",
        arguments: [ConnectStub.State.error, .refuse, .reset])
    func away(state: ConnectStub.State) throws {
        let (stub, session) = (try RoutingControls(), try session())
        let region = RoutingControls.endpointRegions[3]
        let url = try #require(stub.endpoints[region].flatMap { HTTPURL($0) })
        try stub.set(region, state)
        let operation = RoutingControl.GetRoutingControlState(arn: try #require(stub.arns["us-east-1"]))
        let error = failure(try session.client(RoutingControl.Endpoint(url: url, region: region)), operation)
        #expect(error?.routingControl == .tryAnother && error?.attempts == 1, "\(String(describing: error))")
    }

    @Test("issues of Connect are read, and an account without a support plan is told apart")
    func health() throws {
        let (stub, session) = (try HealthStub(), try session())
        let client = try session.client(.health, region: "us-east-1", endpoint: HTTPURL(stub.endpoint))
        let all = Health.DescribeEvents(service: "CONNECT", regions: ["us-east-1", "us-west-2"], isOpen: false)
        let open = Health.DescribeEvents(service: "CONNECT", regions: ["us-east-1", "us-west-2"])
        #expect(try client.perform(open).events.isEmpty)
        try stub.setIssue(in: "us-east-1", since: 1_796_061_600)
        let events = try client.perform(open).events
        #expect(events.map(\.region) == ["us-east-1"] && events.map(\.status) == [.open])
        #expect(events.first?.code == "AWS_CONNECT_OPERATIONAL_ISSUE")
        #expect(events.first?.start == Timestamp(milliseconds: 1_796_061_600_000) && events.first?.end == nil)
        try stub.setIssue(in: "us-east-1", status: "closed", since: 1_796_061_600)
        #expect(try client.perform(open).events.isEmpty)
        #expect(try client.perform(all).events.map(\.status) == [.closed])
        let elsewhere = Health.DescribeEvents(service: "CONNECT", regions: ["eu-west-2"], isOpen: false)
        #expect(try client.perform(elsewhere).events.isEmpty)
        try stub.set(isSubscribed: false)
        #expect(failure(client, open)?.health == .notSubscribed)
    }
}
