import ContactCenter
import EngineCore
import HTTPServer
import JSON
import Lattice
import Platform
import Synchronization
import TestSupport
import Testing

@testable import API
@testable import Writing

/// A stream into memory, and a state that knows what of it a worker has merged.
private final class Stream: EventSink {
    private struct State {
        var events: [[UInt8]] = []
        var merged = 0
        var isAway = false
    }

    private let state = Mutex(State())
    let isMergedAtOnce: Bool

    init(isMergedAtOnce: Bool = false) { self.isMergedAtOnce = isMergedAtOnce }

    var events: [[UInt8]] { state.withLock { $0.events } }
    func merge() { state.withLock { $0.merged = $0.events.count } }
    func set(isAway: Bool) { state.withLock { $0.isAway = isAway } }

    func put(_ event: [UInt8], key: String) throws(EventSinkError) {
        let isAway = state.withLock { state in
            if !state.isAway { state.events.append(event) }
            return state.isAway
        }
        if isAway { throw EventSinkError("the stream is away") }
        if isMergedAtOnce { merge() }
    }

    /// Of what is merged.
    var reading: EntityReading {
        { kind, id, found throws(StoreError) in
            let batch = MutationBatch(sliceCount: 1)
            let decoder = RecordDecoder()
            for event in self.state.withLock({ $0.events.prefix($0.merged) }) {
                event.withUnsafeBytes { decoder.decode($0, arrival: nil, index: 0, into: batch) }
            }
            let mutations = batch.mutations(ofSlice: 0)
            var entity: [UInt8]?
            var key: [UInt8] = []
            for index in 0..<mutations.count {
                let mutation = mutations[index]
                guard EntityKey(mutation.key).kind == kind, EntityKey(mutation.key).id.text == id else { continue }
                key = Array(mutation.key)
                let before = entity
                entity =
                    before?.withUnsafeBytes { view in
                        var joined = ByteBuffer()
                        return Join.join(EntityView(view), mutation.entity, into: &joined).changed ? joined.array : before
                    } ?? Array(mutation.entity.bytes)
            }
            entity?.withUnsafeBytes { entity in key.withUnsafeBytes { found(EntityKey($0), EntityView(entity)) } }
        }
    }
}

@Suite("writing over HTTP", .limited)
struct EventRoutesTests {
    private let stream: Stream
    private let writer: EventWriter
    private let router: HTTPRouter

    init() throws { try self.init(Stream()) }

    private init(_ stream: Stream) throws {
        let writer = EventWriter(
            region: "us-east-1", keys: try #require(EventKeys([EventAcceptorTests.secret])), sink: stream,
            read: stream.reading, clock: { EventAcceptorTests.now }, failed: { _ in })
        (self.stream, self.writer) = (stream, writer)
        var router = HTTPRouter()
        router.addWriting(writer)
        self.router = router
    }

    private func ask(
        _ method: String, _ path: String, _ body: String, type: String? = nil, headers: [(name: String, value: String)] = [],
        caller: HTTPCaller? = nil
    ) -> (status: Int, text: String) {
        let type = type ?? (method == "POST" ? "application/cloudevents+json" : "application/merge-patch+json")
        let answer = router.answer(
            HTTPRequest(
                method: method, path: path, headers: HTTPHeaders([("Content-Type", type)] + headers), body: Array(body.utf8),
                id: "r1", caller: caller))
        return (answer.status, String(decoding: answer.body.bytes, as: UTF8.self))
    }

    /// The fields of a session as JSON, by name.
    private func fields(_ id: String, through reading: EntityReading) throws -> [String: String] {
        var fields: [String: String] = [:]
        try reading(.session, id) { _, entity in
            for register in entity where !register.isTombstone {
                fields[String(register.path.text.dropFirst(6))] = register.value.text
            }
        }
        return fields
    }

    @Test("POST puts the event as accepted into the stream, and answers with it")
    func post() {
        let (status, text) = ask("POST", "/v1/events", EventAcceptorTests.session)
        #expect(status == 202)
        #expect(stream.events.map { String(decoding: $0, as: UTF8.self) } == [text])
        #expect(ask("POST", "/v1/events", EventAcceptorTests.session).text == text)
        #expect(ask("POST", "/v1/events", text).text == text)
    }

