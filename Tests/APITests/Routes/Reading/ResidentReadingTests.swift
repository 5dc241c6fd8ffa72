import ContactCenter
import EngineCore
import Foundation
import JSON
import Lattice
import Storage
import Synchronization
import TestSupport
import Testing
import Writing

@testable import API
@testable import FeedCore
@testable import HTTPServer
@testable import Platform

/// A server over the fixture's state, in a store and in memory, with a clock that the test sets.
private final class ResidentWorld: Sendable {
    static let now = ReadingWorld.now.milliseconds
    private static let rows: [(key: [UInt8], entity: [UInt8])] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../../../fixtures")
        let text = try? String(contentsOf: root.appending(path: "region-failover/expected.state"), encoding: .utf8)
        var rows: [(key: [UInt8], entity: [UInt8])] = []
        let reader = StateLineReader()
        for line in (text ?? "").split(separator: "\n") {
            Array(line.utf8).withUnsafeBytes { line in
                try? reader.read(line) { key, entity in rows.append((Array(key), Array(entity.bytes))) }
            }
        }
        return rows
    }()

    let resident: ResidentState
    let store = MemoryStore()
    let time = Mutex(ResidentWorld.now)
    /// How often the store was asked.
    let asked = Mutex(0)

    init(isFilled: Bool = true, hasPassed: @escaping @Sendable (EntityKey, EntityView) -> Bool = { _, _ in false }) throws {
        resident = ResidentState(bytesMax: 64 << 20, hasPassed: hasPassed)
        let batch = RowBatch()
        for row in ResidentWorld.rows {
            row.key.withUnsafeBytes { key in row.entity.withUnsafeBytes { batch.append(key: key, entity: $0) } }
        }
        try store.write(Flush(rows: [batch], checkpoints: []))
        guard isFilled else { return }
        resident.beginScan()
        for row in ResidentWorld.rows {
            row.key.withUnsafeBytes { key in row.entity.withUnsafeBytes { resident.found(key, row: "", $0) } }
        }
        resident.endScan()
        resident.isCurrent(asOf: ResidentWorld.now)
    }

    var source: ReadingSource {
        var source = ReadingSource(
            read: { [self] (kind, id, found) throws(StoreError) in
                asked.withLock { $0 += 1 }
                try store.read(kind, id, found)
            },
            rows: { [self] (kind, id, found) throws(StoreError) in
                asked.withLock { $0 += 1 }
                try store.read(kind, id) { found("member", $1) }
            }, regions: { [] }, clock: { [self] in Timestamp(milliseconds: time.withLock { $0 }) },
            failed: { Issue.record("the store failed: \($0)") })
        source.resident = resident
        return source
    }

    func router(isFromStore: Bool = false) -> HTTPRouter {
        var source = source
        if isFromStore { source.resident = nil }
        return ReadingWorld(source).router
    }

    func set(now: Int64) { time.withLock { $0 = now } }

    /// What one answer took of the store.
    func reads<Result>(_ body: () throws -> Result) rethrows -> (Result, Int) {
        let before = asked.withLock { $0 }
        let result = try body()
        return (result, asked.withLock { $0 } - before)
    }

    /// Joins a register into an entity, in memory alone.
    func tell(_ kind: EntityKind, _ id: String, _ path: StaticString, at time: Int64, _ value: String) {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        Array(value.utf8).withUnsafeBytes {
            writer.lastWriterWins(
                &buffer, path, stamp: Stamp(time: Timestamp(milliseconds: time), region: StaticString("us-east-1").view),
                value: $0)
        }
        writer.finish(&buffer)
        take(EntityKey.bytes(kind, id), buffer)
    }

    /// An agent was seen in the Region.
    func see(_ id: String, at time: Int64) {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        writer.extremum(
            &buffer, "seen/us-east-1", rule: .max, measure: time, stamp: Stamp(time: Timestamp(milliseconds: time)),
            value: StaticString("1").view)
        writer.finish(&buffer)
        take(EntityKey.bytes(.agent, id), buffer)
    }

    private func take(_ key: [UInt8], _ entity: borrowing ByteBuffer) {
        let entry = FeedEntry(form: .told, key: key, row: "", entity: entity.array)
        resident.take(FeedBatch(number: 1, author: "", time: 0, cursor: FeedCursor(), entries: [entry]))
    }
}

/// A stream that keeps nothing.
private struct Nowhere: EventSink {
    func put(_ event: [UInt8], key: String) throws(EventSinkError) {}
}

