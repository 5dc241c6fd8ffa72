import ContactCenter
import JSON
import Platform
import TestSupport
import Testing

@testable import API
@testable import Writing

@Suite("events are accepted", .limited)
struct EventAcceptorTests {
    static let secret = Secret("0123456789abcdef0123456789abcdef")
    static let now = Timestamp(milliseconds: 1_772_000_000_000)
    static let session =
        #"{"specversion":"1.0","id":"e1","source":"/desktop","type":"converge.session.v1","subject":"ann/1","data":{"status":"connected","note":{"b":1,"a":[1.50]}}}"#

    static func acceptor(_ region: String = "us-east-1", _ secrets: [Secret] = [secret]) throws -> EventAcceptor {
        EventAcceptor(region: region, keys: try #require(EventKeys(secrets)))
    }

    private static func accept(
        _ acceptor: inout EventAcceptor, _ text: String, at now: Timestamp = now, why: String? = nil
    ) throws -> AcceptedEvent {
        try acceptor.accept(Array(text.utf8), now: now) { _, _ in why }
    }

    private static func text(_ event: AcceptedEvent) -> String { String(decoding: event.bytes, as: UTF8.self) }

    @Test("an event is stamped with the endpoint's time and Region, signed, and canonical")
    func stamped() throws {
        var acceptor = try Self.acceptor()
        let event = try Self.accept(&acceptor, Self.session)
        #expect(event.kind == .session && event.subject == "ann/1" && event.time == Self.now)
        let text = Self.text(event)
        #expect(
            text.hasSuffix(
                #""data":{"note":{"a":[1.50],"b":1},"status":"connected"},"datacontenttype":"application/json","id":"e1","region":"us-east-1","source":"/desktop","specversion":"1.0","subject":"ann/1","time":"2026-02-25T06:13:20.000Z","type":"converge.session.v1"}"#
            ), "\(text)")
        #expect(text.hasPrefix(#"{"convergesignature":""#))
    }

    @Test("the stamp is the decoder's: what is accepted becomes registers of that time and Region")
    func decoded() throws {
        var acceptor = try Self.acceptor()
        let event = try Self.accept(&acceptor, Self.session)
        let batch = MutationBatch(sliceCount: 1)
        event.bytes.withUnsafeBytes { RecordDecoder().decode($0, arrival: Self.now, index: 0, into: batch) }
        #expect(batch.rejections.isEmpty && batch.unknown == 0)
        let mutations = batch.mutations(ofSlice: 0)
        #expect(mutations.count == 1)
        let register = try #require(mutations[0].entity.register("field/status"))
        #expect(register.stamp.time == Self.now && register.stamp.region.text == "us-east-1")
    }

