import ContactCenter
import EngineCore
import Foundation
import Lattice
import Synchronization
import TestSupport
import Testing

@testable import API
@testable import HTTPServer
@testable import Platform

@Suite("reading over HTTP", .limited(minutes: 5))
struct ReadingRoutesTests {
    private static let instance = "111122223333/7c1d52e0"
    private static let finn = "\(instance)/a0000006-1ed2-534e-bd1c-a50ecba1b41b"
    private static let ana = "\(instance)/a0000001-242b-5d09-ae0e-5fc52ed292da"
    private static let broken = "c2000004-c2d2-5983-b8cd-547dbc3aba94"
    private static let again = "c2000012-c8bd-540c-9bbc-5a09a4200b61"

    @Test(
        "each kind is read by its id, with what docs/state.md lists",
        arguments: [
            ("/v1/agents/\(finn)", ["presence"], "online"),
            ("/v1/agents/\(finn)", ["regionsOnline"], #"["us-east-1","us-west-2"]"#),
            ("/v1/agents/\(finn)", ["id"], finn),
            (
                "/v1/agents/arn:aws:connect:us-east-1:111122223333:instance/7c1d52e0/agent/a0000001-242b-5d09-ae0e-5fc52ed292da",
                ["id"], ana
            ),
            (
                "/v1/agents/arn%3Aaws%3Aconnect%3Aus-west-2%3A111122223333%3Ainstance%2F7c1d52e0%2Fagent%2Fa0000001-242b-5d09-ae0e-5fc52ed292da",
                ["username"], "ana.l"
            ),
            ("/v1/usernames/finn.s", ["presence"], "online"), ("/v1/usernames/finn.s", ["id"], "finn.s"),
            ("/v1/contacts/\(broken)", ["phase"], "DISCONNECTED"),
            ("/v1/customers/cust-2001", ["fields", "tier"], "gold"),
            ("/v1/customers/cust-2001/context", ["customerId"], "cust-2001"),
            ("/v1/flows/\(broken)", ["flowName"], "Web calls"),
            ("/v1/sessions/rtc-noor-0305", ["fields", "state"], "connected"),
            ("/v1/queues/7c1d52e0/orders", ["fields", "name"], "Orders"),
            ("/v1/queues/7c1d52e0%2Forders", ["regions", "us-west-2", "fields", "waiting"], "0"),
            ("/v1/explain/queue/7c1d52e0/orders", ["kind"], "queue"),
        ] as [(String, [String], String)])
    func kinds(target: String, path: [String], value: String) throws {
        var found: Any? = try ReadingWorld().data(target)
        for name in path { found = (found as? [String: Any])?[name] }
        let whole = try #require(found)
        #expect(["value": whole].text("value") == value)
    }

    @Test("an answer says when it was read, how old that is, and which Regions told of it; it may be kept and asked for again")
    func envelope() throws {
        let world = try ReadingWorld()
        let answer = try world.answer("/v1/agents/\(Self.finn)")
        #expect(answer["asOf"] as? Int64 == ReadingWorld.now.milliseconds && answer["ageMs"] as? Int == 0)
        #expect(answer["regions"] as? [String] == ["us-east-1", "us-west-2"] && answer["withheld"] == nil)
        let response = try world.get("/v1/agents/\(Self.finn)")
        #expect(response.header("Cache-Control") == "private, no-cache" && response.header("Vary") == "Authorization")
    }

    @Test("a tag is of what is shown: the same until that changes, another one for another caller or another question")
    func tags() throws {
        let world = try ReadingWorld()
        func tag(_ world: ReadingWorld, _ target: String, as caller: HTTPCaller? = nil) throws -> String {
            try #require(try world.get(target, as: caller).header("ETag"))
        }
        let target = "/v1/agents/\(Self.finn)"
        let known = try tag(world, target)
        // A moment later, and the agent is as stale as before.
        let later = try ReadingWorld(now: Timestamp(milliseconds: ReadingWorld.now.milliseconds + 1))
        #expect(try tag(later, target) == known)
        let early = try ReadingWorld(now: Timestamp(milliseconds: ReadingWorld.now.milliseconds - 17 * 60_000))
        #expect(try tag(early, target) != known)
        #expect(try tag(world, target, as: ReadingWorld.everything) == known)
        #expect(try tag(world, target, as: ReadingWorld.plain) != known)
        #expect(try tag(world, target + "?registers=true") != known)
        #expect(try tag(world, "/v1/agents/\(Self.ana)") != known)
        for list in [known, "W/\(known)", "\"x\", \(known)", "*", "\"x\" ,W/\(known) "] {
            let answer = try world.get(target, [("If-None-Match", list)])
            #expect(answer.status == 304 && answer.body.bytes.isEmpty && answer.header("ETag") == known, "\(list)")
            #expect(answer.header("Vary") == "Authorization" && answer.header("Cache-Control") == "private, no-cache")
        }
        for list in ["\"x\"", String(known.dropLast()), ""] {
            #expect(try world.get(target, [("If-None-Match", list)]).status == 200, "\(list)")
        }
        #expect(try world.get(target, [("If-None-Match", known)], as: ReadingWorld.plain).status == 200)
    }

    @Test(
        "without read:personal nothing personal is shown, and the answer names what is withheld",
        arguments: [
            ("/v1/agents/\(finn)?registers=true", ["finn.s", "\"snapshot/"], ["registers", "username"]),
            ("/v1/usernames/finn.s", ["\"username\":"], ["agents.*.username"]),
            ("/v1/customers/cust-2001", ["Maya", "gold", "otp"], ["authentication", "fields"]),
            (
                "/v1/customers/cust-2001/context", ["Maya", "gold", "otp", "en-US", "B-2207"],
                CustomerContext.personalMembers.names.sorted()
            ),
            ("/v1/flows/\(broken)", ["returns"], ["variables"]),
            ("/v1/sessions/rtc-noor-0305", ["connected", "cust-2002"], ["fields"]),
            ("/v1/contacts/\(again)", ["cust-2002"], PersonalMembers.of(.contact).names.sorted()),
            (
                "/v1/explain/customer/cust-2001", ["Maya", "gold", "otp"],
                ["candidates.*.register.members.*.value", "candidates.*.register.value"]
            ),
            ("/v1/queues/7c1d52e0/orders", [], nil),
        ] as [(String, [String], [String]?)])
    func withheld(target: String, secrets: [String], withheld: [String]?) throws {
        let world = try ReadingWorld()
        let plain = try world.get(target, as: ReadingWorld.plain)
        let whole = try world.get(target, as: ReadingWorld.everything)
        #expect(plain.status == 200 && whole.status == 200)
        let (short, long) = (
            String(decoding: plain.body.bytes, as: UTF8.self), String(decoding: whole.body.bytes, as: UTF8.self)
        )
        for secret in secrets { #expect(!short.contains(secret) && long.contains(secret), "\(secret)\n\(short)\n\(long)") }
        #expect(try world.answer(target, as: ReadingWorld.plain)["withheld"] as? [String] == withheld)
        #expect(!long.contains("\"withheld\""))
    }

    @Test("every route needs the scope read, and is read or listed at the rate of its class")
    func access() throws {
        for route in try ReadingWorld().router.routes {
            #expect(route.method == "GET" && route.access == .scopes(["read"]), "\(route.pattern)")
        }
    }

    @Test(
        "what is not in the state is 404, what cannot be asked is 400, and both say what to do",
        arguments: [
            ("/v1/agents/nobody", 404, "no agent 'nobody' in the state"),
            ("/v1/agents/a%2Fb%20c", 404, "no agent 'a/b c'"), ("/v1/contacts/x", 404, "no contact 'x'"),
            ("/v1/usernames/x", 404, "no username"), ("/v1/customers/x/context", 404, "no customer 'x'"),
            ("/v1/explain/agent/x", 404, "no agent 'x'"), ("/v1/explain/thing/x", 404, "Accepted: agent, contact"),
            ("/v1/explain/queue/7c1d52e0/orders?register=field%2Fnone", 404, "no register 'field/none'"),
            ("/v1/agents/x?limit=1", 400, "unknown parameter 'limit'. Accepted: registers"),
            ("/v1/regions?x=1", 400, "There are none here"),
            ("/v1/agents/x?registers=1", 400, "give true or false"),
            ("/v1/agents/x?registers=true&registers=true", 400, "more than once"),
            ("/v1/customers/cust-2001/context?identified-by=voice", 400, "give caller-number or stated"),
            ("/v1/customers/cust-2001/context?channel=", 400, "channel is empty"),
            (
                "/v1/customers/cust-2001/context?contact=\(String(repeating: "x", count: 1025))", 400,
                "longer than 1,024 characters"
            ),
        ])
    func refusals(target: String, status: Int, detail: String) throws {
        let answer = try ReadingWorld().get(target)
        let text = String(decoding: answer.body.bytes, as: UTF8.self)
        #expect(answer.status == status && text.contains(detail) && answer.contentType == "application/problem+json", "\(text)")
    }

    @Test(
        "an agent of whom nothing was heard for five minutes is stale, in all and in each Region where they are shown as online"
    )
    func stale() throws {
        func agent(_ time: String) throws -> [String: Any] {
            try ReadingWorld(now: try #require(Timestamp(time))).data("/v1/agents/\(Self.finn)")
        }
        let fresh = try agent("2026-03-05T15:15:20.600Z")
        #expect(fresh.text("isStale") == "false")
        let gone = try agent("2026-03-05T15:15:20.601Z")
        #expect(gone.text("isStale") == "true" && gone.text("staleRegions") == #"["us-east-1","us-west-2"]"#)
    }

    @Test("a username joins the agents who bear it in both instances; one that is not in the state is named")
    func usernames() throws {
        let line = """
            {"id":"kim","kind":"username","registers":{"agents":{"capacity":16,"members":[\
            {"event":"","rank":0,"region":"","time":"2026-03-05T00:00:00.000Z","value":"\(Self.ana)"},\
            {"event":"","rank":0,"region":"","time":"2026-03-05T00:00:00.000Z","value":"\(Self.finn)"},\
            {"event":"","rank":0,"region":"","time":"2026-03-05T00:00:00.000Z","value":"1/i/gone"}],"rule":"union"}},"state":{}}
            """
        let data = try ReadingWorld(lines: [line]).data("/v1/usernames/kim")
        let agents = try #require(data["agents"] as? [[String: Any]])
        #expect(agents.map { $0["id"] as? String } == [Self.ana, Self.finn] && data.text("presence") == "online")
        #expect(data["missing"] as? [String] == ["1/i/gone"])
    }

    @Test("regions says what the state is joined of, with what is known of how late it is")
    func regions() throws {
        let answer = try ReadingWorld().answer("/v1/regions")
        let rows = try #require(answer["data"] as? [[String: Any]])
        #expect(rows.map { $0["name"] as? String } == ["us-east-1", "us-west-2"])
        #expect(rows[0].text("lagMs") == "812" && rows[0].text("newestFact") == "null" && rows[0].text("isOwn") == "false")
        #expect(rows[1].text("ageMs") == "0" && rows[1].text("lagMs") == "null" && rows[1].text("isOwn") == "true")
    }

    @Test(
        "a failure of the store is told to the log and not to the client",
        arguments: [(StoreError.Reason.corrupt, 500), (.unavailable, 503), (.failed, 503)],
        ["/v1/agents/x", "/v1/contacts/x", "/v1/usernames/x", "/v1/customers/x/context", "/v1/queues/x", "/v1/explain/agent/x"])
    func failures(reason: (StoreError.Reason, Int), target: String) throws {
        let told = Mutex<[String]>([])
        let fail: @Sendable () throws(StoreError) -> Void = { () throws(StoreError) in
            throw StoreError(reason.0, "/secret/path")
        }
        let world = ReadingWorld(
            ReadingSource(
                read: { (_, _, _) throws(StoreError) in try fail() }, rows: { (_, _, _) throws(StoreError) in try fail() },
                regions: { [] }, failed: { error in told.withLock { $0.append(error.message) } }))
        let answer = try world.get(target)
        #expect(answer.status == reason.1 && !String(decoding: answer.body.bytes, as: UTF8.self).contains("secret"))
        #expect(told.withLock { $0 } == ["/secret/path"])
    }
}