@Suite("reading one entity from memory", .limited(minutes: 5))
struct ResidentReadingTests {
    private static let finn = "111122223333/7c1d52e0/a0000006-1ed2-534e-bd1c-a50ecba1b41b"
    private static let finnsARN =
        "arn:aws:connect:us-east-1:111122223333:instance/7c1d52e0/agent/a0000006-1ed2-534e-bd1c-a50ecba1b41b"
    private static let broken = "c2000004-c2d2-5983-b8cd-547dbc3aba94"
    private static let fromMemory = [
        "/v1/agents/\(finn)", "/v1/agents/\(finnsARN)", "/v1/agents/\(finn)?registers=true", "/v1/usernames/finn.s",
        "/v1/contacts/\(broken)", "/v1/customers/cust-2001", "/v1/flows/\(broken)", "/v1/sessions/rtc-noor-0305",
    ]

    private func get(
        _ router: HTTPRouter, _ target: String, _ headers: [(name: String, value: String)] = [], as caller: HTTPCaller? = nil
    ) throws -> HTTPResponse {
        var request = try #require(HTTPRequest(method: "GET", target: target))
        request.headers = HTTPHeaders(headers)
        request.caller = caller
        return router.answer(request)
    }

    private func members(_ answer: HTTPResponse) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(answer.body.bytes)) as? [String: Any])
    }

    @Test(
        "shows what the store shows, under the same tag, and does not ask it; again, too, and to whoever may see less",
        arguments: fromMemory, [nil, ReadingWorld.everything, ReadingWorld.plain])
    func same(target: String, caller: HTTPCaller?) throws {
        let world = try ResidentWorld()
        let (memory, store) = (world.router(), world.router(isFromStore: true))
        let wanted = try get(store, target, as: caller)
        for _ in 0..<2 {
            let (answer, reads) = try world.reads { try get(memory, target, as: caller) }
            #expect(reads == 0 && answer.status == 200)
            #expect(answer.body.bytes == wanted.body.bytes && answer.header("ETag") == wanted.header("ETag"))
            let again = try get(memory, target, [("If-None-Match", try #require(wanted.header("ETag")))], as: caller)
            #expect(again.status == 304 && again.body.bytes.isEmpty)
        }
    }

    @Test(
        "says how old it is, and leaves it to the store when it is more than five seconds or nobody knows",
        arguments: fromMemory)
    func age(target: String) throws {
        let world = try ResidentWorld()
        let router = world.router()
        for (later, reads, age) in [
            (0, 0, 0), (1, 0, 1), (5_000, 0, 5_000), (5_001, 1, 0), (-1_000, 0, 0), (-1_001, 1, 0), (60_000, 1, 0),
        ] as [(Int64, Int, Int64)] {
            world.set(now: ResidentWorld.now + later)
            let (answer, found) = try world.reads { try members(get(router, target)) }
            #expect((found > 0) == (reads > 0) && answer["ageMs"] as? Int64 == age, "\(later)")
            #expect(answer["asOf"] as? Int64 == ResidentWorld.now + later - age, "\(later)")
        }
        world.resident.isCurrent(asOf: ResidentWorld.now + 60_000)
        #expect(try world.reads { try get(router, target) }.1 == 0)
        let empty = try ResidentWorld(isFilled: false)
        #expect(try empty.reads { try get(empty.router(), target) }.1 > 0)
    }

    @Test(
        "a client that does not want a copy gets what is in the store",
        arguments: [
            ("no-cache", true), ("No-Cache", true), ("max-age=0, no-cache", true), (" no-cache ,no-store", true),
            ("max-age=0", false), ("no-cache-please", false), ("x=no-cache", false), ("", false),
        ])
    func withoutCache(field: String, asks: Bool) throws {
        let world = try ResidentWorld()
        world.set(now: ResidentWorld.now + 1_000)
        for target in Self.fromMemory {
            let (answer, reads) = try world.reads { try get(world.router(), target, [("Cache-Control", field)]) }
            #expect((reads > 0) == asks)
            #expect(try members(answer)["ageMs"] as? Int == (asks ? 0 : 1_000))
        }
    }

    @Test("what is not in memory, and what explains or stands side by side, is the store's")
    func store() throws {
        let world = try ResidentWorld()
        let router = world.router()
        for (target, status) in [
            ("/v1/agents/nobody", 404), ("/v1/queues/7c1d52e0/orders", 200), ("/v1/explain/agent/\(Self.finn)", 200),
            ("/v1/customers/cust-2001/context", 200),
        ] {
            let (answer, reads) = try world.reads { try get(router, target) }
            #expect(reads > 0 && answer.status == status, "\(target)")
        }
        let empty = try ResidentWorld(isFilled: false)
        empty.resident.beginScan()
        empty.resident.endScan()
        empty.resident.isCurrent(asOf: ResidentWorld.now)
        for target in Self.fromMemory {
            let (answer, reads) = try empty.reads { try get(empty.router(), target) }
            #expect(reads > 0 && answer.status == 200, "\(target)")
        }
    }

    @Test("an entity whose time is over is the store's, which knows whether it is there")
    func passed() throws {
        let world = try ResidentWorld { key, _ in key.kind == .session }
        #expect(try world.reads { try get(world.router(), "/v1/sessions/rtc-noor-0305") }.1 > 0)
        #expect(try world.reads { try get(world.router(), "/v1/customers/cust-2001") }.1 == 0)
    }

    @Test("an agent goes stale, and fresh where the clock goes back, at the very millisecond, though nothing changes")
    func stale() throws {
        let world = try ResidentWorld()
        let router = world.router()
        let seen = ResidentWorld.now
        world.tell(.agent, "1/i/x", "presence/us-east-1", at: seen, "\"LOGIN\"")
        world.see("1/i/x", at: seen)
        for (step, isStale) in [
            (0, false), (299_999, false), (300_000, false), (300_001, true), (300_000, false), (300_002, true),
        ]
            as [(Int64, Bool)]
        {
            world.resident.isCurrent(asOf: seen + step)
            world.set(now: seen + step)
            let (data, reads) = try world.reads { try members(get(router, "/v1/agents/1/i/x"))["data"] as? [String: Any] }
            #expect(reads == 0 && data?.text("isStale") == "\(isStale)", "\(step)")
            #expect(data?.text("staleRegions") == (isStale ? #"["us-east-1"]"# : "[]"), "\(step)")
        }
    }

    @Test("shows a change at once, under another tag")
    func changes() throws {
        let world = try ResidentWorld()
        let router = world.router()
        let target = "/v1/sessions/rtc-noor-0305"
        let first = try get(router, target)
        world.tell(.session, "rtc-noor-0305", "field/state", at: ResidentWorld.now, "\"gone\"")
        let second = try get(router, target)
        #expect(String(decoding: second.body.bytes, as: UTF8.self).contains("\"gone\""))
        #expect(second.header("ETag") != first.header("ETag"))
        #expect(try get(router, target, [("If-None-Match", try #require(first.header("ETag")))]).status == 200)
        #expect(try get(router, target, as: ReadingWorld.plain).header("ETag") != second.header("ETag"))
    }

    @Test(
        "a writer reads what they wrote on top of what is in memory, whatever was shown before; others' entities are not touched"
    )
    func ownWrites() throws {
        let world = try ResidentWorld()
        let plain = world.source
        let writer = EventWriter(
            region: "us-east-1", keys: try #require(EventKeys([EventAcceptorTests.secret])), sink: Nowhere(), read: plain.read,
            clock: plain.clock, failed: { Issue.record("\($0)") })
        var source = plain
        source.lay(writer)
        let router = ReadingWorld(source).router
        let (session, customer) = ("/v1/sessions/rtc-noor-0305", "/v1/customers/cust-2001")
        let before = try (get(router, session), get(router, customer))
        let event = try writer.write(
            Array(EventAcceptorTests.session.replacing("ann/1", with: "rtc-noor-0305").utf8), mayWrite: { _, _ in nil })
        _ = try writer.put(event, waitSeconds: 0)
        for _ in 0..<2 {
            let (after, reads) = try world.reads { try get(router, session) }
            #expect(reads == 0 && after.header("ETag") != before.0.header("ETag"))
            let text = String(decoding: after.body.bytes, as: UTF8.self)
            #expect(text.contains(#""note":{"a":[1.50],"b":1}"#), "\(text)")
            #expect(try get(router, customer).header("ETag") == before.1.header("ETag"))
        }
        // An entity that nobody has but the writer.
        let other = try writer.write(Array(EventAcceptorTests.session.utf8), mayWrite: { _, _ in nil })
        _ = try writer.put(other, waitSeconds: 0)
        #expect(try get(router, "/v1/sessions/ann/1").status == 200)
        #expect(try get(world.router(), "/v1/sessions/ann/1").status == 404)
    }

    @Test("an agent's token reads its own from memory, by id and by username, and nobody else's")
    func own() throws {
        let world = try ResidentWorld()
        let router = world.router()
        func caller(_ agent: String) -> HTTPCaller {
            HTTPCaller(issuer: "i", subject: "s", scopes: ["read"], agent: agent)
        }
        for (agent, status) in [
            ("a0000006-1ed2-534e-bd1c-a50ecba1b41b", 200), (Self.finn, 200), ("finn.s", 200), ("ana.l", 403), ("nobody", 403),
        ] {
            for _ in 0..<2 {
                let (answer, reads) = try world.reads { try get(router, "/v1/agents/\(Self.finn)", as: caller(agent)) }
                #expect(answer.status == status && (reads == 0 || agent == "nobody"), "\(agent)")
            }
        }
        #expect(try get(router, "/v1/sessions/rtc-noor-0305", as: caller("rtc-noor-0305")).status == 200)
        #expect(try get(router, "/v1/sessions/rtc-noor-0305", as: caller("rtc")).status == 403)
        #expect(try get(router, "/v1/customers/cust-2001", as: caller("finn.s")).status == 200)
    }

    @Test("random changes, times and callers: memory shows what is made anew of the same entity")
    func random() throws {
        var dice = Dice(seed: 7)
        let world = try ResidentWorld()
        let router = world.router()
        var now = ResidentWorld.now
        let paths: [StaticString] = ["field/a", "field/b", "presence/us-east-1", "presence/us-west-2"]
        for number in 0..<2_000 {
            let id = "1/i/\(dice.below(8))"
            switch dice.below(6) {
            case 0:
                let isAgent = dice.chance(2)
                world.tell(
                    isAgent ? .agent : .session, id, paths[isAgent ? 2 + dice.below(2) : dice.below(2)],
                    at: now - Int64(dice.below(1_000)), isAgent ? dice.pick(["\"LOGIN\"", "\"LOGOUT\""]) : "\(number)")
            case 1: world.see(id, at: now - Int64(dice.below(310_000)))
            case 2:
                now += dice.chance(2) ? Int64(dice.below(400_000)) : Int64(dice.below(900)) - 450
                world.resident.isCurrent(asOf: now)
                world.set(now: now)
            default:
                let kind = dice.pick(["agents", "sessions"])
                let caller = [nil, ReadingWorld.everything, ReadingWorld.plain][dice.below(3)]
                // One that has kept nothing.
                let wanted = try get(world.router(), "/v1/\(kind)/\(id)", as: caller)
                let answer = try get(router, "/v1/\(kind)/\(id)", as: caller)
                #expect(answer.status == wanted.status && answer.body.bytes == wanted.body.bytes)
                #expect(answer.header("ETag") == wanted.header("ETag"))
            }
        }
    }
}

@Suite("what was shown a moment ago", .limited)
struct ShownAnswersTests {
    private func shown(_ text: String) -> Shown { Shown(text: Array(text.utf8), tag: text) }
    private func key(_ id: String, withPersonal: Bool = false) -> ShownAnswers.Key {
        ShownAnswers.Key(key: EntityKey.bytes(.agent, id), withPersonal: withPersonal)
    }

    @Test("is known by the entity's version, who may see it and the time")
    func known() {
        let answers = ShownAnswers()
        answers.keep(shown("a"), key("x"), version: 3, span: 10..<20)
        #expect(
            answers.shown(key("x"), version: 3, now: 10)?.tag == "a" && answers.shown(key("x"), version: 3, now: 19)?.tag == "a"
        )
        #expect(answers.shown(key("x"), version: 3, now: 9) == nil && answers.shown(key("x"), version: 3, now: 20) == nil)
        #expect(answers.shown(key("x"), version: 2, now: 10) == nil && answers.shown(key("x"), version: 4, now: 10) == nil)
        #expect(answers.shown(key("x", withPersonal: true), version: 3, now: 10) == nil)
        #expect(answers.shown(key("y"), version: 3, now: 10) == nil)
    }

    @Test("keeps its bound; what is asked for again stays")
    func bound() {
        let answers = ShownAnswers(bytesMax: 20_000)
        answers.keep(shown("kept"), key("k"), version: 1, span: 0..<1)
        for number in 0..<1_000 {
            answers.keep(shown(String(repeating: "x", count: number % 700)), key("\(number)"), version: 1, span: 0..<1)
            #expect(answers.shown(key("k"), version: 1, now: 0)?.tag == "kept")
            #expect(answers.bytes <= 40_000)
        }
        #expect(answers.shown(key("0"), version: 1, now: 0) == nil)
        #expect(answers.shown(key("999"), version: 1, now: 0) != nil)
    }

    @Test("counts an entity that is shown anew once")
    func again() {
        let answers = ShownAnswers(bytesMax: 20_000)
        for version in 0..<1_000 as Range<UInt64> { answers.keep(shown("text"), key("k"), version: version, span: 0..<1) }
        #expect(answers.bytes < 600)
    }
}
