/// The entities that `docs/state.md` shows, one of every kind, with every rule, a tombstone and an awkward path among their
/// registers. ``StateDocumentTests`` holds the page to them.
enum StateExamples {
    static let all = [agent, contact, customer, flow, queue, session, username, volume, alias]

    private static let east = "us-east-1"
    private static let west = "us-west-2"
    private static let instance = "arn:aws:connect:us-east-1:111122223333:instance/1a2b3c4d"
    private static let agentId = "111122223333/1a2b3c4d/ann"
    private static let missedId = "111122223333/1a2b3c4d/ben"
    private static let contactId = "5f0c6c3e-8f53-4a3e-9b1c-0d8f1a2b3c4d"
    private static let event = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

    /// Logged in in the east, with a break to come; in the west logged out, with a heartbeat that came after it.
    static let agent = StateFixture(.agent, agentId) {
        $0.min("firstSeen/", east, "13:55:00.000", rank: 3, region: east, id: event)
        $0.set("presence/", east, "\"LOGIN\"", at: "13:55:00.000", rank: 3, region: east, id: event)
        $0.set("presence/", west, "\"LOGOUT\"", at: "13:50:00.000", rank: 4, region: west, id: event)
        $0.max("seen/", east, "14:00:00.000", rank: 2, region: east, id: event)
        $0.max("seen/", west, "13:52:00.000", rank: 1, region: west, id: event)
        $0.set(
            "snapshot/", east,
            "{\"AgentStatus\":{\"ARN\":\"\(instance)/agent-state/1\",\"Name\":\"Available\","
                + "\"StartTimestamp\":\"2026-03-02T13:58:00.250Z\",\"Type\":\"ROUTABLE\"},\"Configuration\":{"
                + "\"AgentHierarchyGroups\":{\"Level1\":{\"ARN\":\"\(instance)/agent-group/1\",\"Name\":\"Europe\"},"
                + "\"Level2\":null},\"Proficiencies\":[{\"Level\":3.0,\"Name\":\"Language\",\"Value\":\"Welsh\"}],"
                + "\"RoutingProfile\":{\"ARN\":\"\(instance)/routing-profile/basic\","
                + "\"Concurrency\":[{\"AvailableSlots\":0,\"Channel\":\"VOICE\",\"MaximumSlots\":1}],\"Name\":\"Basic\"},"
                + "\"Username\":\"ann\"},"
                + "\"Contacts\":[{\"Channel\":\"VOICE\",\"ContactId\":\"\(contactId)\",\"State\":\"CONNECTED\","
                + "\"StateStartTimestamp\":\"2026-03-02T13:59:00.000Z\"}],"
                + "\"NextAgentStatus\":{\"ARN\":\"\(instance)/agent-state/2\","
                + "\"EnqueuedTimestamp\":\"2026-03-02T14:00:00.000Z\",\"Name\":\"Lunch\"}}",
            at: "14:00:00.000", rank: 2, region: east, id: event)
        $0.set(
            "snapshot/", west,
            "{\"AgentStatus\":{\"Name\":\"Offline\",\"StartTimestamp\":\"2026-03-02T13:50:00.000Z\",\"Type\":\"OFFLINE\"},"
                + "\"Configuration\":null,\"Contacts\":[]}",
            at: "13:52:00.000", rank: 1, region: west, id: event)
        $0.max("status/", east, "13:58:00.250", "\"ONLINE\"", at: "14:00:00.000", rank: 2, region: east, id: event)
        $0.max("status/", west, "13:50:00.000", "\"OFFLINE\"", at: "13:52:00.000", rank: 1, region: west, id: event)
    }

