import ContactCenter
import Observability
import TestSupport
import Testing

@Suite("personal facts", .limited)
struct PersonalFactsTests {
    @Test(
        "every register, and every member of its document, is either personal or not",
        arguments: [
            (EntityKind.agent, "snapshot/us-east-1", "Configuration.FirstName", true),
            (.agent, "snapshot/us-east-1", "Configuration.Username", true),
            (.agent, "snapshot/us-east-1", "Configuration.RoutingProfile.Name", false),
            (.agent, "snapshot/us-east-1", "AgentStatus.Name", false), (.agent, "presence/us-east-1", "", false),
            (.contact, "record", "Attributes.email", true), (.contact, "record", "CustomerEndpoint.Address", true),
            (.contact, "record", "CustomerEndpoint.Type", false), (.contact, "record", "Recordings.0.Location", true),
            (.contact, "record", "Recordings.0.Status", false), (.contact, "record", "SystemEndpoint.Address", false),
            (.contact, "record", "Agent.Username", true), (.contact, "record", "Agent.ARN", false),
            (.contact, "record/customer", "", true), (.contact, "event/customerEndpoint", "address", true),
            (.contact, "event/customerEndpoint", "type", false), (.contact, "event/systemEndpoint", "address", false),
            (.contact, "event/customerId", "", true), (.contact, "event/tags", "Dept", true),
            (.contact, "event/recordings", "0.location", true), (.contact, "event/channel", "", false),
            (.contact, "agent/1%2Fi%2Fada", "username", true), (.contact, "agent/1%2Fi%2Fada", "state", false),
            (.contact, "milestone/QUEUED", "", false), (.customer, "field/tier", "", true),
            (.customer, "authentication/method", "", true), (.customer, "contacts", "", false),
            (.flow, "variable/name", "", true), (.flow, "position", "", false), (.session, "field/offer", "", true),
            (.queue, "field/waiting", "", false), (.username, "agents", "", false),
        ] as [(EntityKind, String, String, Bool)])
    func table(kind: EntityKind, path: String, member: String, isPersonal: Bool) {
        let names = member.split(separator: ".").map(String.init)
        #expect(PersonalFacts.isPersonal(kind, path, member: names) == isPersonal)
    }

    @Test("a document with a personal member is not personal as a whole")
    func wholes() {
        #expect(!PersonalFacts.isPersonal(.contact, "record"))
        #expect(!PersonalFacts.isPersonal(.agent, "snapshot/us-east-1"))
        #expect(PersonalFacts.of(.contact).contains { $0.covers("record") })
    }

    @Test("the id of a username is a personal name; every other id is opaque")
    func ids() {
        #expect(EntityKind.allCases.filter(PersonalFacts.idIsPersonal) == [.username])
    }

    @Test("no fact is listed twice, and every meaning is used")
    func orderly() {
        for kind in EntityKind.allCases {
            let rows = PersonalFacts.of(kind).map { "\($0.path) \($0.member)" }
            #expect(Set(rows).count == rows.count && rows == rows.sorted(), "\(kind.name)")
        }
        let meanings = Set(EntityKind.allCases.flatMap { PersonalFacts.of($0).map(\.meaning) })
        #expect(meanings == Set(PersonalFacts.Meaning.allCases))
    }

    @Test("members with names and addresses are recognized by their names, for text that quotes events")
    func memberNames() {
        #expect(PersonalFacts.memberNames.isSuperset(of: ["firstname", "lastname", "username", "address", "displayname"]))
        #expect(personalMembers.isSuperset(of: PersonalFacts.memberNames), "the log and health show these")
    }

    @Test("the table finds the personal facts in the real registers of a contact")
    func realRegisters() {
        let world = EventWorld(
            ContactFactTests.event,
            Texts.agent(
                "STATE_CHANGE", at: "2026-03-02T14:00:00.000Z", current: Texts.snapshot(contacts: [Texts.contact("c1")])))
        for (path, secret) in [
            ("event/customerEndpoint", "+12065550100"), ("event/recordings", "b/r.wav"), ("agent/\(Texts.agentSegment)", "ada"),
        ] {
            #expect(world.value(.contact, "c1", path)?.contains(secret) == true)
            #expect(PersonalFacts.of(.contact).contains { $0.covers(path) }, "\(path)")
        }
    }
}
