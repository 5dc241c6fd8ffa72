import Foundation
import TestSupport
import Testing

@testable import ContactCenter

@Suite("what a row shows", .limited)
struct LeanStateTests {
    static let east = "us-east-1"
    static let west = "us-west-2"
    static let agentId = "111122223333/1a2b3c4d/ann"
    static let instance = "arn:aws:connect:us-east-1:111122223333:instance/1a2b3c4d"

    @Test("an entity without facts shows nothing", arguments: EntityKind.allCases)
    func empty(_ kind: EntityKind) { #expect(StateFixture(kind).lean() == "{}") }

    @Test("a kind that this program does not know shows nothing")
    func unknownKind() {
        let key: [UInt8] = [200, UInt8(ascii: "x")]
        let entity = StateFixture(.session) { $0.set("field/", "a", "1") }.encoding()
        var out = StateFixture(.session).encoding()
        out.removeAll()
        key.withUnsafeBytes { StateWriter().appendLean(key: EntityKey($0), entity: .init(entity.bytes), to: &out) }
        #expect(out.bytes.text == "{}")
    }

    @Test("a writer carries nothing over from one row to the next")
    func reuse() {
        let writer = StateWriter()
        let entities = StateExamples.all + EntityKind.allCases.map { StateFixture($0) }
        for entity in entities + entities.reversed() {
            #expect(entity.lean(writer) == entity.lean())
            #expect(entity.line(writer) == entity.line())
        }
    }

    @Test("docs/reading-state.md shows what a row shows of every example", arguments: StateExamples.all.indices)
    func document(_ index: Int) {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../docs/reading-state.md").standardized
        let page = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
        let blocks = page.components(separatedBy: "```json\n").dropFirst().compactMap {
            CanonicalJSON.rewrite($0.components(separatedBy: "```")[0])
        }
        let shown = StateExamples.all[index].lean()
        #expect(CanonicalJSON.rewrite(shown).map(blocks.contains) == true, "docs/reading-state.md does not show \(shown)")
    }

    // MARK: - Agents

    @Test("an agent: what each Region tells, names of its configuration, and no type of a status that is offline anyway")
    func agent() {
        #expect(
            StateExamples.agent.lean()
                == #"{"at":1772460000000,"hierarchy":{"1":"Europe"},"regions":{"us-east-1":{"at":1772460000000,"contacts":[{"channel":"VOICE","#
                + #""id":"5f0c6c3e-8f53-4a3e-9b1c-0d8f1a2b3c4d","since":1772459940000,"state":"CONNECTED"}],"#
                + #""nextStatus":{"name":"Lunch","since":1772460000000},"presence":"online","#
                + #""slots":{"VOICE":0},"status":{"name":"Available","since":1772459880250,"#
                + #""type":"ROUTABLE"}},"us-west-2":{"at":1772459520000,"presence":"offline","status":{"name":"Offline","#
                + #""since":1772459400000}}},"routingProfile":"Basic","username":"ann"}"#)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let expected: String
        let tell: @Sendable (inout StateFixture) -> Void
        var testDescription: String { name }
    }

    private static func configured(_ profile: String) -> String {
        AgentStateTests.snapshot(configuration: #"{"RoutingProfile":\#(profile)}"#)
    }

    static let agents: [Case] = [
        Case(name: "signed in, but offline", expected: #"{"at":1772460060000,"presence":"offline","signedIn":true}"#) {
            $0.set("presence/", east, "\"LOGIN\"", at: "14:00:00", rank: 3)
            $0.max("status/", east, "14:01:00", "\"OFFLINE\"", rank: 2)
        },
        Case(name: "signed out", expected: #"{"at":1772460000000,"presence":"offline"}"#) {
            $0.set("presence/", east, "\"LOGOUT\"", at: "14:00:00", rank: 4)
        },
        Case(name: "seen, and nothing more", expected: #"{"at":1772460000000}"#) { $0.max("seen/", east, "14:00:00") },
        Case(
            name: "a routable status that heartbeats repeat after a logout keeps its type",
            expected: #"{"at":1772460060000,"presence":"offline","status":{"name":"Available","#
                + #""since":1772456400000,"type":"ROUTABLE"}}"#
        ) {
            $0.set("presence/", east, "\"LOGOUT\"", at: "14:00:00", rank: 4)
            $0.set("snapshot/", east, AgentStateTests.snapshot(), at: "14:01:00", rank: 1)
        },
        Case(
            name: "a channel that comes twice, one without a name, numbers that are none of slots",
            expected: #"{"at":1772460060000,"presence":"online","slots":{"VOICE":1},"#
                + #""status":{"name":"Available","since":1772456400000,"type":"ROUTABLE"}}"#
        ) {
            let slots =
                #"[{"AvailableSlots":1e500,"Channel":"CHAT","MaximumSlots":2},{"AvailableSlots":1,"Channel":"VOICE","#
                + #""MaximumSlots":2},{"AvailableSlots":3,"Channel":"VOICE"},{"AvailableSlots":4},7,"#
                + #"{"Channel":"TASK","MaximumSlots":1},{"AvailableSlots":1,"Channel":"TASK"}]"#
            $0.set("snapshot/", east, configured(#"{"Concurrency":\#(slots)}"#), at: "14:01:00", rank: 2)
        },
        Case(
            name: "contacts of which little is known",
            expected: #"{"at":1772460060000,"contacts":[{"state":"PAUSED"},{"id":"a\"b"}],"presence":"online","#
                + #""status":{"name":"Available","since":1772456400000,"type":"ROUTABLE"}}"#
        ) {
            let contacts = #"[{"ContactId":null,"State":"PAUSED"},{},{"ContactId":"a\"b"}]"#
            $0.set("snapshot/", east, AgentStateTests.snapshot(contacts: contacts), at: "14:01:00", rank: 2)
        },
    ]

    @Test("what a Region tells of an agent", arguments: agents)
    func region(_ example: Case) {
        let shown = StateFixture(.agent, Self.agentId, example.tell).lean()
        #expect(StateFixture.member(of: shown, at: ["regions", Self.east]) == example.expected)
    }

    @Test("a routing profile or a group without a name is told by its ARN, and a Region without a name not at all")
    func nameless() {
        let agent = StateFixture(.agent) {
            $0.set(
                "snapshot/", Self.east,
                #"{"Configuration":{"AgentHierarchyGroups":{"Level1":null,"Level3":{"ARN":"g"}},"RoutingProfile":{"ARN":"p"}}}"#
            )
            $0.set("presence/", "", "\"LOGIN\"")
        }
        #expect(
            agent.lean()
                == #"{"at":1772460000000,"hierarchy":{"3":"g"},"regions":{"us-east-1":{"at":1772460000000}},"routingProfile":"p"}"#
        )
    }

    // MARK: - Contacts

    @Test("a contact: its instance once, its times once, and nothing of what is not known")
    func contact() {
        #expect(
            StateExamples.contact.lean()
                == #"{"agent":{"id":"ann","username":"ann"},"agentWork":{"holdSeconds":45},"at":1772460665000,"#
                + #""attributes":{"tier":"gold"},"categories":["escalation","refund"],"channel":"VOICE","#
                + #""customerEndpoint":{"address":"+12065550142"},"customerId":"cust-42","disconnectReason":"CUSTOMER_DISCONNECT","#
                + #""initiationMethod":"INBOUND","instance":"111122223333/1a2b3c4d","milestones":{"#
                + #""CONNECTED_TO_AGENT":1772459940400,"DISCONNECTED":1772460480000,"#
                + #""INITIATED":1772459879800,"QUEUED":1772459890000},"#
                + #""offeredTo":[{"id":"ben","state":"MISSED","username":"ben"}],"originRegion":"us-east-1","#
                + #""phase":"COMPLETED","queue":{"id":"sales","name":"Sales"},"recordUpdatedAt":1772460665000,"#
                + #""sentiment":{"role":"CUSTOMER","sentiment":"NEGATIVE"}}"#)
    }

    /// A record with these members.
    private static func record(_ members: String) -> StateFixture {
        StateFixture(.contact, "c-1") { $0.set("record", "{\(members)}", region: east) }
    }

    private static func subtype(_ told: String) -> String {
        #""SegmentAttributes":{"connect:Subtype":{"ValueString":"\#(told)"}}"#
    }

    static let contacts: [(String, [String], String?)] = [
        // Values that others wrote, each as it is, but for nulls and what is too large.
        (#""Attributes":{"a":"","b":null,"c":"\"\u0001é"}"#, ["attributes"], #"{"a":"","c":"\"\u0001é"}"#),
        (#""Attributes":{"b":null}"#, ["attributes"], nil),
        (#""Tags":{"aws:connect:instanceId":"1a2b3c4d","aws":"x","team":"blue"}"#, ["tags"], #"{"aws":"x","team":"blue"}"#),
        (
            #""SegmentAttributes":{"connect:Direction":{"ValueString":"x"},"connect:Subtype":{"ValueString":"connect:Chat"}}"#,
            ["subtype"], #""Chat""#
        ),
        (#""SegmentAttributes":{"connect:Subtype":{"ValueString":"connect:Chat"}}"#, ["segmentAttributes"], nil),
        (#""SegmentAttributes":{"connect:Subtype":{"ValueString":"Own"}}"#, ["subtype"], #""Own""#),
        // The usual subtype of a channel goes without saying.
        (#""Channel":"VOICE",\#(subtype("connect:Telephony"))"#, ["subtype"], nil),
        (#""Channel":"chat",\#(subtype("connect:Chat"))"#, ["subtype"], nil),
        (#""Channel":"TASK",\#(subtype("connect:Task"))"#, ["subtype"], nil),
        (#""Channel":"EMAIL",\#(subtype("Email"))"#, ["subtype"], nil),
        (#""Channel":"VOICE",\#(subtype("connect:WebRTC"))"#, ["subtype"], #""WebRTC""#),
        (#""Channel":"CHAT",\#(subtype("connect:SMS"))"#, ["subtype"], #""SMS""#),
        (#""Channel":"CHAT",\#(subtype("connect:Telephony"))"#, ["subtype"], #""Telephony""#),
        (#""Channel":"VOICE",\#(subtype("connect:Chat"))"#, ["subtype"], #""Chat""#),
        (#""Channel":"CHAT",\#(subtype("connect:Task"))"#, ["subtype"], #""Task""#),
        (#""Channel":"TASK",\#(subtype("connect:Email"))"#, ["subtype"], #""Email""#),
        (subtype("connect:Telephony"), ["subtype"], #""Telephony""#),
        (
            #""SegmentAttributes":{"connect:Subtype":{"ValueString":"connect:Chat"},"n":{"ValueInteger":7},"x":{"ValueString":null}}"#,
            ["segmentAttributes"], #"{"n":7}"#
        ),
        (#""CustomerEndpoint":{"Address":"+1206","Type":"TELEPHONE_NUMBER"}"#, ["customerEndpoint"], #"{"address":"+1206"}"#),
        (#""SystemEndpoint":{"Address":"a@b","Type":"EMAIL"}"#, ["systemEndpoint"], #"{"address":"a@b","type":"EMAIL"}"#),
        // The contact is its own first one.
        (#""InitialContactId":"c-1""#, ["initialContactId"], nil),
        (#""InitialContactId":"c-0""#, ["initialContactId"], #""c-0""#),
        // Where nothing was held, nothing more is said of it.
        (
            #""Agent":{"AgentInitiatedHoldDuration":0,"AgentInteractionDuration":0,"CustomerHoldDuration":0,"LongestHoldDuration":0,"NumberOfHolds":0}"#,
            ["agentWork"], #"{"holds":0,"interactionSeconds":0}"#
        ),
        (
            #""Agent":{"AgentInitiatedHoldDuration":0,"CustomerHoldDuration":9,"LongestHoldDuration":9,"NumberOfHolds":1}"#,
            ["agentWork"], #"{"customerHoldSeconds":9,"holdSeconds":0,"holds":1,"longestHoldSeconds":9}"#
        ),
        (#""Agent":{"AgentInteractionDuration":1e400}"#, ["agentWork"], nil),
        // What is of another instance is told whole.
        (
            #""Agent":{"ARN":"\#(instance)/agent/ann"},"Queue":{"ARN":"arn:aws:connect:us-east-1:1:instance/2/queue/q","Name":"Q"}"#,
            ["queue"], #"{"arn":"arn:aws:connect:us-east-1:1:instance/2/queue/q","name":"Q"}"#
        ),
        (
            #""Agent":{"ARN":"\#(instance)/agent/ann"},"Queue":{"ARN":"\#(instance)/queue/agent/ann"}"#, ["queue"],
            #"{"id":"agent/ann"}"#
        ),
        (#""Queue":{"ARN":"\#(instance)/queue/sales"}"#, ["instance"], #""111122223333/1a2b3c4d""#),
        (#""Queue":{"Name":"Sales"}"#, ["instance"], nil),
        // A contact that has moved to another Region.
        (
            #""GlobalResiliencyMetadata":{"ActiveRegion":"us-west-2","OriginRegion":"us-east-1"}"#, ["activeRegion"],
            #""us-west-2""#
        ),
        (#""GlobalResiliencyMetadata":{"ActiveRegion":"us-east-1","OriginRegion":"us-east-1"}"#, ["activeRegion"], nil),
        // Left to the whole projection.
        (
            #""Recordings":[{"Location":"s3://b/k","Status":"AVAILABLE"}],"References":[{"Name":"n","Value":"v"}]"#,
            ["recordings"], nil
        ),
    ]

    @Test("members of a contact", arguments: contacts.indices)
    func member(_ index: Int) {
        let (members, path, expected) = Self.contacts[index]
        #expect(StateFixture.member(of: Self.record(members).lean(), at: path) == expected, "\(members)")
    }

    @Test("a contact of which only a connection is known has its time among the milestones")
    func connected() {
        let contact = StateFixture(.contact) { $0.max("connected/", Self.agentId, "13:59:00.250") }
        #expect(
            contact.lean()
                == #"{"agent":{"id":"ann"},"at":1772459940250,"instance":"111122223333/1a2b3c4d","milestones":{"#
                + #""CONNECTED_TO_AGENT":1772459940250},"phase":"CONNECTED_TO_AGENT"}"#)
    }

    // MARK: - Others

    static let others: [(StateFixture, String)] = [
        (
            StateExamples.customer,
            #"{"at":1772460665000,"region":"us-east-1","authentication":{"level":2,"method":"voice-print"},"#
                + #""contacts":["0a9b8c7d-1111-4222-8333-444455556666"],"lastContact":{"agentId":"111122223333/1a2b3c4d/ann","#
                + #""at":1772459879800,"contactId":"5f0c6c3e-8f53-4a3e-9b1c-0d8f1a2b3c4d"},"#
                + #""fields":{"tier":"gold"},"deleted":["fields/callback"]}"#
        ),
        (
            StateExamples.flow,
            #"{"at":1772459889417,"flowId":"arn:aws:connect:us-east-1:111122223333:instance/1a2b3c4d/contact-flow/main","#
                + #""flowName":"Main","position":{"at":1772459889417,"identifier":"set-queue-1","module":"SetQueue"},"#
                + #""stack":["arn:aws:connect:us-east-1:111122223333:instance/1a2b3c4d/flow-module/greet"],"#
                + #""variables":{"discount 10%/day":"yes","tier":"gold"}}"#
        ),
        (
            StateExamples.session,
            #"{"fields":{"room":{"codec":"opus","id":"r-1"}},"at":1772459941000,"region":"us-east-1","deleted":["fields/offer"]}"#
        ),
        (StateExamples.queue, #"{"fields":{"open":true,"waiting":3},"at":1772459891000,"region":"us-east-1"}"#),
        (StateExamples.username, #"{"agents":["111122223333/1a2b3c4d/ann","111122223333/9f8e7d6c/ann"]}"#),
    ]

    @Test("customers, flows, sessions, queues and usernames", arguments: others.indices)
    func other(_ index: Int) { #expect(Self.others[index].0.lean() == Self.others[index].1) }

    @Test("a value of over 512 bytes is left out and named; so is one without a name")
    func large() {
        let fits = "\"\(String(repeating: "x", count: 510))\""
        let session = StateFixture(.session) {
            $0.set("field/", "a", fits)
            $0.set("field/", "b/\"", "\"x\(fits.dropFirst())")
            $0.set("field/", "", "1")
        }
        #expect(
            session.lean()
                == #"{"fields":{"a":\#(fits)},"at":1772460000000,"leftOut":["fields/","fields/b/\""]}"#)
        let contact = Self.record(#""Attributes":{"a\"":"x\#(fits.dropFirst()),"b":"c"}"#)
        #expect(StateFixture.member(of: contact.lean(), at: ["leftOut"]) == #"["attributes/a\""]"#)
        #expect(StateFixture.member(of: contact.lean(), at: ["attributes"]) == #"{"b":"c"}"#)
        let categories = StateFixture(.contact) { contact in
            for number in 100..<160 { contact.member("lens/categories", "\"category \(number)\"", capacity: 256) }
        }
        #expect(StateFixture.member(of: categories.lean(), at: ["leftOut"]) == #"["categories"]"#)
    }

    @Test("so many deleted names are left out as a whole")
    func deleted() {
        let session = StateFixture(.session) { for number in 100..<200 { $0.delete("field/", "field \(number)") } }
        #expect(session.lean() == #"{"at":1772460000000,"leftOut":["deleted"]}"#)
    }

    @Test("of a customer's contacts those after the last one are shown, at most eight")
    func contactsOfCustomer() {
        let customer = StateFixture(.customer) {
            for number in 10..<19 { $0.member("contacts", "\"c-\(number)\"", at: "14:00:\(number)") }
        }
        #expect(
            customer.lean()
                == #"{"contacts":["c-18","c-17","c-16","c-15","c-14","c-13","c-12","c-11"],"leftOut":["contacts"]}"#)
    }
}