    /// Told by its events, by an agent who missed it and the one who took it, by its record and by Contact Lens.
    static let contact = StateFixture(.contact, contactId) {
        $0.set(
            "agent/", agentId,
            "{\"channel\":\"VOICE\",\"connectedAt\":\"2026-03-02T13:59:00.000Z\",\"initialContactId\":null,"
                + "\"initiationMethod\":\"INBOUND\",\"queue\":{\"arn\":\"\(instance)/queue/sales\",\"name\":\"Sales\"},"
                + "\"queuedAt\":\"2026-03-02T13:58:10.000Z\",\"since\":\"2026-03-02T14:10:00.000Z\",\"state\":\"LEFT\","
                + "\"username\":\"ann\"}",
            at: "14:10:00.000", rank: 2, region: east, id: event)
        $0.set(
            "agent/", missedId,
            "{\"channel\":\"VOICE\",\"connectedAt\":null,\"initialContactId\":null,"
                + "\"initiationMethod\":\"INBOUND\",\"queue\":{\"arn\":\"\(instance)/queue/sales\",\"name\":\"Sales\"},"
                + "\"queuedAt\":\"2026-03-02T13:58:10.000Z\",\"since\":\"2026-03-02T13:58:40.000Z\",\"state\":\"MISSED\","
                + "\"username\":\"ben\"}",
            at: "13:58:40.000", rank: 2, region: east, id: event)
        $0.max("connected/", agentId, "13:59:00.000")
        $0.set("event/", "agent", "\"\(agentId)\"", at: "13:59:00", rank: 4, region: east, id: "e-3")
        $0.set("event/", "channel", "\"VOICE\"", at: "14:08:00", rank: 5, region: east, id: "e-4")
        $0.set(
            "event/", "customerEndpoint", "{\"address\":\"+12065550142\",\"type\":\"TELEPHONE_NUMBER\"}", at: "13:58:10",
            rank: 3,
            region: east, id: "e-2")
        $0.set("event/", "holdSeconds", "45", at: "14:08:00", rank: 5, region: east, id: "e-4")
        $0.set("event/", "queue", "\"\(instance)/queue/sales\"", at: "13:58:10", rank: 3, region: east, id: "e-2")
        $0.member("lens/categories", "\"refund\"", at: "1970-01-01T00:00:41.000Z", capacity: 256)
        $0.member("lens/categories", "\"escalation\"", at: "1970-01-01T00:01:03.500Z", capacity: 256)
        $0.set("lens/sentiment", "{\"role\":\"CUSTOMER\",\"sentiment\":\"NEGATIVE\"}", at: "1970-01-01T00:01:03.500Z")
        $0.max("milestone/", "CONNECTED_TO_AGENT", "13:59:00.400", at: "14:08:00", rank: 5, region: east, id: "e-4")
        $0.max("milestone/", "INITIATED", "13:57:59.800", at: "14:08:00", rank: 5, region: east, id: "e-4")
        $0.set(
            "record",
            "{\"Agent\":{\"ARN\":\"\(instance)/agent/ann\",\"ConnectedToAgentTimestamp\":\"2026-03-02T13:59:00Z\","
                + "\"Username\":\"ann\"},\"Attributes\":{\"tier\":\"gold\"},\"Channel\":\"VOICE\",\"ContactId\":\"\(contactId)\","
                + "\"DisconnectReason\":\"CUSTOMER_DISCONNECT\",\"DisconnectTimestamp\":\"2026-03-02T14:08:00Z\","
                + "\"InitialContactId\":null,\"InitiationMethod\":\"INBOUND\","
                + "\"InitiationTimestamp\":\"2026-03-02T13:57:59Z\",\"LastUpdateTimestamp\":\"2026-03-02T14:11:05Z\","
                + "\"Queue\":{\"ARN\":\"\(instance)/queue/sales\",\"Name\":null},\"Recordings\":null}",
            at: "14:11:05", region: east)
        $0.set("record/", "customer", "\"cust-42\"", at: "14:11:05", region: east)
        $0.max("seen/", "CONNECTED_TO_AGENT", "13:59:00", rank: 4, region: east, id: "e-3")
        $0.max("seen/", "DISCONNECTED", "14:08:00", rank: 5, region: east, id: "e-4")
        $0.max("seen/", "QUEUED", "13:58:10", rank: 3, region: east, id: "e-2")
    }

