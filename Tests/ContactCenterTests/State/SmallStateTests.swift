import ContactCenter
import TestSupport
import Testing

@Suite("the projections of sessions, queues, customers, flows and usernames", .limited)
struct SmallStateTests {
    // MARK: - Session and queue

    @Test(
        "a session or queue shows its fields without deleted ones, its newest stamp and that stamp's Region",
        arguments: [EntityKind.session, .queue])
    func fields(_ kind: EntityKind) {
        #expect(StateFixture(kind).state == "{\"fields\":{},\"region\":null,\"updatedAt\":null}")
        var entity = StateFixture(kind) {
            $0.set("field/", "room", "{\"id\":7}", at: "14:00:00", region: "us-east-1")
            $0.set("field/", "tier", "\"gold\"", at: "14:00:02", region: "us-west-2")
            $0.set("later/", "x", "1", at: "23:00:00", region: "elsewhere")
        }
        #expect(
            entity.state
                == "{\"fields\":{\"room\":{\"id\":7},\"tier\":\"gold\"},\"region\":\"us-west-2\","
                + "\"updatedAt\":\"2026-03-02T14:00:02.000Z\"}")
        // A deletion is an update, here by an event that names no Region.
        entity.delete("field/", "tier", at: "14:00:03")
        #expect(
            entity.state
                == "{\"fields\":{\"room\":{\"id\":7}},\"region\":null,\"updatedAt\":\"2026-03-02T14:00:03.000Z\"}")
    }

    @Test("field names are decoded, escaped and sorted by their decoded text")
    func awkwardNames() {
        let session = StateFixture(.session) {
            for name in ["a/b", "a+b", "%", "100%/2F", "", "quote\"", "line\n", "größe", "%2F"] { $0.set("field/", name, "1") }
            // What no writer encodes stays as it is.
            $0.set("field/odd%2f%zz%", "1")
        }
        #expect(
            session["fields"]
                == "{\"\":1,\"%\":1,\"%2F\":1,\"100%/2F\":1,\"a+b\":1,\"a/b\":1,\"größe\":1,\"line\\n\":1,"
                + "\"odd%2f%zz%\":1,\"quote\\\"\":1}")
    }

    @Test("of two spellings of one field name the newest is shown")
    func spellings() {
        for (raw, encoded, expected) in [("14:00:00", "14:00:01", "2"), ("14:00:01", "14:00:00", "1")] {
            let session = StateFixture(.session) {
                $0.set("field/a%zz", "1", at: raw)
                $0.set("field/", "a%zz", "2", at: encoded)
            }
            #expect(session["fields"] == "{\"a%zz\":\(expected)}")
        }
    }

    // MARK: - Customer

    @Test("a customer without facts has every member")
    func emptyCustomer() {
        #expect(
            StateFixture(.customer).state
                == "{\"authentication\":{},\"contacts\":[],\"fields\":{},\"lastContact\":null,\"region\":null,\"updatedAt\":null}"
        )
    }

    @Test("a customer's fields and authentication are separate, and contacts are sorted by time, newest first, then by id")
    func customer() {
        let customer = StateFixture(.customer) {
            $0.set("field/", "tier", "\"gold\"", at: "14:00:00", region: "r1")
            $0.delete("field/", "gone", at: "14:00:01", region: "r2")
            $0.set("authentication/", "a/z", "true", at: "13:00:00")
            $0.set("authentication/", "a+z", "false", at: "13:00:00")
            $0.member("contacts", "\"c2\"", at: "11:00:00")
            $0.member("contacts", "\"c1\"", at: "11:00:00")
            $0.member("contacts", "\"c0\"", at: "10:00:00")
            $0.member("contacts", "\"c9\"", at: "12:00:00")
            $0.member("contacts", "7", at: "12:00:00")
        }
        #expect(
            customer.state
                == "{\"authentication\":{\"a+z\":false,\"a/z\":true},\"contacts\":[\"c9\",\"c1\",\"c2\",\"c0\"],"
                + "\"fields\":{\"tier\":\"gold\"},\"lastContact\":null,\"region\":\"r2\","
                + "\"updatedAt\":\"2026-03-02T14:00:01.000Z\"}")
    }

    @Test(
        "the last contact is the one with the greater measure; of equal measures the record's",
        arguments: [
            ("14:00:00", "14:00:00", "r"), ("14:00:01", "14:00:00", "e"), ("14:00:00", "14:00:01", "r"),
            ("14:00:00", nil, "e"), (nil, "14:00:00", "r"),
        ] as [(String?, String?, String)])
    func lastContact(event: String?, record: String?, expected: String) {
        let customer = StateFixture(.customer) {
            func value(_ id: String) -> String {
                "{\"agentId\":\"1/i/a\",\"at\":\"2026-03-02T14:00:00Z\",\"contactId\":\"\(id)\"}"
            }
            // The later stamp is no reason.
            if let event { $0.max("lastContact/event", nil, event, value("e"), at: "16:00:00", region: "r1") }
            if let record { $0.max("lastContact/record", nil, record, value("r"), at: "15:00:00", region: "r2") }
        }
        #expect(
            customer["lastContact"]
                == "{\"agentId\":\"1/i/a\",\"at\":\"2026-03-02T14:00:00.000Z\",\"contactId\":\"\(expected)\"}")
        #expect(customer["region"] == (event == nil ? "\"r2\"" : "\"r1\""))
        #expect(customer["updatedAt"] == "\"2026-03-02T1\(event == nil ? 5 : 6):00:00.000Z\"")
    }

    @Test("a last contact that is not an object is not shown")
    func brokenLastContact() {
        for value in ["null", "7", "[]", "{"] {
            let customer = StateFixture(.customer) { $0.max("lastContact/event", nil, "14:00:00", value) }
            #expect(customer["lastContact"] == "null")
        }
        let customer = StateFixture(.customer) { $0.max("lastContact/event", nil, "14:00:00", "{\"agentId\":{},\"at\":1}") }
        #expect(customer["lastContact"] == "{\"agentId\":null,\"at\":null,\"contactId\":null}")
    }

    // MARK: - Flow

    @Test("a flow without facts has every member")
    func emptyFlow() {
        #expect(
            StateFixture(.flow, "c\"1").state
                == "{\"contactId\":\"c\\\"1\",\"flowId\":null,\"flowName\":null,\"position\":null,\"stack\":[],\"variables\":{}}"
        )
    }

    @Test("the position of a flow is that of the newest entry, with the time of its stamp")
    func position() {
        let flow = StateFixture(.flow, "c1") {
            $0.set(
                "position",
                "{\"flowId\":\"f\",\"flowName\":\"Main\",\"identifier\":\"i\",\"module\":\"SetQueue\",\"stack\":[\"m1\",\"m2\"]}",
                at: "2026-03-02T14:00:00.123Z")
        }
        #expect(
            flow.state
                == "{\"contactId\":\"c1\",\"flowId\":\"f\",\"flowName\":\"Main\","
                + "\"position\":{\"at\":\"2026-03-02T14:00:00.123Z\",\"identifier\":\"i\",\"module\":\"SetQueue\"},"
                + "\"stack\":[\"m1\",\"m2\"],\"variables\":{}}")
    }

    @Test(
        "a malformed position is shown as far as it is valid",
        arguments: [
            ("null", "null"), ("[]", "null"), ("7", "null"), ("{", "null"),
            (
                "{\"flowId\":1,\"flowName\":\"\",\"identifier\":[],\"module\":{},\"stack\":{}}",
                "{\"at\":\"2026-03-02T14:00:00.000Z\",\"identifier\":null,\"module\":null}"
            ),
        ])
    func brokenPosition(value: String, expected: String) {
        let flow = StateFixture(.flow) { $0.set("position", value) }
        #expect(flow["position"] == expected)
        #expect(flow["flowId"] == "null")
        #expect(flow["flowName"] == "null")
        #expect(flow["stack"] == "[]")
    }

    @Test("a deleted position is not shown")
    func deletedPosition() {
        #expect(StateFixture(.flow) { $0.delete("position") }["position"] == "null")
    }

    @Test("a variable has the newer value of the flow's and the application's; a deletion counts as a value")
    func variables() {
        let flow = StateFixture(.flow) {
            $0.set("variable/", "logged", "\"log\"", at: "14:00:01")
            $0.set("field/", "logged", "\"event\"", at: "14:00:00")
            $0.set("variable/", "told", "\"log\"", at: "14:00:00")
            $0.set("field/", "told", "\"event\"", at: "14:00:01")
            $0.set("variable/", "deleted", "\"log\"", at: "14:00:00")
            $0.delete("field/", "deleted", at: "14:00:01")
            $0.set("variable/", "revived", "\"log\"", at: "14:00:01")
            $0.delete("field/", "revived", at: "14:00:00")
            $0.set("variable/", "tie", "\"b\"", at: "14:00:00", id: "e")
            $0.set("field/", "tie", "\"a\"", at: "14:00:00", id: "e")
            $0.set("variable/", "a/b", "1")
            $0.set("field/", "a+b", "2")
        }
        #expect(
            flow["variables"]
                == "{\"a+b\":2,\"a/b\":1,\"logged\":\"log\",\"revived\":\"log\",\"tie\":\"b\",\"told\":\"event\"}")
    }

    // MARK: - Username

    @Test("a username shows its agents, sorted")
    func username() {
        #expect(StateFixture(.username).state == "{\"agents\":[]}")
        let username = StateFixture(.username, "ann") {
            $0.member("agents", "\"2/i/a\"", at: "14:00:00", capacity: 16)
            $0.member("agents", "\"1/i/a\"", at: "14:00:01", capacity: 16)
            $0.member("agents", "null", at: "14:00:01", capacity: 16)
        }
        #expect(username.state == "{\"agents\":[\"1/i/a\",\"2/i/a\"]}")
        #expect(StateFixture(.username) { $0.set("agents", "7") }.state == "{\"agents\":[]}")
    }
}
