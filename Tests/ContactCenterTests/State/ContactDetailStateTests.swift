import TestSupport
import Testing

/// The parts of a contact's projection that the record tells best, and contact events before it.
@Suite("details of a contact", .limited)
struct ContactDetailStateTests {
    @Test(
        "a detail comes from the record, or from contact events if the record lacks it",
        arguments: [
            (
                "customerEndpoint", "event/", "customerEndpoint", #"{"address":"+1","type":"T"}"#,
                #""CustomerEndpoint":{"Address":"+2"}"#, #"{"address":"+2","type":null}"#
            ),
            (
                "systemEndpoint", "event/", "systemEndpoint", #"{"address":"+1","type":"T"}"#,
                #""SystemEndpoint":{"Address":"+2","Type":"V"}"#, #"{"address":"+2","type":"V"}"#
            ),
            ("tags", "event/", "tags", #"{"a":"1"}"#, #""Tags":{"b":"2"}"#, #"{"b":"2"}"#),
            (
                "segmentAttributes", "event/", "segmentAttributes", #"{"s":{"valueString":"x"}}"#,
                #""SegmentAttributes":{"s":{"ValueString":"y"},"n":{"ValueInteger":7}}"#, #"{"n":7,"s":"y"}"#
            ),
            (
                "routingCriteria", "event/", "routingCriteria", #"{"index":1}"#, #""RoutingCriteria":[{"Index":2}]"#,
                #"[{"Index":2}]"#
            ),
            (
                "scheduledAt", "event/", "scheduledAt", #""2026-03-02T10:00:00.000Z""#,
                #""ScheduledTimestamp":"2026-03-02T11:00:00Z""#, #""2026-03-02T11:00:00.000Z""#
            ),
            ("campaignId", "event/", "campaignId", #""c-1""#, #""Campaign":{"CampaignId":"c-2"}"#, #""c-2""#),
            (
                "answeringMachineStatus", "event/", "answeringMachineStatus", #""A""#,
                #""AnsweringMachineDetectionStatus":"B""#, #""B""#
            ),
            (
                "recordings", "event/", "recordings", #"[{"location":"l"}]"#,
                #""Recording":{"Location":"m","Status":"AVAILABLE","Type":"AUDIO"}"#,
                #"[{"location":"m","mediaStreamType":"AUDIO","participantType":null,"status":"AVAILABLE"}]"#
            ),
        ] as [(String, StaticString, String, String, String, String)])
    func sources(name: String, prefix: StaticString, register: String, told: String, record: String, expected: String) {
        let inEvent = name == "segmentAttributes" ? #"{"s":"x"}"# : told
        var contact = StateFixture(.contact) { $0.set(prefix, register, told) }
        #expect(contact[name] == inEvent)
        for nothing in ["null", "\"\"", "{}", "[]"] {
            let field = record.prefix { $0 != ":" }
            var poor = contact
            poor.set("record", CanonicalJSON.rewrite("{\(field):\(nothing)}") ?? "")
            #expect(poor[name] == inEvent, "\(nothing)")
        }
        contact.set("record", CanonicalJSON.rewrite("{\(record)}") ?? "", at: "15:00:00")
        #expect(contact[name] == expected)
    }

    @Test(
        "metadata of Global Resiliency determines the origin and active Region of a contact, whatever Regions its sources came from"
    )
    func resiliency() {
        var contact = StateFixture(.contact) {
            $0.max("seen/", "CONNECTED_TO_AGENT", "14:06:00", region: "us-west-2")
            $0.set(
                "event/", "globalResiliency",
                #"{"activeRegion":"us-west-2","originRegion":"us-east-1","trafficDistributionGroupId":"t"}"#,
                region: "us-west-2")
        }
        // With global routing the same is told in the origin Region, whose name must not decide where the contact is.
        let inOrigin = StateFixture(.contact) {
            $0.max("seen/", "CONNECTED_TO_AGENT", "14:06:00", region: "us-east-1")
            $0.set(
                "event/", "globalResiliency",
                #"{"activeRegion":"us-west-2","originRegion":"us-east-1","trafficDistributionGroupId":"t"}"#,
                region: "us-east-1")
        }
        #expect(inOrigin["activeRegion"] == "\"us-west-2\"")
        #expect(contact["originRegion"] == "\"us-east-1\"")
        #expect(contact["activeRegion"] == "\"us-west-2\"")
        #expect(contact["trafficDistributionGroupId"] == "\"t\"")
        contact.set(
            "record", #"{"GlobalResiliencyMetadata":{"ActiveRegion":"eu-west-2","OriginRegion":null}}"#, region: "us-east-1")
        #expect(contact["activeRegion"] == "\"eu-west-2\"")
        #expect(contact["originRegion"] == "\"us-east-1\"")
    }

    @Test("the agent's work comes from the record, before that from events, and is null if unknown")
    func agentWork() {
        var contact = StateFixture(.contact) { $0.set("record", #"{"Agent":{"ARN":"x"}}"#, at: "13:00:00") }
        #expect(contact["agentWork"] == "null")
        contact.set("event/", "holdSeconds", "45")
        contact.max("milestone/", "AFTER_CONTACT_WORK_STARTED", "14:09:00.250")
        #expect(contact["agentWork", "holdSeconds"] == "45")
        #expect(contact["agentWork", "afterContactWorkStartedAt"] == "\"2026-03-02T14:09:00.250Z\"")
        #expect(contact["agentWork", "holds"] == "null")
        contact.set(
            "record",
            #"{"Agent":{"AfterContactWorkDuration":60,"AfterContactWorkStartTimestamp":"2026-03-02T14:09:00Z","AgentInteractionDuration":500,"CustomerHoldDuration":40,"LongestHoldDuration":30,"NumberOfHolds":2},"AgentConnectionAttempts":3,"Queue":{"DequeueTimestamp":"2026-03-02T13:59:00Z","Duration":59}}"#,
            at: "15:00:00")
        #expect(
            contact["agentWork"]
                == #"{"acceptedAt":null,"afterContactWorkEndedAt":null,"afterContactWorkSeconds":60,"afterContactWorkStartedAt":"2026-03-02T14:09:00.000Z","customerHoldSeconds":40,"holdSeconds":45,"holds":2,"interactionSeconds":500,"longestHoldSeconds":30,"previewEndedAt":null}"#
        )
        #expect(contact["connectionAttempts"] == "3")
        #expect(contact["queueSeconds"] == "59")
        #expect(contact["dequeuedAt"] == "\"2026-03-02T13:59:00.000Z\"")
    }

    @Test("a record alone gives milestones; with events it only gives the times of steps that events saw without a time")
    func milestonesOfRecord() {
        let record =
            #"{"Agent":{"ConnectedToAgentTimestamp":"2026-03-02T14:01:00Z"},"DisconnectTimestamp":"2026-03-02T14:08:00Z","InitiationTimestamp":"2026-03-02T13:59:00Z","Queue":{"EnqueueTimestamp":"2026-03-02T14:00:00Z"}}"#
        var contact = StateFixture(.contact) { $0.set("record", record) }
        #expect(
            contact["milestones"]
                == #"{"CONNECTED_TO_AGENT":"2026-03-02T14:01:00.000Z","DISCONNECTED":"2026-03-02T14:08:00.000Z","INITIATED":"2026-03-02T13:59:00.000Z","QUEUED":"2026-03-02T14:00:00.000Z"}"#
        )
        contact.max("seen/", "QUEUED", "14:00:02")
        contact.max("seen/", "PAUSED", "14:00:03")
        contact.max("milestone/", "DISCONNECTED", "14:08:00.700")
        #expect(
            contact["milestones"]
                == #"{"CONNECTED_TO_AGENT":"2026-03-02T14:01:00.000Z","DISCONNECTED":"2026-03-02T14:08:00.700Z","INITIATED":"2026-03-02T13:59:00.000Z","PAUSED":"2026-03-02T14:00:03.000Z","QUEUED":"2026-03-02T14:00:00.000Z"}"#
        )
    }

    @Test("evaluations and references have one form for all sources")
    func forms() {
        let shown =
            #"{"f/1":{"arn":"arn:e","deletedAt":null,"endedAt":"2026-03-02T15:00:00.000Z","exportLocation":null,"startedAt":null,"status":"COMPLETE"}}"#
        for spelled in [
            #"{"f/1":{"endTimestamp":"2026-03-02T15:00:00.000Z","evaluationArn":"arn:e","status":"COMPLETE"}}"#,
            #"{"f/1":{"EndTimestamp":"2026-03-02T15:00:00Z","EvaluationArn":"arn:e","Status":"COMPLETE"}}"#,
        ] {
            #expect(StateFixture(.contact) { $0.set("event/", "evaluations", spelled) }["evaluations"] == shown)
            let record = "{\"ContactEvaluations\":\(spelled)}"
            #expect(StateFixture(.contact) { $0.set("record", record) }["evaluations"] == shown)
        }
        let references = #"{"References":[{"Name":"ticket","Status":"APPROVED","Type":"URL","Value":"https://x"},7,{}]}"#
        #expect(
            StateFixture(.contact) { $0.set("record", references) }["references"]
                == #"[{"name":"ticket","type":"URL","value":"https://x"},{"name":null,"type":null,"value":null}]"#)
    }

    @Test(
        "a register with an unexpected value is treated as unknown",
        arguments: ["null", "7", "\"x\"", "[]", "{}"])
    func broken(value: String) {
        let names = [
            "customerEndpoint", "evaluations", "globalResiliency", "segmentAttributes", "systemEndpoint", "recordings",
            "holdSeconds", "scheduledAt",
        ]
        let contact = StateFixture(.contact) {
            for name in names { $0.set("event/", name, value) }
            $0.set("analysis/state", value)
            $0.set("analysis/rules", value)
            $0.set("analysis/sentiment", value)
            $0.set("record", value, at: "13:00:00")
        }
        #expect(CanonicalJSON.memberNames(contact.state) == CanonicalJSON.memberNames(StateFixture(.contact).state))
        #expect(CanonicalJSON.rewrite(contact.state) == contact.state)
        #expect(contact["evaluations"] == "{}")
        #expect(contact["rules"] == "[]")
    }
}
