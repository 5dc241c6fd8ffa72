import TestSupport
import Testing

/// Amazon Connect writes `1970-01-01T00:00:00.001Z` for what has not happened yet. Nothing may take that for a time.
@Suite("times in 1970 mean not yet", .limited)
struct NotYetTests {
    typealias T = Texts

    static let times = ["1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00Z", "1970-12-31T23:59:59.999Z", "1969-12-31T00:00:00Z"]

    @Test(
        "for the customer, a contact whose record has a start in 1970 started when the record was written",
        arguments: times)
    func lastContactOfRecord(time: String) {
        let world = EventWorld(
            T.record(
                updated: "2026-03-02T14:30:00Z", attributes: #"{"customerId":"maya"}"#,
                extra: "\"InitiationTimestamp\":\"\(time)\""))
        #expect(world.measure(.customer, "maya", "lastContact/record") == "2026-03-02T14:30:00.000Z")
        #expect(
            world.shown(.customer, "maya", "lastContact")
                == #"{"agentId":null,"at":"2026-03-02T14:30:00.000Z","contactId":"c1"}"#)
        #expect(world.register(.customer, "maya", "contacts")?.contains(#""time":"2026-03-02T14:30:00.000Z""#) == true)
        #expect(world.shown(.contact, "c1", "initiatedAt") == "null")
    }

    @Test("a contact event with a time in 1970 counts with the event's time", arguments: times)
    func lastContactOfEvent(time: String) {
        let world = EventWorld(T.contactEvent("QUEUED", detail: #""customerId":"maya","initiationTimestamp":"\#(time)""#))
        #expect(world.measure(.customer, "maya", "lastContact/event") == "2026-03-02T14:00:00.000Z")
        #expect(world.register(.customer, "maya", "contacts")?.contains(#""time":"2026-03-02T14:00:00.000Z""#) == true)
    }

    @Test("an Amazon Connect event whose only time is in 1970 has no stamp", arguments: times)
    func stamps(time: String) {
        let notice = NoticeTests.notice("Contact Lens Post Call Rules Matched", at: time, NoticeTests.rule("x"))
        for text in [
            T.agent("LOGIN", at: time), T.contactEvent("QUEUED", at: time), T.record(updated: time), T.flowLog(at: time),
            notice,
        ] {
            let world = EventWorld(text)
            #expect(world.reasons == ["no-stamp"], "\(text)")
            #expect(world.mutations.isEmpty)
        }
    }

    @Test("an application's CloudEvent may have a time in 1970")
    func cloudEvents() {
        let world = EventWorld(T.cloudEvent("session", at: "1970-01-01T00:00:00.001Z", data: #"{"a":1}"#))
        #expect(world.rejections.isEmpty && world.value(.session, "s1", "field/a") == "1")
    }

    @Test("an arrival in 1970 in a capture counts as unknown, so its events are not quarantined")
    func arrival() {
        let world = EventWorld()
        world.feed(
            Envelope.capture(Array(T.agent("LOGIN", at: "2026-03-02T14:00:00Z").utf8), arrival: "1970-01-01T00:00:00.000Z"))
        #expect(world.rejections.isEmpty)
    }

    @Test("projections show no time in 1970", arguments: times)
    func shown(time: String) {
        let contact = """
            {"ContactId":"c1","State":"MISSED","StateStartTimestamp":"\(time)","ConnectedToAgentTimestamp":"\(time)",\
            "QueueTimestamp":"\(time)"}
            """
        let world = EventWorld(
            T.agent("STATE_CHANGE", at: "2026-03-02T14:00:00.000Z", current: T.snapshot(contacts: [contact])),
            T.contactEvent(
                "CONTACT_DATA_UPDATED",
                detail: """
                    "scheduledTimestamp":"\(time)","queueInfo":{"dequeueTimestamp":"\(time)"},"agentInfo":{\
                    "acceptedByAgentTimestamp":"\(time)","afterContactWorkEndTimestamp":"\(time)"}
                    """),
            T.record(
                updated: "2026-03-02T14:30:00Z",
                extra: """
                    "Agent":{"ConnectedToAgentTimestamp":"\(time)","AfterContactWorkStartTimestamp":"\(time)"},\
                    "DisconnectTimestamp":"\(time)","Queue":{"EnqueueTimestamp":"\(time)","DequeueTimestamp":"\(time)"},\
                    "ScheduledTimestamp":"\(time)"
                    """))
        let projections = [world.shown(.contact, "c1"), world.shown(.agent, T.agentID)]
        for text in projections { #expect(text?.contains("19" + time.dropFirst(2).prefix(2)) == false, "\(text ?? "")") }
        #expect(world.shown(.contact, "c1", "phase") == "\"INITIATED\"")
        #expect(world.shown(.contact, "c1", "agentWork") == "null")
    }
}
