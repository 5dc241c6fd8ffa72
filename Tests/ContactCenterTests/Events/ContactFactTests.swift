import TestSupport
import Testing

/// Facts of contact events beside the contact's life: `docs/merge.md`, the second table of contact events.
@Suite("facts of contact events", .limited)
struct ContactFactTests {
    typealias T = Texts

    /// As many as an event can carry, in camelCase.
    static let detail = """
        "globalResiliencyMetadata":{"activeRegion":"us-west-2","originRegion":"us-east-1","trafficDistributionGroupId":"tdg-1"},\
        "customerEndpoint":{"address":"+12065550100","type":"TELEPHONE_NUMBER","displayName":"M. Example"},\
        "systemEndpoint":{"address":"+12065550199","type":"TELEPHONE_NUMBER"},\
        "segmentAttributes":{"connect:Subtype":{"valueString":"connect:Telephony"}},"tags":{"Dept":"Finance"},\
        "scheduledTimestamp":"2026-03-02T16:00:00.5Z","campaign":{"campaignId":"spring"},\
        "routingCriteria":[{"index":0,"steps":[{"status":"ACTIVE","expiry":{"durationInSeconds":30}}]}],\
        "answeringMachineDetectionStatus":"HUMAN_ANSWERED",\
        "recordings":[{"location":"b/r.wav","status":"AVAILABLE","mediaStreamType":"AUDIO","participantType":"All",\
        "fragmentStartNumber":"91343852"},{"location":"","status":"AVAILABLE"}],\
        "contactEvaluations":{"form-1":{"evaluationArn":"arn:e","status":"COMPLETE","endTimestamp":"2026-03-02T15:00:00.000Z"}},\
        "queueInfo":{"queueArn":"q","queueType":"STANDARD","dequeueTimestamp":"2026-03-02T13:59:30.100Z"},\
        "agentInfo":{"acceptedByAgentTimestamp":"2026-03-02T13:59:20.000Z","previewEndTimestamp":"2026-03-02T13:59:25.000Z",\
        "afterContactWorkStartTimestamp":"2026-03-02T14:09:00.200Z","afterContactWorkEndTimestamp":"2026-03-02T14:10:00.300Z",\
        "afterContactWorkDuration":60,"agentInitiatedHoldDuration":45}
        """
    static let event = T.contactEvent("COMPLETED", at: "2026-03-02T14:10:01Z", detail: detail)

