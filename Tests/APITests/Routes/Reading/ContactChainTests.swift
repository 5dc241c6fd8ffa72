import Foundation
import TestSupport
import Testing

@testable import API
@testable import HTTPServer

@Suite("the chain of a contact", .limited)
struct ContactChainTests {
    /// A line of a state file: a contact that names others.
    private static func contact(_ id: String, _ names: [String: String]) -> String {
        let registers = names.sorted { $0.key < $1.key }.map { name, other in
            #""event/\#(name)ContactId":{"event":"e","rank":0,"region":"us-east-1","time":"2026-03-05T14:00:00.000Z","value":"\#(other)"}"#
        }
        return #"{"id":"\#(id)","kind":"contact","registers":{\#(registers.joined(separator: ","))},"state":{}}"#
    }

    private static func chain(
        _ id: String, _ contacts: [(String, [String: String])]
    ) throws -> (shown: [String], missing: [String], isCut: Bool) {
        let world = try ReadingWorld(fixture: nil, lines: contacts.map { contact($0.0, $0.1) })
        let chain = try #require(try world.data("/v1/contacts/\(id)")["chain"] as? [String: Any])
        func links(_ name: String) -> [String] {
            (chain[name] as? [[String: Any]] ?? []).map {
                "\($0.text("depth") ?? "") \($0.text("from") ?? "") \($0.text("relation") ?? "") \($0.text("id") ?? "")"
            }
        }
        return (links("contacts"), links("missing"), chain["isCut"] as? Bool ?? true)
    }

    @Test("it has the contacts that a contact names, and those that they name, nearest first, each once")
    func walk() throws {
        let found = try Self.chain(
            "b",
            [
                ("a", ["next": "b"]), ("b", ["initial": "a", "previous": "a", "next": "c"]),
                ("c", ["initial": "a", "related": "d"]),
                ("d", ["previous": "c"]), ("e", ["initial": "a"]),
            ])
        #expect(found == (["1 b initial a", "1 b next c", "2 c related d"], [], false))
    }

    @Test("circles end, a contact that names itself has no chain, and what the state lacks is named")
    func ends() throws {
        #expect(try Self.chain("a", [("a", ["next": "b"]), ("b", ["next": "a"])]) == (["1 a next b"], [], false))
        #expect(try Self.chain("a", [("a", ["next": "a", "initial": "a"])]) == ([], [], false))
        #expect(
            try Self.chain("a", [("a", ["previous": "x", "related": "y"])]) == ([], ["1 a previous x", "1 a related y"], false))
    }

    @Test("it goes no more than eight steps, and says that there are more")
    func depth() throws {
        let long = (0..<20).map { ("c\($0)", ["next": "c\($0 + 1)"]) }
        let found = try Self.chain("c0", long)
        #expect(found.shown.count == ContactChain.depthMax && found.isCut && found.missing.isEmpty)
        let exact = try Self.chain("c12", long + [("c20", [:])])
        #expect(exact.shown.count == 8 && !exact.isCut)
    }

    @Test("it looks at no more than 32 contacts, and says that there are more")
    func count() throws {
        // Each contact names three new ones.
        let tree = (0..<200).map { at in
            ("t\(at)", ["previous": "t\(3 * at + 1)", "next": "t\(3 * at + 2)", "related": "t\(3 * at + 3)"])
        }
        let found = try Self.chain("t0", tree)
        #expect(found.shown.count == ContactChain.contactsMax && found.isCut)
    }

    @Test("it shows what tells contacts apart, and no personal member without the right to it")
    func members() throws {
        let world = try ReadingWorld()
        func first(as caller: HTTPCaller) throws -> [String: Any] {
            let chain = try world.data("/v1/contacts/c2000012-c8bd-540c-9bbc-5a09a4200b61", as: caller)["chain"]
            return try #require(((chain as? [String: Any])?["contacts"] as? [[String: Any]])?.first)
        }
        let whole = try first(as: ReadingWorld.everything)
        #expect(whole.text("relation") == "related" && whole.text("phase") == "DISCONNECTED" && whole["agent"] != nil)
        #expect(try first(as: ReadingWorld.plain).text("agent", "username") == nil)
    }
}
