import Lattice
import Observability
import TestSupport
import Testing

/// Events of Amazon Connect on EventBridge that are no contact events.
@Suite("EventBridge notifications of rules, analyses and evaluations", .limited)
struct NoticeTests {
    typealias T = Texts

    static func notice(_ type: String, at time: String = "2026-03-02T14:00:00Z", event: String = T.uuid(1), _ detail: String)
        -> String
    {
        """
        {"version":"0","id":"\(event)","detail-type":"\(type)","source":"aws.connect","account":"\(T.account)","time":"\(time)",\
        "region":"us-east-1","resources":["\(T.arn())"],"detail":{\(detail)}}
        """
    }

    static func rule(_ name: String) -> String {
        """
        "version":"1.0","ruleName":"\(name)","actionName":"act","instanceArn":"\(T.arn())","contactArn":"\(T.arn("/contact/c1"))",\
        "agentArn":"\(T.arn("/agent/ada"))","queueArn":"\(T.arn("/queue/q1"))"
        """
    }

    @Test(
        "a rule of any kind that matched is kept by its name",
        arguments: [
            "Contact Lens Post Call Rules Matched", "Contact Lens Realtime Rules Matched",
            "Contact Lens Post Chat Rules Matched",
            "Contact Lens Realtime Chat Rules Matched", "Contact Lens Email Rules Matched",
            "Contact Lens After Call Work Rules Matched", "Contact Lens Evaluation Rules Matched",
            "Rule for Contact Lens Post Call Matched", "Rule for Contact Lens Realtime Matched",
        ])
    func rules(type: String) {
        let world = EventWorld(Self.notice(type, Self.rule("churn")))
        #expect(
            world.json(.contact, "c1") == """
                {"analysis/rules":{"capacity":64,"members":[{"event":"","rank":0,"region":"","time":"2026-03-02T14:00:00.000Z",\
                "value":"churn"}],"rule":"union"}}
                """)
        #expect(world.counts == ["notice.RULES_MATCHED": 1])
        #expect(world.shown(.contact, "c1", "rules") == #"["churn"]"#)
    }

    @Test(
        "a rule whose name takes more than 1,026 bytes of JSON is omitted, and the rest of the event is merged",
        arguments: [
            (String(repeating: "r", count: 1024), true), (String(repeating: "r", count: 1025), false),
            // A control character takes six bytes.
            (String(repeating: "\\u0001", count: 170), true), (String(repeating: "\\u0001", count: 171), false),
        ])
    func longName(name: String, isKept: Bool) {
        let world = EventWorld(Self.notice("Contact Lens Email Rules Matched", Self.rule(name)))
        #expect(world.reasons == [] && world.counts == ["notice.RULES_MATCHED": 1])
        #expect(world.names.contains("contact#c1") == isKept)
    }

    @Test("a contact keeps the latest 64 rules that matched")
    func bound() {
        let world = EventWorld()
        for number in 10..<90 {
            world.feed(
                Self.notice(
                    "Contact Lens Email Rules Matched", at: "2026-03-02T14:00:\(number % 60 < 10 ? "0" : "")\(number % 60)Z",
                    Self.rule("r\(number)")))
        }
        #expect(world.members(.contact, "c1", "analysis/rules").count == 64)
    }

    @Test("a failed analysis is kept with its reason, and the newest counts")
    func analysis() {
        func failed(_ reason: String, at time: String) -> String {
            Self.notice(
                "Contact Lens Analysis State Change", at: time,
                #""instance":"\#(T.arn())","contact":"\#(T.arn("/contact/c1"))","channel":"VOICE","state":"FAILED","reasonCode":"\#(reason)""#
            )
        }
        let events = [failed("FIRST", at: "2026-03-02T14:00:00Z"), failed("SECOND", at: "2026-03-02T14:00:01Z")]
        for order in [events, events.reversed()] {
            let world = EventWorld()
            for event in order { world.feed(event) }
            #expect(
                world.shown(.contact, "c1", "analysis")
                    == #"{"at":"2026-03-02T14:00:01.000Z","reason":"SECOND","state":"FAILED"}"#)
            #expect(world.counts == ["notice.ANALYSIS_STATE_CHANGE": 2])
        }
    }

    @Test(
        "notifications without a contact, or only about a failed tool, are counted and not kept",
        arguments: [
            ("Metrics Rules Matched", "notice.RULES_MATCHED"),
            ("Amazon Connect Rules Action Execution Failed", "notice.RULE_ACTION_FAILED"),
            ("Contact Lens Automated Evaluation Submission Failed", "notice.EVALUATION_FAILED"),
            ("Contact Lens Evaluation Export Failed", "notice.EVALUATION_FAILED"),
        ])
    func counted(type: String, name: String) {
        let world = EventWorld(Self.notice(type, Self.rule("x")))
        #expect(world.counts == [name: 1] && world.unknown == 0 && world.mutations.isEmpty)
    }

    @Test(
        "other EventBridge events count as unknown",
        arguments: ["AWS API Call via CloudTrail", "Contact Lens", "Rules Matched", "Contact Lens Rules", ""])
    func unknown(type: String) {
        let world = EventWorld(Self.notice(type, Self.rule("x")))
        #expect(world.unknown == 1 && world.counts.isEmpty)
    }

    @Test("a notification without a time or without a contact is refused")
    func refused() {
        let type = "Contact Lens Post Call Rules Matched"
        #expect(EventWorld(Self.notice(type, at: "never", Self.rule("x"))).reasons == ["no-stamp"])
        #expect(EventWorld(Self.notice(type, #""ruleName":"x""#)).reasons == ["no-identity"])
        #expect(
            EventWorld(Self.notice(type, #""ruleName":"x","contactArn":"\#(T.arn("/agent/a"))""#)).reasons == ["no-identity"])
        let long = T.arn("/contact/" + String(repeating: "x", count: 1025))
        #expect(EventWorld(Self.notice(type, #""ruleName":"x","contactArn":"\#(long)""#)).reasons == ["too-long"])
    }
}
