import Foundation
import TestSupport
import Testing

/// Who is online, and whose a contact is: inputs that came to wrong values once, with made-up events of the same shapes.
@Suite("agents that are set offline, and contacts that only ring", .limited)
struct AgentCaseTests {
    typealias T = Texts

    private static func agentID(_ name: String) -> String { "\(T.account)/\(T.instance)/\(name)" }

    @Test("an agent that a supervisor sets offline is offline but signed in, and is online again with a new status")
    func forcedOffline() {
        func told(_ type: String, at time: String, _ number: Int, _ status: String, since: String) -> String {
            T.agent(
                type, at: "2026-03-02T\(time).000Z", event: T.uuid(number),
                current: T.snapshot(
                    status: status, type: status == "Offline" ? "OFFLINE" : "ROUTABLE", since: "2026-03-02T\(since).000Z"))
        }
        let world = EventWorld(
            T.agent("LOGIN", at: "2026-03-02T08:00:00.000Z", event: T.uuid(1)),
            told("STATE_CHANGE", at: "08:00:01", 2, "Available", since: "08:00:01"))
        #expect(world.shown(.agent, T.agentID, "presence") == "\"online\"")
        world.feed(told("STATE_CHANGE", at: "12:00:00", 3, "Offline", since: "12:00:00"))
        world.feed(told("HEART_BEAT", at: "12:58:00", 4, "Offline", since: "12:00:00"))
        #expect(world.shown(.agent, T.agentID, "presence") == "\"offline\"")
        #expect(world.shown(.agent, T.agentID, "regionsOnline") == "[]")
        #expect(world.shown(.agent, T.agentID, "status", "name") == "\"Offline\"")
        #expect(world.shown(.agent, T.agentID, "signedIn") == "true")
        world.feed(told("STATE_CHANGE", at: "13:30:00", 5, "Available", since: "13:30:00"))
        #expect(world.shown(.agent, T.agentID, "presence") == "\"online\"")
    }

    @Test(
        "a contact that one agent missed and another accepted belongs to the second, whatever the heartbeats of the first contain",
        arguments: [false, true])
    func missedThenTaken(backwards: Bool) {
        func told(_ type: String, _ agent: String, _ number: Int, at time: String, _ state: String, connected: String? = nil)
            -> String
        {
            let contact = T.contact("c1", state: state, connected: connected)
            return T.agent(
                type, at: "2026-03-02T\(time).000Z", event: T.uuid(number), agent: agent,
                current: T.snapshot(username: agent, contacts: [contact]))
        }
        let events = [
            told("STATE_CHANGE", "missy", 1, at: "10:00:01", "CONNECTING"),
            told("STATE_CHANGE", "missy", 2, at: "10:00:21", "MISSED"),
            told("STATE_CHANGE", "tom", 3, at: "10:00:22", "CONNECTING"),
            told("STATE_CHANGE", "tom", 4, at: "10:00:25", "CONNECTED", connected: "2026-03-02T10:00:25.000Z"),
            told("HEART_BEAT", "missy", 5, at: "10:02:21", "MISSED"),
        ]
        let world = EventWorld()
        for event in backwards ? events.reversed() : events { world.feed(event) }
        #expect(world.shown(.contact, "c1", "agent") == #"{"id":"\#(Self.agentID("tom"))","username":"tom"}"#)
        #expect(world.shown(.contact, "c1", "connectedToAgentAt") == "\"2026-03-02T10:00:25.000Z\"")
        #expect(
            world.shown(.contact, "c1", "offeredTo")
                == #"[{"id":"\#(Self.agentID("missy"))","state":"MISSED","username":"missy"}]"#)
    }

