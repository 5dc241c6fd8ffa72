import ContactCenter
import Lattice
import Platform
import TestSupport
import Testing

@Suite("personal members of projections", .limited)
struct PersonalMembersTests {
    private static let leaves = [#""secret""#, #"{"a":"secret"}"#, #"{"a":{"ValueString":"secret"}}"#]

    /// Entities that bear a secret in the place of a personal fact, in every form that the fact may have.
    private static func entities(_ kind: EntityKind, _ facts: PersonalFacts) -> [StateFixture] {
        leaves.flatMap { leaf in [false, true].map { isList in document(facts.member, leaf, isList: isList) } }.map { value in
            StateFixture(kind, "x") { fixture in
                let path = facts.path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard path.count > 1 else {
                    if kind == .alias {
                        return fixture.member("customers", value, at: "2026-03-02T14:00:00.000Z", capacity: 16)
                    }
                    return fixture.set("record", value)
                }
                let segment = path[1].isEmpty ? "us-east-1" : path[1]
                switch path[0] {
                case "agent": fixture.set("agent/", segment, value)
                case "authentication": fixture.set("authentication/", segment, value)
                case "event": fixture.set("event/", segment, value)
                case "field": fixture.set("field/", segment, value)
                case "record": fixture.set("record/", segment, value)
                case "snapshot": fixture.set("snapshot/", segment, value)
                case "variable": fixture.set("variable/", segment, value)
                default: Issue.record("the test does not know \(facts.path)")
                }
            }
        }
    }

    private static func document(_ member: [String], _ leaf: String, isList: Bool) -> String {
        member.reversed().reduce(leaf) { inner, name in
            name == "*" ? (isList ? "[\(inner)]" : "{\"n\":\(inner)}") : "{\"\(name)\":\(inner)}"
        }
    }

    private static func rest(_ members: PersonalMembers, of state: String) -> String {
        var state = state
        var out = ByteBuffer()
        state.withUTF8 { members.appendRest(ofText: ByteView($0), to: &out) }
        return out.bytes.text
    }

    @Test("a projection without personal members shows no personal fact, whatever its form", arguments: EntityKind.allCases)
    func nothingShows(kind: EntityKind) {
        for facts in PersonalFacts.of(kind) {
            for entity in Self.entities(kind, facts) {
                let encoding = entity.encoding()
                let id = [kind.rawValue] + Array(entity.id.utf8)
                var out = ByteBuffer()
                id.withUnsafeBytes {
                    StateWriter().appendStateWithoutPersonal(
                        key: EntityKey($0), entity: EntityView(encoding.bytes), to: &out)
                }
                #expect(out.count > 2 && !out.bytes.text.contains("secret"), "\(facts.path) \(facts.member)")
            }
        }
    }

    @Test("every listed member is needed: without it some personal fact shows", arguments: EntityKind.allCases)
    func everyMemberIsNeeded(kind: EntityKind) {
        let states = PersonalFacts.of(kind).flatMap { Self.entities(kind, $0) }.map(\.state)
        let names = PersonalMembers.of(kind).names
        for name in names {
            let others = PersonalMembers(names.filter { $0 != name })
            #expect(states.contains { Self.rest(others, of: $0).contains("secret") }, "\(kind.name) \(name)")
        }
    }

    @Test(
        "members are left out at any depth, of lists and objects alike, and nothing else is",
        arguments: [
            ("a", #"{"a":1,"b":{"a":2}}"#, #"{"b":{"a":2}}"#), ("b.a", #"{"a":1,"b":{"a":2}}"#, #"{"a":1,"b":{}}"#),
            ("l.*.v", #"{"l":[{"v":1,"w":2},{"v":3}],"v":4}"#, #"{"l":[{"w":2},{}],"v":4}"#),
            ("o.*.v", #"{"o":{"x":{"v":1},"y":null}}"#, #"{"o":{"x":{},"y":null}}"#),
            ("a.b", #"{"a":"text"}"#, #"{"a":"text"}"#),
            ("a", #"{"a\"":1,"a":[{}]}"#, #"{"a\"":1}"#), ("a", "[]", "[]"),
        ])
    func rest(name: String, json: String, rest: String) {
        #expect(Self.rest(PersonalMembers([name]), of: json) == rest)
    }
}
