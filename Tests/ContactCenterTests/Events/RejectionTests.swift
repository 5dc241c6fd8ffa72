import TestSupport
import Testing

@testable import ContactCenter

/// What is not merged: the last table of `docs/merge.md`.
@Suite(.limited) struct RejectionTests {
    typealias T = Texts

    static let long = String(repeating: "x", count: 1025)
    static let refused: [(reason: RejectionReason, text: String)] = [
        (.notJSON, "hello"), (.notJSON, ""), (.notJSON, "   \n"), (.notJSON, #"{"a":1"#), (.notJSON, #"{"a":01}"#),
        (.notJSON, #"{"a":NaN}"#), (.notJSON, #"{"a":"\x"}"#), (.notJSON, "\u{FEFF}"), (.notJSON, #"{'a':1}"#),
        (.notObject, "7"), (.notObject, #""text""#), (.notObject, "null"), (.notObject, "true"), (.notObject, "-0.5e3"),
        (.tooDeep, String(repeating: "[", count: 600) + String(repeating: "]", count: 600)),
        (.noStamp, T.agent("LOGIN", at: "yesterday")),
        (.noStamp, T.agent("LOGIN", at: "2026-02-30T00:00:00.000Z")),
        (
            .noStamp,
            T.agent("LOGIN", at: "2026-03-02T14:00:00.000Z").replacing(
                #""EventTimestamp":"2026-03-02T14:00:00.000Z""#, with: #""EventTimestamp":1772460000"#)
        ),
        (.noStamp, T.contactEvent("QUEUED", at: "")),
        (.noStamp, #"{"eventType":"QUEUED","contactId":"c1","initiationTimestamp":"1970-01-01T00:00:00.001Z"}"#),
        (.noStamp, T.record(updated: "never")), (.noStamp, T.flowLog(at: "never")),
        (.noStamp, T.cloudEvent("session", at: "never", data: "{}")),
        (.noStamp, T.lens(segments: [T.transcript(id: "t", end: "-1", sentiment: "NEUTRAL")])),
        (.noStamp, T.lens(segments: [T.transcript(id: "t", end: "1e3", sentiment: "NEUTRAL")])),
        (.noStamp, T.lens(segments: [T.transcript(id: "t", end: "99999999999999999999", sentiment: "NEUTRAL")])),
        (.noIdentity, T.agent("LOGIN", at: "2026-03-02T14:00:00.000Z").replacing(T.arn("/agent/ada"), with: "ada")),
        (.noIdentity, T.agent("LOGIN", at: "2026-03-02T14:00:00.000Z").replacing(T.arn("/agent/ada"), with: T.arn())),
        (.noIdentity, T.agent("LOGIN", at: "2026-03-02T14:00:00.000Z").replacing(T.arn("/agent/ada"), with: T.arn("/agent/"))),
        (.noIdentity, T.agent("LOGIN", at: "2026-03-02T14:00:00.000Z").replacing(T.instance, with: "")),
        (.noIdentity, T.agent("LOGIN", at: "2026-03-02T14:00:00.000Z").replacing(#""\#(T.arn("/agent/ada"))""#, with: "null")),
        (.noIdentity, T.contactEvent("QUEUED", "")), (.noIdentity, T.contactEvent("")),
        (.noIdentity, T.contactEvent("QUEUED").replacing(#""c1""#, with: "17")),
        (.noIdentity, T.record("", updated: "2026-03-02T14:00:00Z")), (.noIdentity, T.flowLog("", at: "2026-03-02T14:00:00Z")),
        (.noIdentity, T.flowLog(at: "2026-03-02T14:00:00Z").replacing(#""ContactId":"c1","#, with: "")),
        (.noIdentity, T.lens("", segments: [])), (.noIdentity, T.cloudEvent("queue", about: "", data: "{}")),
        (.tooLong, T.agent("LOGIN", at: "2026-03-02T14:00:00.000Z", agent: long)), (.tooLong, T.contactEvent("QUEUED", long)),
        (.tooLong, T.contactEvent(long)), (.tooLong, T.record(long, updated: "2026-03-02T14:00:00Z")),
        (.tooLong, T.flowLog(long, at: "2026-03-02T14:00:00Z")), (.tooLong, T.lens(long, segments: [])),
        (.tooLong, T.flowLog(at: "2026-03-02T14:00:00Z", parameters: #"{"Key":"\#(long)","Value":"x"}"#)),
        (.tooLong, T.cloudEvent("session", about: long, data: "{}")),
        (.tooLong, T.cloudEvent("session", data: #"{"\#(long)":1}"#)),
        (.badEnvelope, T.cloudEvent("session", data: "null")), (.badEnvelope, T.cloudEvent("session", data: "[1]")),
        (.badEnvelope, T.cloudEvent("session", data: "7").replacing(#","data":7"#, with: "")),
        (.badEnvelope, #"{"capture":1,"data":"!!!!"}"#),
    ]

    @Test("an event that cannot be merged is refused completely, with its reason, and writes nothing", arguments: refused)
    func reasons(reason: RejectionReason, text: String) {
        let world = EventWorld(text)
        #expect(world.rejections.map(\.reason) == [reason], "\(text.prefix(300))")
        #expect(world.rejections.map(\.bytes) == [Array(text.utf8)])
        #expect(world.rejections.first?.path == [])
        #expect(world.rejections.first?.record == EventWorld.recordIndex)
        #expect(world.mutations.isEmpty)
        #expect(world.counts.isEmpty)
    }

    @Test("a refused event keeps its original bytes, however its keys are spelled")
    func originalBytes() {
        let text = #"{ "\u0041gentARN" : "ada", "EventTimestamp":"2026-03-02T14:00:00.000Z" }"#
        let world = EventWorld(text + "[" + text + "]")
        #expect(world.reasons == ["no-identity", "no-identity"])
        #expect(world.rejections.map(\.path) == [[], [1]])
        #expect(world.rejections.map(\.bytes) == [Array(text.utf8), Array(text.utf8)])
    }

    @Test("text that is not UTF-8 is refused")
    func notUTF8() {
        for bytes: [UInt8] in [[0xFF, 0xFE, 0x7B, 0x7D], Array(#"{"a":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)] {
            let world = EventWorld()
            world.feed(bytes)
            #expect(world.reasons == ["not-utf8"])
            #expect(world.rejections.map(\.bytes) == [bytes])
        }
    }

    @Test("events before a damaged one are merged, and the whole record is refused")
    func damageBehindEvents() {
        let text = T.oneOfEach[1] + "\n" + T.oneOfEach[9] + "\n{\"a\":"
        let world = EventWorld(text)
        #expect(world.reasons == ["not-json"])
        #expect(world.rejections.map(\.bytes) == [Array(text.utf8)])
        #expect(world.counts == ["agent.LOGIN": 1, "converge.session.v1": 1])
    }

    @Test("envelopes that cannot be opened are refused completely")
    func envelopes() {
        let good = Array(T.oneOfEach[1].utf8)
        var wrongSum = Envelope.kpl([good])
        wrongSum[wrongSum.count - 1] ^= 1
        let gzip = Envelope.gzip(good)
        var wrongCheck = gzip
        wrongCheck[wrongCheck.count - 5] ^= 1
        let cases: [[UInt8]] = [
            wrongSum, [0xF3, 0x89, 0x9A, 0xC2], [0xF3, 0x89, 0x9A, 0xC2, 1, 2, 3], Array(gzip.dropLast(9)), wrongCheck,
            gzip + Array("tail".utf8), [0x1F, 0x8B, 8, 0], [0x1F, 0x8B, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            Envelope.kpl(message: [0x1A, 0x7F]), Envelope.kpl(message: [0x1A, 2, 0x08, 0]), Envelope.kpl(message: [0x1B, 0]),
            Envelope.kpl(message: [UInt8](repeating: 0xFF, count: 12)),
        ]
        for bytes in cases {
            let world = EventWorld()
            world.feed(bytes)
            #expect(world.reasons == ["bad-envelope"], "\(bytes.prefix(12))")
            #expect(world.rejections.map(\.bytes) == [bytes])
            #expect(world.mutations.isEmpty)
        }
    }

    @Test("records of an aggregate before its damage are merged")
    func damagedAggregate() {
        let world = EventWorld()
        world.feed(Envelope.kpl(message: Envelope.field(3, Envelope.field(3, Array(T.oneOfEach[1].utf8))) + [0x1A, 0x7F]))
        #expect(world.reasons == ["bad-envelope"])
        #expect(world.counts == ["agent.LOGIN": 1])
    }

    @Test("an event that is refused inside an envelope is kept alone, with its number in each envelope around it")
    func paths() {
        let bad = Array("[7]".utf8)
        let good = Array(T.oneOfEach[1].utf8)
        let world = EventWorld()
        world.feed(Envelope.lambda([good, Envelope.kpl([good, good, bad])]))
        #expect(world.rejections.map(\.path) == [[2, 3, 1]])
        #expect(world.rejections.map(\.bytes) == [Array("7".utf8)])
        #expect(world.counts == ["agent.LOGIN": 3])
    }

    @Test("invalid Base64 in a Lambda envelope is refused with its entry and number, and the other entries are decoded")
    func badBase64() {
        let good = Envelope.lambda([Array(T.oneOfEach[1].utf8)])
        let entry = #"{"kinesis":{"data":"a b","sequenceNumber":"1"}}"#
        let text = String(decoding: good, as: UTF8.self).replacing(#"{"Records":["#, with: #"{"Records":[\#(entry),"#)
        let world = EventWorld(text)
        #expect(world.reasons == ["bad-envelope"])
        #expect(world.rejections.map(\.path) == [[1]])
        #expect(world.rejections.map(\.bytes) == [Array(entry.utf8)])
        #expect(world.counts == ["agent.LOGIN": 1])
    }

    @Test("at most four nested envelopes are opened")
    func depth() {
        var record = Array(T.oneOfEach[1].utf8)
        for depth in 1...5 {
            record = Envelope.capture(record)
            let world = EventWorld()
            world.feed(record)
            #expect(world.counts == (depth <= 4 ? ["agent.LOGIN": 1] : [:]))
            if depth == 5 {
                #expect(world.reasons == ["too-deep"])
                #expect(world.rejections.map(\.path) == [[1, 1, 1, 1, 1]])
                #expect(world.rejections.map(\.bytes) == [Array(T.oneOfEach[1].utf8)])
            }
        }
        let deepest = Envelope.capture(Envelope.kpl([Envelope.gzip(Envelope.cloudWatchLogs([Array(T.oneOfEach[7].utf8)]))]))
        let world = EventWorld()
        world.feed(deepest)
        #expect(world.counts == ["flow-log": 1], "a captured, aggregated, compressed log record is four deep")
    }

    @Test(
        "an event stamped too far ahead of its arrival is quarantined",
        arguments: Texts.oneOfEach.filter { !$0.contains("Segments") })
    func skew(text: String) throws {
        let world = EventWorld()
        world.feed(text, arrival: "2026-03-02T13:00:00Z")
        #expect(world.reasons == ["skew"])
        #expect(world.rejections.map(\.bytes) == [Array(text.utf8)])
        #expect(world.rejections.first?.arrival?.description == "2026-03-02T13:00:00.000Z")
        #expect(world.mutations.isEmpty)
        #expect(world.counts.isEmpty)
    }

    @Test("the skew guard accepts exactly its limit, measured against the arrival in the envelope")
    func skewBound() {
        let event = T.agent("LOGIN", at: "2026-03-02T14:05:00.000Z")
        for (arrival, isIn) in [("2026-03-02T14:00:00.000Z", true), ("2026-03-02T13:59:59.999Z", false)] {
            let plain = EventWorld()
            plain.feed(event, arrival: arrival)
            #expect(plain.reasons.isEmpty == isIn)
            let captured = EventWorld()
            captured.feed(Envelope.capture(Array(event.utf8), arrival: arrival))
            #expect(captured.reasons.isEmpty == isIn)
            #expect(captured.rejections.first?.arrival?.description == (isIn ? nil : arrival))
        }
        for (seconds, isIn) in [
            ("1772460000.000", true), ("1772459999.999", false), ("1772460000", true), ("1.772459999999E9", false),
            ("1.7724600000E9", true), ("1772460000000", true), ("1772459999999", false), ("null", true), ("-1e999", true),
        ] {
            let world = EventWorld()
            world.feed(Envelope.lambda([Array(event.utf8)], arrival: seconds))
            #expect(world.reasons == (isIn ? [] : ["skew"]), "\(seconds)")
        }
    }

    @Test("without an arrival, the skew guard measures against --now if it is given")
    func skewNow() {
        let event = T.agent("LOGIN", at: "2026-03-02T14:05:00.000Z")
        #expect(EventWorld(event).reasons.isEmpty)
        let world = EventWorld(
            options: DecoderOptions(skewGuard: SkewGuard(now: .init(milliseconds: 1_772_459_999_999))))
        world.feed(event)
        #expect(world.reasons == ["skew"])
    }

    @Test("extreme arrival times do not trap the skew guard")
    func skewExtremes() {
        for (arrival, isIn) in [(Int64.min, false), (.max, true), (-1, false)] {
            let world = EventWorld()
            world.feed(Array(T.oneOfEach[1].utf8), arrival: .init(milliseconds: arrival))
            #expect(world.reasons == (isIn ? [] : ["skew"]))
        }
    }
}