    @Test("a contact that only rang has no agent, in its events and in its record, and neither has the customer's last contact")
    func abandoned() {
        let world = EventWorld(
            T.contactEvent(
                "CONTACT_DATA_UPDATED",
                detail: """
                    "customerId":"maya","agentInfo":{"agentArn":"\(T.arn("/agent/ada"))",\
                    "connectedToAgentTimestamp":"1970-01-01T00:00:00.001Z"}
                    """),
            T.contactEvent("DISCONNECTED", at: "2026-03-02T14:01:00Z", event: T.uuid(2)))
        let rang = #"[{"id":"\#(T.agentID)","state":null,"username":null}]"#
        #expect(world.paths(.contact, "c1").contains { $0.hasPrefix("connected/") } == false)
        #expect(world.shown(.contact, "c1", "agent") == "null")
        #expect(world.shown(.contact, "c1", "offeredTo") == rang)
        #expect(world.shown(.customer, "maya", "lastContact", "agentId") == "null")
        world.feed(
            T.record(updated: "2026-03-02T14:02:00Z", extra: #""Agent":null,"DisconnectTimestamp":"2026-03-02T14:00:59Z""#))
        #expect(world.shown(.contact, "c1", "agent") == "null")
        #expect(world.shown(.contact, "c1", "connectedToAgentAt") == "null")
        #expect(world.shown(.contact, "c1", "offeredTo") == rang)
    }

    @Test(
        "an event of a connection without another time counts with its own time",
        arguments: ["", #","connectedToAgentTimestamp":"""#])
    func connectedWithoutTime(more: String) {
        let event = T.contactEvent(
            "CONNECTED_TO_AGENT", detail: #""agentInfo":{"agentArn":"\#(T.arn("/agent/ada"))"\#(more)}"#)
        let world = EventWorld(event)
        #expect(world.measure(.contact, "c1", "connected/\(T.agentSegment)") == "2026-03-02T14:00:00.000Z")
        #expect(world.shown(.contact, "c1", "agent", "id") == "\"\(T.agentID)\"")
    }

    @Test("a connection that is repeated by heartbeats and contact events is one unchanged register")
    func repeatedConnection() {
        let contact = T.contact("c1", connected: "2026-03-02T14:00:00.000Z")
        let world = EventWorld(
            T.agent("STATE_CHANGE", at: "2026-03-02T14:00:00.000Z", current: T.snapshot(contacts: [contact])))
        let register = world.register(.contact, "c1", "connected/\(T.agentSegment)")
        world.feed(
            T.agent("HEART_BEAT", at: "2026-03-02T14:02:00.000Z", event: T.uuid(2), current: T.snapshot(contacts: [contact])))
        world.feed(T.oneOfEach[4])
        #expect(register != nil)
        #expect(world.register(.contact, "c1", "connected/\(T.agentSegment)") == register)
    }

    // MARK: - Inputs beside the checkout

    private static let cases = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/cases")
        .standardizedFileURL
    private static var areThere: Bool { FileManager.default.fileExists(atPath: cases.path) }

    private func world(_ name: String) throws -> EventWorld {
        let world = EventWorld()
        let text = try String(contentsOf: Self.cases.appending(path: "\(name)/in.jsonl"), encoding: .utf8)
        for line in text.split(separator: "\n") { world.feed(String(line)) }
        #expect(world.rejections.isEmpty)
        return world
    }

    @Test("inputs that once led to wrong values lead to the right ones", .enabled(if: areThere, "needs ../shared/cases"))
    func sharedCases() throws {
        let instance = "111122223333/5e1f0c00-aaaa-4bbb-8ccc-000000000001"
        let offline = try world("10-agent-forced-offline")
        #expect(offline.shown(.agent, "\(instance)/a1", "presence") == "\"offline\"")
        #expect(offline.shown(.agent, "\(instance)/a1", "regionsOnline") == "[]")
        let missed = try world("12-missed-then-taken")
        #expect(missed.shown(.contact, "c12", "agent") == #"{"id":"\#(instance)/a2","username":"taker"}"#)
        #expect(missed.shown(.contact, "c12", "connectedToAgentAt") == "\"2025-06-01T10:00:25.000Z\"")
        let abandoned = try world("27-abandoned")
        #expect(abandoned.shown(.contact, "c27", "agent") == "null")
        #expect(abandoned.shown(.contact, "c27", "offeredTo")?.contains("\(instance)/a1") == true)
    }
}
