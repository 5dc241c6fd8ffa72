/// Texts of events, with what a test wants to say of them.
enum Texts {
    static let account = "123456789012"
    static let instance = "0f0e0d0c-1111-4222-8333-444455556666"
    static let agentID = "\(account)/\(instance)/ada"
    /// The agent's id as a path segment.
    static let agentSegment = "\(account)%2F\(instance)%2Fada"

    static func arn(_ resource: String = "", region: String = "us-east-1") -> String {
        "arn:aws:connect:\(region):\(account):instance/\(instance)\(resource)"
    }

    static func uuid(_ number: Int) -> String {
        let digits = String(number)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    static func agent(
        _ type: String, at time: String, event: String = uuid(1), region: String = "us-east-1", agent: String = "ada",
        current: String? = nil, previous: String? = nil
    ) -> String {
        """
        {"AWSAccountId":"\(account)","AgentARN":"\(arn("/agent/\(agent)", region: region))",\
        "CurrentAgentSnapshot":\(current ?? "null"),"EventId":"\(event)","EventTimestamp":"\(time)","EventType":"\(type)",\
        "InstanceARN":"\(arn(region: region))","PreviousAgentSnapshot":\(previous ?? "null"),"Version":"2017-10-01"}
        """
    }

    static func snapshot(
        status: String = "Available", type: String? = "ROUTABLE", since: String? = nil, username: String = "ada",
        contacts: [String] = []
    ) -> String {
        """
        {"AgentStatus":{"Name":"\(status)"\(since.map { #","StartTimestamp":"\#($0)""# } ?? "")\(type.map { #","Type":"\#($0)""# } ?? "")},\
        "Configuration":{"Username":"\(username)"},"Contacts":[\(contacts.joined(separator: ","))]}
        """
    }

    static func contact(
        _ id: String, state: String = "CONNECTED", since: String = "2026-03-02T14:00:00.000Z", connected: String? = nil
    ) -> String {
        """
        {"Channel":"VOICE","ConnectedToAgentTimestamp":\(connected.map { "\"\($0)\"" } ?? "null"),"ContactId":"\(id)","InitialContactId":null,\
        "InitiationMethod":"INBOUND","Queue":{"ARN":"q","Name":"Sales"},"QueueTimestamp":"","State":"\(state)",\
        "StateStartTimestamp":"\(since)"}
        """
    }

    /// A contact event of EventBridge; `detail` are further members of the detail.
    static func contactEvent(
        _ type: String, _ contact: String = "c1", at time: String = "2026-03-02T14:00:00Z", event: String = uuid(1),
        detail: String = ""
    ) -> String {
        """
        {"version":"0","id":"\(event)","detail-type":"Amazon Connect Contact Event","source":"aws.connect",\
        "account":"\(account)","time":"\(time)","region":"us-east-1","resources":[],\
        "detail":{"eventType":"\(type)","contactId":"\(contact)","instanceArn":"\(arn())"\(detail.isEmpty ? "" : ",")\(detail)}}
        """
    }

    /// A contact record in canonical form.
    static func record(
        _ contact: String = "c1", updated: String, attributes: String = "{}", extra: String = ""
    ) -> String {
        """
        {"AWSContactTraceRecordFormatVersion":"2017-03-10","Attributes":\(attributes),"ContactId":"\(contact)",\
        "InstanceARN":"\(arn())","LastUpdateTimestamp":"\(updated)"\(extra.isEmpty ? "" : ",")\(extra)}
        """
    }

    /// A flow log in canonical form.
    static func flowLog(
        _ contact: String = "c1", at time: String, module: String = "SetAttributes", parameters: String = "{}"
    ) -> String {
        """
        {"ContactFlowId":"\(arn("/contact-flow/f1"))","ContactFlowModuleType":"\(module)","ContactFlowName":"Main",\
        "ContactId":"\(contact)","Identifier":"step","Parameters":\(parameters),"Timestamp":"\(time)"}
        """
    }

    static func cloudEvent(
        _ name: String, about subject: String = "s1", at time: String = "2026-03-02T14:00:00.000Z", event: String = "e1",
        data: String
    ) -> String {
        """
        {"specversion":"1.0","id":"\(event)","source":"/test","type":"converge.\(name).v1","subject":"\(subject)",\
        "time":"\(time)","region":"us-east-1","data":\(data)}
        """
    }

    static func transcript(id: String, end: String, sentiment: String, role: String = "CUSTOMER") -> String {
        """
        {"Transcript":{"Id":"\(id)","ParticipantRole":"\(role)","Content":"secret words","BeginOffsetMillis":0,\
        "EndOffsetMillis":\(end),"Sentiment":"\(sentiment)"}}
        """
    }

    static func lens(_ contact: String = "c1", segments: [String]) -> String {
        """
        {"Version":"1.0.0","Channel":"VOICE","AccountId":"\(account)","InstanceId":"\(instance)","ContactId":"\(contact)",\
        "LanguageCode":"en-US","EventType":"SEGMENTS","Segments":[\(segments.joined(separator: ","))]}
        """
    }

    /// One valid event of every kind, with as much in it as the decoders read.
    static let oneOfEach: [String] = [
        agent(
            "STATE_CHANGE", at: "2026-03-02T14:00:05.123Z",
            current: snapshot(contacts: [contact("c1"), contact("c2", state: "ENDED")]),
            previous: snapshot(contacts: [contact("c2"), contact("c3")])),
        agent("LOGIN", at: "2026-03-02T14:00:00.000Z", event: uuid(2)),
        agent("LOGOUT", at: "2026-03-02T15:00:00.000Z", event: uuid(3), current: snapshot(status: "Offline", type: "OFFLINE")),
        agent("HEART_BEAT", at: "2026-03-02T15:02:00.000Z", event: uuid(4), current: snapshot(status: "Offline", type: nil)),
        contactEvent(
            "CONNECTED_TO_AGENT",
            detail: """
                "channel":"Voice","initiationMethod":"INBOUND","initialContactId":"c0","previousContactId":"c00",\
                "nextContactId":"c2","relatedContactId":"c9","customerId":"maya","disconnectReason":"OTHER",\
                "initiationTimestamp":"2026-03-02T13:59:00.000Z","connectedToSystemTimestamp":"2026-03-02T13:59:01.000Z",\
                "disconnectTimestamp":"1970-01-01T00:00:00.001Z","attributes":{"customerId":"other"},\
                "queueInfo":{"queueArn":"\(arn("/queue/q1"))","enqueueTimestamp":"2026-03-02T13:59:02.000Z"},\
                "agentInfo":{"agentArn":"\(arn("/agent/ada"))","connectedToAgentTimestamp":"2026-03-02T14:00:00.000Z"}
                """),
        """
        {"eventType":"DISCONNECTED","contactId":"c1","channel":"CHAT","instanceArn":"\(arn())",\
        "disconnectTimestamp":"2026-03-02T14:09:00.000Z","attributes":{"customerId":"maya"}}
        """,
        record(
            updated: "2026-03-02T14:30:00Z", attributes: #"{"customerId":"maya","note":"é – ok"}"#,
            extra: """
                "Agent":{"ARN":"\(arn("/agent/ada"))"},"InitiationTimestamp":"2026-03-02T13:59:00Z","Recordings":null
                """),
        flowLog(at: "2026-03-02T13:59:03.456Z", parameters: #"{"Key":"tier","Value":"gold"}"#),
        lens(segments: [
            transcript(id: "t1", end: "1500", sentiment: "NEGATIVE"),
            """
            {"Categories":{"MatchedCategories":["Refund","Legal"],"MatchedDetails":{"Refund":{"PointsOfInterest":\
            [{"BeginOffsetMillis":10,"EndOffsetMillis":900}]}}}}
            """,
        ]),
        cloudEvent("session", data: #"{"status":"connected","media":{"codec":"opus","jitterMs":4.50},"degraded":null}"#),
        cloudEvent("customer", about: "maya", data: #"{"tier":"gold","callback":{"at":"2026-03-03T09:00:00Z"}}"#),
        cloudEvent("authentication", about: "maya", data: #"{"method":"voice","score":0.97}"#),
        cloudEvent("flow", about: "c1", data: #"{"position":"menu","menuChoice":3}"#),
        cloudEvent("queue", about: "q1", data: #"{"contactsInQueue":4,"serviceLevel":0.80}"#),
    ]
}
