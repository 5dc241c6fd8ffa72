import ContactCenter
import Lattice
import Platform
import TestSupport
import Testing

@Suite("the context of a customer who comes again", .limited)
struct CustomerContextTests {
    private static let agent = "111122223333/1a2b3c4d/ann"

    /// A customer who was authenticated in a call at 14:00 that ended at 14:05, and who had come the day before.
    private static let world: [StateFixture] = [
        StateFixture(.customer, "cust-1") {
            $0.set("authentication/", "method", "\"voice\"", at: "14:01:00", region: "us-east-1")
            $0.set("authentication/", "result", "\"verified\"", at: "14:01:00", region: "us-east-1")
            $0.set("field/", "tier", "\"gold\"", at: "12:00:00", region: "us-west-2")
            $0.member("contacts", "\"call\"", at: "14:00:00")
            $0.member("contacts", "\"chat\"", at: "13:00:00")
            $0.member("contacts", "\"old\"", at: "2026-02-01T10:00:00.000Z")
            $0.max(
                "lastContact/", "event", "14:00:00",
                "{\"agentId\":\"\(agent)\",\"at\":\"2026-03-02T14:00:00.000Z\",\"contactId\":\"call\"}", region: "us-east-1")
        },
        StateFixture(.contact, "call") {
            $0.set("event/", "channel", "\"VOICE\"", region: "us-east-1")
            $0.max("milestone/", "INITIATED", "14:00:00", region: "us-east-1")
            $0.max("connected/", agent, "14:00:30")
            $0.max("milestone/", "DISCONNECTED", "14:05:00", region: "us-east-1")
            $0.max("seen/", "DISCONNECTED", "14:05:00", region: "us-east-1")
        },
        StateFixture(.contact, "chat") {
            $0.set("event/", "channel", "\"CHAT\"", at: "13:00:00", region: "us-west-2")
            $0.max("milestone/", "INITIATED", "13:00:00", region: "us-west-2")
            $0.max("seen/", "DISCONNECTED", "13:04:00", region: "us-west-2")
        },
        StateFixture(.flow, "chat") {
            $0.set(
                "position",
                "{\"flowId\":\"f\",\"flowName\":\"Main\",\"identifier\":\"ask-date\",\"module\":\"GetInput\",\"stack\":[]}",
                at: "13:02:00", region: "us-west-2")
            $0.set("variable/", "Language-Code", "\"de-DE\"", at: "13:01:00", region: "us-west-2")
            $0.set("variable/", "caseId", "\"case-7\"", at: "13:01:00", region: "us-west-2")
        },
        StateFixture(.agent, agent) {
            $0.set("presence/", "us-west-2", "\"LOGIN\"", at: "14:02:00", region: "us-west-2")
            $0.max("seen/", "us-west-2", "14:06:00", region: "us-west-2")
        },
    ]

    /// The context by what it asks for, and in which rounds.
    private static func read(
        _ id: String, contact: String? = nil, _ world: [StateFixture] = world,
        order: (inout [(StateFixture, ByteBuffer.Copy)]) -> Void = { _ in }
    ) -> (context: CustomerContext, rounds: [[String]]) {
        read(CustomerContext(of: id, contact: contact), world, order: order)
    }

    private static func read(
        _ start: CustomerContext, _ world: [StateFixture], order: (inout [(StateFixture, ByteBuffer.Copy)]) -> Void = { _ in }
    ) -> (context: CustomerContext, rounds: [[String]]) {
        var context = start
        var rounds: [[String]] = []
        while case let reads = context.nextReads(), !reads.isEmpty {
            rounds.append(reads.map { "\($0.kind)#\($0.id)" })
            var rows: [(StateFixture, ByteBuffer.Copy)] = []
            for entity in world where reads.contains(where: { $0.kind == entity.kind && $0.id == entity.id }) {
                rows.append((entity, ByteBuffer.Copy(entity.encoding())))
            }
            order(&rows)
            for (entity, row) in rows {
                let key = [entity.kind.rawValue] + Array(entity.id.utf8)
                key.withUnsafeBytes { key in row.bytes.withUnsafeBytes { context.take(EntityKey(key), EntityView($0)) } }
            }
        }
        return (context, rounds)
    }

