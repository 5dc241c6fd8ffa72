import Platform
import TestSupport
import Testing

@testable import ContactCenter

/// Every row of `docs/merge.md`: path, rule, value bytes and stamp, as an entity's canonical JSON shows them.
@Suite(.limited) struct MergeTableTests {
    typealias T = Texts

    static func digest(_ text: String) -> String {
        var hash = SHA256()
        var text = text
        text.withUTF8 { hash.update(ByteView($0)) }
        return hash.finalizeHex()
    }

    @Test("agent events: firstSeen, seen, snapshot and status of a STATE_CHANGE")
    func stateChange() {
        let event = T.agent(
            "STATE_CHANGE", at: "2026-03-02T14:00:05.123Z",
            current:
                #"{ "Contacts" : [], "AgentStatus":{"Type":"ROUTABLE","Name":"Avail\u0061ble","StartTimestamp":"2026-03-02T14:00:05.100Z"},"Slots":1.50}"#
        )
        let stamp = #""rank":2,"region":"us-east-1""#
        let extremum = #""event":"\#(T.uuid(1))","measure":1772460005123,\#(stamp)"#
        let time = #""time":"2026-03-02T14:00:05.123Z""#
        #expect(
            EventWorld(event).json(.agent, T.agentID) == """
                {"firstSeen/us-east-1":{\(extremum),"rule":"min",\(time),"value":null},\
                "seen/us-east-1":{\(extremum),"rule":"max",\(time),"value":null},\
                "snapshot/us-east-1":{"event":"\(T.uuid(1))",\(stamp),\(time),\
                "value":{"AgentStatus":{"Name":"Available","StartTimestamp":"2026-03-02T14:00:05.100Z","Type":"ROUTABLE"},\
                "Contacts":[],"Slots":1.50}},\
                "status/us-east-1":{"event":"\(T.uuid(1))","measure":1772460005100,\(stamp),"rule":"max",\(time),"value":"ONLINE"}}
                """)
    }

    @Test("agent events: presence of LOGIN and LOGOUT, with their ranks", arguments: [("LOGIN", 3), ("LOGOUT", 4)])
    func presence(type: String, rank: Int) {
        let event = T.agent(type, at: "2026-03-02T14:00:05.123Z", region: "us-west-2")
        #expect(
            EventWorld(event).register(.agent, T.agentID, "presence/us-west-2") == """
                {"event":"\(T.uuid(1))","rank":\(rank),"region":"us-west-2","time":"2026-03-02T14:00:05.123Z","value":"\(type)"}
                """)
    }

    @Test("agent events: ranks of heartbeats and of unknown types", arguments: [("HEART_BEAT", 1), ("NAP", 0)])
    func lowRanks(type: String, rank: Int) {
        let event = T.agent(type, at: "2026-03-02T14:00:05.123Z")
        #expect(
            EventWorld(event).register(.agent, T.agentID, "seen/us-east-1") == """
                {"event":"\(T.uuid(1))","measure":1772460005123,"rank":\(rank),"region":"us-east-1","rule":"max",\
                "time":"2026-03-02T14:00:05.123Z","value":null}
                """)
    }

    @Test("agent events: a contact of the current snapshot, with its known fields")
    func snapshotContact() {
        let contact = """
            {"Channel":"VOICE","ConnectedToAgentTimestamp":"2026-03-02T13:58:00.000Z","ContactId":"c1","InitialContactId":"c0",\
            "InitiationMethod":"TRANSFER","Queue":{"ARN":"q","Channels":["VOICE"],"Name":null},\
            "QueueTimestamp":"2026-03-02T13:57:00.000Z","State":"CONNECTED_ONHOLD","StateStartTimestamp":"2026-03-02T13:59:00.000Z"}
            """
        let event = T.agent(
            "HEART_BEAT", at: "2026-03-02T14:00:05.123Z", current: T.snapshot(contacts: [contact, #"{"ContactId":"c2"}"#]))
        let world = EventWorld(event)
        let stamp = #""event":"\#(T.uuid(1))","rank":1,"region":"us-east-1","time":"2026-03-02T14:00:05.123Z""#
        #expect(
            world.json(.contact, "c1") == """
                {"agent/\(T.agentSegment)":{\(stamp),"value":{"channel":"VOICE","connectedAt":"2026-03-02T13:58:00.000Z",\
                "initialContactId":"c0","initiationMethod":"TRANSFER","queue":{"arn":"q","name":null},\
                "queuedAt":"2026-03-02T13:57:00.000Z","since":"2026-03-02T13:59:00.000Z","state":"CONNECTED_ONHOLD",\
                "username":"ada"}},\
                "connected/\(T.agentSegment)":{"event":"","measure":1772459880000,"rank":0,"region":"","rule":"max",\
                "time":"2026-03-02T13:58:00.000Z","value":null}}
                """)
        #expect(
            world.json(.contact, "c2") == """
                {"agent/\(T.agentSegment)":{\(stamp),"value":{"channel":null,"connectedAt":null,"initialContactId":null,\
                "initiationMethod":null,"queue":null,"queuedAt":null,"since":null,"state":null,"username":"ada"}}}
                """)
    }

    @Test("agent events: the alias of a username is stamped with the start of the day only")
    func alias() {
        let event = T.agent("HEART_BEAT", at: "2026-03-02T14:00:05.123Z", current: T.snapshot())
        #expect(
            EventWorld(event).json(.username, "ada") == """
                {"agents":{"capacity":16,"members":[{"event":"","rank":0,"region":"","time":"2026-03-02T00:00:00.000Z",\
                "value":"\(T.agentID)"}],"rule":"union"}}
                """)
    }

    @Test("contact events: every fact and milestone")
    func contactEvent() {
        let world = EventWorld(T.oneOfEach[4].replacing("1970-01-01T00:00:00.001Z", with: "2026-03-02T14:08:00.000Z"))
        let id = #""event":"\#(T.uuid(1))""#
        let stamp = #""rank":4,"region":"us-east-1""#
        let time = #""time":"2026-03-02T14:00:00.000Z""#
        func fact(_ path: String, _ value: String) -> String { #""\#(path)":{\#(id),\#(stamp),\#(time),"value":"\#(value)"}"# }
        func moment(_ path: String, _ measure: Int) -> String {
            #""\#(path)":{\#(id),"measure":\#(measure),\#(stamp),"rule":"max",\#(time),"value":null}"#
        }
        let start = 1_772_460_000_000
        let connected = """
            "connected/\(T.agentSegment)":{"event":"","measure":\(start),"rank":0,"region":"","rule":"max",\(time),"value":null}
            """
        let registers = [
            connected, fact("event/agent", T.agentID), fact("event/channel", "VOICE"), fact("event/customerId", "maya"),
            fact("event/disconnectReason", "OTHER"), fact("event/initialContactId", "c0"),
            fact("event/initiationMethod", "INBOUND"),
            fact("event/nextContactId", "c2"), fact("event/previousContactId", "c00"), fact("event/queue", T.arn("/queue/q1")),
            fact("event/relatedContactId", "c9"), moment("milestone/CONNECTED_TO_AGENT", start),
            moment("milestone/CONNECTED_TO_SYSTEM", start - 59_000), moment("milestone/DISCONNECTED", start + 480_000),
            moment("milestone/INITIATED", start - 60_000), moment("milestone/QUEUED", start - 58_000),
            moment("seen/CONNECTED_TO_AGENT", start),
        ]
        #expect(world.json(.contact, "c1") == "{\(registers.joined(separator: ","))}")
    }

    @Test(
        "contact events: the rank follows the contact's life cycle, and is 0 for other events",
        arguments: [
            ("INITIATED", 1), ("CONNECTED_TO_SYSTEM", 2), ("QUEUED", 3), ("CONNECTED_TO_AGENT", 4), ("DISCONNECTED", 5),
            ("COMPLETED", 6), ("CONTACT_DATA_UPDATED", 0), ("PAUSED", 0), ("RESUMED", 0), ("AMD_DISABLED", 0),
        ])
    func contactRanks(type: String, rank: Int) {
        #expect(
            EventWorld(T.contactEvent(type)).json(.contact, "c1") == """
                {"seen/\(type)":{"event":"\(T.uuid(1))","measure":1772460000000,"rank":\(rank),"region":"us-east-1","rule":"max",\
                "time":"2026-03-02T14:00:00.000Z","value":null}}
                """)
    }

    @Test(
        "contact events: the Region of the instance's ARN takes precedence over the envelope's",
        arguments: [
            (Texts.arn(region: "eu-west-2"), "eu-west-2"), ("", "us-east-1"), ("arn", "us-east-1"),
            ("arn:aws::connect:eu-west-2:1:instance/i", "eu-west-2"),
            (#"arn:aws:connect:eu-west-2:1:instance\/i"#, "eu-west-2"),
        ])
    func contactRegions(arn: String, region: String) {
        let event = T.contactEvent("QUEUED").replacing(T.arn(), with: arn)
        #expect(EventWorld(event).register(.contact, "c1", "seen/QUEUED")?.contains(#""region":"\#(region)""#) == true)
    }

    @Test("contact events: a detail without envelope is stamped with the latest of its times and its hash")
    func bareDetail() {
        let detail = """
            {"agentInfo":{"connectedToAgentTimestamp":"2026-03-02T14:02:00.000Z"},"connectedToSystemTimestamp":\
            "2026-03-02T14:00:01.000Z","contactId":"c1","disconnectTimestamp":"1970-01-01T00:00:00.001Z","eventType":\
            "CONNECTED_TO_AGENT","initiationTimestamp":"2026-03-02T14:00:00.000Z","instanceArn":"\(T.arn())","queueInfo":\
            {"enqueueTimestamp":"2026-03-02T14:01:00.000Z"}}
            """
        #expect(
            EventWorld(detail).register(.contact, "c1", "seen/CONNECTED_TO_AGENT") == """
                {"event":"\(MergeTableTests.digest(detail))","measure":1772460120000,"rank":4,"region":"us-east-1","rule":"max",\
                "time":"2026-03-02T14:02:00.000Z","value":null}
                """)
        #expect(
            EventWorld(detail).paths(.contact, "c1") == [
                "milestone/CONNECTED_TO_AGENT", "milestone/CONNECTED_TO_SYSTEM", "milestone/INITIATED", "milestone/QUEUED",
                "seen/CONNECTED_TO_AGENT",
            ])
    }

    @Test("contact events: times outside the detail count if the detail has none")
    func timesBesideDetail() {
        let event = T.contactEvent("DISCONNECTED", detail: #""initiationTimestamp":"2026-03-02T14:00:00.000Z""#)
        let more =
            #"{"initiationTimestamp":"2020-01-01T00:00:00Z","connectedToSystemTimestamp":"2026-03-02T14:00:01Z","disconnectTimestamp":"2026-03-02T14:00:02Z","#
        let world = EventWorld(more + event.dropFirst())
        #expect(world.measure(.contact, "c1", "milestone/INITIATED") == "2026-03-02T14:00:00.000Z")
        #expect(world.measure(.contact, "c1", "milestone/CONNECTED_TO_SYSTEM") == "2026-03-02T14:00:01.000Z")
        #expect(world.measure(.contact, "c1", "milestone/DISCONNECTED") == "2026-03-02T14:00:02.000Z")
    }

    @Test("contact records: the record and its customer, stamped with its last update and its hash")
    func record() {
        let text = T.record(updated: "2026-03-02T14:30:00Z", attributes: #"{"customerId":"maya"}"#)
        let stamp =
            #""event":"\#(MergeTableTests.digest(text))","rank":5,"region":"us-east-1","time":"2026-03-02T14:30:00.000Z""#
        let spaced = text.replacing(",", with: " ,\n").replacing(":{", with: " : {")
        for spelled in [text, spaced] {
            #expect(
                EventWorld(spelled).json(.contact, "c1") == """
                    {"record":{\(stamp),"value":\(text)},"record/customer":{\(stamp),"value":"maya"}}
                    """)
        }
    }

    @Test("contact records: the field CustomerId takes precedence over the attribute, which is the configured one")
    func recordCustomer() {
        let text = T.record(updated: "2026-03-02T14:30:00Z", attributes: #"{"customerId":"attribute","crm\"id":"chosen"}"#)
        let both = T.record(
            updated: "2026-03-02T14:30:00Z", attributes: #"{"customerId":"attribute"}"#, extra: #""CustomerId":"field""#)
        #expect(EventWorld(text).value(.contact, "c1", "record/customer") == #""attribute""#)
        #expect(EventWorld(both).value(.contact, "c1", "record/customer") == #""field""#)
        let chosen = EventWorld(options: DecoderOptions(customerAttribute: "crm\"id"))
        chosen.feed(text)
        #expect(chosen.value(.contact, "c1", "record/customer") == #""chosen""#)
    }

    @Test("customers: contacts and last contact of an event and of a record are separate registers")
    func customer() {
        let record = T.oneOfEach[6]
        let world = EventWorld(T.oneOfEach[4], record)
        var canonical = ByteBuffer()
        #expect(world.encodings.keys.contains(EntityName(kind: .customer, id: "maya")))
        canonical.append(world.value(.contact, "c1", "record") ?? "")
        let value = #"{"agentId":"\#(T.agentID)","at":"2026-03-02T13:59:00.000Z","contactId":"c1"}"#
        #expect(
            world.json(.customer, "maya") == """
                {"contacts":{"capacity":64,"members":[{"event":"","rank":0,"region":"","time":"2026-03-02T13:59:00.000Z",\
                "value":"c1"}],"rule":"union"},"lastContact/event":{"event":"\(T.uuid(1))","measure":1772459940000,"rank":4,\
                "region":"us-east-1","rule":"max","time":"2026-03-02T14:00:00.000Z","value":\(value)},"lastContact/record":\
                {"event":"\(MergeTableTests.digest(canonical.bytes.text))","measure":1772459940000,"rank":8,"region":"us-east-1",\
                "rule":"max","time":"2026-03-02T14:30:00.000Z","value":\(value)}}
                """)
    }

    @Test("customers: without an initiation time the stamp's time counts, and a missing agent is null")
    func customerOfLittle() {
        let world = EventWorld(T.contactEvent("QUEUED", detail: #""customerId":"maya""#))
        #expect(
            world.value(.customer, "maya", "lastContact/event")
                == #"{"agentId":null,"at":"2026-03-02T14:00:00.000Z","contactId":"c1"}"#)
        #expect(world.measure(.customer, "maya", "lastContact/event") == "2026-03-02T14:00:00.000Z")
    }

    @Test("flow logs: position and variable, stamped with the entry's time and hash")
    func flowLog() {
        let text = """
            {"ContactFlowId":"\(T.arn("/contact-flow/f1"))","ContactFlowModuleType":"SetAttributes","ContactFlowName":"Main",\
            "ContactId":"c1","Identifier":"step","ModuleExecutionStack":["m1","m2"],"Parameters":{"Key":"tier","Value":"gold"},\
            "Timestamp":"2026-03-02T13:59:03.456Z"}
            """
        let stamp =
            #""event":"\#(MergeTableTests.digest(text))","rank":0,"region":"us-east-1","time":"2026-03-02T13:59:03.456Z""#
        #expect(
            EventWorld(text).json(.flow, "c1") == """
                {"position":{\(stamp),"value":{"flowId":"\(T.arn("/contact-flow/f1"))","flowName":"Main","identifier":"step",\
                "module":"SetAttributes","stack":["m1","m2"]}},"variable/tier":{\(stamp),"value":"gold"}}
                """)
    }

    @Test("flow logs: the hash equals one that was computed by another program")
    func flowLogHash() {
        let world = EventWorld(#"{"Timestamp":"2026-03-02T13:59:03.456Z", "ContactId":"c1", "ContactFlowId":"f"}"#)
        #expect(
            world.register(.flow, "c1", "position") == """
                {"event":"814e28c98b85fc4c09b04a8964125cd1a08829846338268e47d8a047d35f74ea","rank":0,"region":"","time":"2026-03-02T13:59:03.456Z",\
                "value":{"flowId":"f","flowName":null,"identifier":null,"module":null,"stack":null}}
                """)
    }

    @Test("Contact Lens: categories and the latest sentiment, ordered by offset")
    func contactLens() {
        let world = EventWorld(
            T.lens(segments: [
                T.transcript(id: "t2", end: "2500", sentiment: "NEGATIVE"),
                T.transcript(id: "t1", end: "1500", sentiment: "POSITIVE", role: "AGENT"),
                """
                {"Categories":{"MatchedCategories":["Refund","Leg\\u0061l"],"MatchedDetails":{"Refund":{"PointsOfInterest":[\
                {"BeginOffsetMillis":10,"EndOffsetMillis":900},{"BeginOffsetMillis":10,"EndOffsetMillis":700}]},\
                "Legal":{"PointsOfInterest":[{"EndOffsetMillis":300}]}}}}
                """,
            ]))
        #expect(
            world.json(.contact, "c1") == """
                {"lens/categories":{"capacity":256,"members":[\
                {"event":"","rank":0,"region":"","time":"1970-01-01T00:00:00.300Z","value":"Legal"},\
                {"event":"","rank":0,"region":"","time":"1970-01-01T00:00:00.900Z","value":"Refund"}],"rule":"union"},\
                "lens/sentiment":{"event":"t2","rank":0,"region":"","time":"1970-01-01T00:00:02.500Z",\
                "value":{"role":"CUSTOMER","sentiment":"NEGATIVE"}}}
                """)
    }

    @Test("Contact Lens: no text of the conversation is kept")
    func noTranscripts() {
        let world = EventWorld(T.lens(segments: [T.transcript(id: "t1", end: "1", sentiment: "MIXED")]))
        #expect(!world.state.contains("secret"))
    }

    @Test(
        "CloudEvents: each member of data is a register of the subject, and null deletes it",
        arguments: [
            ("session", EntityKind.session, "field"), ("customer", .customer, "field"),
            ("authentication", .customer, "authentication"), ("flow", .flow, "field"), ("queue", .queue, "field"),
        ])
    func cloudEvents(name: String, kind: EntityKind, prefix: String) {
        let event = T.cloudEvent(name, data: #"{"b":{"z":1,"a":[2.50, null]},"a/b%":"x","gone":null}"#)
        let stamp = #""event":"e1","rank":0,"region":"us-east-1","time":"2026-03-02T14:00:00.000Z""#
        #expect(
            EventWorld(event).json(kind, "s1") == """
                {"\(prefix)/a%2Fb%25":{\(stamp),"value":"x"},"\(prefix)/b":{\(stamp),"value":{"a":[2.50,null],"z":1}},\
                "\(prefix)/gone":{\(stamp),"tombstone":true,"value":null}}
                """)
    }

    @Test(
        "CloudEvents: optional attributes may be missing",
        arguments: [
            (#""region":"us-east-1","#, #""region":"US East","#), (#""region":"us-east-1","#, ""), (#""id":"e1","#, ""),
        ])
    func optionalMembers(member: String, instead: String) {
        let world = EventWorld(T.cloudEvent("session", data: #"{"a":1}"#).replacing(member, with: instead))
        #expect(world.value(.session, "s1", "field/a") == "1")
        #expect(world.register(.session, "s1", "field/a")?.contains(#""region":"""#) == member.contains("region"))
    }
}
