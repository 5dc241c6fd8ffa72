import ContactCenter
import Lattice
import Platform
import TestSupport
import Testing

@Suite("what a contact and an agent tell of how a change lands", .limited)
struct LandingFactsTests {
    private static let (east, west) = ("us-east-1", "us-west-2")

    /// A customer's call, INITIATED in the west at 14:00:00.7.
    private static func call(_ change: (inout StateFixture) -> Void = { _ in }) -> StateFixture {
        StateFixture(.contact) {
            $0.set("event/channel", "\"VOICE\"", region: west)
            $0.set("event/initiationMethod", "\"INBOUND\"", region: west)
            $0.max("milestone/", "INITIATED", "14:00:00.700", region: west)
            // An event's own time is of whole seconds.
            $0.max("seen/", "INITIATED", "14:00:00", region: west)
            // It goes on, and is written again and again.
            $0.max("milestone/", "DISCONNECTED", "14:05:00", region: west)
            $0.max("seen/", "DISCONNECTED", "14:05:00", region: west)
            change(&$0)
        }
    }

    private static func start(_ contact: StateFixture, _ region: String = west) -> Timestamp? {
        let encoding = contact.encoding()
        var region = region
        return region.withUTF8 { ContactStart.time(of: EntityView(encoding.bytes), in: ByteView($0)) }
    }

    @Test("a customer's call began when it was initiated, however often and long it is told of, in its own Region alone")
    func began() {
        #expect(Self.start(Self.call()) == StateFixture.time("14:00:00.700"))
        #expect(Self.start(Self.call(), Self.east) == nil)
        #expect(Self.start(Self.call(), "us-west-22") == nil)
    }

    @Test(
        "with global routing it began where its origin is",
        arguments: [("us-west-2", true), ("us-east-1", false)])
    func origin(origin: String, expected: Bool) {
        let contact = Self.call {
            $0.set(
                "event/globalResiliency",
                #"{"activeRegion":"us-west-2","originRegion":"\#(origin)","trafficDistributionGroupId":null}"#)
        }
        #expect((Self.start(contact) != nil) == expected)
        #expect((Self.start(contact, Self.east) != nil) != expected)
    }

    @Test(
        "what no distribution of traffic brings does not count",
        arguments: [
            ("\"VOICE\"", "\"OUTBOUND\"", false), ("\"VOICE\"", "\"TRANSFER\"", false), ("\"VOICE\"", "\"CALLBACK\"", false),
            ("\"VOICE\"", "\"API\"", false), ("\"CHAT\"", "\"INBOUND\"", false), ("\"TASK\"", "\"API\"", false),
            ("\"VOICE\"", "\"WEBRTC_API\"", true), ("\"VOICE\"", "\"INBOUND\"", true),
        ])
    func kinds(channel: String, method: String, expected: Bool) {
        let contact = Self.call {
            $0.set("event/channel", channel, at: "14:00:02", region: Self.west)
            $0.set("event/initiationMethod", method, at: "14:00:02", region: Self.west)
        }
        #expect((Self.start(contact) != nil) == expected)
    }

    @Test("who was told of by half says nothing")
    func half() {
        #expect(Self.start(StateFixture(.contact)) == nil)
        #expect(Self.start(StateFixture(.contact) { $0.max("seen/", "INITIATED", "14:00:01", region: Self.west) }) == nil)
        let unseen = StateFixture(.contact) {
            $0.set("event/channel", "\"VOICE\"", region: Self.west)
            $0.set("event/initiationMethod", "\"INBOUND\"", region: Self.west)
            $0.max("seen/", "QUEUED", "14:00:01", region: Self.west)
        }
        #expect(Self.start(unseen) == nil)
        var seen = unseen
        seen.max("seen/", "INITIATED", "14:00:00", region: Self.west)
        #expect(Self.start(seen) == StateFixture.time("14:00:00"))
    }

    private static func available(_ agent: StateFixture, _ region: String = west) -> [Timestamp]? {
        let encoding = agent.encoding()
        var region = region
        return region.withUTF8 { AgentAvailability().told(EntityView(encoding.bytes), region: ByteView($0)) }.map {
            [$0.since, $0.at]
        }
    }

    @Test(
        "an agent is available who is online in a status that contacts are routed to",
        arguments: [
            (#"{"Name":"Available","StartTimestamp":"2026-03-02T14:00:00.000Z","Type":"ROUTABLE"}"#, true),
            (#"{"Name":"Ready","StartTimestamp":"2026-03-02T14:00:00.000Z","Type":"ROUTABLE"}"#, true),
            (#"{"Name":"Available","StartTimestamp":"2026-03-02T14:00:00.000Z"}"#, true),
            (#"{"Name":"Lunch","StartTimestamp":"2026-03-02T14:00:00.000Z","Type":"CUSTOM"}"#, false),
            (#"{"Name":"Offline","StartTimestamp":"2026-03-02T14:00:00.000Z","Type":"OFFLINE"}"#, false),
        ])
    func availability(status: String, expected: Bool) {
        let agent = StateFixture(.agent) {
            $0.set("presence/", Self.west, "\"LOGIN\"", at: "13:59:00")
            $0.max("seen/", Self.west, "14:01:00")
            $0.set("snapshot/", Self.west, #"{"AgentStatus":\#(status)}"#, at: "14:01:00")
        }
        let times = [StateFixture.time("14:00:00"), StateFixture.time("14:01:00")]
        #expect(Self.available(agent) == (expected ? times : nil))
        #expect(Self.available(agent, Self.east) == nil)
        var gone = agent
        gone.set("presence/", Self.west, "\"LOGOUT\"", at: "14:02:00")
        #expect(Self.available(gone) == nil)
    }
}