    private static func json(_ context: CustomerContext, _ asked: ContextAsked, withPersonal: Bool = true) -> String {
        var out = ByteBuffer()
        context.append(asked, withPersonal: withPersonal, to: &out)
        return out.bytes.text
    }

    private static func asked(
        _ time: String = "14:06:30", channel: String? = "VOICE", by identification: ContextAsked.Identification? = .stated
    ) -> ContextAsked {
        ContextAsked(channel: channel, identification: identification, now: StateFixture.time(time))
    }

    @Test(
        "a place that the flow itself saved counts as one that its log tells; of an alias or a contact alone there is a context, too"
    )
    func saved() {
        let world = [
            StateFixture(.alias, "phone/1") { $0.member("contacts", "\"lone\"", at: "13:00:00") },
            StateFixture(.contact, "lone") { $0.max("milestone/", "INITIATED", "13:00:00", region: "us-east-1") },
            StateFixture(.flow, "lone") { $0.set("field/", "position", "\"ask-date\"", at: "13:01:00", region: "us-east-1") },
        ]
        for start in [CustomerContext(ofAlias: "phone/1", contact: "new"), CustomerContext(ofContact: "lone")] {
            let (context, rounds) = Self.read(start, world)
            #expect(rounds.count == 2 && Set(rounds.joined()).count == rounds.joined().count)
            let json = Self.json(context, Self.asked())
            #expect(context.isFound && json.contains(#""customerId":null"#))
            #expect(
                json.contains(#""brokenOff":{"contactId":"lone","#) && json.contains(#""variables":{"position":"ask-date"}"#),
                "\(json)")
        }
    }

