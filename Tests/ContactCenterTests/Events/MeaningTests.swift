import TestSupport
import Testing

/// What events mean, as far as registers decide it: the ten points of the design that break naive pipelines.
@Suite(.limited) struct MeaningTests {
    typealias T = Texts
    let region = "us-east-1"

    // MARK: 1

    @Test(
        "1: of two agent events in one second, LOGOUT wins over LOGIN over STATE_CHANGE over HEART_BEAT, whatever their ids",
        arguments: [
            ("STATE_CHANGE", "HEART_BEAT"), ("LOGIN", "STATE_CHANGE"), ("LOGOUT", "LOGIN"), ("LOGOUT", "HEART_BEAT"),
            ("HEART_BEAT", "SOMETHING_NEW"),
        ])
    func ranksDecideTies(winner: String, loser: String) {
        let time = "2018-05-16T16:12:59.059Z"
        let first = T.agent(winner, at: time, event: T.uuid(1), current: T.snapshot(status: "Winner"))
        let second = T.agent(loser, at: time, event: T.uuid(2), current: T.snapshot(status: "Loser"))
        for order in [[first, second], [second, first]] {
            let world = EventWorld()
            for event in order { world.feed(event) }
            #expect(
                world.value(.agent, T.agentID, "snapshot/us-east-1")
                    == #"{"AgentStatus":{"Name":"Winner","Type":"ROUTABLE"},"Configuration":{"Username":"ada"},"Contacts":[]}"#)
        }
    }

    @Test("1: LOGIN and LOGOUT in one second leave the agent logged out")
    func logoutWinsTheSecond() {
        let time = "2018-05-16T16:12:59.059Z"
        let events = [T.agent("LOGOUT", at: time, event: T.uuid(1)), T.agent("LOGIN", at: time, event: T.uuid(2))]
        #expect(EventWorld(events[0], events[1]).value(.agent, T.agentID, "presence/us-east-1") == #""LOGOUT""#)
        #expect(EventWorld(events[1], events[0]).value(.agent, T.agentID, "presence/us-east-1") == #""LOGOUT""#)
    }

