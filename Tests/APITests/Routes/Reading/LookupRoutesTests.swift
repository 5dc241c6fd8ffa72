import ContactCenter
import EngineCore
import Foundation
import Storage
import TestSupport
import Testing

@testable import API
@testable import HTTPServer
@testable import Platform

/// `POST /v1/lookups` over the scenario `fixtures/aliases`.
@Suite("lookups over HTTP", .limited)
struct LookupRoutesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../fixtures/aliases").standardized.path
    private let router: HTTPRouter

    init() throws { router = try Self.router(key: AliasKey(file: Self.folder + "/alias.key", country: CallingCode("44"))) }

    private static func router(key: AliasKey?) throws -> HTTPRouter {
        let store = MemoryStore()
        let rows = RowBatch()
        let reader = StateLineReader()
        for line in try String(contentsOfFile: folder + "/expected.state", encoding: .utf8).split(separator: "\n") {
            try Array(line.utf8).withUnsafeBytes { line in
                try reader.read(line) { key, entity in rows.append(key: key, entity: entity.bytes) }
            }
        }
        try store.write(Flush(rows: [rows], checkpoints: []))
        var router = HTTPRouter()
        router.addLookups(
            ReadingSource(store, at: "member", regions: { [] }, failed: { Issue.record("the store failed: \($0)") }), key: key)
        return router
    }

    private func ask(_ body: String, of router: HTTPRouter? = nil) throws -> (status: Int, text: String) {
        var request = try #require(HTTPRequest(method: "POST", target: "/v1/lookups"))
        request.body = Array(body.utf8)
        request.caller = HTTPCaller(issuer: "i", subject: "s", scopes: ["read:personal"])
        let answer = (router ?? self.router).answer(request)
        return (answer.status, String(decoding: answer.body.bytes, as: UTF8.self))
    }

    private func data(_ body: String) throws -> [String: Any] {
        let answer = try ask(body)
        try #require(answer.status == 200, "\(answer.text)")
        let root = try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any]
        return try #require(root?["data"] as? [String: Any])
    }

    @Test(
        "a number in any spelling, an address or a chat identity leads to the customers and contacts, newest first",
        arguments: [
            (
                #"{"phone":"+442079460018"}"#, #"["cust-6001","cust-6003"]"#,
                #"["c5000002-0000-4000-8000-000000000002","c5000001-0000-4000-8000-000000000001"]"#
            ),
            (
                #" {"phone": "020 7946 0018"} "#, #"["cust-6001","cust-6003"]"#,
                #"["c5000002-0000-4000-8000-000000000002","c5000001-0000-4000-8000-000000000001"]"#
            ),
            (#"{"email":"MAJA.novak@example.com"}"#, #"["cust-6001"]"#, #"["c5000003-0000-4000-8000-000000000003"]"#),
            (#"{"chat":"maja@chat.example"}"#, #"["cust-6001"]"#, "[]"),
            (#"{"phone":"+442079460020"}"#, "[]", #"["c5000006-0000-4000-8000-000000000006"]"#),
        ])
    func found(body: String, customers: String, contacts: String) throws {
        let data = try data(body)
        #expect(data.text("customers") == customers && data.text("contacts") == contacts)
        #expect(data.text("id")?.hasPrefix("\(data.text("type") ?? "-")/") == true)
    }

    @Test("the last contact is told with its agent, channel and phase; nothing where there is none")
    func lastContact() throws {
        let last = try data(#"{"phone":"+12065550142"}"#)
        #expect(last.text("lastContact", "id") == "c5000007-0000-4000-8000-000000000007")
        #expect(last.text("lastContact", "customerId") == "cust-6002" && last.text("lastContact", "phase") == "COMPLETED")
        #expect(last.text("lastContact", "channel") == "VOICE" && last.text("lastContact", "agent") == "null")
        #expect(try data(#"{"chat":"maja@chat.example"}"#).text("lastContact") == "null")
        // The newest is the one that nobody took.
        let caller = try data(#"{"phone":"+442079460018"}"#)
        #expect(caller.text("lastContact", "id") == "c5000002-0000-4000-8000-000000000002")
    }

    @Test(
        "what cannot be looked up is refused, and what nobody is known by is not found; neither answer repeats it",
        arguments: [
            (#"{"phone":"+442079460999"}"#, 404, "nobody is known by this phone number"),
            (#"{"email":"nobody@example.com"}"#, 404, "nobody is known by this e-mail address"),
            (#"{"phone":"anonymous-7946"}"#, 400, "phone: this is no phone number that can be normalised"),
            (#"{"email":"7946"}"#, 400, "email: this is no e-mail address"),
            (#"{"chat":""}"#, 400, "chat: this is no chat identity"),
            (#"{"phone":7946}"#, 400, "give a JSON object with one member"), (#"{}"#, 400, "give a JSON object"),
            (#"{"phone":"+442079460018","email":"a@b"}"#, 400, "give a JSON object with one member"),
            (#"{"fax":"+442079460018"}"#, 400, "give a JSON object"), ("", 400, "give a JSON object"),
            (#"["+442079460018"]"#, 400, "give a JSON object"), (#"{"phone":"+442079460018"} {}"#, 400, "give a JSON object"),
        ])
    func refused(body: String, status: Int, detail: String) throws {
        let answer = try ask(body)
        #expect(answer.status == status && answer.text.contains(detail), "\(answer)")
        if detail.hasPrefix("give") { return }
        #expect(!answer.text.contains("7946") || answer.text.contains("such as +442079460018"), "\(answer.text)")
        #expect(!answer.text.contains("0999") && !answer.text.contains("nobody@") && !answer.text.contains("anonymous"))
    }

    @Test(
        "for the trail it says whom it was about, by the alias's keyed id, whether or not anybody is known by it, and never by the number"
    )
    func subjects() throws {
        func subjects(_ body: String) throws -> [String] {
            var request = try #require(HTTPRequest(method: "POST", target: "/v1/lookups"))
            request.body = Array(body.utf8)
            return router.answer(request).subjects
        }
        let id = try #require(try data(#"{"phone":"+442079460018"}"#).text("id"))
        #expect(
            try subjects(#"{"phone":"020 7946 0018"}"#) == ["alias=\(id)", "customer=cust-6001", "customer=cust-6003"])
        let unknown = try subjects(#"{"phone":"+442079460999"}"#)
        #expect(unknown.count == 1 && unknown[0].hasPrefix("alias=phone/") && !unknown[0].contains("7946"))
        #expect(try subjects("{}").isEmpty)
    }

    @Test("without a key there are no aliases, and the answer says which setting is missing")
    func noKey() throws {
        let answer = try ask(#"{"phone":"+442079460018"}"#, of: try Self.router(key: nil))
        #expect(answer.status == 404 && answer.text.contains("aliases.key-file is not set"))
    }

    @Test("it is asked by POST alone, and needs the scope read:personal")
    func access() throws {
        let route = try #require(router.routes.first)
        #expect(router.routes.count == 1 && route.method == "POST" && route.access == .scopes(["read:personal"]))
        #expect(route.bodyBytesMax == 4096)
        let request = try #require(HTTPRequest(method: "GET", target: "/v1/lookups?phone=%2B442079460018"))
        #expect(router.answer(request).status == 405)
    }
}
