import ContactCenter
import HTTPServer
import Platform
import TestSupport
import Testing

@testable import API

@Suite("what a client of changes asks for", .limited)
struct ChangeFilterTests {
    private func filter(
        _ query: [String: String], last: String? = nil, agent: String? = nil
    ) throws -> (filter: ChangeFilter, isOwn: Bool) {
        var request = HTTPRequest(
            method: "GET", path: "/v1/changes", query: query,
            headers: HTTPHeaders(last.map { [("Last-Event-ID", $0)] } ?? []))
        request.caller = agent.map { HTTPCaller(issuer: "i", subject: "s", scopes: ["read"], agent: $0) }
        let filter = try ChangeFilter(request)
        return (filter, filter.isOwn(request))
    }

    private func key(_ kind: EntityKind, _ id: String) -> [UInt8] { [kind.rawValue] + Array(id.utf8) }

    @Test("kinds, entities and the position, of which the header's goes first")
    func asked() throws {
        let all = try filter([:]).filter
        #expect(all.after == nil && all.wants(.agent, key(.agent, "a")))
        let some = try filter(["kinds": "agent,session", "ids": "agent/1/2/a,session/ann/1", "after": "7"], last: "9").filter
        #expect(some.after == 9)
        #expect(some.wants(.agent, key(.agent, "1/2/a")) && some.wants(.session, key(.session, "ann/1")))
        #expect(!some.wants(.agent, key(.agent, "1/2/b")) && !some.wants(.contact, key(.contact, "1/2/a")))
        #expect(try filter(["after": "7"]).filter.after == 7)
    }

    @Test(
        "what is wrong is named",
        arguments: [
            (["kind": "agent"], "unknown parameter 'kind'"), (["kinds": "agents"], "agents"),
            (["ids": "agent"], "ids: 'agent' is not KIND/ID"), (["ids": "agent/"], "ids: 'agent/' is not KIND/ID"),
            (["after": "-1"], "'-1' is no position"), (["after": "+1"], "'+1' is no position"),
            (["ids": (0...256).map { "agent/\($0)" }.joined(separator: ",")], "ids: at most 256 entities"),
        ])
    func wrong(query: [String: String], reason: String) {
        do {
            _ = try filter(query)
            Issue.record("\(query) is taken")
        } catch { #expect("\(error)".contains(reason), "\(error)") }
    }

    @Test(
        "an agent names entities, and of agents, usernames and sessions their own",
        arguments: [
            ("", false), ("agent/1/2/ann", true), ("agent/1/2/ben", false), ("session/ann", true), ("session/ann/1", true),
            ("session/anna", false), ("username/ann", true), ("username/ben", false), ("contact/c,session/ann", true),
            ("contact/c,session/ben", false), ("alias/phone/0", false),
        ])
    func own(ids: String, isOwn: Bool) throws {
        #expect(try filter(ids.isEmpty ? [:] : ["ids": ids], agent: "ann").isOwn == isOwn)
        #expect(try filter(ids.isEmpty ? [:] : ["ids": ids]).isOwn)
    }

    @Test(
        "what people are called by is told to whoever may see it, or names it",
        arguments: [
            ("", "", true, false), ("username", "", false, false), ("username,agent", "", true, false),
            ("", "username/ann", true, true),
            ("username", "username/ann", true, true),
        ])
    func names(kinds: String, ids: String, isServed: Bool, tellsNames: Bool) throws {
        let query = [("kinds", kinds), ("ids", ids)].filter { !$0.1.isEmpty }
        let asked = try filter(Dictionary(uniqueKeysWithValues: query)).filter
        func caller(_ scopes: Set<String>) -> HTTPCaller { HTTPCaller(issuer: "i", subject: "s", scopes: scopes) }
        var plain = asked
        #expect(plain.withholdNames(from: caller(["read"])) == isServed)
        #expect(isServed ? plain.wants(.username, key(.username, "ann")) == tellsNames : true)
        #expect(plain.wants(.agent, key(.agent, "a")) == (kinds != "username" && ids.isEmpty && isServed))
        for all in [caller(["read", "read:personal"]), nil] {
            var whole = asked
            #expect(whole.withholdNames(from: all) && whole == asked)
        }
    }
}