    static let customer = StateFixture(.customer, "cust-42") {
        $0.set("authentication/", "level", "2", at: "13:58:05.000", region: east, id: "auth-1")
        $0.set("authentication/", "method", "\"voice-print\"", at: "13:58:05.000", region: east, id: "auth-1")
        $0.member("contacts", "\"\(contactId)\"", at: "13:57:59.800")
        $0.member("contacts", "\"0a9b8c7d-1111-4222-8333-444455556666\"", at: "2026-02-27T09:00:00.000Z")
        $0.set("field/", "tier", "\"gold\"", at: "2026-02-01T00:00:00.000Z", region: west, id: "crm-9")
        $0.delete("field/", "callback", at: "13:59:30.000", region: east, id: "crm-10")
        $0.max(
            "lastContact/event", nil, "13:57:59.800",
            "{\"agentId\":\"\(agentId)\",\"at\":\"2026-03-02T13:57:59.800Z\",\"contactId\":\"\(contactId)\"}", at: "13:59:00",
            rank: 4, region: east, id: "e-3")
        $0.max(
            "lastContact/record", nil, "13:57:59.000",
            "{\"agentId\":\"\(agentId)\",\"at\":\"2026-03-02T13:57:59Z\",\"contactId\":\"\(contactId)\"}", at: "14:11:05",
            region: east)
    }

    /// A variable of the flow, one that an application has set since, and a name that must be encoded in a path.
    static let flow = StateFixture(.flow, contactId) {
        $0.set(
            "position",
            "{\"flowId\":\"\(instance)/contact-flow/main\",\"flowName\":\"Main\",\"identifier\":\"set-queue-1\","
                + "\"module\":\"SetQueue\",\"stack\":[\"\(instance)/flow-module/greet\"]}",
            at: "13:58:09.417", region: east)
        $0.set("variable/", "discount 10%/day", "\"yes\"", at: "13:58:02.031", region: east)
        $0.set("variable/", "tier", "\"silver\"", at: "13:58:01.120", region: east)
        $0.set("field/", "tier", "\"gold\"", at: "13:58:05.000", region: west, id: "crm-11")
    }

    static let queue = StateFixture(.queue, "1a2b3c4d/sales") {
        $0.set("field/", "open", "true", at: "08:00:00.000", region: east, id: "q-1")
        $0.set("field/", "waiting", "3", at: "13:58:11.000", region: east, id: "q-2")
    }

    /// The field `offer` was set and then deleted by a null: a tombstone.
    static let session = StateFixture(.session, "rtc-77") {
        $0.delete("field/", "offer", at: "13:59:01.000", region: east, id: "rtc-3")
        $0.set("field/", "room", "{\"codec\":\"opus\",\"id\":\"r-1\"}", at: "13:58:55.000", region: east, id: "rtc-1")
    }

    static let username = StateFixture(.username, "ann") {
        $0.member("agents", "\"\(agentId)\"", at: "2026-03-02T00:00:00.000Z", capacity: 16)
        $0.member("agents", "\"111122223333/9f8e7d6c/ann\"", at: "2026-02-27T00:00:00.000Z", capacity: 16)
    }

    /// A number from which two contacts came; a customer was named by the first, another one by an application.
    static let alias = StateFixture(.alias, "phone/a1ede1be6862782d7b4afa266f8c4982") {
        $0.member("contacts", "\"\(contactId)\"", at: "2026-03-02T13:57:59.800Z", capacity: 16)
        $0.member("contacts", "\"0a9b8c7d-1111-4222-8333-444455556666\"", at: "2026-02-27T09:00:00.000Z", capacity: 16)
        $0.member("customers", "\"cust-42\"", at: "2026-02-27T09:00:00.000Z", capacity: 16)
        $0.member("customers", "\"cust-77\"", at: "2025-11-03T10:00:00.000Z", capacity: 16)
    }

    /// Three calls in one minute, one of them told twice, and one two minutes later.
    static let volume = StateFixture(.volume, "us-east-1/VOICE/2026-03-02T13") {
        $0.count("starts/", "01", 3 << 58 | 1 << 57, at: "13:00:00")
        $0.count("starts/", "01", 3 << 58 | 1 << 57, at: "13:00:00")
        $0.count("starts/", "01", 9 << 58 | 1 << 55, at: "13:00:00")
        $0.count("starts/", "01", 60 << 58 | 1 << 56, at: "13:00:00")
        $0.count("starts/", "03", 8 << 58 | 1 << 57, at: "13:00:00")
    }
}
