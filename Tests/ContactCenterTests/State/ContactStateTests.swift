import Platform
import TestSupport
import Testing

@Suite("the projection of a contact", .limited)
struct ContactStateTests {
    static let agentARN = "arn:aws:connect:us-east-1:111122223333:instance/inst/agent/ann"
    static let agentId = "111122223333/inst/ann"

    static func telling(
        _ state: String = "CONNECTED", connectedAt: String? = nil, queue: String = "null", username: String? = nil,
        more: String = ""
    ) -> String {
        func quoted(_ text: String?) -> String { text.map { "\"\($0)\"" } ?? "null" }
        return "{\(more)\"connectedAt\":\(quoted(connectedAt)),\"queue\":\(queue),\"state\":\"\(state)\","
            + "\"username\":\(quoted(username))}"
    }

    @Test("a contact without facts has every member")
    func empty() {
        #expect(
            StateFixture(.contact).state
                == "{\"activeRegion\":null,\"agent\":null,\"agentWork\":null,\"analysis\":null,\"answeringMachineStatus\":null,"
                + "\"attributes\":{},\"campaignId\":null,\"categories\":[],\"channel\":null,\"connectedToAgentAt\":null,"
                + "\"connectionAttempts\":null,\"customerEndpoint\":null,\"customerId\":null,\"dequeuedAt\":null,"
                + "\"disconnectReason\":null,\"disconnectedAt\":null,\"enqueuedAt\":null,\"evaluations\":{},"
                + "\"initialContactId\":null,\"initiatedAt\":null,\"initiationMethod\":null,\"milestones\":{},"
                + "\"nextContactId\":null,\"offeredTo\":[],\"originRegion\":null,\"phase\":null,\"previousContactId\":null,\"queue\":null,"
                + "\"queueSeconds\":null,\"queueType\":null,\"recordUpdatedAt\":null,\"recordings\":[],\"references\":[],"
                + "\"relatedContactId\":null,\"routingCriteria\":null,\"rules\":[],\"scheduledAt\":null,"
                + "\"segmentAttributes\":{},\"sentiment\":null,\"systemEndpoint\":null,\"tags\":{},"
                + "\"trafficDistributionGroupId\":null,\"transferredToEndpoint\":null}")
    }

    // MARK: - Sources

    @Test(
        "a fact comes from the record, otherwise from the contact event, otherwise from the agent's snapshot",
        arguments: [
            ("channel", "Channel", "channel", "channel"),
            ("initiationMethod", "InitiationMethod", "initiationMethod", "initiationMethod"),
            ("disconnectReason", "DisconnectReason", "disconnectReason", nil),
            ("initialContactId", "InitialContactId", "initialContactId", "initialContactId"),
            ("previousContactId", "PreviousContactId", "previousContactId", nil),
            ("nextContactId", "NextContactId", "nextContactId", nil),
            ("relatedContactId", "RelatedContactId", "relatedContactId", nil),
        ] as [(String, String, String, String?)])
    func sources(name: String, inRecord: String, inEvent: String, inSnapshot: String?) {
        func contact(record: String?, event: String?) -> StateFixture {
            StateFixture(.contact) {
                if let record { $0.set("record", "{\"\(inRecord)\":\(record)}") }
                if let event { $0.set("event/", inEvent, event, at: "15:00:00") }
                if let inSnapshot { $0.set("agent/", Self.agentId, "{\"\(inSnapshot)\":\"SNAPSHOT\"}", at: "16:00:00") }
            }
        }
        let fallback = inSnapshot == nil ? "null" : "\"SNAPSHOT\""
        #expect(contact(record: "\"RECORD\"", event: "\"EVENT\"")[name] == "\"RECORD\"")
        for unknown in ["null", "\"\"", "7", "{}", "[]"] {
            #expect(contact(record: unknown, event: "\"EVENT\"")[name] == "\"EVENT\"")
            #expect(contact(record: unknown, event: unknown)[name] == fallback)
        }
        #expect(contact(record: nil, event: nil)[name] == fallback)
    }

    @Test(
        "times come from the record, otherwise from the milestone, otherwise from the event seen, otherwise from the snapshot",
        arguments: [
            ("initiatedAt", "{\"InitiationTimestamp\":\"2026-03-02T10:00:00Z\"}", "INITIATED", false),
            (
                "connectedToAgentAt", "{\"Agent\":{\"ConnectedToAgentTimestamp\":\"2026-03-02T10:00:00Z\"}}",
                "CONNECTED_TO_AGENT", true
            ),
            ("disconnectedAt", "{\"DisconnectTimestamp\":\"2026-03-02T10:00:00Z\"}", "DISCONNECTED", false),
        ])
    func times(name: String, record: String, event: String, inSnapshot: Bool) {
        var contact = StateFixture(.contact) {
            if inSnapshot {
                $0.set("agent/", Self.agentId, Self.telling(connectedAt: "2026-03-02T13:00:00.7Z"))
            }
        }
        #expect(contact[name] == (inSnapshot ? "\"2026-03-02T13:00:00.700Z\"" : "null"))
        contact.max("seen/", event, "12:00:00")
        #expect(contact[name] == "\"2026-03-02T12:00:00.000Z\"")
        contact.max("milestone/", event, "11:00:00.123")
        #expect(contact[name] == "\"2026-03-02T11:00:00.123Z\"")
        contact.set("record", "{}", at: "14:00:00")
        #expect(contact[name] == "\"2026-03-02T11:00:00.123Z\"")
        contact.set("record", record, at: "15:00:00")
        #expect(contact[name] == "\"2026-03-02T10:00:00.000Z\"")
    }

    @Test("the channel is in upper case; one with an escape is not changed")
    func channel() {
        #expect(StateFixture(.contact) { $0.set("record", "{\"Channel\":\"Voice\"}") }["channel"] == "\"VOICE\"")
        #expect(StateFixture(.contact) { $0.set("event/", "channel", "\"chat\"") }["channel"] == "\"CHAT\"")
        #expect(StateFixture(.contact) { $0.set("event/", "channel", "\"a\\nb\"") }["channel"] == "\"a\\nb\"")
    }

    @Test("attributes are the record's object; a value of another type is not shown")
    func attributes() {
        for (value, expected) in [
            ("{\"a\":\"1\",\"b\":{\"c\":[]}}", "{\"a\":\"1\",\"b\":{\"c\":[]}}"),
            ("null", "{}"), ("[1]", "{}"), ("\"x\"", "{}"),
        ] {
            let contact = StateFixture(.contact) { $0.set("record", "{\"Attributes\":\(value)}") }
            #expect(contact["attributes"] == expected)
        }
    }

    @Test("the customer is the record's, or the event's if that is null or deleted")
    func customer() {
        var contact = StateFixture(.contact) { $0.set("event/", "customerId", "\"e\"") }
        #expect(contact["customerId"] == "\"e\"")
        contact.set("record/", "customer", "\"r\"", at: "14:00:01")
        #expect(contact["customerId"] == "\"r\"")
        contact.set("record/", "customer", "null", at: "14:00:02")
        #expect(contact["customerId"] == "\"e\"")
        contact.delete("record/", "customer", at: "14:00:03")
        #expect(contact["customerId"] == "\"e\"")
        contact.delete("event/", "customerId", at: "14:00:03")
        #expect(contact["customerId"] == "null")
    }

    @Test("the time of the record is shown; a value that is not a time is null")
    func recordUpdatedAt() {
        let contact = StateFixture(.contact) { $0.set("record", "{\"LastUpdateTimestamp\":\"2026-03-02T14:00:00Z\"}") }
        #expect(contact["recordUpdatedAt"] == "\"2026-03-02T14:00:00.000Z\"")
        let broken = StateFixture(.contact) { $0.set("record", "{\"LastUpdateTimestamp\":\"2026-02-30T14:00:00Z\"}") }
        #expect(broken["recordUpdatedAt"] == "null")
    }

    // MARK: - Agent and queue

    @Test("the agent is the record's, otherwise the last connected one; agents that were only rung are listed separately")
    func agent() {
        var contact = StateFixture(.contact) {
            $0.set("agent/", Self.agentId, Self.telling("MISSED", username: "ann"), at: "14:30:00")
            $0.set("event/", "agent", "\"1/i/bob\"", at: "14:40:00")
        }
        let ann = "{\"id\":\"\(Self.agentId)\",\"state\":\"MISSED\",\"username\":\"ann\"}"
        #expect(contact["agent"] == "null")
        #expect(contact["offeredTo"] == "[{\"id\":\"1/i/bob\",\"state\":null,\"username\":null},\(ann)]")
        #expect(contact["phase"] == "\"INITIATED\"")
        contact.max("connected/", "1/i/bob", "14:10:00")
        // Ann's name is not Bob's.
        #expect(contact["agent"] == "{\"id\":\"1/i/bob\",\"username\":null}")
        #expect(contact["offeredTo"] == "[\(ann)]")
        #expect(contact["connectedToAgentAt"] == "\"2026-03-02T14:10:00.000Z\"")
        #expect(contact["phase"] == "\"CONNECTED_TO_AGENT\"")
        contact.max("connected/", Self.agentId, "14:20:00")
        #expect(contact["agent"] == "{\"id\":\"\(Self.agentId)\",\"username\":\"ann\"}")
        #expect(contact["offeredTo"] == "[]")
        contact.set("record", "{\"Agent\":{\"ARN\":\"arn:aws:connect:us-east-1:1:instance/i/agent/bob\"}}", at: "14:00:00")
        #expect(contact["agent"] == "{\"id\":\"1/i/bob\",\"username\":null}")
        contact.set("record", "{\"Agent\":{\"ARN\":\"\(Self.agentARN)\",\"Username\":\"anna\"}}", at: "14:00:01")
        #expect(contact["agent"] == "{\"id\":\"\(Self.agentId)\",\"username\":\"anna\"}")
    }

    @Test(
        "a record written after the end also decides that no agent was connected; an earlier record leaves this to other sources",
        arguments: [
            ("{\"Agent\":null,\"DisconnectTimestamp\":\"2026-03-02T14:09:00Z\"}", "null"),
            ("{\"DisconnectTimestamp\":\"2026-03-02T14:09:00Z\"}", "null"),
            ("{\"Agent\":{\"ARN\":null},\"DisconnectTimestamp\":\"2026-03-02T14:09:00Z\"}", "null"),
            ("{\"Agent\":null}", "{\"id\":\"1/i/bob\",\"username\":null}"),
            ("{\"Agent\":null,\"DisconnectTimestamp\":\"\"}", "{\"id\":\"1/i/bob\",\"username\":null}"),
        ])
    func nobody(record: String, expected: String) {
        let contact = StateFixture(.contact) {
            $0.max("connected/", "1/i/bob", "14:10:00")
            $0.set("record", record)
        }
        #expect(contact["agent"] == expected)
        #expect(contact["offeredTo"] == "[]", "who was connected did not only ring")
    }

    @Test("of connections at equal times the greater agent id counts; a later connection in an agent's register also counts")
    func connections() {
        var contact = StateFixture(.contact) {
            $0.max("connected/", "1/i/b", "14:10:00")
            $0.max("connected/", "1/i/a/b", "14:10:00")
        }
        #expect(contact["agent", "id"] == "\"1/i/b\"")
        contact.set("agent/", "1/i/z", Self.telling("LEFT", connectedAt: "2026-03-02T14:10:00.001Z"), at: "14:20:00")
        #expect(contact["agent", "id"] == "\"1/i/z\"")
        #expect(contact["connectedToAgentAt"] == "\"2026-03-02T14:10:00.001Z\"")
        #expect(contact["offeredTo"] == "[]")
    }

    @Test(
        "ids of agents that were only rung may be percent-encoded, contain quotes or be malformed",
        arguments: ["\"\"", "7", "null", "\"a\\\"b\""])
    func awkwardOffers(event: String) {
        let contact = StateFixture(.contact) {
            $0.set("agent/", "q\"%", Self.telling("CONNECTING"))
            $0.set("agent/", "a+b", Self.telling("REJECTED"))
            $0.set("event/", "agent", event)
        }
        #expect(
            contact["offeredTo"] == "[{\"id\":\"a+b\",\"state\":\"REJECTED\",\"username\":null},"
                + "{\"id\":\"q\\\"%\",\"state\":\"CONNECTING\",\"username\":null}]")
    }

    @Test(
        "an ARN that is not an agent's counts as unknown",
        arguments: [
            "", "agent", ":", "::", "a:b", "arn:aws:connect:r:1:instance/i", "arn:aws:connect:r:1:instance/i/agent/",
            "arn:aws:connect:r:1:instance/i/agent/a/b", "arn:aws:connect:r:1:instance/i/queue/a",
            "arn:aws:connect:r::instance/i/agent/a", "arn:aws:connect:r:1:instance//agent/a",
            "arn:aws:connect:r:1:instance\\\\i/agent/a", "arn:aws:connect:r:1:instance/i/agent/a/",
        ])
    func brokenARN(_ arn: String) {
        let contact = StateFixture(.contact) { $0.set("record", "{\"Agent\":{\"ARN\":\"\(arn)\"}}") }
        #expect(contact["agent"] == "null")
    }

    @Test("the agent is found in an ARN with the double colon of the documentation's samples")
    func doubleColon() {
        let contact = StateFixture(.contact) {
            $0.set("record", "{\"Agent\":{\"ARN\":\"arn:aws::connect:us-west-2:1:instance/i/agent/a\"}}")
        }
        #expect(contact["agent", "id"] == "\"1/i/a\"")
    }

    @Test("a username alone gives an agent without an id")
    func usernameOnly() {
        let contact = StateFixture(.contact) { $0.set("record", "{\"Agent\":{\"Username\":\"ann\"}}") }
        #expect(contact["agent"] == "{\"id\":null,\"username\":\"ann\"}")
    }

    @Test(
        "of several agents' snapshots of a contact the newest whose agent still has it counts, otherwise the newest",
        arguments: [
            ("CONNECTED", "14:00:00", "LEFT", "14:00:01", "A"), ("LEFT", "14:00:00", "CONNECTED", "14:00:01", "B"),
            ("LEFT", "14:00:00", "LEFT", "14:00:01", "B"), ("LEFT", "14:00:01", "LEFT", "14:00:00", "A"),
            ("ENDED", "14:00:01", "CONNECTED", "14:00:00", "A"),
            ("ENDED", "14:00:00", "CONNECTED", "14:00:00", "B"),
        ])
    func severalAgents(stateA: String, atA: String, stateB: String, atB: String, expected: String) {
        let contact = StateFixture(.contact) {
            $0.set("agent/", "1/i/a", Self.telling(stateA, more: "\"channel\":\"A\","), at: atA)
            $0.set("agent/", "1/i/b", Self.telling(stateB, more: "\"channel\":\"B\","), at: atB)
        }
        #expect(contact["channel"] == "\"\(expected)\"")
    }

    @Test(
        "the queue is the record's, otherwise the event's, otherwise the snapshot's; its name is shown only if a source has it for this queue"
    )
    func queue() {
        var contact = StateFixture(.contact) {
            $0.set("agent/", "1/i/a", Self.telling(queue: "{\"arn\":\"q:1\",\"name\":\"Sales\"}"), at: "14:00:00")
        }
        #expect(contact["queue"] == "{\"arn\":\"q:1\",\"name\":\"Sales\"}")
        contact.set("event/", "queue", "\"q:2\"")
        #expect(contact["queue"] == "{\"arn\":\"q:2\",\"name\":null}")
        contact.set("agent/", "1/i/b", Self.telling("LEFT", queue: "{\"arn\":\"q:2\",\"name\":\"Old\"}"), at: "13:00:00")
        contact.set("agent/", "1/i/c", Self.telling("LEFT", queue: "{\"arn\":\"q:2\",\"name\":\"Help\"}"), at: "13:00:01")
        #expect(contact["queue"] == "{\"arn\":\"q:2\",\"name\":\"Help\"}")
        contact.set("record", "{\"Queue\":{\"ARN\":\"q:1\",\"Name\":null}}", at: "14:00:00")
        #expect(contact["queue"] == "{\"arn\":\"q:1\",\"name\":\"Sales\"}")
        contact.set("record", "{\"Queue\":{\"ARN\":\"q:1\",\"Name\":\"Sales EU\"}}", at: "14:00:01")
        #expect(contact["queue"] == "{\"arn\":\"q:1\",\"name\":\"Sales EU\"}")
        contact.set("record", "{\"Queue\":{\"ARN\":\"\",\"Name\":\"Sales EU\"}}", at: "14:00:02")
        #expect(contact["queue"] == "{\"arn\":\"q:2\",\"name\":\"Help\"}")
    }

    @Test("a queue that is known only by name has no ARN")
    func queueByName() {
        let contact = StateFixture(.contact) { $0.set("record", "{\"Queue\":{\"Name\":\"Sales\"}}") }
        #expect(contact["queue"] == "{\"arn\":null,\"name\":\"Sales\"}")
    }

    // MARK: - Region

    @Test("without metadata the origin Region is the record's, otherwise that of the newest event or agent")
    func originRegion() {
        var contact = StateFixture(.contact) {
            $0.set("agent/", "1/i/a", Self.telling(), at: "14:00:00", region: "agent-old")
            $0.set("agent/", "1/i/b", Self.telling("LEFT"), at: "14:00:01", region: "agent-new")
            $0.set("agent/", "1/i/c", Self.telling(), at: "14:00:02", region: "")
        }
        #expect(contact["originRegion"] == "\"agent-new\"")
        contact.set("event/", "channel", "\"VOICE\"", at: "13:00:00", region: "event-old")
        contact.max("seen/", "QUEUED", "13:00:01", region: "event-new")
        contact.max("seen/", "INITIATED", "13:00:02", region: "")
        #expect(contact["originRegion"] == "\"event-new\"")
        contact.set("record", "{}", at: "12:00:00", region: "")
        #expect(contact["originRegion"] == "\"event-new\"")
        contact.set("record", "{}", at: "12:00:01", region: "record")
        #expect(contact["originRegion"] == "\"record\"")
        // Agent events come only where the agent is active.
        #expect(contact["activeRegion"] == "\"agent-new\"")
    }

    @Test("without an agent the active Region is the origin Region")
    func activeRegion() {
        let contact = StateFixture(.contact) { $0.max("seen/", "QUEUED", "13:00:01", region: "east") }
        #expect(contact["activeRegion"] == "\"east\"")
        #expect(contact["originRegion"] == "\"east\"")
    }

    // MARK: - Phase and milestones

    static let ranks = ["INITIATED", "CONNECTED_TO_SYSTEM", "QUEUED", "CONNECTED_TO_AGENT", "DISCONNECTED", "COMPLETED"]

    @Test("the phase is the highest step of milestones and seen events, whatever their times", arguments: ranks.indices)
    func phase(_ highest: Int) {
        for prefix in ["milestone/", "seen/"] as [StaticString] {
            let contact = StateFixture(.contact) {
                $0.max("seen/", "CONTACT_DATA_UPDATED", "23:00:00")
                for step in 0...highest { $0.max(prefix, Self.ranks[step], "1\(9 - step):00:00") }
            }
            #expect(contact["phase"] == "\"\(Self.ranks[highest])\"")
        }
    }

    @Test("an event that is not a step of the life cycle gives no phase")
    func noPhase() {
        let contact = StateFixture(.contact) { $0.max("seen/", "CONTACT_DATA_UPDATED", "14:00:00") }
        #expect(contact["phase"] == "null")
        #expect(contact["milestones"] == "{\"CONTACT_DATA_UPDATED\":\"2026-03-02T14:00:00.000Z\"}")
    }

    @Test(
        "a record gives the phase that its times imply",
        arguments: [
            ("{\"DisconnectTimestamp\":\"2026-03-02T14:00:00Z\"}", "\"COMPLETED\""),
            (
                "{\"Agent\":{\"ConnectedToAgentTimestamp\":\"2026-03-02T14:00:00Z\"},\"DisconnectTimestamp\":\"\"}",
                "\"CONNECTED_TO_AGENT\""
            ),
            (
                "{\"InitiationTimestamp\":\"2026-03-02T14:00:00Z\","
                    + "\"Queue\":{\"EnqueueTimestamp\":\"2026-03-02T14:00:00Z\"}}",
                "\"QUEUED\""
            ),
            ("{\"ConnectedToSystemTimestamp\":\"2026-03-02T14:00:00Z\"}", "\"CONNECTED_TO_SYSTEM\""),
            ("{\"InitiationTimestamp\":\"2026-03-02T14:00:00Z\"}", "\"INITIATED\""), ("{}", "null"), ("7", "null"),
            ("{\"DisconnectTimestamp\":\"soon\"}", "null"),
        ])
    func phaseOfRecord(record: String, expected: String) {
        let contact = StateFixture(.contact) { $0.set("record", record) }
        #expect(contact["phase"] == expected)
    }

    @Test("a record raises the phase and never lowers it")
    func phaseNeverFalls() {
        let contact = StateFixture(.contact) {
            $0.max("seen/", "DISCONNECTED", "14:00:00")
            $0.set("record", "{\"InitiationTimestamp\":\"2026-03-02T14:00:00Z\"}")
        }
        #expect(contact["phase"] == "\"DISCONNECTED\"")
    }

    @Test(
        "an agent's snapshot gives the phase that its contact state implies",
        arguments: [
            ("CONNECTED", "null", nil, "CONNECTED_TO_AGENT"), ("CONNECTED_ONHOLD", "null", nil, "CONNECTED_TO_AGENT"),
            ("ENDED", "null", nil, "CONNECTED_TO_AGENT"), ("CONNECTING", "null", nil, "INITIATED"),
            ("CONNECTING", "{\"arn\":\"q\",\"name\":null}", nil, "QUEUED"),
            ("INCOMING", "{\"arn\":null,\"name\":\"Q\"}", nil, "QUEUED"), ("PENDING", "{\"arn\":\"q\"}", nil, "QUEUED"),
            ("MISSED", "{\"arn\":\"q\"}", nil, "QUEUED"), ("MISSED", "{\"arn\":null,\"name\":null}", nil, "INITIATED"),
            ("PAUSED", "{\"arn\":\"q\"}", nil, "CONNECTED_TO_AGENT"),
            ("ERROR", "{\"arn\":\"q\"}", nil, "QUEUED"), ("REJECTED", "{\"arn\":\"q\"}", nil, "QUEUED"),
            ("ERROR", "{\"arn\":\"q\"}", "2026-03-02T14:00:00.000Z", "CONNECTED_TO_AGENT"),
            ("PAUSED", "null", "2026-03-02T14:00:00.000Z", "CONNECTED_TO_AGENT"),
            ("A_NEW_ONE", "null", "2026-03-02T14:00:00.000Z", "CONNECTED_TO_AGENT"),
            ("CONNECTING", "{\"arn\":\"q\"}", "1970-01-01T00:00:00.001Z", "QUEUED"),
            ("LEFT", "{\"arn\":\"q\"}", "1970-01-01T00:00:00.001Z", "QUEUED"),
            ("LEFT", "null", "2026-03-02T14:00:00.000Z", "CONNECTED_TO_AGENT"), ("LEFT", "{\"arn\":\"q\"}", nil, "QUEUED"),
            ("LEFT", "null", "", "INITIATED"), ("", "null", nil, "INITIATED"),
        ] as [(String, String, String?, String)])
    func phaseOfSnapshot(state: String, queue: String, connectedAt: String?, expected: String) {
        let contact = StateFixture(.contact) {
            $0.set("agent/", "1/i/a", Self.telling(state, connectedAt: connectedAt, queue: queue))
        }
        #expect(contact["phase"] == "\"\(expected)\"")
    }

    @Test(
        "an agent's report of a contact that is not an object has no effect",
        arguments: ["null", "7", "[]", "\"CONNECTED\"", "{"])
    func brokenTelling(_ value: String) {
        let contact = StateFixture(.contact) { $0.set("agent/", "1/i/a", value, region: "r") }
        #expect(contact.state == StateFixture(.contact).state)
    }

    @Test("a milestone shows its own time, otherwise that of the seen event; names are decoded and sorted")
    func milestones() {
        let contact = StateFixture(.contact) {
            $0.max("milestone/", "QUEUED", "14:00:00.250")
            $0.max("seen/", "QUEUED", "14:00:09")
            $0.max("seen/", "A/B%", "14:00:01")
            $0.max("seen/", "A+B", "14:00:02")
            $0.set("seen/", "ODD", "null")
        }
        #expect(
            contact["milestones"]
                == "{\"A+B\":\"2026-03-02T14:00:02.000Z\",\"A/B%\":\"2026-03-02T14:00:01.000Z\","
                + "\"QUEUED\":\"2026-03-02T14:00:00.250Z\"}")
    }

    // MARK: - Contact Lens

    @Test("sentiment and categories of Contact Lens are shown")
    func lens() {
        let contact = StateFixture(.contact) {
            $0.set("lens/sentiment", "{\"role\":\"CUSTOMER\",\"sentiment\":\"NEGATIVE\"}", at: "1970-01-01T00:00:09.500Z")
            $0.member("lens/categories", "\"refund\"", at: "1970-01-01T00:00:04Z")
            $0.member("lens/categories", "\"anger\"", at: "1970-01-01T00:00:08Z")
        }
        #expect(contact["sentiment"] == "{\"role\":\"CUSTOMER\",\"sentiment\":\"NEGATIVE\"}")
        #expect(contact["categories"] == "[\"anger\",\"refund\"]")
        #expect(contact["activeRegion"] == "null")
        let broken = StateFixture(.contact) {
            $0.set("lens/sentiment", "{\"role\":7}")
            $0.set("lens/categories", "\"refund\"")
        }
        #expect(broken["sentiment"] == "{\"role\":null,\"sentiment\":null}")
        #expect(broken["categories"] == "[]")
    }
}