    @Test("the other endpoint takes the accepted event as it is, and again does")
    func handedOver() throws {
        var (east, west) = (try Self.acceptor(), try Self.acceptor("us-west-2"))
        let event = try Self.accept(&east, Self.session)
        for _ in 0..<2 { #expect(try Self.accept(&west, Self.text(event)) == event) }
        // Spelled otherwise it is the same event.
        #expect(try Self.accept(&west, Self.text(event).replacing(",", with: " ,\n ")) == event)
        #expect(try Self.accept(&east, Self.text(event)) == event)
    }

    @Test("any change of a signed event is seen, and a key that is being replaced counts still")
    func tampered() throws {
        var east = try Self.acceptor()
        let event = Self.text(try Self.accept(&east, Self.session))
        for (old, new) in [
            ("connected", "closed"), ("us-east-1", "us-west-2"), ("06:13:20.000Z", "06:13:20.001Z"), ("ann/1", "ben/1"),
            (#""id":"e1""#, #""id":"e2""#), ("/desktop", "/other"),
        ] {
            #expect(throws: EventRefusal.self, "\(new)") { try Self.accept(&east, event.replacing(old, with: new)) }
        }
        let other = Secret("another key of at least so many bytes")
        var rolled = try Self.acceptor("us-west-2", [other, Self.secret])
        #expect(Self.text(try Self.accept(&rolled, event)) == event)
        var without = try Self.acceptor("us-west-2", [other])
        #expect(throws: EventRefusal.self) { try Self.accept(&without, event) }
    }

    @Test("sent again it is the same event; its id with something else in it is refused; long after it is stamped anew")
    func again() throws {
        var acceptor = try Self.acceptor()
        let event = try Self.accept(&acceptor, Self.session)
        let later = Timestamp(milliseconds: Self.now.milliseconds + 5_000)
        #expect(try Self.accept(&acceptor, Self.session, at: later) == event)
        // As long, and of other bytes.
        let other = Self.session.replacing("connected", with: "wrap-up-1")
        #expect(
            throws: EventRefusal.reused(
                "the id e1 was given to another event of ann/1; give each event an id of its own, such as a UUID")
        ) { try Self.accept(&acceptor, other, at: later) }
        let late = Timestamp(milliseconds: Self.now.milliseconds + RecentEvents.keptMilliseconds + 1)
        #expect(try Self.accept(&acceptor, Self.session, at: late).time == late)
    }

    @Test("an id is one of its source, its entity and its type, whatever blanks and breaks stand in them")
    func idsApart() throws {
        var acceptor = try Self.acceptor()
        var times: Set<Timestamp> = []
        for (source, subject, id) in [
            ("a", "s", "1"), ("b", "s", "1"), ("a", "t", "1"), ("a", "s\\n1", "1"), ("a", "s", "1\\n1"), ("a s", "1", "1"),
            ("a", "s 1", "1"), ("a", "s", "1 1"),
        ] {
            let text = Self.session.replacing(#""e1""#, with: "\"\(id)\"").replacing("/desktop", with: source)
                .replacing("ann/1", with: subject)
            times.insert(try Self.accept(&acceptor, text).time)
        }
        #expect(times.count == 8, "each is an event of its own")
    }

    @Test(
        "of two events the later one has the later time, though the clock stands still, goes back, or another endpoint's is ahead"
    )
    func order() throws {
        var (east, west) = (try Self.acceptor(), try Self.acceptor("us-west-2"))
        func event(_ id: Int) -> String { Self.session.replacing(#""e1""#, with: #""e\#(id)""#) }
        var times: [Timestamp] = []
        for (id, back) in [(1, 0), (2, 0), (3, 400), (4, 0)] as [(Int, Int64)] {
            times.append(
                try Self.accept(&east, event(id), at: Timestamp(milliseconds: Self.now.milliseconds - back)).time)
        }
        #expect(times == times.sorted() && Set(times).count == 4)
        let ahead = Timestamp(milliseconds: Self.now.milliseconds + 9_000)
        let signed = try Self.accept(&west, event(5), at: ahead)
        _ = try Self.accept(&east, Self.text(signed))
        #expect(try Self.accept(&east, event(6)).time > signed.time)
        // A clock that is off by minutes is not followed.
        let far = try Self.accept(&west, event(7), at: Timestamp(milliseconds: Self.now.milliseconds + 200_000))
        _ = try Self.accept(&east, Self.text(far))
        #expect(try Self.accept(&east, event(8)).time < far.time)
        let tooFar = try Self.accept(&west, event(9), at: Timestamp(milliseconds: Self.now.milliseconds + 400_000))
        #expect(throws: EventRefusal.self) { try Self.accept(&east, Self.text(tooFar)) }
    }

    @Test(
        "what is wrong is named",
        arguments: [
            ("[]", "the body is not a JSON object"), ("{", "the body is not JSON"), ("\u{0}", "the body is not JSON"),
            (session.replacing(#""1.0""#, with: #""0.3""#), "specversion"),
            (session.replacing("session.v1", with: "session.v2"), "type: not one of converge.authentication.v1"),
            (session.replacing(#""e1""#, with: #""""#), "id: not a string of 1 to 256 bytes"),
            (session.replacing(#""ann/1""#, with: "1"), "subject: not a string of 1 to 1024 bytes"),
            (session.replacing(#""source":"/desktop","#, with: ""), "source: not a string"),
            (session.replacing(#""data":"#, with: #""data_base64":"#), "data_base64: not accepted here"),
            (session.replacing("}}}", with: "}},\"EventType\":\"LOGIN\"}"), "EventType: not accepted here"),
            (session.replacing(#""connected""#, with: "7"), "data.status: not a string, and not null"),
            (session.replacing("}}}", with: "}},\"time\":\"2030-01-01T00:00:00Z\"}"), "time: is set by the endpoint"),
            (session.replacing("}}}", with: "}},\"region\":\"eu-west-1\"}"), "region: is set by the endpoint"),
            (session.replacing("}}}", with: "}},\"convergesignature\":7}"), "convergesignature: is set by the endpoint"),
            (
                session.replacing("}}}", with: "}},\"convergesignature\":\"x.y\"}"),
                "a signed event without time or region"
            ),
            (
                session.replacing(
                    "}}}", with: "}},\"convergesignature\":\"x.y\",\"time\":\"2026-02-25T06:13:20Z\",\"region\":\"us-east-1\"}"),
                "convergesignature: not a signature of an endpoint"
            ),
            (session.replacing(#"{"status":"connected","note":{"b":1,"a":[1.50]}}"#, with: "{}"), "data: no fields"),
            (session.replacing(#""data""#, with: #""datacontenttype":"text/xml","data""#), "datacontenttype"),
        ])
    func wrong(text: String, reason: String) throws {
        var acceptor = try Self.acceptor()
        do {
            _ = try Self.accept(&acceptor, text)
            Issue.record("\(text) is accepted")
        } catch EventRefusal.malformed(let said) {
            #expect(said.hasPrefix(reason), "\(said)")
        }
    }

    @Test("an event is nested as deep as a body can be, and nobody falls over it")
    func deep() throws {
        var acceptor = try Self.acceptor()
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            for depth in [100, 1_000, 5_000, 30_000] {
                let value = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
                _ = try? Self.accept(&acceptor, Self.session.replacing("[1.50]", with: value))
            }
        }
        _ = try Self.accept(&acceptor, Self.session.replacing(#""e1""#, with: #""e2""#))
    }

    @Test("who may not write an entity is told why, before anything else of it is looked at")
    func forbidden() throws {
        var acceptor = try Self.acceptor()
        #expect(throws: EventRefusal.forbidden("not yours")) {
            try Self.accept(&acceptor, Self.session, why: "not yours")
        }
        // And has taken no id by it.
        _ = try Self.accept(&acceptor, Self.session.replacing("connected", with: "closed"))
    }

    @Test("what is remembered is bounded by number, bytes and time", arguments: [(5, 1 << 20), (1_000, 2_000)])
    func remembered(count: Int, bytes: Int) throws {
        var recent = RecentEvents(countMax: count, bytesMax: bytes)
        let event = AcceptedEvent(bytes: [UInt8](repeating: 1, count: 90), kind: .session, subject: "s", time: Self.now)
        for number in 0..<5_000 {
            recent.keep("\(number)", [UInt8](repeating: 2, count: 10), event, now: Self.now)
            #expect(recent.count <= count && recent.bytes <= bytes)
        }
        #expect(recent.find("4999", [UInt8](repeating: 2, count: 10), now: Self.now) == .same(event))
        #expect(recent.find("0", [], now: Self.now) == .none)
        let later = Timestamp(milliseconds: Self.now.milliseconds + RecentEvents.keptMilliseconds + 1)
        #expect(recent.find("4999", [], now: later) == .none)
        #expect(recent.count == 0 && recent.bytes == 0)
    }

    @Test("keys that are too short, too many, or none are no keys")
    func keys() {
        #expect(EventKeys([]) == nil)
        #expect(EventKeys([Secret("short")]) == nil)
        #expect(EventKeys([Secret](repeating: Self.secret, count: 5)) == nil)
    }
}
