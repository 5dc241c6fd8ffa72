import AWS
import Failover
import FailoverCore
import HTTPClient
import Platform
import Servers
import TestSupport
import Testing

@Suite("Routing controls", .waiting(minutes: 5))
struct RoutingControlsTests {
    typealias Stub = Servers.RoutingControls

    /// What is followed of a stub, with its endpoints in hand; one that hangs is waited for `limit`.
    static func controls(_ stub: Stub, limit: Duration = .seconds(60)) throws -> Failover.RoutingControls {
        let session = try AWSSession(
            Environment(["AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_DISABLED": "true"]))
        let clients = try Stub.endpointRegions.map { region in
            try session.client(
                RoutingControl.Endpoint(url: try #require(HTTPURL(stub.endpoints[region] ?? "")), region: region),
                timeouts: HTTPTimeouts(connect: limit, firstByte: limit, idle: limit, total: limit))
        }
        return .init(clients, controls: stub.arns.mapValues { [$0] })
    }

    static func value(_ controls: Failover.RoutingControls, west share: Int) throws -> RoutingStates {
        try #require(controls.value(for: Intents.to(west: share, term: 7), isPending: false))
    }

    @Test(
        "a Region's control is on while it has a share, and both are switched at once",
        arguments: [(100, false, true), (50, true, true), (0, true, false)])
    func switches(share: Int, east: Bool, west: Bool) throws {
        let stub = try Stub()
        let controls = try Self.controls(stub)
        let value = try Self.value(controls, west: share)
        #expect(controls.apply(value, term: 7) == nil)
        #expect(try stub.areOn() == [Intents.east: east, Intents.west: west])
        #expect(controls.look() == .found(.init(value)))
        #expect(try stub.calls().filter { $0.operation == "UpdateRoutingControlStates" }.count == 1)
    }

    @Test("endpoints that are away are passed over, whatever they do, and said by an exercise")
    func rotates() throws {
        let stub = try Stub()
        let controls = try Self.controls(stub, limit: .seconds(10))
        let regions = Stub.endpointRegions
        for (region, state) in zip(regions, [ConnectStub.State.refuse, .reset, .error, .refuse]) { try stub.set(region, state) }
        let value = try Self.value(controls, west: 100)
        // Each begins at another endpoint.
        for _ in 0..<8 { #expect(controls.apply(value, term: 7) == nil) }
        try stub.set(regions[3], .hang)
        #expect(controls.apply(value, term: 7) == nil)
        #expect(try stub.areOn() == [Intents.east: false, Intents.west: true])
        guard case .found(let finding) = controls.look() else {
            Issue.record("not found")
            return
        }
        #expect(finding.value == value)
        #expect(finding.problems == [])
        #expect(finding.warnings.first == "1 of 5 endpoints answer")
        #expect(finding.warnings.count == 5)
    }

    @Test("where none answers it fails, and is said")
    func noneAnswers() throws {
        let stub = try Stub()
        let controls = try Self.controls(stub)
        for region in Stub.endpointRegions { try stub.set(region, .refuse) }
        #expect(try controls.apply(Self.value(controls, west: 100), term: 7) != nil)
        guard case .failed(let why) = controls.look() else {
            Issue.record("found")
            return
        }
        #expect(Stub.endpointRegions.allSatisfy { why.contains($0) })
    }

    @Test("what a safety rule forbids is not tried at another endpoint")
    func ruledOut() throws {
        let stub = try Stub()
        let controls = try Self.controls(stub)
        let off = RoutingStates(Dictionary(uniqueKeysWithValues: stub.arns.values.map { ($0, false) }))
        #expect(controls.apply(off, term: 7)?.contains("ConflictException") == true)
        #expect(try stub.calls().filter { $0.operation == "UpdateRoutingControlStates" }.count == 1)
        #expect(try stub.areOn() == [Intents.east: true, Intents.west: false])
    }

    @Test("a hand that flips one is told and left, and a newer term goes over it")
    func foreign() throws {
        let stub = try Stub()
        var policy = FollowerPolicy()
        policy.watchMilliseconds = 5
        let actuator = FollowingActuator(try Self.controls(stub), policy: policy) { _ in }
        #expect(actuator.start())
        defer { actuator.stop() }
        let first = Intents.to(west: 100, term: 1)
        try eventually("term 1 is applied: \(actuator.status)") {
            actuator.follow(Intents.view([first]))
            return actuator.status.appliedTerm == 1
        }
        // Both on: no intent asked for that.
        try stub.flipByHand(Intents.east, on: true)
        try eventually("it is told: \(actuator.status)") {
            if case .drifted = actuator.status.state { true } else { false }
        }
        #expect(try stub.areOn() == [Intents.east: true, Intents.west: true])
        try eventually("term 2 is applied: \(actuator.status)") {
            actuator.follow(Intents.view([Intents.to(west: 0, term: 2), first]))
            return actuator.status.appliedTerm == 2
        }
        #expect(try stub.areOn() == [Intents.east: true, Intents.west: false])
    }
}
