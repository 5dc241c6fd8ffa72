import ContactCenter
import FeedCore
import Foundation
import Lattice
import TestSupport
import Testing

@testable import API
@testable import HTTPServer
@testable import Platform

@Suite("lists over HTTP", .limited(minutes: 5))
struct ListRoutesTests {
    private static let lists = ["/v1/agents", "/v1/contacts", "/v1/queues", "/v1/sessions", "/v1/summary"]
    private static let plain = HTTPCaller(issuer: "i", subject: "s", scopes: ["read"])
    private static let everything = HTTPCaller(issuer: "i", subject: "s", scopes: ["read", "read:personal"])

    private static func agent(_ name: String) -> HTTPCaller {
        HTTPCaller(issuer: "i", subject: "s", scopes: ["read", "read:personal"], agent: name)
    }

    private func world(now: Timestamp = ListWorld.now) throws -> ListWorld {
        let world = ListWorld(now: now)
        try world.agent("1/i/ann", "us-east-1", "LOGIN", status: "Available", username: "ann", name: "Ann Lee")
        try world.agent(
            "1/i/ben", "us-east-1", "LOGOUT", status: "Offline", type: "OFFLINE", username: "Ben.A", name: "Ben Ash")
        try world.agent("1/i/ben", "us-west-2", "LOGIN", status: "Lunch", username: "Ben.A", name: "Ben Ash")
        try world.contact("c1", "us-east-1", "QUEUED", queue: "sales")
        try world.contact("c2", "us-west-2", "CONNECTED_TO_AGENT", queue: "sales", agent: "1/i/ben")
        try world.contact("c3", "us-west-2", "DISCONNECTED")
        for id in ["ann", "ann/tab", "ann2", "annabel/x", "ben/tab"] {
            try world.put(.session, id, ["field/room": ListWorld.register("1", ListWorld.now, "us-east-1")])
        }
        return world
    }

    @Test("a process that follows no changes lists nothing and says what to do", arguments: lists)
    func without(list: String) throws {
        var request = try #require(HTTPRequest(method: "GET", target: list))
        request.caller = Self.plain
        let answer = ListWorld.router(nil, ListWorld.now).answer(request)
        #expect(answer.status == 404 && String(decoding: answer.body.bytes, as: UTF8.self).contains("http.changes: true"))
    }

    @Test("what has not been read to its end is not answered", arguments: lists)
    func unread(list: String) throws {
        let answer = try ListWorld(isRead: false).get(list)
        #expect(answer.status == 503 && answer.header("Retry-After") == "2")
    }