    @Test("it asks for the customer, then for contacts, flows and the agent, all at once")
    func plan() {
        let (context, rounds) = Self.read("cust-1")
        #expect(
            rounds == [
                ["customer#cust-1"],
                [
                    "contact#call", "contact#chat", "contact#old", "flow#call", "flow#chat", "flow#old", "agent#\(Self.agent)",
                ],
            ])
        #expect(context.isFound && context.regions == ["us-east-1", "us-west-2"])
        #expect(Self.read("nobody").rounds == [["customer#nobody"]] && !Self.read("nobody").context.isFound)
    }

    @Test("it asks for the agent whom the last contact names where the customer names none, and for no more than it states")
    func bounds() {
        let crowd = (10..<74).map { (id: "c\($0)", at: "13:\(10 + $0 / 2):\(10 + $0 % 2)") }
        let world =
            [
                StateFixture(.customer, "busy") { customer in
                    for (id, at) in crowd { customer.member("contacts", "\"\(id)\"", at: at) }
                    customer.max(
                        "lastContact/", "event", "13:00:00",
                        "{\"agentId\":\"1/i/old\",\"at\":\"2026-03-02T13:00:00.000Z\",\"contactId\":\"c10\"}")
                }
            ]
            + crowd.map { one in StateFixture(.contact, one.id) { $0.max("connected/", "1/i/\(one.id)", "14:00:00") } }
        let (_, rounds) = Self.read("busy", world)
        #expect(rounds.count == CustomerContext.roundsMax)
        #expect(rounds.last?.count == 1 && rounds.last?.first?.hasPrefix("agent#1/i/c") == true)
        #expect(rounds.joined().count == CustomerContext.readsMax)
    }

    @Test("it tells the last contact with its agent, who is online in the other Region, and what came before")
    func lastContact() {
        let (context, _) = Self.read("cust-1")
        let json = Self.json(context, Self.asked())
        func member(_ path: String...) -> String? { StateFixture.member(of: json, at: path) }
        #expect(member("customerId") == "\"cust-1\"" && member("fields") == #"{"tier":"gold"}"#)
        #expect(member("lastContact", "contactId") == "\"call\"" && member("lastContact", "phase") == "\"DISCONNECTED\"")
        #expect(member("lastContact", "endedAt") == "\"2026-03-02T14:05:00.000Z\"")
        #expect(member("lastContact", "agent", "id") == "\"\(Self.agent)\"")
        #expect(member("lastContact", "agent", "presence") == "\"online\"")
        #expect(member("lastContact", "agent", "regionsOnline") == #"["us-west-2"]"#)
        #expect(member("lastContact", "agent", "isStale") == "false")
        #expect(member("channelBefore") == "\"VOICE\"" && member("contactsInLastDay") == "2")
        #expect(member("language") == "\"de-DE\"" && member("caseId") == "\"case-7\"")
        let late = Self.json(context, Self.asked("14:11:01"))
        #expect(StateFixture.member(of: late, at: ["lastContact", "agent", "isStale"]) == "true")
    }

    @Test(
        "an authentication carries over for ten minutes, in its own channel, and never by the caller's number alone",
        arguments: [
            (asked(), nil), (asked("14:11:00"), nil), (asked("14:11:00.001"), "expired"), (asked("14:00:59"), "expired"),
            (asked(channel: "voice"), nil), (asked(channel: "CHAT"), "other-channel"), (asked(channel: nil), "channel-unknown"),
            (asked(by: .callerNumber), "caller-number-alone"), (asked(by: nil), "identification-unknown"),
        ] as [(ContextAsked, String?)])
    func authentication(asked: ContextAsked, obstacle: String?) {
        let json = Self.json(Self.read("cust-1").context, asked)
        func member(_ name: String) -> String? { StateFixture.member(of: json, at: ["authentication", name]) }
        #expect(member("obstacle") == obstacle.map { "\"\($0)\"" } ?? "null")
        #expect(member("carriesOver") == (obstacle == nil ? "true" : "false"))
        #expect(member("at") == "\"2026-03-02T14:01:00.000Z\"" && member("carriesUntil") == "\"2026-03-02T14:11:00.000Z\"")
        #expect(member("values") == #"{"method":"voice","result":"verified"}"#)
    }

    @Test(
        "whatever an authentication does not tell counts against it",
        arguments: [
            ("failed result", #""failed""#, nil, "not-verified"), ("no result", nil, nil, "not-verified"),
            ("a result that is no text", "true", nil, "not-verified"),
            ("a level and no result", "level 2", nil, nil), ("level 0", "level 0", nil, "not-verified"),
            ("its own end", #""verified""#, #""2026-03-02T14:06:00Z""#, "expired"),
            ("its own end, later than ours", #""Verified""#, #""2026-03-03T14:06:00Z""#, nil),
            ("an end that is no time", #""verified""#, #""soon""#, nil),
        ] as [(String, String?, String?, String?)])
    func weakAuthentication(_: String, result: String?, expiry: String?, obstacle: String?) {
        let customer = StateFixture(.customer, "c") {
            $0.set("authentication/", "channel", "\"voice\"", at: "14:01:00")
            if let result {
                $0.set(
                    "authentication/", result.hasPrefix("level") ? "level" : "result", result.replacing("level ", with: ""),
                    at: "14:01:00")
            }
            if let expiry { $0.set("authentication/", "expiresAt", expiry, at: "14:01:00") }
        }
        let json = Self.json(Self.read("c", [customer]).context, Self.asked())
        let found = StateFixture.member(of: json, at: ["authentication", "obstacle"])
        #expect(found == obstacle.map { "\"\($0)\"" } ?? "null")
    }

    @Test("who was connected to an agent last has no broken-off journey; who was not has it back, with its variables")
    func brokenOff() {
        let whole = Self.json(Self.read("cust-1").context, Self.asked())
        #expect(StateFixture.member(of: whole, at: ["brokenOff"]) == "null")
        let asking = Self.json(Self.read("cust-1", contact: "call").context, Self.asked())
        #expect(StateFixture.member(of: asking, at: ["brokenOff", "contactId"]) == "\"chat\"")
        #expect(StateFixture.member(of: asking, at: ["brokenOff", "position", "identifier"]) == "\"ask-date\"")
        #expect(
            StateFixture.member(of: asking, at: ["brokenOff", "variables"]) == #"{"Language-Code":"de-DE","caseId":"case-7"}"#)
        #expect(StateFixture.member(of: asking, at: ["lastContact", "contactId"]) == "\"chat\"")
        #expect(StateFixture.member(of: asking, at: ["contactsInLastDay"]) == "1")
    }

    @Test("a callback that goes on is told; one that has ended is not", arguments: [false, true])
    func callback(hasEnded: Bool) {
        let world = [
            StateFixture(.customer, "c") { $0.member("contacts", "\"back\"", at: "14:00:00") },
            StateFixture(.contact, "back") {
                $0.set("event/", "initiationMethod", "\"CALLBACK\"")
                $0.max("milestone/", "INITIATED", "14:00:00")
                if hasEnded { $0.max("seen/", "DISCONNECTED", "14:03:00") }
            },
        ]
        let json = Self.json(Self.read("c", world).context, Self.asked())
        let found = StateFixture.member(of: json, at: ["callback", "contactId"])
        #expect(found == (hasEnded ? nil : "\"back\""))
    }

    @Test("without the right to personal data, what people said and wrote is left out, and all else is there")
    func withheld() {
        let json = Self.json(Self.read("cust-1", contact: "call").context, Self.asked(), withPersonal: false)
        for secret in ["gold", "de-DE", "case-7", "verified", "username"] { #expect(!json.contains(secret), "\(secret)") }
        #expect(StateFixture.member(of: json, at: ["authentication", "carriesUntil"]) != nil)
        #expect(StateFixture.member(of: json, at: ["brokenOff", "position", "identifier"]) == "\"ask-date\"")
    }

    @Test("it does not depend on the order of rows, nor on how often they come, nor on how an entity is cut into rows")
    func order() {
        let whole = Self.json(Self.read("cust-1").context, Self.asked())
        var random = Dice(seed: 15)
        for _ in 0..<200 {
            let (context, _) = Self.read("cust-1") { rows in
                var cut: [(StateFixture, ByteBuffer.Copy)] = []
                for (entity, _) in rows {
                    var tellings = Array(entity.told.indices).shuffled(using: &random)
                    while !tellings.isEmpty {
                        let count = Int.random(in: 1...tellings.count, using: &random)
                        cut.append((entity, ByteBuffer.Copy(entity.encoding(joinedInOrder: Array(tellings.prefix(count))))))
                        // Some come twice.
                        tellings.removeFirst(Int.random(in: 1...count, using: &random))
                    }
                }
                rows = cut.shuffled(using: &random)
            }
            #expect(Self.json(context, Self.asked()) == whole)
        }
    }

    @Test("values of any other type are unknown, never an error")
    func hostile() {
        let world = [
            StateFixture(.customer, "c") {
                $0.member("contacts", "7")
                $0.member("contacts", "\"x\"")
                $0.set("authentication/", "result", "[[]]")
                $0.max("lastContact/", "event", "14:00:00", "\"none\"")
            },
            StateFixture(.contact, "x") { $0.set("record", "[]") },
            StateFixture(.flow, "x") { $0.set("position", "3") },
        ]
        let json = Self.json(Self.read("c", world).context, Self.asked())
        #expect(StateFixture.member(of: json, at: ["lastContact", "agent"]) == "null")
        #expect(StateFixture.member(of: json, at: ["brokenOff"]) == "null")
    }
}

extension ByteBuffer {
    /// Bytes that can be copied.
    fileprivate struct Copy {
        let bytes: [UInt8]
        init(_ buffer: consuming ByteBuffer) { bytes = buffer.array }
    }
}
