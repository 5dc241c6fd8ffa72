import TestSupport
import Testing

@Suite("the projection of an agent", .limited)
struct AgentStateTests {
    static let east = "us-east-1"
    static let west = "us-west-2"

    /// A snapshot with a status, and whatever else is asked for, as canonical JSON.
    static func snapshot(
        _ name: String? = "Available", type: String? = "ROUTABLE", since: String? = "2026-03-02T13:00:00.000Z",
        configuration: String = "null", contacts: String = "[]"
    ) -> String {
        func quoted(_ text: String?) -> String { text.map { "\"\($0)\"" } ?? "null" }
        return "{\"AgentStatus\":{\"Name\":\(quoted(name)),\"StartTimestamp\":\(quoted(since)),\"Type\":\(quoted(type))},"
            + "\"Configuration\":\(configuration),\"Contacts\":\(contacts)}"
    }

    static func contact(_ id: String, state: String = "CONNECTED", channel: String = "VOICE") -> String {
        "{\"Channel\":\"\(channel)\",\"ContactId\":\"\(id)\",\"State\":\"\(state)\","
            + "\"StateStartTimestamp\":\"2026-03-02T13:30:00.5Z\"}"
    }

    @Test("an agent without facts has every member")
    func empty() {
        #expect(
            StateFixture(.agent).state
                == "{\"concurrency\":[],\"contacts\":[],\"hierarchy\":[],\"lastSeen\":null,\"nextStatus\":null,"
                + "\"presence\":\"unknown\",\"proficiencies\":[],\"regions\":{},\"regionsOnline\":[],"
                + "\"routingProfile\":null,\"signedIn\":null,\"status\":null,\"username\":null}")
    }

    // MARK: - Presence

    struct PresenceCase: CustomTestStringConvertible, Sendable {
        let name: String
        let expected: String
        let tell: @Sendable (inout StateFixture) -> Void
        var testDescription: String { name }
    }

    static let presences: [PresenceCase] = [
        PresenceCase(name: "a login", expected: "online") {
            $0.set("presence/", east, "\"LOGIN\"", at: "14:00:00", rank: 3)
        },
        PresenceCase(name: "a logout", expected: "offline") {
            $0.set("presence/", east, "\"LOGOUT\"", at: "14:00:00", rank: 4)
        },
        PresenceCase(name: "a logout told after the last status", expected: "offline") {
            $0.max("status/", east, "09:00:00", "\"ONLINE\"", at: "13:59:59", rank: 2)
            $0.set("presence/", east, "\"LOGOUT\"", at: "14:00:00", rank: 4)
        },
        PresenceCase(name: "a status that began after the logout: the login was lost", expected: "online") {
            $0.max("status/", east, "14:00:01", "\"ONLINE\"", rank: 2)
            $0.set("presence/", east, "\"LOGOUT\"", at: "14:00:00.999", rank: 4)
        },
        PresenceCase(name: "a status that began in the second of the logout, which may be before it", expected: "offline") {
            $0.max("status/", east, "14:00:00.999", "\"ONLINE\"", at: "14:02:00", rank: 1)
            $0.set("presence/", east, "\"LOGOUT\"", at: "14:00:00", rank: 4)
        },
        PresenceCase(name: "a status of before the logout that is told within the hour of heartbeats", expected: "offline") {
            $0.max("status/", east, "13:00:00", "\"ONLINE\"", at: "15:05:00", rank: 1)
            $0.set("presence/", east, "\"LOGOUT\"", at: "14:00:00", rank: 4)
        },
        PresenceCase(
            name: "a status of before the logout that is told later than any heartbeat of that time", expected: "online"
        ) {
            $0.max("status/", east, "13:00:00", "\"ONLINE\"", at: "15:05:00.001", rank: 1)
            $0.set("presence/", east, "\"LOGOUT\"", at: "14:00:00", rank: 4)
        },
        PresenceCase(name: "an offline status told after the login: a supervisor set it", expected: "offline") {
            $0.max("status/", east, "14:02:00", "\"OFFLINE\"", rank: 2)
            $0.set("presence/", east, "\"LOGIN\"", at: "14:00:00", rank: 3)
        },
        PresenceCase(name: "an offline status of before, still told after the login", expected: "offline") {
            $0.max("status/", east, "09:00:00", "\"OFFLINE\"", at: "14:02:00", rank: 1)
            $0.set("presence/", east, "\"LOGIN\"", at: "14:00:00", rank: 3)
        },
        PresenceCase(name: "an offline status told in the moment of the login: the status is what follows", expected: "offline")
        {
            $0.max("status/", east, "14:00:00", "\"OFFLINE\"", rank: 2)
            $0.set("presence/", east, "\"LOGIN\"", at: "14:00:00", rank: 3)
        },
        PresenceCase(name: "an offline status told before the login", expected: "online") {
            $0.max("status/", east, "09:00:00", "\"OFFLINE\"", at: "13:59:59.999", rank: 2)
            $0.set("presence/", east, "\"LOGIN\"", at: "14:00:00", rank: 3)
        },
        PresenceCase(name: "a deleted status does not count", expected: "offline") {
            $0.delete("status/", east, at: "15:00:01")
            $0.set("presence/", east, "\"LOGOUT\"", at: "14:00:00", rank: 4)
        },
        PresenceCase(name: "a status register beats the snapshot", expected: "offline") {
            $0.max("status/", east, "14:00:01", "\"OFFLINE\"", rank: 2)
            $0.set("snapshot/", east, snapshot(), at: "14:02:00", rank: 1)
        },
        PresenceCase(name: "a status register of another value leaves it to the snapshot", expected: "online") {
            $0.max("status/", east, "14:00:01", "\"LUNCH\"", rank: 2)
            $0.set("snapshot/", east, snapshot(), at: "14:02:00", rank: 1)
        },
        PresenceCase(name: "of an older state: a status in a snapshot after the logout, begun before it", expected: "offline") {
            $0.set("active/", east, "true", at: "14:00:01", rank: 2)
            $0.set("presence/", east, "\"LOGOUT\"", at: "14:00:00", rank: 4)
            $0.set("snapshot/", east, snapshot(), at: "14:02:00", rank: 1)
        },
        PresenceCase(name: "of an older state: a status in a snapshot that began after the logout", expected: "online") {
            $0.set("active/", east, "true", at: "14:00:01", rank: 2)
            $0.set("presence/", east, "\"LOGOUT\"", at: "14:00:00", rank: 4)
            $0.set("snapshot/", east, snapshot(since: "2026-03-02T14:00:01.000Z"), at: "14:02:00", rank: 1)
        },
        PresenceCase(name: "of an older state: an offline snapshot after the login", expected: "offline") {
            $0.set("presence/", east, "\"LOGIN\"", at: "14:00:00", rank: 3)
            $0.set("snapshot/", east, snapshot("Offline", type: "OFFLINE"), at: "14:02:00", rank: 1)
        },
        PresenceCase(name: "no login or logout: a status", expected: "online") {
            $0.set("snapshot/", east, snapshot("Lunch", type: "CUSTOM"))
        },
        PresenceCase(name: "no login or logout: an offline status", expected: "offline") {
            $0.set("snapshot/", east, snapshot("Feierabend", type: "OFFLINE"))
        },
        PresenceCase(name: "no login or logout: the type beats the name", expected: "online") {
            $0.set("snapshot/", east, snapshot("Offline", type: "CUSTOM"))
        },
        PresenceCase(name: "no login or logout: the name decides where there is no type", expected: "offline") {
            $0.set("snapshot/", east, snapshot("Offline", type: nil))
        },
        PresenceCase(name: "no login or logout: an empty type is none", expected: "offline") {
            $0.set("snapshot/", east, snapshot("Offline", type: ""))
        },
        PresenceCase(name: "no login or logout: a snapshot without a status", expected: "unknown") {
            $0.set("snapshot/", east, "{\"AgentStatus\":null}")
        },
        PresenceCase(name: "no login or logout: a status without name and type", expected: "unknown") {
            $0.set("snapshot/", east, snapshot(nil, type: nil))
        },
        PresenceCase(name: "only seen", expected: "unknown") { $0.max("seen/", east, "14:00:00") },
        PresenceCase(name: "a presence that is neither leaves it to the snapshot", expected: "offline") {
            $0.set("presence/", east, "7")
            $0.set("snapshot/", east, snapshot("Offline", type: "OFFLINE"))
        },
        PresenceCase(name: "a deleted presence leaves it to the snapshot", expected: "online") {
            $0.delete("presence/", east, at: "14:10:00")
            $0.set("snapshot/", east, snapshot())
        },
    ]

    @Test("presence in one Region follows the newest of LOGIN, LOGOUT and status", arguments: presences)
    func presence(_ example: PresenceCase) {
        let agent = StateFixture(.agent, "a", example.tell)
        #expect(agent["regions", Self.east, "presence"] == "\"\(example.expected)\"")
        #expect(agent["presence"] == "\"\(example.expected)\"")
        #expect(agent["regionsOnline"] == (example.expected == "online" ? "[\"us-east-1\"]" : "[]"))
    }

    @Test(
        "an agent is online if online in any Region, otherwise offline if offline in any Region",
        arguments: [
            ("LOGIN", "LOGOUT", "online"), ("LOGOUT", "LOGIN", "online"), ("LOGIN", "LOGIN", "online"),
            ("LOGOUT", "LOGOUT", "offline"), ("LOGOUT", "", "offline"), ("", "LOGOUT", "offline"), ("", "LOGIN", "online"),
            ("", "", "unknown"),
        ])
    func presenceOverAll(east: String, west: String, expected: String) {
        let agent = StateFixture(.agent) {
            for (region, presence) in [(Self.east, east), (Self.west, west)] {
                $0.max("seen/", region, "14:00:00")
                if !presence.isEmpty { $0.set("presence/", region, "\"\(presence)\"") }
            }
        }
        #expect(agent["presence"] == "\"\(expected)\"")
    }

    @Test("every register, also firstSeen, contributes its Region")
    func regions() {
        let agent = StateFixture(.agent) {
            $0.max("status/", "r1", "14:00:00", "\"OFFLINE\"")
            $0.min("firstSeen/", "r2", "14:00:00")
            $0.set("presence/", "r5", "\"LOGIN\"")
            $0.max("seen/", "r4", "14:00:00")
            $0.set("snapshot/", "r3", Self.snapshot())
            $0.set("later/", "r6", "true")
        }
        #expect(agent["regionsOnline"] == "[\"r3\",\"r5\"]")
        for region in ["r1", "r2", "r3", "r4", "r5"] { #expect(agent["regions", region] != nil) }
        #expect(agent["regions", "r6"] == nil)
    }

    @Test("Regions are percent-decoded and sorted by their decoded names, and may be empty")
    func awkwardRegions() {
        let agent = StateFixture(.agent) {
            for region in ["a/b", "a+b", "", "50%", "q\"\\"] { $0.set("presence/", region, "\"LOGIN\"") }
        }
        #expect(agent["regionsOnline"] == "[\"\",\"50%\",\"a+b\",\"a/b\",\"q\\\"\\\\\"]")
    }

    @Test(
        "signedIn is separate from presence: it follows the last LOGIN or LOGOUT, and a status that requires signing in",
        arguments: [
            ("LOGIN", "ONLINE", "true"), ("LOGIN", "OFFLINE", "true"), ("LOGIN", nil, "true"), ("LOGOUT", "ONLINE", "true"),
            ("LOGOUT", "OFFLINE", "false"), ("LOGOUT", nil, "false"), (nil, "ONLINE", "true"), (nil, "OFFLINE", "null"),
            (nil, nil, "null"),
        ] as [(String?, String?, String)])
    func signedIn(said: String?, status: String?, expected: String) {
        let agent = StateFixture(.agent) {
            $0.max("seen/", Self.east, "14:00:00")
            if let said { $0.set("presence/", Self.east, "\"\(said)\"", at: "14:00:00") }
            if let status { $0.max("status/", Self.east, "14:00:01", "\"\(status)\"") }
        }
        #expect(agent["signedIn"] == expected)
        #expect(agent["regions", Self.east, "signedIn"] == expected)
    }

    @Test(
        "an agent is signed in if signed in to any Region, otherwise signed out if signed out of any Region",
        arguments: [("LOGIN", "LOGOUT", "true"), ("LOGOUT", "LOGIN", "true"), ("LOGOUT", "", "false"), ("", "LOGOUT", "false")])
    func signedInOverAll(east: String, west: String, expected: String) {
        let agent = StateFixture(.agent) {
            for (region, said) in [(Self.east, east), (Self.west, west)] {
                $0.max("seen/", region, "14:00:00")
                if !said.isEmpty { $0.set("presence/", region, "\"\(said)\"") }
            }
        }
        #expect(agent["signedIn"] == expected)
    }

    // MARK: - Status

    @Test("the shown status is the one with the newest start among the Regions online, not of the newest snapshot")
    func statusNewestByStart() {
        let agent = StateFixture(.agent) {
            $0.set("presence/", Self.east, "\"LOGIN\"")
            $0.set("presence/", Self.west, "\"LOGIN\"")
            $0.set("snapshot/", Self.east, Self.snapshot("Lunch", since: "2026-03-02T13:59:00Z"), at: "14:00:00")
            $0.set("snapshot/", Self.west, Self.snapshot("Available", since: "2026-03-02T13:00:00Z"), at: "14:30:00")
        }
        #expect(
            agent["status"]
                == "{\"name\":\"Lunch\",\"region\":\"us-east-1\",\"since\":\"2026-03-02T13:59:00.000Z\",\"type\":\"ROUTABLE\"}")
        #expect(agent["regions", Self.west, "status", "name"] == "\"Available\"")
    }

    @Test("the status of a Region where the agent is online takes precedence over a newer one of another Region")
    func statusOnlineFirst() {
        let agent = StateFixture(.agent) {
            $0.set("presence/", Self.east, "\"LOGIN\"")
            $0.set("presence/", Self.west, "\"LOGOUT\"")
            $0.set("snapshot/", Self.east, Self.snapshot("Available", since: "2026-03-02T13:00:00Z"))
            $0.set("snapshot/", Self.west, Self.snapshot("Offline", type: "OFFLINE", since: "2026-03-02T13:59:00Z"))
        }
        #expect(agent["status", "region"] == "\"us-east-1\"")
    }

    @Test("if the agent is offline in all Regions, the newest status of all is shown")
    func statusOffline() {
        let agent = StateFixture(.agent) {
            $0.set("presence/", Self.east, "\"LOGOUT\"")
            $0.set("presence/", Self.west, "\"LOGOUT\"")
            $0.set("snapshot/", Self.east, Self.snapshot("Offline", since: "2026-03-02T13:00:00Z"))
            $0.set("snapshot/", Self.west, Self.snapshot("Offline", since: "2026-03-02T13:00:00.001Z"))
        }
        #expect(agent["status", "region"] == "\"us-west-2\"")
    }

    @Test(
        "of statuses with equal starts the greater snapshot stamp wins, then the greater Region; one without a start is last",
        arguments: [
            ("2026-03-02T13:00:00Z", "14:00:01", "2026-03-02T13:00:00Z", "14:00:00", "us-east-1"),
            ("2026-03-02T13:00:00Z", "14:00:00", "2026-03-02T13:00:00Z", "14:00:01", "us-west-2"),
            ("2026-03-02T13:00:00Z", "14:00:00", "2026-03-02T13:00:00Z", "14:00:00", "us-west-2"),
            ("2026-03-02T13:00:00Z", "14:00:00", "yesterday", "15:00:00", "us-east-1"),
        ])
    func statusTies(eastSince: String, eastAt: String, westSince: String, westAt: String, expected: String) {
        let agent = StateFixture(.agent) {
            $0.set("snapshot/", Self.east, Self.snapshot(since: eastSince), at: eastAt)
            $0.set("snapshot/", Self.west, Self.snapshot(since: westSince), at: westAt)
        }
        #expect(agent["status", "region"] == "\"\(expected)\"")
    }

    @Test("a status whose start is not a time is shown without a start")
    func statusWithoutStart() {
        let agent = StateFixture(.agent) { $0.set("snapshot/", Self.east, Self.snapshot(since: "13 o'clock")) }
        #expect(agent["status", "name"] == "\"Available\"")
        #expect(agent["status", "since"] == "null")
    }

    // MARK: - Facts

    @Test("lastSeen is the latest of all Regions, and separate in each Region")
    func lastSeen() {
        let agent = StateFixture(.agent) {
            $0.max("seen/", Self.east, "14:00:05")
            $0.max("seen/", Self.west, "14:00:04")
        }
        #expect(agent["lastSeen"] == "\"2026-03-02T14:00:05.000Z\"")
        #expect(agent["regions", Self.west, "lastSeen"] == "\"2026-03-02T14:00:04.000Z\"")
    }

    @Test("username and routing profile each come from the newest snapshot that has them")
    func configuration() {
        let agent = StateFixture(.agent) {
            $0.set(
                "snapshot/", "r1",
                Self.snapshot(
                    configuration: "{\"RoutingProfile\":{\"ARN\":\"arn:1\",\"Name\":\"Basic\"},\"Username\":\"ann\"}"),
                at: "14:00:00")
            $0.set(
                "snapshot/", "r2", Self.snapshot(configuration: "{\"RoutingProfile\":null,\"Username\":\"anna\"}"),
                at: "14:00:01")
            $0.set(
                "snapshot/", "r3",
                Self.snapshot(configuration: "{\"RoutingProfile\":{\"ARN\":\"\"},\"Username\":\"\"}"), at: "14:00:02")
        }
        #expect(agent["username"] == "\"anna\"")
        #expect(agent["routingProfile"] == "{\"arn\":\"arn:1\",\"name\":\"Basic\"}")
    }

    @Test("the next status is that of the Region whose status is shown, with either spelling of its time")
    func nextStatus() {
        func snapshot(_ next: String, since: String) -> String {
            "{\"AgentStatus\":{\"Name\":\"Available\",\"StartTimestamp\":\"\(since)\"},\"NextAgentStatus\":\(next)}"
        }
        let lunch = "{\"ARN\":\"arn:1\",\"EnqueuedTimestamp\":\"2026-03-02T13:58:00.004Z\",\"Name\":\"Lunch\"}"
        let agent = StateFixture(.agent) {
            $0.set("snapshot/", Self.east, snapshot(lunch, since: "2026-03-02T13:00:00Z"))
            $0.set(
                "snapshot/", Self.west,
                snapshot("{\"EnqueueTimestamp\":\"2026-03-02T13:59:00Z\",\"Name\":\"Break\"}", since: "x"))
        }
        let told = "{\"name\":\"Lunch\",\"region\":\"us-east-1\",\"since\":\"2026-03-02T13:58:00.004Z\"}"
        #expect(agent["nextStatus"] == told)
        #expect(agent["regions", Self.east, "nextStatus"] == told)
        #expect(agent["regions", Self.west, "nextStatus", "since"] == "\"2026-03-02T13:59:00.000Z\"")
        for none in ["null", "\"Lunch\"", "{}", "{\"Name\":\"\"}", "[]"] {
            let agent = StateFixture(.agent) { $0.set("snapshot/", Self.east, snapshot(none, since: "2026-03-02T13:00:00Z")) }
            #expect(agent["nextStatus"] == "null")
        }
    }

    @Test("slots come from the Regions online; hierarchy and proficiencies come completely from the newest configuration")
    func configurationLists() {
        func snapshot(slots: String, more: String) -> String {
            Self.snapshot(configuration: "{\(more)\"RoutingProfile\":{\"Concurrency\":\(slots),\"Name\":\"Basic\"}}")
        }
        let chat = "{\"AvailableSlots\":2,\"Channel\":\"CHAT\",\"MaximumSlots\":3}"
        let groups =
            "{\"Level1\":{\"ARN\":\"arn:g1\",\"Name\":\"Europe\"},\"Level2\":null,\"Level3\":{\"Name\":\"Night\"},\"Level4\":{}}"
        let skills = "[{\"Level\":3.0,\"Name\":\"Language\",\"Value\":\"Welsh\"},7,{\"Level\":\"high\",\"Name\":\"Claims\"}]"
        let agent = StateFixture(.agent) {
            $0.set("presence/", "r1", "\"LOGOUT\"", at: "15:00:00")
            $0.set(
                "snapshot/", "r1", snapshot(slots: "[\(chat)]", more: "\"Proficiencies\":[{\"Name\":\"Old\"}],"),
                at: "14:30:00")
            $0.set(
                "snapshot/", "r2",
                snapshot(
                    slots: "[\(chat),null,{\"Channel\":\"VOICE\"}]",
                    more: "\"AgentHierarchyGroups\":\(groups),\"Proficiencies\":\(skills),"),
                at: "14:00:00")
            $0.set("snapshot/", "r3", Self.snapshot(configuration: "null"), at: "14:10:00")
        }
        let slots =
            "{\"available\":2,\"channel\":\"CHAT\",\"maximum\":3,\"region\":\"r2\"},"
            + "{\"available\":null,\"channel\":\"VOICE\",\"maximum\":null,\"region\":\"r2\"}"
        #expect(agent["concurrency"] == "[\(slots)]")
        #expect(agent["regions", "r2", "concurrency"] == "[\(slots)]")
        #expect(agent["regions", "r1", "concurrency"]?.contains("\"region\":\"r1\"") == true)
        #expect(
            agent["hierarchy"]
                == "[{\"arn\":\"arn:g1\",\"level\":1,\"name\":\"Europe\"},{\"arn\":null,\"level\":3,\"name\":\"Night\"}]")
        #expect(
            agent["proficiencies"]
                == "[{\"level\":3.0,\"name\":\"Language\",\"value\":\"Welsh\"},{\"level\":null,\"name\":\"Claims\",\"value\":null}]"
        )
    }

    @Test("the hierarchy is read under either of its documented names, and a removed group is not shown")
    func hierarchyNames() {
        func hierarchy(_ configuration: String) -> String? {
            StateFixture(.agent) { $0.set("snapshot/", Self.east, Self.snapshot(configuration: configuration)) }["hierarchy"]
        }
        let groups = "{\"Level2\":{\"ARN\":\"\",\"Name\":\"Sales\"}}"
        let sales = "[{\"arn\":null,\"level\":2,\"name\":\"Sales\"}]"
        #expect(hierarchy("{\"HierarchyGroups\":\(groups)}") == sales)
        #expect(hierarchy("{\"AgentHierarchyGroups\":null,\"HierarchyGroups\":\(groups)}") == sales)
        #expect(hierarchy("{\"AgentHierarchyGroups\":{},\"HierarchyGroups\":\(groups)}") == "[]")
        #expect(hierarchy("{\"AgentHierarchyGroups\":null,\"Username\":\"ann\"}") == "[]")
    }

    // MARK: - Contacts

    @Test("contacts come from the Regions online, sorted by Region, then id; each Region has its own")
    func contacts() {
        let agent = StateFixture(.agent) {
            $0.set("presence/", "r1", "\"LOGOUT\"")
            $0.set("presence/", "r2", "\"LOGIN\"")
            $0.set("presence/", "r3", "\"LOGIN\"")
            $0.set("snapshot/", "r1", Self.snapshot(contacts: "[\(Self.contact("c0"))]"))
            $0.set("snapshot/", "r2", Self.snapshot(contacts: "[\(Self.contact("c9")),\(Self.contact("c2", state: "ENDED"))]"))
            $0.set("snapshot/", "r3", Self.snapshot(contacts: "[\(Self.contact("c1", channel: "CHAT"))]"))
        }
        func contact(_ id: String, _ region: String, _ state: String = "CONNECTED", channel: String = "VOICE") -> String {
            "{\"channel\":\"\(channel)\",\"contactId\":\"\(id)\",\"region\":\"\(region)\","
                + "\"since\":\"2026-03-02T13:30:00.500Z\",\"state\":\"\(state)\"}"
        }
        let second = "\(contact("c2", "r2", "ENDED")),\(contact("c9", "r2"))"
        #expect(agent["contacts"] == "[\(second),\(contact("c1", "r3", channel: "CHAT"))]")
        #expect(agent["regions", "r2", "contacts"] == "[\(second)]")
        #expect(agent["regions", "r1", "contacts"] == "[\(contact("c0", "r1"))]")
    }

    @Test("contacts with equal or missing ids keep the snapshot's order; values that are not objects are skipped")
    func awkwardContacts() {
        let agent = StateFixture(.agent) {
            $0.set(
                "snapshot/", "r",
                "{\"Contacts\":[\(Self.contact("c", state: "B")),{\"State\":\"N\"},7,null,\(Self.contact("c", state: "A"))]}")
        }
        let contacts = agent["regions", "r", "contacts"] ?? ""
        let states = contacts.split(separator: "\"state\":\"").dropFirst().compactMap(\.first)
        #expect(states == ["N", "B", "A"])
    }

    @Test(
        "a malformed snapshot counts as missing and is never an error",
        arguments: [
            "null", "[]", "7", "\"text\"", "true", "{}", "{\"AgentStatus\":7}", "{\"AgentStatus\":[]}", "{", "{\"a\":",
            "{\"AgentStatus\":{\"Name\":[],\"StartTimestamp\":{},\"Type\":5},\"Configuration\":[1],\"Contacts\":{}}",
            "{\"AgentStatus\":{},\"Configuration\":{\"RoutingProfile\":\"x\",\"Username\":{}},\"Contacts\":[[],1]}",
        ])
    func brokenSnapshot(_ snapshot: String) {
        let agent = StateFixture(.agent) { $0.set("snapshot/", "r", snapshot) }
        #expect(
            agent.state
                == "{\"concurrency\":[],\"contacts\":[],\"hierarchy\":[],\"lastSeen\":null,\"nextStatus\":null,"
                + "\"presence\":\"unknown\",\"proficiencies\":[],\"regions\":{\"r\":{\"concurrency\":[],\"contacts\":[],"
                + "\"lastSeen\":null,\"nextStatus\":null,\"presence\":\"unknown\",\"signedIn\":null,\"status\":null}},"
                + "\"regionsOnline\":[],\"routingProfile\":null,\"signedIn\":null,\"status\":null,\"username\":null}")
    }
}