    @Test(
        "an answer says how old it is, which Regions told of it, whether it is whole, and from 15 s on that it is stale",
        arguments: lists)
    func envelope(list: String) throws {
        for (age, isStale) in [(0, false), (15_000, false), (15_001, true), (3_600_000, true), (-1_001, true)]
            as [(Int64, Bool)]
        {
            let world = try world(now: Timestamp(milliseconds: ListWorld.now.milliseconds + age))
            let answer = try world.answer(list)
            #expect(answer["asOf"] as? Int64 == ListWorld.now.milliseconds && answer["ageMs"] as? Int64 == max(0, age))
            #expect(answer["isWhole"] as? Bool == true && answer["stale"] as? Bool == isStale)
            #expect(answer["withheld"] == nil)
            if list != "/v1/queues" { #expect((answer["regions"] as? [String])?.contains("us-east-1") == true) }
        }
    }

    @Test("HEAD is answered, and a page that has not changed is not sent again; one that has grown stale is", arguments: lists)
    func tags(list: String) throws {
        let world = try world()
        #expect(try world.get(list, method: "HEAD").status == 200)
        let tag = try #require(try world.get(list).header("ETag"))
        #expect(try world.get(list, [("If-None-Match", tag)]).status == 304)
        #expect(try world.get(list).header("Cache-Control") == "private, no-cache")
        let old = try self.world(now: Timestamp(milliseconds: ListWorld.now.milliseconds + 20_000))
        #expect(try old.get(list, [("If-None-Match", tag)]).status == 200)
        guard list != "/v1/queues" else { return }
        try world.put(.session, "zoe", ["field/room": ListWorld.register("2", ListWorld.now, "us-east-1")])
        try world.agent("1/i/zoe", "us-east-1", "LOGIN")
        try world.contact("c9", "us-east-1", "QUEUED")
        #expect(try world.get(list, [("If-None-Match", tag)]).status == 200)
    }

    @Test(
        "a wrong parameter is told with what is accepted",
        arguments: [
            ("/v1/agents?presence=Online", "presence: 'Online' is not accepted; give online, offline or unknown"),
            ("/v1/agents?stale=yes", "stale: 'yes' is not accepted; give true or false"),
            ("/v1/agents?name=a%0Ab", "name: it has a control character"), ("/v1/agents?limit=0", "limit: '0'"),
            ("/v1/agents?limit=1001", "give a whole number from 1 to 1000"),
            ("/v1/agents?phase=QUEUED", "unknown parameter 'phase'"),
            ("/v1/agents?presence=online&presence=offline", "presence is given more than once"),
            ("/v1/contacts?phase=COMPLETED", "INITIATED, CONNECTED_TO_SYSTEM, QUEUED, CONNECTED_TO_AGENT"),
            ("/v1/summary?limit=1", "unknown parameter 'limit'"), ("/v1/agents?cursor=", "cursor is empty"),
            ("/v1/agents?cursor=AAAA", "cursor: it is none of this list"),
            ("/v1/queues?cursor=%2B", "cursor: it is none of this list"),
        ])
    func refused(target: String, detail: String) throws {
        let answer = try world().get(target)
        let text = String(decoding: answer.body.bytes, as: UTF8.self)
        #expect(answer.status == 400 && text.contains(detail), "\(target): \(answer.status) \(text)")
    }

    @Test("a cursor is for its list and its filters, and whole; the length of a page may change")
    func cursors() throws {
        let world = try world()
        let next = try #require(try world.page("/v1/agents?presence=online&limit=1").next)
        #expect(try world.page("/v1/agents?presence=online&limit=5&cursor=\(next)").ids == ["1/i/ben"])
        var others = ["/v1/agents?cursor=\(next)", "/v1/agents?presence=offline&cursor=\(next)", "/v1/contacts?cursor=\(next)"]
        for at in next.indices {
            let digit: Character = next[at] == "A" ? "B" : "A"
            others.append("/v1/agents?presence=online&cursor=\(next[..<at])\(digit)\(next[next.index(after: at)...])")
        }
        for target in others { #expect(try world.get(target).status == 400, "\(target)") }
    }

    @Test("agents are shown as they are by themselves, with whether they are stale; what is personal needs its scope")
    func agents() throws {
        let world = try world()
        let items = try world.page("/v1/agents").items
        #expect(items.map { $0["id"] as? String } == ["1/i/ann", "1/i/ben"])
        #expect(items[0]["isStale"] as? Bool == false && items[1]["staleRegions"] as? [String] == [])
        for (name, value) in world.states["agent 1/i/ben"] ?? [:] {
            #expect([name: value].text(name) == items[1].text(name), "\(name)")
        }
        let plain = try world.answer("/v1/agents", as: Self.plain)
        #expect(plain["withheld"] as? [String] == ["items.*.username"])
        #expect(try world.page("/v1/agents", as: Self.plain).items.allSatisfy { $0["username"] == nil })
        let later = try self.world(now: Timestamp(milliseconds: ListWorld.now.milliseconds + 300_001))
        #expect(try later.page("/v1/agents").items[1]["staleRegions"] as? [String] == ["us-west-2"])
    }

    @Test("who may not see names may not search by them either")
    func names() throws {
        let world = try world()
        for target in ["/v1/agents?name=ben.a", "/v1/agents?name=BEN%20ash", "/v1/agents?name=n.A", "/v1/agents?name=%20ASH"] {
            #expect(try world.page(target, as: Self.everything).ids == ["1/i/ben"], "\(target)")
            let answer = try world.get(target, as: Self.plain)
            #expect(answer.status == 403 && answer.header("WWW-Authenticate")?.contains("read:personal") == true)
        }
        #expect(try world.page("/v1/agents?name=ben.ash").ids == [])
    }

    @Test("an agent's token lists what is this agent's own, and counts nothing")
    func own() throws {
        let world = try world()
        for (name, id) in [("ben", "1/i/ben"), ("1/i/ben", "1/i/ben"), ("BEN.A", "1/i/ben"), ("en", nil), ("b", nil)]
            as [(String, String?)]
        {
            #expect(try world.page("/v1/agents", as: Self.agent(name)).ids == (id.map { [$0] } ?? []), "\(name)")
            #expect(try world.page("/v1/agents?name=ann", as: Self.agent(name)).ids == [])
        }
        #expect(try world.page("/v1/contacts", as: Self.agent("ben")).ids == ["c2"])
        #expect(try world.page("/v1/contacts?agent=1/i/ben", as: Self.agent("carl")).ids == [])
        #expect(try world.page("/v1/sessions", as: Self.agent("ann")).ids == ["ann", "ann/tab"])
        #expect(try world.page("/v1/sessions?prefix=ben", as: Self.agent("ann")).ids == [])
        for list in ["/v1/queues", "/v1/summary"] {
            #expect(try world.get(list, as: Self.agent("ann")).status == 403)
        }
    }

    @Test("a name that is only nearly the agent's own is not")
    func nearly() throws {
        let world = ListWorld()
        // A Kelvin sign, whose lower case is a k.
        try world.agent("1/i/k", "us-east-1", "LOGIN", status: "Available", username: "\u{212A}im")
        try world.agent("1/i/l", "us-east-1", "LOGIN", status: "Available", username: "Kim\\nx")
        try world.agent("1/i/m", "us-east-1", "LOGIN", status: "Available", username: "KIM")
        #expect(try world.page("/v1/agents", as: Self.agent("kim")).ids == ["1/i/m"])
        for name in ["", "/k", "i/k/", "1/i"] {
            #expect(try world.page("/v1/agents", as: Self.agent(name)).ids == [], "\(name)")
        }
        try world.put(.session, "/tab", ["field/room": ListWorld.register("1", ListWorld.now, "r")])
        #expect(try world.page("/v1/sessions", as: Self.agent("")).ids == [])
    }

    @Test("an answer says for the audit whom it shows, and nobody else")
    func subjects() throws {
        let world = try world()
        #expect(try world.get("/v1/agents?presence=online&limit=1").subjects == ["1/i/ann"])
        #expect(try world.get("/v1/contacts").subjects == ["c1", "c2"])
        #expect(try world.get("/v1/queues").subjects.isEmpty && world.get("/v1/summary").subjects.isEmpty)
    }

    @Test("sessions are found by how their ids begin; their fields are personal")
    func sessions() throws {
        let world = try world()
        #expect(try world.page("/v1/sessions?prefix=ann").ids == ["ann", "ann/tab", "ann2", "annabel/x"])
        #expect(try world.ids("/v1/sessions?prefix=ann", limit: 1) == ["ann", "ann/tab", "ann2", "annabel/x"])
        #expect(try world.page("/v1/sessions?prefix=zoe").ids == [])
        #expect(try world.page("/v1/sessions?limit=1", as: Self.plain).items[0].keys.sorted() == ["id", "region", "updatedAt"])
    }

    @Test("queues show what each Region told, also where the other one's value won")
    func queues() throws {
        let world = try world()
        let earlier = Timestamp(milliseconds: ListWorld.now.milliseconds - 1)
        try world.put(.queue, "i/q", row: "us-east-1", ["field/waiting": ListWorld.register("7", earlier, "us-east-1")])
        try world.put(.queue, "i/q", row: "us-west-2", ["field/waiting": ListWorld.register("3", ListWorld.now, "us-west-2")])
        let queue = try #require(try world.page("/v1/queues").items.first)
        #expect(queue.text("fields", "waiting") == "3")
        #expect(queue.text("regions", "us-east-1", "fields", "waiting") == "7")
        #expect(queue.text("regions", "us-west-2", "fields", "waiting") == "3")
        world.resident.take(
            FeedBatch(
                number: 99, author: "x", time: 0, cursor: FeedCursor(),
                entries: [
                    FeedEntry(form: .gone, key: [EntityKind.queue.rawValue] + Array("i/q".utf8), row: "us-east-1", entity: [])
                ]))
        let left = try #require(try world.page("/v1/queues").items.first)
        #expect((left["regions"] as? [String: Any])?.keys.sorted() == ["us-west-2"])
    }

    @Test("a page looks at 16,384 entities; where it found too few by then it says so, and the next one goes on behind them")
    func partial() throws {
        let world = ListWorld()
        for number in 0..<20_000 {
            try world.put(.session, "s\(number)", ["field/a": ListWorld.register("1", ListWorld.now, "r")])
        }
        try world.put(.session, "z", ["field/a": ListWorld.register("1", ListWorld.now, "r")])
        let first = try world.page("/v1/sessions?limit=10")
        #expect(first.items.count == 10 && !first.isPartial && first.next != nil)
        let page = world.resident.list(.session, after: nil, limit: 10) { key, _ in key.last == UInt8(ascii: "z") }
        #expect(page.found.isEmpty && page.isPartial)
        let rest = world.resident.list(.session, after: page.next, limit: 10) { key, _ in key.last == UInt8(ascii: "z") }
        #expect(rest.found.count == 1 && rest.next == nil && !rest.isPartial)
    }

    @Test("who had to leave for want of memory is said, and counted no more")
    func bounds() throws {
        let world = ListWorld(bytesMax: 20_000)
        for number in 0..<60 { try world.contact("c\(number)", "us-east-1", "QUEUED") }
        let answer = try world.answer("/v1/contacts")
        #expect(answer["isWhole"] as? Bool == false)
        let left = try world.ids("/v1/contacts")
        #expect(left.count < 60 && !left.isEmpty)
        let summary = try world.answer("/v1/summary")
        #expect(((summary["data"] as? [String: Any])?["contacts"] as? [String: Any])?["total"] as? Int == left.count)
        #expect(summary["isWhole"] as? Bool == false)
        #expect(try world.answer("/v1/agents")["isWhole"] as? Bool == true)
    }

    @Test("Regions say when the newest fact is from that was seen of each")
    func regions() throws {
        let world = try world()
        let late = Timestamp(milliseconds: ListWorld.now.milliseconds - 2_000)
        try world.put(.session, "x", ["field/a": ListWorld.register("1", late, "eu-west-2")])
        let regions = try #require(try world.answer("/v1/regions")["data"] as? [[String: Any]])
        #expect(regions.map { $0["name"] as? String } == ["eu-west-2", "us-east-1", "us-west-2"])
        #expect(regions[0]["newestFact"] as? String == "\(late)" && regions[0]["ageMs"] as? Int == 2_000)
        #expect(regions.map { $0["isOwn"] as? Bool } == [false, true, false])
    }
}
