import TestSupport
import Testing

@testable import ContactCenter

/// Input made to hurt: large, deep, repeated. The time limits are far above what linear work takes and far below what its
/// square would.
@Suite(.limited(minutes: 1)) struct HostileInputTests {
    typealias T = Texts

    @Test("a CloudEvent with 100,000 unsorted members is refused without quadratic time")
    func manyMembers() {
        var random = Dice(seed: 1)
        let members = (0..<100_000).map { #""m\#($0 % 3 == 0 ? "/" : "-")\#($0)":\#($0)"# }.shuffled(using: &random)
        let world = EventWorld(T.cloudEvent("session", data: "{\(members.joined(separator: ","))}"))
        #expect(world.reasons == ["too-large"] && world.names.isEmpty)
    }

    @Test("of a member that is repeated 100,000 times the last one counts")
    func repeatedMembers() {
        let members = (0..<100_000).map { #""m":\#($0)"# }.joined(separator: ",")
        #expect(EventWorld(T.cloudEvent("session", data: "{\(members)}")).value(.session, "s1", "field/m") == "99999")
    }

    @Test("5,000 contacts that stay and 40,000 that leave are distinguished without quadratic time")
    func manyContacts() {
        let here = (0..<5_000).map { #"{"ContactId":"here\#($0)"}"# }
        let gone = (0..<40_000).map { #"{"ContactId":"gone\#($0)"}"# }
        let world = EventWorld(
            T.agent(
                "STATE_CHANGE", at: "2026-03-02T14:00:00.000Z", current: #"{"Contacts":[\#(here.joined(separator: ","))]}"#,
                previous: #"{"Contacts":[\#((here.reversed() + gone).joined(separator: ","))]}"#))
        #expect(world.mutations.count == 45_001)
        #expect(world.value(.contact, "here7", "agent/\(T.agentSegment)")?.contains("LEFT") == false)
        #expect(world.value(.contact, "gone7", "agent/\(T.agentSegment)")?.contains("LEFT") == true)
    }

    @Test("20,000 categories with details are merged without quadratic time, and 256 of them are kept")
    func manyCategories() {
        let names = (0..<20_000).map { #""category\#($0)""# }
        let details = names.enumerated().map { #"\#($1):{"PointsOfInterest":[{"EndOffsetMillis":\#($0)}]}"# }
        let world = EventWorld(
            T.lens(segments: [
                #"{"Categories":{"MatchedCategories":[\#(names.joined(separator: ","))],"MatchedDetails":{\#(details.reversed().joined(separator: ","))}}}"#
            ]))
        let members = world.members(.contact, "c1", "lens/categories")
        #expect(members.count == 256)
        #expect(members.contains(#""category19999""#))
        #expect(!members.contains(#""category19743""#))
    }

    @Test("strings that consist of escapes are decoded without quadratic time")
    func manyEscapes() {
        let text = String(repeating: #"\u0041\n\ud83d\ude00"#, count: 15_000)
        let world = EventWorld(T.record(updated: "2026-03-02T14:00:00Z", extra: #""a":"\#(text)","\u0062":"\#(text)""#))
        #expect(world.rejections.isEmpty && world.counts == ["record": 1])
    }

    @Test("a gzip bomb is refused completely")
    func bomb() {
        let bomb = Envelope.gzip([UInt8](repeating: 0x20, count: RecordDecoder.inflatedBytesMax + (1 << 17)))
        #expect(bomb.count < 200_000)
        let world = EventWorld()
        world.feed(bomb)
        #expect(world.reasons == ["bad-envelope"])
        #expect(world.rejections.map(\.bytes) == [bomb])
    }

    @Test("memory that one huge record needed is released")
    func memory() {
        let long = String(repeating: "x", count: RecordDecoder.keptBytesMax)
        let events = [
            T.record(updated: "2026-03-02T14:00:00Z", extra: #" "a":"\#(long)""#),
            T.record(updated: "2026-03-02T14:00:00Z", extra: #""a":"\#(long)""#),
            T.record(updated: "2026-03-02T14:00:00Z", extra: #""\u0061":"\#(long)""#),
        ]
        let world = EventWorld()
        for event in events {
            for record in [Array(event.utf8), Envelope.gzip(Envelope.cloudWatchLogs([Array(event.utf8)]))] {
                world.feed(record)
            }
        }
        #expect(world.reasons == Array(repeating: "too-large", count: 6))
        #expect(world.counts.isEmpty)
        #expect(world.scratchBytes < 8 * RecordDecoder.keptBytesMax)
        world.feed("{}")
        #expect(world.scratchBytes < RecordDecoder.keptBytesMax)
    }

    @Test("of a record with only refused events the first 10,000 are kept one by one, and then the whole record")
    func refusals() {
        let record = Envelope.gzip(
            [UInt8](repeating: UInt8(ascii: "7"), count: 1) + Array(String(repeating: " 7", count: 200_000).utf8))
        let world = EventWorld()
        world.feed(record)
        #expect(world.rejections.count == RecordDecoder.rejectionsMax + 1)
        #expect(world.rejections.last?.reason == .tooLarge)
        #expect(world.rejections.last?.bytes == record)
        #expect(world.rejections.last?.path == [])
        world.feed("7")
        #expect(world.rejections.last?.reason == .notObject, "the next record starts anew")
    }

    @Test("documents nested to the limit are kept, and deeper ones are refused", arguments: [(500, true), (513, false)])
    func depth(levels: Int, isKept: Bool) {
        // The event and its data are two levels.
        let value = String(repeating: "[", count: levels - 2) + String(repeating: "]", count: levels - 2)
        let world = EventWorld(T.cloudEvent("session", data: #"{ "a":\#(value)}"#))
        #expect(world.value(.session, "s1", "field/a") == (isKept ? value : nil))
        #expect(world.reasons == (isKept ? [] : ["too-deep"]))
    }

    @Test("nested gzip is opened only to the limit of envelopes")
    func nestedGzip() {
        var record = Array(T.oneOfEach[1].utf8)
        for _ in 0..<4 { record = Envelope.gzip(record) }
        let four = EventWorld()
        four.feed(record)
        #expect(four.counts == ["agent.LOGIN": 1])
        let five = EventWorld()
        five.feed(Envelope.gzip(record))
        #expect(five.reasons == ["too-deep"])
    }

    // MARK: Ids

    @Test(
        "an id is its decoded text, in any spelling, and stays valid while the event is decoded",
        arguments: [
            (#"\u0041bc"#, "Abc"), (#"a\/b"#, "a/b"), ("a/b%2F", "a/b%2F"), (#"tab\tquote\""#, "tab\tquote\""),
            (#"\ud83d\ude00 and more than sixteen bytes"#, "😀 and more than sixteen bytes"), (#"\u0000"#, "\0"),
        ])
    func ids(spelled: String, id: String) {
        let world = EventWorld(
            T.contactEvent("QUEUED", spelled, detail: #""customerId":"\#(spelled)""#),
            T.record(spelled, updated: "2026-03-02T14:00:00Z", attributes: #"{"customerId":"\#(spelled)"}"#),
            T.flowLog(spelled, at: "2026-03-02T14:00:00Z", parameters: #"{"Key":"\#(spelled)","Value":1}"#),
            T.lens(spelled, segments: [T.transcript(id: spelled, end: "5", sentiment: "MIXED")]),
            T.cloudEvent("session", about: spelled, event: spelled, data: #"{"\#(spelled)":1}"#),
            T.agent(
                "HEART_BEAT", at: "2026-03-02T14:00:00.000Z", event: spelled,
                current: T.snapshot(username: spelled, contacts: [T.contact(spelled)])))
        #expect(world.rejections.isEmpty)
        #expect(
            world.names == [
                "agent#\(T.agentID)", "contact#\(id)", "customer#\(id)", "flow#\(id)", "session#\(id)", "username#\(id)",
            ])
        let segment = id.replacing("%", with: "%25").replacing("/", with: "%2F")
        #expect(world.paths(.session, id) == ["field/\(segment)"])
        #expect(world.paths(.flow, id) == ["position", "variable/\(segment)"])
        #expect(world.paths(.contact, id).contains("lens/sentiment"))
        let quoted = Envelope.quoted(Array(id.utf8))
        #expect(world.value(.contact, id, "event/customerId") == quoted)
        #expect(world.value(.contact, id, "record/customer") == quoted)
        #expect(world.members(.customer, id, "contacts") == [quoted])
        #expect(world.register(.session, id, "field/\(segment)")?.hasPrefix(#"{"event":\#(quoted),"#) == true)
    }

    @Test("ids of 1,024 bytes are kept, even if each byte takes three in a path")
    func longIDs() {
        let id = String(repeating: "/", count: 1024)
        let world = EventWorld(
            T.contactEvent(id, id), T.cloudEvent("queue", about: id, data: #"{"\#(id)":1}"#),
            T.flowLog(id, at: "2026-03-02T14:00:00Z", parameters: #"{"Key":"\#(id)","Value":1}"#))
        #expect(world.rejections.isEmpty)
        #expect(world.paths(.queue, id) == ["field/" + String(repeating: "%2F", count: 1024)])
    }

    @Test("the length of a name is that of its decoded text: 1,024 control characters are not too long")
    func escapedNames() {
        let name = String(repeating: #"\u0001"#, count: 1024)
        #expect(EventWorld(T.cloudEvent("queue", data: #"{"\#(name)":1}"#)).paths(.queue, "s1").count == 1)
        #expect(EventWorld(T.cloudEvent("queue", data: #"{"\#(name)x":1}"#)).reasons == ["too-long"])
    }

    @Test("facts about entities with ids that are too long are omitted, and the rest of the event is merged")
    func longIDsOfOthers() {
        let long = String(repeating: "x", count: 1025)
        let world = EventWorld(
            T.agent(
                "HEART_BEAT", at: "2026-03-02T14:00:00.000Z", current: T.snapshot(username: long, contacts: [T.contact(long)]),
                previous: T.snapshot(contacts: [T.contact(long + "y")])),
            T.contactEvent("QUEUED", detail: #""customerId":"\#(long)""#),
            T.lens("c2", segments: [#"{"Categories":{"MatchedCategories":["\#(long)","short"]}}"#]))
        #expect(world.rejections.isEmpty)
        #expect(world.names == ["agent#\(T.agentID)", "contact#c1", "contact#c2"])
        #expect(world.value(.contact, "c1", "event/customerId") == "\"\(long)\"")
        #expect(world.members(.contact, "c2", "lens/categories") == [#""short""#])
    }

    @Test("event ids over 255 bytes are ordered by their hash, and each still identifies one event")
    func longEventIDs() {
        let id = String(repeating: "e", count: 5000)
        let world = EventWorld(T.cloudEvent("queue", event: id, data: #"{"a":1}"#))
        #expect(world.register(.queue, "s1", "field/a")?.contains(MergeTableTests.digest(id)) == true)
    }

    @Test("a channel in upper case is valid JSON, whatever it contains")
    func channels() {
        let world = EventWorld(T.contactEvent("QUEUED", detail: #""channel":"Vo\n\t\u001fi\"ce é""#))
        #expect(world.value(.contact, "c1", "event/channel") == #""VO\n\t\u001fI\"CE é""#)
    }
}