    @Test("1: two events of equal time and rank are ordered by id, in any order of arrival")
    func idsDecideAtLast() {
        let time = "2018-05-16T16:12:59.059Z"
        let events = (1...3).map { T.agent("STATE_CHANGE", at: time, event: T.uuid($0), current: T.snapshot(status: "S\($0)")) }
        #expect(EventWorld(events[0], events[1], events[2]).state == EventWorld(events[2], events[0], events[1]).state)
        #expect(
            EventWorld(events[2], events[0], events[1]).value(.agent, T.agentID, "snapshot/us-east-1")?.contains("S3") == true)
    }

    // MARK: 2

    @Test(
        "2: a heartbeat after LOGOUT updates seen, the snapshot and the time of the last report of the status, and does not revive the agent"
    )
    func heartbeatDoesNotRevive() {
        let available = T.snapshot(since: "2026-03-02T09:00:01.000Z")
        let world = EventWorld(
            T.agent("LOGIN", at: "2026-03-02T09:00:00.000Z"),
            T.agent("LOGOUT", at: "2026-03-02T17:00:00.000Z", event: T.uuid(2), current: available))
        let presence = world.register(.agent, T.agentID, "presence/us-east-1")
        world.feed(T.agent("HEART_BEAT", at: "2026-03-02T17:50:00.000Z", event: T.uuid(3), current: available))
        #expect(world.register(.agent, T.agentID, "presence/us-east-1") == presence)
        #expect(world.measure(.agent, T.agentID, "seen/us-east-1") == "2026-03-02T17:50:00.000Z")
        #expect(world.register(.agent, T.agentID, "snapshot/us-east-1")?.contains("17:50:00") == true)
        #expect(world.measure(.agent, T.agentID, "status/us-east-1") == "2026-03-02T09:00:01.000Z")
        #expect(world.register(.agent, T.agentID, "status/us-east-1")?.contains("17:50:00") == true)
        #expect(world.shown(.agent, T.agentID, "presence") == #""offline""#)
    }

    @Test(
        "2: every event with a status states whether it is offline, by its type or otherwise by its name",
        arguments: ["STATE_CHANGE", "HEART_BEAT", "LOGIN", "LOGOUT"],
        [
            (T.snapshot(status: "Available", type: "ROUTABLE"), "ONLINE"),
            (T.snapshot(status: "Lunch", type: "CUSTOM"), "ONLINE"),
            (T.snapshot(status: "Lunch", type: nil), "ONLINE"), (T.snapshot(status: "Offline", type: nil), "OFFLINE"),
            (T.snapshot(status: "Away", type: "OFFLINE"), "OFFLINE"), (T.snapshot(status: "Offline", type: "CUSTOM"), "ONLINE"),
            (T.snapshot(status: "Offline", type: ""), "OFFLINE"), (T.snapshot(status: "O\\u0066fline", type: nil), "OFFLINE"),
            (T.snapshot(status: "", type: nil), nil), (#"{"AgentStatus":null}"#, nil), (#"{"AgentStatus":[]}"#, nil),
            ("null", nil),
        ] as [(String, String?)])
    func statuses(type: String, told: (snapshot: String, status: String?)) {
        let world = EventWorld(T.agent(type, at: "2026-03-02T09:00:00.000Z", current: told.snapshot))
        #expect(world.value(.agent, T.agentID, "status/us-east-1") == told.status.map { "\"\($0)\"" })
    }

    @Test(
        "2: the measure of a status is its start, at most the event's time; without a start it is the time of the change, and a repetition is oldest",
        arguments: [
            ("HEART_BEAT", "2026-03-02T08:59:00.250Z", "2026-03-02T08:59:00.250Z"),
            ("STATE_CHANGE", "2026-03-02T09:00:07.000Z", "2026-03-02T09:00:00.000Z"),
            ("STATE_CHANGE", "soon", "2026-03-02T09:00:00.000Z"), ("STATE_CHANGE", "", "2026-03-02T09:00:00.000Z"),
            ("STATE_CHANGE", "1970-01-01T00:00:00.001Z", "2026-03-02T09:00:00.000Z"),
            ("HEART_BEAT", "soon", "1970-01-01T00:00:00.000Z"), ("LOGOUT", "", "1970-01-01T00:00:00.000Z"),
        ])
    func statusStarts(type: String, since: String, measure: String) {
        let world = EventWorld(T.agent(type, at: "2026-03-02T09:00:00.000Z", current: T.snapshot(since: since)))
        #expect(world.measure(.agent, T.agentID, "status/us-east-1") == measure)
    }

    // MARK: 3

    @Test(
        "3: a snapshot that is null, absent, empty text or not an object is unknown and writes nothing",
        arguments: ["null", "\"\"", "\"null\"", "[]", "0", "false", nil])
    func unknownSnapshots(current: String?) {
        let world = EventWorld(
            T.agent("LOGIN", at: "2026-03-02T09:00:00.000Z", current: T.snapshot(status: "Before")))
        var event = T.agent(
            "STATE_CHANGE", at: "2026-03-02T09:00:01.000Z", event: T.uuid(2), current: current ?? "null",
            previous: T.snapshot(contacts: [T.contact("c1")]))
        if current == nil { event = event.replacing(#""CurrentAgentSnapshot":null,"#, with: "") }
        world.feed(event)
        #expect(world.value(.agent, T.agentID, "snapshot/us-east-1")?.contains("Before") == true)
        #expect(world.register(.agent, T.agentID, "status/us-east-1")?.contains("09:00:01") == false)
        #expect(world.measure(.agent, T.agentID, "seen/us-east-1") == "2026-03-02T09:00:01.000Z")
        #expect(world.paths(.contact, "c1").isEmpty, "no snapshot, so nothing has left it")
        #expect(world.rejections.isEmpty)
    }

    @Test("3: the first STATE_CHANGE, without a previous snapshot, writes its snapshot and no left contact")
    func firstStateChange() {
        let world = EventWorld(
            T.agent("STATE_CHANGE", at: "2026-03-02T09:00:00.000Z", current: T.snapshot(contacts: [T.contact("c1")])))
        #expect(world.names == ["agent#\(T.agentID)", "contact#c1", "username#ada"])
    }

    @Test("3: a newer snapshot replaces the older one completely")
    func snapshotsAreReplaced() {
        let world = EventWorld(
            T.agent(
                "STATE_CHANGE", at: "2026-03-02T09:00:00.000Z",
                current: #"{"AgentStatus":{"Name":"A"},"NextAgentStatus":{"Name":"B"}}"#),
            T.agent("STATE_CHANGE", at: "2026-03-02T09:00:01.000Z", event: T.uuid(2), current: #"{"AgentStatus":{"Name":"B"}}"#)
        )
        #expect(world.value(.agent, T.agentID, "snapshot/us-east-1") == #"{"AgentStatus":{"Name":"B"}}"#)
    }

    // MARK: 4

    @Test("4: a contact of the previous snapshot that the current one lacks has left the agent at the event's time")
    func contactsLeave() {
        let world = EventWorld(
            T.agent(
                "STATE_CHANGE", at: "2026-03-02T09:00:00.500Z", current: T.snapshot(contacts: [T.contact("stays")]),
                previous: T.snapshot(contacts: [T.contact("leaves", state: "ENDED"), T.contact("stays")])))
        #expect(
            world.value(.contact, "leaves", "agent/\(T.agentSegment)") == """
                {"channel":"VOICE","connectedAt":null,"initialContactId":null,"initiationMethod":"INBOUND",\
                "queue":{"arn":"q","name":"Sales"},"queuedAt":null,"since":"2026-03-02T09:00:00.500Z","state":"LEFT",\
                "username":"ada"}
                """)
        #expect(world.value(.contact, "stays", "agent/\(T.agentSegment)")?.contains(#""state":"CONNECTED""#) == true)
    }

    @Test(
        "4: a current snapshot without a list of contacts marks no contact as left",
        arguments: [
            #"{"AgentStatus":{"Name":"Available"}}"#, #"{"Contacts":null}"#, #"{"Contacts":""}"#, #"{"Contacts":{}}"#,
        ])
    func unknownContactsDoNotLeave(current: String) {
        let world = EventWorld(
            T.agent(
                "STATE_CHANGE", at: "2026-03-02T09:00:00.500Z", current: current,
                previous: T.snapshot(contacts: [T.contact("c1")])))
        #expect(world.paths(.contact, "c1").isEmpty)
    }

    @Test("4: an empty list of contacts marks all previous contacts as left")
    func emptyContactsLeave() {
        let world = EventWorld(
            T.agent(
                "HEART_BEAT", at: "2026-03-02T09:00:00.500Z", current: #"{"Contacts":[]}"#,
                previous: T.snapshot(contacts: [T.contact("c1"), T.contact("c2")])))
        #expect(world.value(.contact, "c1", "agent/\(T.agentSegment)")?.contains("LEFT") == true)
        #expect(world.value(.contact, "c2", "agent/\(T.agentSegment)")?.contains("LEFT") == true)
    }

    @Test("4: a contact counts as still present, however its id is spelled")
    func contactIDsCompareByMeaning() {
        let world = EventWorld(
            T.agent(
                "STATE_CHANGE", at: "2026-03-02T09:00:00.500Z", current: T.snapshot(contacts: [T.contact("\\u0063\\u0031")]),
                previous: T.snapshot(contacts: [T.contact("c1")])))
        #expect(world.value(.contact, "c1", "agent/\(T.agentSegment)")?.contains("LEFT") == false)
    }

    // MARK: 5

    @Test("5: the events of one agent from both Regions write one entity, each Region to its own registers")
    func regionsMeet() {
        let world = EventWorld(
            T.agent("LOGOUT", at: "2026-03-02T10:00:00.000Z", current: T.snapshot(status: "Offline")),
            T.agent("LOGIN", at: "2026-03-02T09:59:00.000Z", event: T.uuid(2), region: "us-west-2"),
            T.agent(
                "STATE_CHANGE", at: "2026-03-02T09:59:01.000Z", event: T.uuid(3), region: "us-west-2", current: T.snapshot()))
        #expect(world.names == ["agent#\(T.agentID)", "username#ada"])
        #expect(
            world.paths(.agent, T.agentID) == [
                "firstSeen/us-east-1", "firstSeen/us-west-2", "presence/us-east-1", "presence/us-west-2", "seen/us-east-1",
                "seen/us-west-2", "snapshot/us-east-1", "snapshot/us-west-2", "status/us-east-1", "status/us-west-2",
            ])
        #expect(world.value(.agent, T.agentID, "presence/us-east-1") == #""LOGOUT""#)
        #expect(world.value(.agent, T.agentID, "presence/us-west-2") == #""LOGIN""#)
    }

    @Test("5: a username that two instances use refers to both agents")
    func aliases() {
        let mirrored = T.agent("HEART_BEAT", at: "2026-03-02T09:00:00.000Z", agent: "other", current: T.snapshot())
        let world = EventWorld(
            T.agent("HEART_BEAT", at: "2026-03-02T09:00:00.000Z", current: T.snapshot()), mirrored,
            T.agent("HEART_BEAT", at: "2026-03-02T23:59:59.999Z", event: T.uuid(2), current: T.snapshot()))
        #expect(world.members(.username, "ada", "agents") == [#""\#(T.agentID)""#, #""\#(T.account)/\#(T.instance)/other""#])
        #expect(world.register(.username, "ada", "agents")?.contains("09:00") == false, "the alias changes once a day")
    }

    @Test("5: the Region of the agent's ARN is used, also with the double colon of Amazon's samples and with a backslash")
    func oddARNs() {
        for spelled in [
            T.arn("/agent/ada").replacing("arn:aws:", with: "arn:aws::"),
            T.arn("/agent/ada").replacing("instance/", with: "instance\\\\"),
            T.arn("/agent/ada").replacing("/", with: "\\/"),
        ] {
            let event = T.agent("LOGIN", at: "2026-03-02T09:00:00.000Z").replacing(T.arn("/agent/ada"), with: spelled)
            #expect(EventWorld(event).value(.agent, T.agentID, "presence/us-east-1") == #""LOGIN""#, "\(spelled)")
        }
    }

    // MARK: 6

    @Test("6: of the copies of a contact record the newest is kept completely, in any order of arrival")
    func recordsAreReplaced() {
        let copies = [
            T.record(updated: "2022-01-05T17:48:35Z", attributes: #"{"a":"1","b":"2"}"#, extra: #""Recordings":null"#),
            T.record(updated: "2022-01-11T03:41:32Z", attributes: #"{"a":"1"}"#),
            T.record(updated: "2023-12-11T04:09:47Z", attributes: "{}", extra: #""Recordings":[{"Location":"s3"}]"#),
        ]
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0, 2, 1]] {
            let world = EventWorld()
            for index in order { world.feed(copies[index]) }
            #expect(world.value(.contact, "c1", "record") == copies[2])
            #expect(world.rejections.isEmpty)
        }
    }

    @Test("6: a newer copy without a customer removes the link")
    func customerIsTakenBack() {
        let world = EventWorld(T.record(updated: "2022-01-05T17:48:35Z", attributes: #"{"customerId":"maya"}"#))
        #expect(world.value(.contact, "c1", "record/customer") == #""maya""#)
        world.feed(T.record(updated: "2022-01-05T17:48:36Z"))
        #expect(world.value(.contact, "c1", "record/customer") == "null")
    }

    // MARK: 7

    @Test("7: a milestone keeps its latest time, from any event that reports it, in any order")
    func milestones() {
        let events = [
            T.contactEvent("INITIATED", event: T.uuid(1), detail: #""initiationTimestamp":"2026-03-02T13:59:00.100Z""#),
            T.contactEvent(
                "QUEUED", event: T.uuid(2), detail: #""queueInfo":{"enqueueTimestamp":"2026-03-02T13:59:05.000Z"}"#),
            T.contactEvent(
                "QUEUED", event: T.uuid(3),
                detail:
                    #""queueInfo":{"enqueueTimestamp":"2026-03-02T14:05:00.000Z"},"initiationTimestamp":"2026-03-02T13:59:00.100Z""#
            ),
        ]
        let world = EventWorld(events[2], events[1])
        #expect(world.measure(.contact, "c1", "milestone/QUEUED") == "2026-03-02T14:05:00.000Z")
        #expect(world.measure(.contact, "c1", "milestone/INITIATED") == "2026-03-02T13:59:00.100Z", "told by a later event")
        world.feed(events[0])
        #expect(world.state == EventWorld(events[0], events[1], events[2]).state)
    }

    @Test(
        "7: a milestone in 1970 has not been reached",
        arguments: ["1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00Z", "1970-12-31T23:59:59.999Z", "", "soon"])
    func notYet(time: String) {
        let world = EventWorld(
            T.contactEvent(
                "CONTACT_DATA_UPDATED",
                detail: #""connectedToSystemTimestamp":"\#(time)","agentInfo":{"connectedToAgentTimestamp":"\#(time)"}"#))
        #expect(world.paths(.contact, "c1") == ["seen/CONTACT_DATA_UPDATED"])
    }

    @Test("7: both spellings of a contact event have the same meaning")
    func spellings() {
        let camel = T.oneOfEach[4]
        var pascal = camel
        for name in [
            "eventType", "contactId", "instanceArn", "channel", "initiationMethod", "initialContactId", "previousContactId",
            "nextContactId", "relatedContactId", "customerId", "disconnectReason", "initiationTimestamp",
            "connectedToSystemTimestamp", "disconnectTimestamp", "queueInfo", "queueArn", "enqueueTimestamp", "agentInfo",
            "agentArn", "connectedToAgentTimestamp",
        ] where name != "customerId" {
            pascal = pascal.replacing("\"\(name)\":", with: "\"\(name.prefix(1).uppercased())\(name.dropFirst())\":")
        }
        pascal = pascal.replacing(#""customerId":"maya""#, with: #""CustomerId":"maya""#)
        #expect(pascal != camel)
        #expect(EventWorld(pascal).mutations == EventWorld(camel).mutations)
    }

    @Test("7: facts of one second are ordered by the life of a contact")
    func lifecycleRanks() {
        let types = [
            "SOMETHING", "INITIATED", "CONNECTED_TO_SYSTEM", "QUEUED", "CONNECTED_TO_AGENT", "DISCONNECTED", "COMPLETED",
        ]
        for (earlier, later) in zip(types, types.dropFirst()) {
            let events = [
                T.contactEvent(later, event: T.uuid(1), detail: #""channel":"LATER""#),
                T.contactEvent(earlier, event: T.uuid(2), detail: #""channel":"EARLIER""#),
            ]
            for order in [events, events.reversed()] {
                let world = EventWorld()
                for event in order { world.feed(event) }
                #expect(world.value(.contact, "c1", "event/channel") == #""LATER""#, "\(earlier) < \(later)")
            }
        }
    }

    @Test("7: a repeated event of a contact changes nothing")
    func duplicates() {
        let world = EventWorld(T.oneOfEach[4])
        let state = world.state
        world.feed(T.oneOfEach[4])
        #expect(world.state == state)
    }

    // MARK: 8

    @Test("8: a flow log is the same mutation plain, in CloudWatch Logs, and in its gzip form")
    func flowLogEnvelopes() {
        let entry = T.flowLog(at: "2026-03-02T13:59:03.456Z", parameters: #"{"Key":"tier","Value":"gold \"x\" \\ é"}"#)
        let spaced = entry.replacing(",", with: " , ").replacing(":{", with: ": {")
        let expected = EventWorld(entry).mutations
        #expect(expected.count == 1)
        for message in [entry, spaced] {
            let logs = Envelope.cloudWatchLogs([Array(message.utf8)])
            for record in [logs, Envelope.gzip(logs), Envelope.lambda([Envelope.gzip(logs)])] {
                let world = EventWorld()
                world.feed(record)
                #expect(world.mutations == expected)
                #expect(world.rejections.isEmpty)
            }
        }
    }

    @Test("8: the position is that of the newest entry, and SetAttributes entries are variables, one register each")
    func flowPosition() {
        let world = EventWorld(
            T.flowLog(at: "2026-03-02T13:59:03.456Z", parameters: #"{"Key":"tier","Value":"gold"}"#),
            T.flowLog(at: "2026-03-02T13:59:03.458Z", module: "SetQueue", parameters: #"{"Key":"no","Value":"variable"}"#),
            T.flowLog(at: "2026-03-02T13:59:03.457Z", parameters: #"{"Key":"a/b%","Value":null}"#))
        #expect(world.value(.flow, "c1", "position")?.contains(#""module":"SetQueue""#) == true)
        #expect(world.paths(.flow, "c1") == ["position", "variable/a%2Fb%25", "variable/tier"])
        #expect(world.value(.flow, "c1", "variable/tier") == #""gold""#)
        #expect(world.value(.flow, "c1", "variable/a%2Fb%25") == "null")
    }

    @Test("8: other lines of a log group are counted, not refused")
    func otherLogLines() {
        let world = EventWorld()
        world.feed(
            Envelope.cloudWatchLogs([Array("START RequestId: 1".utf8), Array("".utf8), Array(#"{"level":"INFO"}"#.utf8)]))
        #expect(world.unknown == 3)
        #expect(world.rejections.isEmpty)
        #expect(world.mutations.isEmpty)
    }

    // MARK: 9

    @Test("9: every kind of event is recognized by its shape, in one record with all the others")
    func anyStreamAnyEvent() {
        let world = EventWorld(T.oneOfEach.joined(separator: "\n"))
        #expect(world.rejections.isEmpty)
        #expect(world.unknown == 0)
        #expect(
            world.counts == [
                "agent.STATE_CHANGE": 1, "agent.LOGIN": 1, "agent.LOGOUT": 1, "agent.HEART_BEAT": 1,
                "contact.CONNECTED_TO_AGENT": 1, "contact.DISCONNECTED": 1, "record": 1, "flow-log": 1,
                "contact-lens.SEGMENTS": 1,
                "converge.session.v1": 1, "converge.customer.v1": 1, "converge.authentication.v1": 1, "converge.flow.v1": 1,
                "converge.queue.v1": 1,
            ])
    }

    @Test(
        "9: objects of unknown shape or type are counted, and never refused",
        arguments: [
            "{}", #"{"a":1}"#, #"{"specversion":"1.0","type":"com.example.other","data":7}"#, #"{"specversion":"1.0"}"#,
            #"{"detail-type":"EC2 Instance State-change Notification","detail":{"state":"running"},"time":"2026-03-02T14:00:00Z"}"#,
            #"{"detail-type":"Scheduled Event","detail":{}}"#, #"{"ContactId":"c1"}"#, #"{"Records":[{"s3":{}}]}"#,
            #"{"Records":[]}"#, #"{"Records":{}}"#, #"{"logEvents":{}}"#, #"{"capture":1,"data":7}"#, #"[{},{}]"#,
            #"{"specversion":"1.0","type":"converge.session.v2","subject":"s","time":"2026-03-02T14:00:00Z","data":{}}"#,
        ])
    func unknownShapes(text: String) {
        let world = EventWorld(text)
        #expect(world.rejections.isEmpty, "\(world.reasons)")
        #expect(world.mutations.isEmpty)
        if text != #"{"Records":[]}"# { #expect(world.unknown > 0) }
    }

    @Test("9: unknown types of known shapes are events like the others, of the lowest rank")
    func unknownTypes() {
        let world = EventWorld(
            T.agent("NAP", at: "2026-03-02T09:00:00.000Z", current: T.snapshot()), T.contactEvent("WEBRTC_API"))
        #expect(world.counts == ["agent.other": 1, "contact.other": 1])
        #expect(
            world.paths(.agent, T.agentID) == [
                "firstSeen/us-east-1", "seen/us-east-1", "snapshot/us-east-1", "status/us-east-1",
            ])
        #expect(world.paths(.contact, "c1") == ["seen/WEBRTC_API"])
    }

    @Test("9: unknown fields change only the registers that store a whole document")
    func unknownFields() {
        for event in T.oneOfEach where !event.contains("LastUpdateTimestamp") && !event.contains("ContactFlowId") {
            guard event.contains("\"id\"") || event.contains("EventId") || event.contains("Segments") else { continue }
            let more = #"{"zzz":{"deep":[1,{"ContactId":"x"}]},"#
            #expect(EventWorld(more + event.dropFirst()).mutations == EventWorld(event).mutations)
        }
    }

    // MARK: 10

    @Test("10: every user record of a KPL aggregate is decoded with the arrival of the aggregate")
    func aggregates() {
        let world = EventWorld()
        world.feed(Envelope.kpl(T.oneOfEach.map { Array($0.utf8) }))
        #expect(world.mutations == EventWorld(T.oneOfEach.joined()).mutations)
        #expect(world.rejections.isEmpty)
    }
}
