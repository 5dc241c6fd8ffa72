import Lattice
import TestSupport
import Testing

@testable import ContactCenter
@testable import Platform

/// What customers are known by, out of events: `docs/merge.md`, "Aliases".
@Suite("aliases of customers", .limited)
struct AliasTests {
    private static let number = "+442079460018"
    private let key: AliasKey

    init() throws { key = try AliasKeyTests.key() }

    private func world(_ events: String..., lanes: Int = 1) -> EventWorld {
        let world = EventWorld(options: DecoderOptions(aliasKey: key), lanes: lanes)
        for event in events { world.feed(event) }
        return world
    }

    private static func event(
        _ contact: String = "c1", type: String = "INITIATED", at time: String = "2026-03-02T14:05:07Z",
        endpoint: String? = #"{"address":"\#(number)","type":"TELEPHONE_NUMBER"}"#, customer: String? = nil,
        initiated: String? = nil,
        id: String = "e"
    ) -> String {
        let members = [
            endpoint.map { #""customerEndpoint":\#($0)"# }, customer.map { #""customerId":"\#($0)""# },
            initiated.map { #""initiationTimestamp":"\#($0)""# },
        ].compactMap { $0 }.map { "," + $0 }.joined()
        return
            #"{"id":"\#(id)","detail-type":"Amazon Connect Contact Event","time":"\#(time)","region":"us-east-1","detail":{"#
            + #""contactId":"\#(contact)","eventType":"\#(type)"\#(members)}}"#
    }

    private static func record(_ endpoint: String, customer: String? = nil, updated: String = "2026-03-02T14:20:00Z") -> String
    {
        #"{"ContactId":"c1","LastUpdateTimestamp":"\#(updated)","InitiationTimestamp":"2026-03-02T14:05:07Z","CustomerEndpoint":\#(endpoint)"#
            + (customer.map { #","CustomerId":"\#($0)""# } ?? "") + "}"
    }

    private static func profile(_ data: String, customer: String = "maya", type: String = "customer") -> String {
        #"{"specversion":"1.0","id":"p","source":"/crm","type":"converge.\#(type).v1","subject":"\#(customer)","#
            + #""time":"2026-03-01T08:00:00.500Z","region":"us-east-1","data":\#(data)}"#
    }

    private static func union(_ path: String, _ members: (String, String)...) -> String {
        let told = members.map { #"{"event":"","rank":0,"region":"","time":"\#($1)","value":"\#($0)"}"# }
        return #""\#(path)":{"capacity":16,"members":[\#(told.joined(separator: ","))],"rule":"union"}"#
    }

    private func aliases(_ world: EventWorld) -> [String] {
        world.encodings.keys.filter { $0.kind == .alias }.map(\.id).sorted()
    }

    private func id(_ type: AliasType, _ text: String) throws -> String { try #require(key.id(type, text)) }

    @Test("without a key nothing is written and nothing counted")
    func noKey() {
        let world = EventWorld(
            Self.event(customer: "maya"), Self.record(#"{"Address":"anonymous","Type":"TELEPHONE_NUMBER"}"#),
            Self.profile(#"{"phone":"+442079460018"}"#))
        #expect(aliases(world) == [] && world.withoutAlias == 0)
    }

    @Test(
        "a contact event with an endpoint writes the contact; with a customer id, too, the customer; stamped with the contact's start"
    )
    func contactEvent() throws {
        let id = try id(.phone, Self.number)
        #expect(world(Self.event()).json(.alias, id) == "{\(Self.union("contacts", ("c1", "2026-03-02T14:05:07.000Z")))}")
        let whole = world(Self.event(customer: "maya", initiated: "2026-03-02T14:05:06.250Z"))
        #expect(
            whole.json(.alias, id) == """
                {\(Self.union("contacts", ("c1", "2026-03-02T14:05:06.250Z"))),\
                \(Self.union("customers", ("maya", "2026-03-02T14:05:06.250Z")))}
                """)
        #expect(aliases(whole) == [id])
    }

    @Test("a contact's later events tell its alias nothing new")
    func repeated() {
        let start = "2026-03-02T14:05:06.250Z"
        let once = world(Self.event(customer: "maya", initiated: start))
        let again = world(
            Self.event(customer: "maya", initiated: start),
            Self.event(type: "DISCONNECTED", at: "2026-03-02T14:09:00Z", customer: "maya", initiated: start, id: "f"))
        let name = once.encodings.keys.first { $0.kind == .alias }
        #expect(name != nil && name.map { once.encodings[$0] } == name.map { again.encodings[$0] })
    }

    @Test("the type of the endpoint decides; in other types there are no phone numbers or addresses")
    func endpoints() throws {
        let told = [
            (#"{"address":"ANN@example.com","type":"EMAIL_ADDRESS"}"#, try id(.email, "ann@example.com")),
            (#"{"Address":"020 7946 0018","Type":"TELEPHONE_NUMBER"}"#, try id(.phone, Self.number)),
        ]
        for (endpoint, id) in told { #expect(aliases(world(Self.event(endpoint: endpoint))) == [id]) }
        for endpoint in [
            #"{"address":"sip:+442079460018@example.com","type":"VOIP"}"#,
            #"{"address":"+442079460018","type":"CONTACT_FLOW"}"#,
            #"{"address":"+442079460018"}"#, #"{"type":"TELEPHONE_NUMBER"}"#, #""+442079460018""#, "null", "[]",
        ] {
            let world = world(Self.event(endpoint: endpoint))
            #expect(aliases(world) == [] && world.withoutAlias == 0 && world.reasons == [], "\(endpoint)")
        }
    }

    @Test("what has no normal form is counted, and no dead letter; the rest of the event is merged")
    func counted() {
        let world = world(
            Self.event(endpoint: #"{"address":"anonymous","type":"TELEPHONE_NUMBER"}"#),
            Self.record(#"{"Address":"nobody","Type":"EMAIL_ADDRESS"}"#),
            Self.profile(#"{"phone":["withheld"," "],"tier":"gold"}"#))
        #expect(aliases(world) == [] && world.withoutAlias == 4 && world.reasons == [])
        #expect(world.value(.customer, "maya", "field/tier") == "\"gold\"")
        #expect(world.value(.contact, "c1", "event/customerEndpoint") != nil)
    }

    @Test("a record writes the same as the contact's events, and names the customer by its attribute, too")
    func record() throws {
        let id = try id(.phone, Self.number)
        let endpoint = #"{"Address":"+442079460018","Type":"TELEPHONE_NUMBER"}"#
        let both = world(Self.event(), Self.record(endpoint, customer: "maya"))
        #expect(
            both.json(.alias, id) == """
                {\(Self.union("contacts", ("c1", "2026-03-02T14:05:07.000Z"))),\
                \(Self.union("customers", ("maya", "2026-03-02T14:05:07.000Z")))}
                """)
        let named = Self.record(endpoint).dropLast() + #","Attributes":{"customerId":"maya"}}"#
        #expect(world(String(named)).json(.alias, id) == both.json(.alias, id))
    }

    @Test("a customer's profile names what the customer is known by, one or several; other events of applications do not")
    func profile() throws {
        let world = world(
            Self.profile(
                #"{"phone":["+442079460018","07700 900123"],"email":"Maya@example.com","chat":"wa:maya","fax":"+442079460019"}"#
            ))
        #expect(
            try aliases(world)
                == [
                    id(.phone, Self.number), id(.phone, "+447700900123"), id(.email, "maya@example.com"), id(.chat, "wa:maya"),
                ].sorted())
        for name in world.encodings.keys where name.kind == .alias {
            #expect(
                world.json(.alias, name.id) == "{\(Self.union("customers", ("maya", "2026-03-01T08:00:00.500Z")))}", "\(name)")
        }
        for data in [
            #"{"phone":null}"#, #"{"phone":442079460018}"#, #"{"phone":{"home":"+442079460018"}}"#, #"{"phone":[7,null,""]}"#,
        ] {
            #expect(aliases(self.world(Self.profile(data))) == [], "\(data)")
        }
        for type in ["authentication", "session", "queue", "flow"] {
            #expect(aliases(self.world(Self.profile(#"{"phone":"+442079460018"}"#, type: type))) == [], "\(type)")
        }
    }

    @Test("of a list the first 16 count")
    func bounded() {
        let numbers = (0..<20).map { #""+4420794600\#(10 + $0)""# }.joined(separator: ",")
        #expect(aliases(world(Self.profile("{\"phone\":[\(numbers)]}"))).count == 16)
    }

    @Test("an alias keeps the 16 contacts that began last")
    func newest() throws {
        let world = EventWorld(options: DecoderOptions(aliasKey: key))
        for number in 10..<40 {
            world.feed(Self.event("c\(number)", initiated: "2026-03-02T14:\(number):00Z", id: "e\(number)"))
        }
        let id = try id(.phone, Self.number)
        let encoding = try #require(world.encodings[EntityName(kind: .alias, id: id)])
        var state = ByteBuffer()
        encoding.withUnsafeBytes { entity in
            var key = ByteBuffer()
            key.append(EntityKind.alias.rawValue)
            var text = id
            text.withUTF8 { key.append(ByteView($0)) }
            StateWriter().appendState(key: EntityKey(key.bytes), entity: EntityView(entity), to: &state)
        }
        let contacts = (24..<40).reversed().map { "\"c\($0)\"" }.joined(separator: ",")
        #expect(state.bytes.text == "{\"contacts\":[\(contacts)],\"customers\":[],\"type\":\"phone\"}")
    }

    @Test("the number and the address are nowhere in the alias")
    func hidden() {
        let world = world(Self.event(customer: "maya"), Self.profile(#"{"email":"Maya@example.com","chat":"wa:maya"}"#))
        let told = world.encodings.filter { $0.key.kind == .alias }
        #expect(told.count == 3)
        for (name, encoding) in told {
            let bytes = String(decoding: encoding, as: UTF8.self) + name.id
            for part in ["2079460018", "example", "wa:"] { #expect(!bytes.contains(part), "\(name)") }
        }
    }

    @Test("with a key, events in any order, with repetitions, on any number of lanes give the same aliases", arguments: [1, 3])
    func anyOrder(lanes: Int) {
        var random = Dice(seed: UInt64(lanes))
        let whole = EventWorld(options: DecoderOptions(aliasKey: key))
        for line in Traffic.lines { whole.feed(line) }
        #expect(aliases(whole).count > 20)
        var lines = Traffic.lines + Traffic.lines.prefix(500)
        lines.shuffle(using: &random)
        let halves = [
            EventWorld(options: DecoderOptions(aliasKey: key), lanes: lanes),
            EventWorld(options: DecoderOptions(aliasKey: key)),
        ]
        for (number, line) in lines.enumerated() { halves[number % 2].feed(line) }
        halves[0].join(halves[1])
        #expect(halves[0].encodings == whole.encodings)
        let without = EventWorld()
        for line in Traffic.lines { without.feed(line) }
        #expect(without.encodings == whole.encodings.filter { $0.key.kind != .alias })
    }
}
