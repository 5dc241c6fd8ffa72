import ContactCenter
import Lattice
import Platform
import TestSupport
import Testing

@Suite("what a look at an agent or a contact tells failover", .limited)
struct AgentSightTests {
    private static let east = "us-east-1"

    private func sight(_ agent: StateFixture, _ region: String = east) -> AgentSight? {
        let encoding = agent.encoding()
        var region = region
        return region.withUTF8 { AgentSight(EntityView(encoding.bytes), region: ByteView($0)) }
    }

    @Test("an agent is online as the state says it, wherever that needs no snapshot", arguments: AgentStateTests.presences)
    func presence(_ example: AgentStateTests.PresenceCase) {
        let agent = StateFixture(.agent, "a") {
            example.tell(&$0)
            $0.max("seen/", Self.east, "14:30:00")
            $0.max("seen/", "us-west-2", "15:30:00")
        }
        guard !agent.told.contains(where: { $0.prefix.description == "snapshot/" }) else { return }
        let sight = sight(agent)
        #expect(sight.map { $0.isOnline ? "online" : "offline" } ?? "unknown" == example.expected)
        #expect(sight == nil || sight?.seen == StateFixture.time("14:30:00"))
        #expect(sight?.leftAt == nil || sight?.isOnline == false)
    }

    @Test("of a Region without a heartbeat, or without a login and a status, nothing is told")
    func nothing() {
        let agent = StateFixture(.agent) {
            $0.set("presence/", "us-west-2", "\"LOGIN\"")
            $0.max("seen/", Self.east, "14:00:00")
        }
        #expect(sight(agent) == nil)
        #expect(sight(agent, "us-west-2") == nil)
        #expect(sight(StateFixture(.agent)) == nil)
    }

    @Test(
        "a contact began where its events say",
        arguments: [
            (#"{"activeRegion":"us-west-2","originRegion":"us-east-1","trafficDistributionGroupId":"t"}"#, true),
            (#"{"activeRegion":"us-east-1","originRegion":"us-west-2","trafficDistributionGroupId":null}"#, false),
            (#"{"activeRegion":"us-east-1","originRegion":null,"trafficDistributionGroupId":null}"#, false),
            (
                #"{"activeRegion":"x\"originRegion\":\"us-east-1","originRegion":"us-west-2","trafficDistributionGroupId":null}"#,
                false
            ),
            (#"{"activeRegion":null,"originRegion":"us-east-11","trafficDistributionGroupId":null}"#, false),
            (nil, false),
        ])
    func origin(told: String?, expected: Bool) {
        let encoding = StateFixture(.contact) { if let told { $0.set("event/globalResiliency", told) } }.encoding()
        var region = Self.east
        #expect(region.withUTF8 { ContactOrigin.is(ByteView($0), of: EntityView(encoding.bytes)) } == expected)
    }
}