    @Test(
        "each fact of a contact event is written to its register, in one form",
        arguments: [
            (
                "globalResiliency",
                #"{"activeRegion":"us-west-2","originRegion":"us-east-1","trafficDistributionGroupId":"tdg-1"}"#
            ),
            ("customerEndpoint", #"{"address":"+12065550100","type":"TELEPHONE_NUMBER"}"#),
            ("systemEndpoint", #"{"address":"+12065550199","type":"TELEPHONE_NUMBER"}"#),
            ("segmentAttributes", #"{"connect:Subtype":{"valueString":"connect:Telephony"}}"#),
            ("tags", #"{"Dept":"Finance"}"#), ("scheduledAt", #""2026-03-02T16:00:00.500Z""#), ("campaignId", #""spring""#),
            ("routingCriteria", #"[{"index":0,"steps":[{"expiry":{"durationInSeconds":30},"status":"ACTIVE"}]}]"#),
            ("answeringMachineStatus", #""HUMAN_ANSWERED""#),
            (
                "recordings",
                #"[{"location":"b/r.wav","mediaStreamType":"AUDIO","participantType":"All","status":"AVAILABLE"}]"#
            ),
            (
                "evaluations",
                #"{"form-1":{"endTimestamp":"2026-03-02T15:00:00.000Z","evaluationArn":"arn:e","status":"COMPLETE"}}"#
            ),
            ("queueType", #""STANDARD""#), ("afterContactWorkSeconds", "60"), ("holdSeconds", "45"),
        ])
    func registers(name: String, value: String) {
        #expect(
            EventWorld(Self.event).register(.contact, "c1", "event/" + name) == """
                {"event":"\(T.uuid(1))","rank":6,"region":"us-east-1","time":"2026-03-02T14:10:01.000Z","value":\(value)}
                """)
    }

    @Test(
        "a time of the agent or of the queue is a milestone",
        arguments: [
            ("ACCEPTED_BY_AGENT", "2026-03-02T13:59:20.000Z"), ("PREVIEW_ENDED", "2026-03-02T13:59:25.000Z"),
            ("DEQUEUED", "2026-03-02T13:59:30.100Z"), ("AFTER_CONTACT_WORK_STARTED", "2026-03-02T14:09:00.200Z"),
            ("AFTER_CONTACT_WORK_ENDED", "2026-03-02T14:10:00.300Z"),
        ])
    func milestones(name: String, time: String) {
        #expect(EventWorld(Self.event).measure(.contact, "c1", "milestone/" + name) == time)
    }

    /// The same event with every name of a member capitalised, but for those that people choose.
    static var capitalised: String {
        var text = event
        for part in detail.split(separator: "\"") where part.first?.isLowercase == true && text.contains("\"\(part)\":") {
            text = text.replacing("\"\(part)\":", with: "\"\(part.prefix(1).uppercased())\(part.dropFirst())\":")
        }
        return text.replacing("\"Form-1\"", with: "\"form-1\"").replacing("\"Connect:Subtype\"", with: "\"connect:Subtype\"")
    }

    @Test("both spellings of a fact lead to one register and one projection, except that documents keep their spelling")
    func spellings() {
        let text = Self.capitalised
        #expect(text.contains("\"GlobalResiliencyMetadata\"") && text.contains("\"AfterContactWorkDuration\""))
        let (camel, pascal) = (EventWorld(Self.event), EventWorld(text))
        let documents: Set = ["event/evaluations", "event/routingCriteria", "event/segmentAttributes"]
        #expect(camel.paths(.contact, "c1") == pascal.paths(.contact, "c1"))
        for path in camel.paths(.contact, "c1") where !documents.contains(path) {
            #expect(camel.register(.contact, "c1", path) == pascal.register(.contact, "c1", path), "\(path)")
        }
        for name in ["segmentAttributes", "evaluations", "tags", "recordings", "agentWork", "activeRegion"] {
            #expect(camel.shown(.contact, "c1", name) == pascal.shown(.contact, "c1", name), "\(name)")
        }
    }

    @Test("of two spellings in one event camelCase counts, in any order, also inside an endpoint")
    func ambiguous() {
        for (outer, inner) in [
            (#""CustomerEndpoint":{"address":"OLD"},"customerEndpoint":{"address":"NEW"}"#, "NEW"),
            (#""customerEndpoint":{"address":"NEW"},"CustomerEndpoint":{"address":"OLD"}"#, "NEW"),
            (#""customerEndpoint":{"address":"NEW","Address":"OLD"}"#, "NEW"),
            (#""customerEndpoint":{"Address":"OLD","address":"NEW"}"#, "NEW"),
            (#""customerEndpoint":{"address":"OLD","address":"NEW"}"#, "NEW"),
        ] {
            let world = EventWorld(T.contactEvent("QUEUED", detail: outer))
            #expect(
                world.value(.contact, "c1", "event/customerEndpoint") == #"{"address":"\#(inner)","type":null}"#, "\(outer)")
        }
    }

    @Test(
        "an empty or null fact writes nothing",
        arguments: [
            "null", "\"\"", "{}", "[]", "7", "{\"address\":\"\"}", "{\"address\":null}", "{\"activeRegion\":\"\"}", "[{}]",
            "[{\"location\":null}]", "\"1970-01-01T00:00:00.001Z\"", "-1", "1.5", "\"60\"",
        ])
    func unknown(value: String) {
        let names = [
            "globalResiliencyMetadata", "customerEndpoint", "systemEndpoint", "scheduledTimestamp", "campaign", "recordings",
        ]
        let all = names.map { "\"\($0)\":\(value)" }.joined(separator: ",")
        #expect(EventWorld(T.contactEvent("QUEUED", detail: all)).paths(.contact, "c1") == ["seen/QUEUED"])
        guard value != "7", value != "[{}]" else { return }
        let seconds = #""agentInfo":{"afterContactWorkDuration":\#(value),"agentInitiatedHoldDuration":\#(value)}"#
        #expect(EventWorld(T.contactEvent("QUEUED", detail: seconds)).paths(.contact, "c1") == ["seen/QUEUED"])
    }

    @Test("of two scheduled times the one of the newer event counts, not the later one")
    func rescheduled() {
        let events = [
            T.contactEvent("INITIATED", detail: #""scheduledTimestamp":"2026-03-05T10:00:00.000Z""#),
            T.contactEvent(
                "CONTACT_DATA_UPDATED", at: "2026-03-02T14:05:00Z", event: T.uuid(2),
                detail: #""scheduledTimestamp":"2026-03-04T10:00:00.000Z""#),
        ]
        for order in [events, events.reversed()] {
            let world = EventWorld()
            for event in order { world.feed(event) }
            #expect(world.shown(.contact, "c1", "scheduledAt") == #""2026-03-04T10:00:00.000Z""#)
        }
    }

    @Test("an event without an envelope may be stamped with the end of its after-call work, never with a scheduled time")
    func bareDetail() {
        let world = EventWorld(
            """
            {"eventType":"COMPLETED","contactId":"c1","disconnectTimestamp":"2026-03-02T14:09:00.000Z","scheduledTimestamp":\
            "2027-01-01T00:00:00.000Z","agentInfo":{"afterContactWorkEndTimestamp":"2026-03-02T14:10:00.300Z"}}
            """)
        #expect(world.measure(.contact, "c1", "seen/COMPLETED") == "2026-03-02T14:10:00.300Z")
    }

    @Test("copies of one event in both Regions, as with global routing, lead to one state in any order")
    func bothRegions() {
        let east = Self.event
        let west = east.replacing("connect:us-east-1", with: "connect:us-west-2")
            .replacing(#""region":"us-east-1""#, with: #""region":"us-west-2""#)
        #expect(EventWorld(east, west).state == EventWorld(west, east, west).state)
        let shown = EventWorld(east, west)
        #expect(shown.shown(.contact, "c1", "activeRegion") == #""us-west-2""#)
        #expect(shown.shown(.contact, "c1", "originRegion") == #""us-east-1""#)
    }
}
