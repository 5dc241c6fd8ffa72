import TestSupport
import Testing

@testable import ContactCenter

/// Contact Lens segments of chats, schema 2.0.0: time stands in each message, and the type of event has another name.
@Suite("Contact Lens segments of chats", .limited)
struct ChatLensTests {
    typealias T = Texts

    static func message(_ id: String, at time: String, _ sentiment: String = "NEUTRAL") -> String {
        """
        {"Transcript":{"Id":"\(id)","ParticipantId":"p","ParticipantRole":"CUSTOMER","Content":"secret words",\
        "Time":{"AbsoluteTime":"\(time)"},"Sentiment":"\(sentiment)"}}
        """
    }

    static func categories(_ names: String...) -> String {
        let details = names.map {
            #""\#($0)":{"PointsOfInterest":[{"TranscriptItems":[{"Id":"m","CharacterOffsets":{"BeginOffsetChar":0,"EndOffsetChar":6}}]}]}"#
        }
        let matched = names.map { "\"\($0)\"" }.joined(separator: ",")
        return #"{"Categories":{"MatchedCategories":[\#(matched)],"MatchedDetails":{\#(details.joined(separator: ","))}}}"#
    }

    static func event(_ type: String, _ segments: [String]? = nil) -> String {
        let list = segments.map { ",\"OutputType\":\"Raw\",\"Segments\":[\($0.joined(separator: ","))]" } ?? ""
        return """
            {"Version":"2.0.0","Channel":"CHAT","AccountId":"\(T.account)","InstanceId":"\(T.instance)","ContactId":"c1",\
            "StreamingEventType":"\(type)","StreamingSettings":{"LanguageCode":"en-US","Output":"Raw"}\(list)}
            """
    }

    @Test("a message is stamped with its own time, and the categories of its event with the latest time")
    func registers() {
        let world = EventWorld(
            Self.event(
                "SEGMENTS",
                [
                    Self.message("m1", at: "2026-03-02T14:01:00.715Z", "NEGATIVE"), Self.categories("Cancellation"),
                    #"{"Event":{"Id":"e","EventType":"LEFT","Time":{"AbsoluteTime":"2026-03-02T14:02:00.100Z"}}}"#,
                ]))
        #expect(
            world.json(.contact, "c1") == """
                {"analysis/categories":{"capacity":256,"members":[{"event":"","rank":0,"region":"",\
                "time":"2026-03-02T14:02:00.100Z","value":"Cancellation"}],"rule":"union"},\
                "analysis/sentiment":{"event":"m1","rank":0,"region":"","time":"2026-03-02T14:01:00.715Z",\
                "value":{"role":"CUSTOMER","sentiment":"NEGATIVE"}}}
                """)
        #expect(world.counts == ["contact-lens.SEGMENTS": 1])
        #expect(!world.state.contains("secret"))
    }

    @Test("the sentiment of the latest message wins, in any order and with repetitions")
    func latest() {
        let first = Self.event(
            "SEGMENTS", [Self.message("m1", at: "2026-03-02T14:01:00.000Z", "NEGATIVE"), Self.categories("A")])
        let second = Self.event(
            "SEGMENTS", [Self.message("m2", at: "2026-03-02T14:02:00.000Z", "POSITIVE"), Self.categories("B", "A")])
        for order in [[first, second], [second, first, second, first]] {
            let world = EventWorld()
            for event in order { world.feed(event) }
            #expect(world.shown(.contact, "c1", "sentiment") == #"{"role":"CUSTOMER","sentiment":"POSITIVE"}"#)
            #expect(world.shown(.contact, "c1", "categories") == #"["A","B"]"#)
        }
    }

    @Test("categories without a time are kept")
    func categoriesAlone() {
        let world = EventWorld(Self.event("SEGMENTS", [Self.categories("Refund")]))
        #expect(world.rejections.isEmpty)
        #expect(world.members(.contact, "c1", "analysis/categories") == ["\"Refund\""])
    }

    @Test(
        "each type is recognized and counted by its name, in both schemas",
        arguments: ["STARTED", "SEGMENTS", "COMPLETED", "FAILED", "SOMETHING"])
    func types(type: String) {
        let expected = ["contact-lens." + (type == "SOMETHING" ? "other" : type): 1]
        let calls = T.lens(segments: []).replacing("SEGMENTS", with: type)
        let bare = calls.replacing(#","Segments":[]"#, with: "")
        for text in [Self.event(type), Self.event(type, []), calls, bare] {
            let world = EventWorld(text)
            #expect(world.counts == expected && world.unknown == 0 && world.rejections.isEmpty, "\(text)")
            #expect(world.mutations.isEmpty)
        }
    }

    @Test("segments of calls, ordered by offset, and segments of chats, ordered by time, never share a register")
    func apart() {
        let world = EventWorld(
            Self.event("SEGMENTS", [Self.message("m1", at: "2026-03-02T14:01:00.000Z"), Self.categories("Chat")]),
            T.lens(segments: [
                T.transcript(id: "t1", end: "1500", sentiment: "NEGATIVE"),
                #"{"Categories":{"MatchedCategories":["Call","Chat"]}}"#,
            ]))
        #expect(
            world.paths(.contact, "c1") == ["analysis/categories", "analysis/sentiment", "lens/categories", "lens/sentiment"])
        #expect(world.shown(.contact, "c1", "categories") == #"["Call","Chat"]"#)
    }

    @Test(
        "an event with a sentiment that has no offset and no time is refused completely",
        arguments: ["", "soon", "1970-01-01T00:00:00.001Z"])
    func noTime(time: String) {
        let text = Self.event("SEGMENTS", [Self.message("m1", at: time), Self.categories("A")])
        #expect(EventWorld(text).reasons == ["no-stamp"])
        #expect(EventWorld(text).mutations.isEmpty)
    }

    @Test("a message ahead of its arrival is quarantined like any other event")
    func skew() {
        let world = EventWorld()
        world.feed(Self.event("SEGMENTS", [Self.message("m1", at: "2031-01-01T00:00:00Z")]), arrival: "2026-03-02T14:00:00Z")
        #expect(world.reasons == ["skew"])
    }
}
