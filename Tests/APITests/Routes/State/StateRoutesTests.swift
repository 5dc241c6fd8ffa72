import ContactCenter
import EngineCore
import Foundation
import Lattice
import Storage
import Synchronization
import TestSupport
import Testing

@testable import API
@testable import HTTPServer
@testable import Platform

@Suite("state over HTTP", .waiting(minutes: 5))
struct StateRoutesTests {
    /// A store with these sessions and queues, each with one field.
    private static func store(_ ids: [(EntityKind, String)], fieldSize: Int = 3) throws -> MemoryStore {
        let store = MemoryStore()
        let rows = RowBatch()
        for (kind, id) in ids {
            var entity = ByteBuffer()
            var writer = EntityWriter(&entity)
            let value = Array("\"\(String(repeating: "x", count: fieldSize))\"".utf8)
            value.withUnsafeBytes {
                writer.lastWriterWins(&entity, "field/room", stamp: Stamp(time: Timestamp(milliseconds: 1)), value: $0)
            }
            writer.finish(&entity)
            let key = [kind.rawValue] + Array(id.utf8)
            key.withUnsafeBytes { rows.append(key: $0, entity: entity.bytes) }
        }
        try store.write(Flush(rows: [rows], checkpoints: []))
        return store
    }

    private func answer(_ target: String, _ store: any Store, method: String = "GET") throws -> (status: Int, text: String) {
        var router = HTTPRouter()
        router.addState(store) { _ in }
        let answer = router.answer(try #require(HTTPRequest(method: method, target: target)))
        return (answer.status, String(decoding: answer.body.bytes, as: UTF8.self))
    }

    private func page(_ target: String, _ store: any Store) throws -> (ids: [String], next: String?) {
        let (status, text) = try answer(target, store)
        try #require(status == 200, "\(text)")
        let page = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let items = try #require(page["items"] as? [[String: Any]])
        return (items.compactMap { $0["id"] as? String }, page["next"] as? String)
    }

    private static let projection = #"{"fields":{"room":"xxx"},"region":null,"updatedAt":"1970-01-01T00:00:00.001Z"}"#
    private static let registers =
        #"{"field/room":{"event":"","rank":0,"region":"","time":"1970-01-01T00:00:00.001Z","value":"xxx"}}"#

    @Test("a request for an entity returns its projection, and its registers if requested")
    func entity() throws {
        let store = try Self.store([(.session, "rtc-1")])
        let short = #"{"id":"rtc-1","kind":"session","state":\#(Self.projection),"scope":"member"}"# + "\n"
        let long =
            #"{"id":"rtc-1","kind":"session","registers":\#(Self.registers),"state":\#(Self.projection),"scope":"member"}"#
            + "\n"
        for target in ["/state/session/rtc-1", "/state/session/rtc%2D1?registers=false"] {
            #expect(try answer(target, store) == (200, short))
        }
        #expect(try answer("/state/session/rtc-1?registers=true", store) == (200, long))
        #expect(try answer("/state/session/rtc-1", store, method: "HEAD").status == 200)
        #expect(try answer("/state/session/rtc-1", store, method: "PUT").status == 405)
    }

    @Test(
        "an id may contain slashes, spaces, percent signs and any letters",
        arguments: ["1111/7c1d/a b", "a//b/", "/a", "100%", "ünï?#&", ".", ".."])
    func ids(id: String) throws {
        let store = try Self.store([(.queue, id), (.queue, "a/b"), (.queue, "a")])
        let escaped = try #require(id.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        let keepingSlashes = try #require(id.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["/"])))
        for target in [escaped, keepingSlashes] {
            let (status, text) = try answer("/state/queue/\(target)", store)
            let found = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            #expect(status == 200 && found?["id"] as? String == id)
        }
    }

    @Test(
        "an unknown entity is 404 and names what exists; an invalid request is 400 and names what is accepted",
        arguments: [
            ("/state/session/rtc-2", 404, "/state/session lists them"),
            ("/state/agent/rtc-1", 404, "no agent 'rtc-1'"),
            ("/state/sesion/rtc-1", 404, "did you mean 'session'? Accepted: agent, contact"),
            ("/state/things", 404, "Accepted: agent, contact, customer, flow, queue, session, username"),
            ("/state/session?limit=0", 400, "limit: '0' is not accepted; give a whole number from 1 to 1000"),
            ("/state/session?limit=1001", 400, "limit"), ("/state/session?limit=-1", 400, "limit"),
            ("/state/session?limit=", 400, "limit"), ("/state/session?limit=010", 400, "limit"),
            ("/state/session?limit=1e2", 400, "limit"), ("/state/session?limit=99999999999999999999", 400, "limit"),
            ("/state/session?limit=1&limit=2", 400, "limit is given more than once"),
            ("/state/session?cursor=a", 400, "cursor"),
            ("/state/session?cursor=YQ==", 400, "cursor"), ("/state/session?cursor=YR", 400, "cursor"),
            ("/state/session?cursor=a+b", 400, "cursor"),
            ("/state/session?cursor=\(String(repeating: "YWFh", count: 400))", 400, "cursor"),
            ("/state/session?registers=yes", 400, "give true or false"),
            ("/state/session/rtc-1?limit=5", 400, "unknown parameter 'limit'. Accepted: registers"),
            ("/state/session?Limit=5", 400, "unknown parameter 'Limit'. Accepted: cursor, limit, registers"),
        ])
    func refusals(target: String, status: Int, detail: String) throws {
        let found = try answer(target, Self.store([(.session, "rtc-1")]))
        #expect(found.status == status && found.text.contains(detail) && found.text.contains("about:blank"), "\(found)")
    }

    @Test("pages of any size contain every entity of the kind once, in order", arguments: [1, 2, 7, 100, 250, 1000])
    func pages(limit: Int) throws {
        let ids = (0..<250).map { "id-\($0)" } + ["a/b", "", "ü", "id-1\u{0}", "id-1 "]
        let others = [(EntityKind.flow, "f"), (.queue, "q"), (.username, "u")]
        let store = try Self.store(ids.map { (.session, $0) } + others)
        var found: [String] = []
        var cursor = ""
        var pages = 0
        while true {
            let page = try page("/state/session?limit=\(limit)" + cursor, store)
            pages += 1
            found += page.ids
            guard let next = page.next else { break }
            try #require(page.ids.count == limit && pages < ids.count)
            cursor = "&cursor=\(next)"
        }
        #expect(found == ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(pages == (ids.count + limit - 1) / limit)
    }

    @Test("a page has 100 entities by default; without entities it is empty; a cursor stays valid after its entity is deleted")
    func pageDefaults() throws {
        let store = try Self.store((100..<250).map { (.session, "\($0)") })
        let first = try page("/state/session", store)
        #expect(first.ids.count == 100 && first.next != nil)
        #expect(try page("/state/session?cursor=\(Base64URL.text(of: Array("1995".utf8)))", store).ids.first == "200")
        #expect(try answer("/state/agent", store) == (200, #"{"items":[],"next":null,"scope":"member"}"# + "\n"))
    }

    @Test("a page of large entities ends early, and its cursor continues after it")
    func largePages() throws {
        let store = try Self.store((100..<120).map { (.session, "\($0)") }, fieldSize: 1 << 20)
        let first = try page("/state/session", store)
        #expect(first.ids.count == 4)
        let second = try page("/state/session?cursor=\(try #require(first.next))", store)
        #expect(second.ids.first == "104" && second.ids.count == 4)
    }

    @Test("the server accepts the cursors that it wrote, and no other text")
    func cursors() {
        for length in 0...20 {
            let id = (0..<length).map { UInt8(truncatingIfNeeded: 251 &* $0 &+ 62 * length) }
            #expect(Base64URL.bytes(of: Base64URL.text(of: id)) == id)
        }
        for text in ["a", "ab=", "a b", "ab+/", "ü", "AB"] { #expect(Base64URL.bytes(of: text) == nil, "\(text)") }
    }

    @Test(
        "a failure of the store is reported in the worker's log, not to the client",
        arguments: [(StoreError.Reason.corrupt, 500), (.unavailable, 503), (.failed, 503)], ["/state/agent/x", "/state/agent"])
    func failures(reason: (StoreError.Reason, Int), target: String) throws {
        let told = Mutex<[String]>([])
        var router = HTTPRouter()
        router.addState(FailingStore(reason: reason.0)) { error in told.withLock { $0.append(error.message) } }
        let answer = router.answer(try #require(HTTPRequest(method: "GET", target: target)))
        #expect(answer.status == reason.1 && answer.contentType == "application/problem+json")
        #expect(!String(decoding: answer.body.bytes, as: UTF8.self).contains("secret"))
        #expect(told.withLock { $0 } == ["/secret/path"])
    }
}

extension StateRoutesTests {
    @Test("an entity with a row that lacks its dictionary is incomplete, never absent, and the answer says what it lacks")
    func incomplete() throws {
        var router = HTTPRouter()
        router.addState(
            read: { (kind, id, _) throws(StoreError) in
                throw StoreError(
                    .incomplete,
                    "cannot read the row pk \(kind)#\(id): its dictionary 0123456789abcdef is in none of the tables")
            }, failed: { _ in })
        let answer = router.answer(try #require(HTTPRequest(method: "GET", target: "/state/agent/x")))
        #expect(answer.status == 503 && answer.headers.contains { $0.name == "Retry-After" })
        let body = String(decoding: answer.body.bytes, as: UTF8.self)
        #expect(body.contains("incomplete: cannot read the row pk agent#x: its dictionary 0123456789abcdef"), "\(body)")
    }

    @Test("while the maximum number of requests wait for a store, one more is refused and asked to retry later")
    func atOnce() async throws {
        let store = HangingStore()
        var router = HTTPRouter()
        router.addState(store, atOnceMax: 2) { _ in }
        let routes = router
        let request = try #require(HTTPRequest(method: "GET", target: "/state/agent/x"))
        let waiting = (0..<2).map { _ in
            let done = Atomic0()
            Thread.detachNewThread {
                _ = routes.answer(request)
                done.set()
            }
            return done
        }
        try eventually("two wait, not \(store.inside)") { store.inside == 2 }
        let answer = routes.answer(request)
        #expect(answer.status == 503)
        #expect(answer.headers.contains { $0.name == "Retry-After" })
        store.release()
        try eventually("those that waited have their answers") { waiting.allSatisfy(\.isSet) }
        #expect(routes.answer(request).status == 404)
    }
}

private final class Atomic0: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}

/// Reads hang until they are let go.
private final class HangingStore: Store {
    private let state = Mutex((inside: 0, isReleased: false))

    var inside: Int { state.withLock { $0.inside } }
    func release() { state.withLock { $0.isReleased = true } }

    func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError) {
        state.withLock { $0.inside += 1 }
        try? eventually("reads are let go") { state.withLock { $0.isReleased } }
    }
    func write(_ flush: Flush) throws(StoreError) -> RowBatch? { nil }
    func checkpoints() throws(StoreError) -> [Checkpoint] { [] }
    func scan(from first: ByteView, _ body: (ByteView, ByteView) throws -> Bool) throws {}
    func metadata(_ name: String) throws(StoreError) -> String? { nil }
    func setMetadata(_ name: String, _ value: String) throws(StoreError) {}
}

private final class FailingStore: Store {
    private let error: StoreError

    init(reason: StoreError.Reason) { error = StoreError(reason, "/secret/path") }

    func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError) { throw error }
    func write(_ flush: Flush) throws(StoreError) -> RowBatch? { throw error }
    func checkpoints() throws(StoreError) -> [Checkpoint] { throw error }
    func scan(from first: ByteView, _ body: (ByteView, ByteView) throws -> Bool) throws { throw error }
    func metadata(_ name: String) throws(StoreError) -> String? { throw error }
    func setMetadata(_ name: String, _ value: String) throws(StoreError) { throw error }
}
