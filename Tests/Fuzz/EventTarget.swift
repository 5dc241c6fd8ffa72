import ContactCenter
import HTTPServer
import JSON
import Lattice
import Platform

@testable import API
@testable import Writing

/// Arbitrary bytes as what somebody wants to write: the first byte chooses an event, the fields of a session, or what is looked up.
///
/// What is accepted is canonical, stamped by the endpoint alone, the same again at another endpoint, and one a worker merges into the entity that it names and no other.
final class EventTarget: FuzzTarget {
    private static let now = Timestamp(milliseconds: 1_772_000_000_000)
    private static let keys = EventKeys([Secret("0123456789abcdef0123456789abcdef")])

    private final class Nowhere: EventSink {
        func put(_ event: [UInt8], key: String) throws(EventSinkError) {}
    }

    private let decoder = RecordDecoder()
    private let batch = MutationBatch(sliceCount: 1)
    private let parser = JSONParser()
    private let router: HTTPRouter

    init() {
        var router = HTTPRouter()
        router.addWriting(
            EventTarget.keys.map { keys in
                EventWriter(
                    region: "us-east-1", keys: keys, sink: Nowhere(), read: { (_, _, _) in }, clock: { EventTarget.now },
                    failed: { stop("failed: \($0)") })
            })
        self.router = router
    }

    func run(_ input: ByteView) {
        guard input.count > 0 else { return }
        let body = Array(input.slice(1, input.count - 1))
        switch input[0] % 3 {
        case 0: event(body)
        case 1: session(body)
        default: _ = try? LookupAsked(body)
        }
    }

    private func event(_ body: [UInt8]) {
        guard let keys = EventTarget.keys else { stop("the key is none") }
        var east = EventAcceptor(region: "us-east-1", keys: keys)
        guard let event = try? east.accept(body, now: EventTarget.now, mayWrite: { _, _ in nil }) else { return }
        require(event.time == EventTarget.now, "another time: \(event.time)")
        check(event.bytes, event.kind, event.subject)
        var west = EventAcceptor(region: "us-west-2", keys: keys)
        for text in [body, event.bytes] {
            require((try? east.accept(text, now: EventTarget.now, mayWrite: { _, _ in nil })) == event, "again it is another")
        }
        require(
            (try? west.accept(event.bytes, now: EventTarget.now, mayWrite: { _, _ in nil })) == event, "elsewhere it is another"
        )
        require((try? west.accept(event.bytes, now: EventTarget.now, mayWrite: { _, _ in "no" })) == nil, "who may not, may")
    }

    private func session(_ body: [UInt8]) {
        let caller = HTTPCaller(issuer: "i", subject: "s", scopes: ["session"], agent: "ann")
        for (id, isOwn) in [("ann", true), ("ben", false)] {
            for method in ["PATCH", "PUT"] {
                let answer = router.answer(
                    HTTPRequest(
                        method: method, path: "/v1/sessions/\(id)",
                        headers: HTTPHeaders([("content-type", "application/json")]),
                        body: body, caller: caller))
                require(
                    isOwn ? answer.status == 202 || answer.status == 400 : answer.status == 403, "\(method) is \(answer.status)"
                )
                if answer.status == 202 { check(answer.body.bytes, .session, "ann") }
            }
        }
    }

    private func check(_ event: [UInt8], _ kind: EntityKind, _ subject: String) {
        event.withUnsafeBytes { event in
            guard let root = try? parser.parse(event).root else { stop("no JSON: \(event.text)") }
            var canonical = ByteBuffer()
            root.appendCanonical(to: &canonical)
            require(canonical.bytes.equals(event), "not canonical: \(event.text)")
            // What the endpoint accepted before moved its clock on.
            require(
                root.text("region") == "us-east-1" && root.text("time").map { $0.hasPrefix("2026-0") } == true,
                "stamped by somebody: \(event.text)")
            batch.removeAll()
            decoder.decode(event, arrival: nil, index: 0, into: batch)
            batch.forEachMutation(ofSlice: 0) { mutation in
                let key = EntityKey(mutation.key)
                // A customer's numbers are written to their aliases, too.
                require(
                    key.kind == kind && key.id.text == subject || key.kind == .alias, "it writes \(key.id.text): \(event.text)")
            }
        }
    }
}