    @Test("the writer reads what they wrote before the tables have it, joined with what those have; others do not")
    func ownWrites() throws {
        #expect(ask("PATCH", "/v1/sessions/ann%2F1", #"{"status":"connected","tab":"a/b","x%":1}"#).status == 202)
        #expect(try fields("ann/1", through: stream.reading).isEmpty)
        #expect(try fields("ann/1", through: writer.reading)["status"] == #""connected""#)
        stream.merge()
        #expect(
            ask("PATCH", "/v1/sessions/ann/1", #"{"status":null,"tab":7}"#, headers: [("Idempotency-Key", "b")]).status == 202)
        #expect(try fields("ann/1", through: writer.reading) == ["tab": "7", "x%25": "1"])
        #expect(try fields("ann/1", through: stream.reading)["status"] == #""connected""#)
        #expect(try fields("ben/1", through: writer.reading).isEmpty)
    }

    @Test("PUT deletes what is not given; PATCH lets it be")
    func put() throws {
        _ = ask("PATCH", "/v1/sessions/ann", #"{"status":"connected","a/b":1,"c%":2}"#, headers: [("Idempotency-Key", "1")])
        _ = ask("PATCH", "/v1/sessions/ann", #"{"device":"web"}"#, headers: [("Idempotency-Key", "2")])
        #expect(try fields("ann", through: writer.reading).count == 4)
        #expect(ask("PUT", "/v1/sessions/ann", #"{"device":"app"}"#, headers: [("Idempotency-Key", "\"3\"")]).status == 202)
        #expect(try fields("ann", through: writer.reading) == ["device": #""app""#])
        #expect(ask("PUT", "/v1/sessions/ann", "{}").status == 202)
        #expect(try fields("ann", through: writer.reading).isEmpty)
    }

    @Test("a PUT that is sent again is the same event, whatever the session has by then; with another body it is none")
    func putAgain() throws {
        _ = ask("PATCH", "/v1/sessions/ann", #"{"status":"connected"}"#)
        let key = [("Idempotency-Key", "3")]
        let first = ask("PUT", "/v1/sessions/ann", #"{"device":"app"}"#, headers: key)
        _ = ask("PATCH", "/v1/sessions/ann", #"{"tab":1}"#)
        let again = ask("PUT", "/v1/sessions/ann", #"{"device":"app"}"#, headers: key)
        #expect(first.status == 202 && again.status == 202 && again.text == first.text)
        #expect(ask("PUT", "/v1/sessions/ann", #"{"device":"web"}"#, headers: key).status == 422)
        #expect(ask("PATCH", "/v1/sessions/ann", #"{"device":"app"}"#, headers: key).status == 422)
    }

    @Test("with Prefer: wait it is 201 once it can be read, and 202 where that takes longer")
    func waits() throws {
        let there = try EventRoutesTests(Stream(isMergedAtOnce: true))
        #expect(there.ask("POST", "/v1/events", EventAcceptorTests.session, headers: [("Prefer", "wait=5")]).status == 201)
        #expect(ask("POST", "/v1/events", EventAcceptorTests.session, headers: [("Prefer", "foo, wait=0")]).status == 202)
        #expect(ask("POST", "/v1/events", EventAcceptorTests.session, headers: [("Prefer", "wait=soon")]).status == 400)
        let reading = stream
        let merging = SystemThread {
            while reading.events.count < 2 { waitMilliseconds(1) }
            reading.merge()
        }
        defer { merging?.join() }
        #expect(ask("POST", "/v1/events", EventAcceptorTests.session, headers: [("Prefer", "wait=10")]).status == 201)
    }

    @Test("what can be read is judged by the event itself: an older state of its entity does not do")
    func readable() throws {
        #expect(ask("PATCH", "/v1/sessions/ann/1", #"{"note":1}"#).status == 202)
        stream.merge()
        let pending = PendingWrites(clock: { EventAcceptorTests.now })
        var acceptor = try EventAcceptorTests.acceptor()
        let later = Timestamp(milliseconds: EventAcceptorTests.now.milliseconds + 1)
        let event = try acceptor.accept(Array(EventAcceptorTests.session.utf8), now: later) { _, _ in nil }
        #expect(try !pending.isReadable(event, through: stream.reading))
        try stream.put(event.bytes, key: "")
        #expect(try !pending.isReadable(event, through: stream.reading))
        stream.merge()
        #expect(try pending.isReadable(event, through: stream.reading))
    }

    @Test("a stream that is away is 503, and the same event later has the stamp that it had")
    func away() throws {
        stream.set(isAway: true)
        #expect(ask("POST", "/v1/events", EventAcceptorTests.session).status == 503)
        #expect(try fields("ann/1", through: writer.reading).isEmpty)
        stream.set(isAway: false)
        let (status, text) = ask("POST", "/v1/events", EventAcceptorTests.session)
        #expect(status == 202 && text.contains("06:13:20.000Z"), "\(text)")
    }

    @Test("wrong requests are refused, each with its status")
    func refused() {
        #expect(ask("POST", "/v1/events", EventAcceptorTests.session, type: "text/plain").status == 415)
        #expect(ask("POST", "/v1/events", "{}").status == 400)
        #expect(ask("PATCH", "/v1/sessions/ann", "[1]").status == 400)
        #expect(ask("PATCH", "/v1/sessions/ann", "{}").status == 400)
        for key in ["", "\"\"", "a b", "\u{E9}", "a\"b", String(repeating: "x", count: 257)] {
            #expect(ask("PATCH", "/v1/sessions/ann", "{\"a\":1}", headers: [("Idempotency-Key", key)]).status == 400, "\(key)")
        }
        #expect(ask("PATCH", "/v1/sessions/ann", #"{"status":"a"}"#, headers: [("Idempotency-Key", "i")]).status == 202)
        #expect(ask("PATCH", "/v1/sessions/ann", #"{"status":"b"}"#, headers: [("Idempotency-Key", "i")]).status == 422)
        #expect(stream.events.count == 1)
    }

    @Test(
        "an agent's token writes its own agent's sessions alone, and nothing else; operate writes all",
        arguments: [
            (["session"], "ann", "ann", 202), (["session"], "ann", "ann/tab", 202), (["session"], "ann", "anna", 403),
            (["session"], "ann", "ben", 403), (["session"], nil, "ann", 403), (["session"], "", "/x", 403),
            (["read"], "ann", "ann", 403), (["operate"], nil, "ben", 202),
        ] as [(Set<String>, String?, String, Int)])
    func own(scopes: Set<String>, agent: String?, session: String, status: Int) {
        let caller = HTTPCaller(issuer: "i", subject: "s", scopes: scopes, agent: agent)
        let event = EventAcceptorTests.session.replacing("ann/1", with: session)
        #expect(ask("POST", "/v1/events", event, caller: caller).status == status)
        let escaped = session.replacing("/", with: "%2F")
        #expect(ask("PATCH", "/v1/sessions/\(escaped)", #"{"status":"x"}"#, caller: caller).status == status)
        let customer = event.replacing("session.v1", with: "customer.v1").replacing("\"e1\"", with: "\"e2\"")
        #expect(ask("POST", "/v1/events", customer, caller: caller).status == (scopes == ["operate"] ? 202 : 403))
    }

    @Test(
        "who may not write a session learns nothing of whether it is there, and nothing of it is read",
        arguments: ["PUT", "PATCH"])
    func foreign(method: String) {
        let caller = HTTPCaller(issuer: "i", subject: "s", scopes: ["session"], agent: "ann")
        #expect(ask("PATCH", "/v1/sessions/ben", #"{"status":"x"}"#).status == 202)
        for body in ["{}", "[]", #"{"status":"y"}"#, #"{"status":7}"#] {
            let there = ask(method, "/v1/sessions/ben", body, caller: caller)
            #expect(there.status == 403 && there == ask(method, "/v1/sessions/carl", body, caller: caller), "\(body)")
        }
    }

    @Test("each PATCH without a key is a write of its own, whatever the request is called")
    func withoutKey() throws {
        for status in ["a", "b", "a"] {
            #expect(ask("PATCH", "/v1/sessions/ann", "{\"status\":\"\(status)\"}").status == 202)
            #expect(try fields("ann", through: writer.reading) == ["status": "\"\(status)\""])
        }
        #expect(Set(stream.events).count == 3)
    }

    @Test("a key is one for its session and its kind of event: what others gave theirs is no matter")
    func keysOfOthers() {
        let key = [(name: "Idempotency-Key", value: "1")]
        for (session, status) in [("ann", "a"), ("ann/1", "b"), ("ben", "c")] {
            let caller = HTTPCaller(issuer: "i", subject: session, scopes: ["session"], agent: String(session.prefix(3)))
            #expect(
                ask("PATCH", "/v1/sessions/\(session)", "{\"status\":\"\(status)\"}", headers: key, caller: caller).status
                    == 202)
        }
        // Of two writers of one session the second one's event is another one.
        let operators = HTTPCaller(issuer: "i", subject: "o", scopes: ["operate"])
        #expect(ask("PATCH", "/v1/sessions/ann", #"{"status":"z"}"#, headers: key, caller: operators).status == 422)
    }

    @Test(
        "an event that another endpoint accepted is taken from who may write it, and from nobody else; an old one changes nothing"
    )
    func replayed() throws {
        let first = ask("POST", "/v1/events", EventAcceptorTests.session).text
        let thief = HTTPCaller(issuer: "i", subject: "s", scopes: ["session"], agent: "ben")
        let refused = ask("POST", "/v1/events", first, caller: thief)
        #expect(refused.status == 403 && !refused.text.contains("draft") && stream.events.count == 1)
        _ = ask("PATCH", "/v1/sessions/ann/1", #"{"status":"closed"}"#)
        let owner = HTTPCaller(issuer: "i", subject: "a", scopes: ["session"], agent: "ann")
        #expect(ask("POST", "/v1/events", first, caller: owner).status == 202)
        #expect(try fields("ann/1", through: writer.reading)["status"] == #""closed""#)
    }

    @Test("a name of a member, a Region or a rank that a client gives is data, and never a stamp")
    func stamps() throws {
        let body = #"{"region":"eu-west-1","time":"2099-01-01T00:00:00Z","convergesignature":"x.y","status":"a"}"#
        #expect(ask("PATCH", "/v1/sessions/ann", body).status == 202)
        let event = String(decoding: try #require(stream.events.first), as: UTF8.self)
        #expect(
            event.contains(#""region":"us-east-1","source":"urn:converge:api""#) && event.contains("2026-02-25T06:13:20.000Z"))
    }
}
