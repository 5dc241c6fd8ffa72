import FailoverCore
import HTTPClient
import Platform
import Servers
import TestSupport
import Testing

@testable import AWS
@testable import Failover

@Suite("Actuators on an emulator of AWS", .waiting(minutes: 5))
struct EmulatedActuatorsTests {
    static func session(_ emulator: Emulator) throws -> AWSSession { try AWSSession(Environment(emulator.environment())) }

    // MARK: The row

    static func row(_ emulator: Emulator) throws -> (ActiveRegionRow, ServiceClient) {
        let client = try session(emulator).client(.dynamoDB, region: Intents.west)
        _ = try client.perform(
            DynamoDB.CreateTable("failover", [.keys(partition: "pk", sort: "sk"), .onDemand]))
        return (ActiveRegionRow(client, table: "failover"), client)
    }

    @Test("the row says term, Region and shares; a greater term is never replaced, and the greatest of all Regions' wins")
    func activeRegion() throws {
        let emulator = try Emulator()
        let (row, client) = try Self.row(emulator)
        #expect(row.look() == .found(.init(nil)))
        let moved = try #require(row.value(for: Intents.to(west: 100, term: 7), isPending: true))
        #expect(row.apply(moved, term: 7) == nil)
        #expect(row.look() == .found(.init(moved, term: 7)))
        #expect(moved.region == Intents.west)
        #expect(
            moved.groups == [
                "1a2b": .init(telephony: [Intents.east: 0, Intents.west: 100], agents: [Intents.east: 0, Intents.west: 100])
            ])
        var settled = moved
        settled.isPending = false
        #expect(row.apply(settled, term: 7) == nil)
        let older = try #require(row.value(for: Intents.to(west: 0, term: 6), isPending: false))
        #expect(row.apply(older, term: 6) == "the row of us-west-2 in table failover has a greater term than 6")
        #expect(row.look() == .found(.init(settled, term: 7)))

        // The other Region's row, as a global table brings it.
        let east = try #require(row.value(for: Intents.to(west: 0, term: 9), isPending: false))
        _ = try client.perform(
            DynamoDB.PutItem("failover") { json in
                json.attribute("pk", ActiveRegionRow.partition)
                json.attribute("sk", Intents.east)
                east.write(to: &json)
            })
        let rows = try row.read()
        #expect(rows == [Intents.east: east, Intents.west: settled])
        #expect(ActiveRegion.newest(of: Array(rows.values)) == east)
        #expect(ActiveRegion.newest(of: [moved, settled]) == settled)
        #expect(
            row.look()
                == .found(.init(settled, term: 7, warnings: ["another Region wrote term 9; this one's row is still at 7"])))
    }

    @Test("the code of docs/actuators.md reads the row that counts")
    func readers() throws {
        let emulator = try Emulator()
        let (row, client) = try Self.row(emulator)
        let code =
            try Page.block("python", 0)
            + "\nrow = active_region('failover')\nprint(row and (row['region'], int(row['term']), int(row['pending'])))"
        // boto3 has a name of its own for it.
        let environment = emulator.environment().merging(["AWS_DEFAULT_REGION": Intents.west]) { $1 }
        func read() throws -> String { try Page.python(code, environment) }
        #expect(try read() == "None\n")
        for (region, intent, isPending) in [
            (Intents.east, Intents.to(west: 0, term: 8), false), (Intents.west, Intents.to(west: 100, term: 9), true),
            (Intents.east, Intents.to(west: 100, term: 9), false),
        ] {
            let value = try #require(row.value(for: intent, isPending: isPending))
            _ = try client.perform(
                DynamoDB.PutItem("failover") { json in
                    json.attribute("pk", ActiveRegionRow.partition)
                    json.attribute("sk", region)
                    value.write(to: &json)
                })
            #expect(try read() == "('\(value.region)', \(value.term), \(isPending ? 1 : 0))\n")
        }
    }

    @Test("a table that is not there is said by name")
    func missingTable() throws {
        let emulator = try Emulator()
        let client = try Self.session(emulator).client(.dynamoDB, region: Intents.west)
        let row = ActiveRegionRow(client, table: "nowhere")
        guard case .failed(let why) = row.look() else {
            Issue.record("found")
            return
        }
        #expect(why.contains("table nowhere"))
        let value = try #require(row.value(for: Intents.to(west: 100, term: 1), isPending: false))
        #expect(row.apply(value, term: 1)?.contains("table nowhere") == true)
    }

    @Test("of equal shares the Region that gains is the active one")
    func equalShares() {
        #expect(Intents.to(west: 50, term: 1, actor: Intents.east).preferredRegion() == Intents.east)
        #expect(Intents.to(west: 50, term: 1, actor: Intents.west).preferredRegion() == Intents.west)
        #expect(Intents.to(west: 40, term: 1, actor: Intents.west).preferredRegion() == Intents.east)
    }

    // MARK: Weights of DNS

    struct Zone {
        private let emulator: Emulator
        let client: ServiceClient
        let id: String

        init() throws {
            emulator = try Emulator()
            client = try session(emulator).client(.route53)
            let request =
                "<CreateHostedZoneRequest xmlns=\"\(Route53.namespace)\"><Name>example.com</Name><CallerReference>1</CallerReference>"
                + "</CreateHostedZoneRequest>"
            let made = try client.perform(
                "CreateHostedZone", Array(request.utf8), RequestLine(.post, "\(Route53.path)/hostedzone"))
            id = try #require(made.body.withBytes { XMLElement(document: $0)?.child("HostedZone")?.text("Id") })
        }

        func put(_ name: String, _ identifier: String, _ weight: UInt8, ttl: Int64 = 60) throws {
            let set = Route53.RecordSet(
                name: name, type: "CNAME", setIdentifier: identifier, weight: weight, ttl: ttl,
                value: "\(identifier).example.com")
            _ = try client.perform(Route53.ChangeResourceRecordSets(zone: id, upsert: [set]))
        }

        func record(_ name: String, _ identifiers: [String: String] = [:]) -> Route53Weights.Record {
            .init(zone: id, name: name, type: "CNAME", identifiers: identifiers)
        }
    }

    @Test("weights of all records of a zone follow the shares, and are in force once the name servers have them")
    func weights() throws {
        let zone = try Zone()
        try zone.put("api.example.com", Intents.east, 255)
        try zone.put("api.example.com", Intents.west, 0)
        try zone.put("chat.example.com", "primary", 255)
        try zone.put("chat.example.com", "standby", 0)
        let weights = Route53Weights(
            zone.client,
            records: [
                zone.record("api.example.com"),
                zone.record("chat.example.com", [Intents.east: "primary", Intents.west: "standby"]),
            ], regions: [Intents.east, Intents.west])
        let before = try #require(weights.value(for: Intents.to(west: 0, term: 1), isPending: false))
        #expect(weights.look() == .found(.init(before)))
        for (share, east, west) in [(100, 0, 255), (10, 230, 26), (50, 128, 128)] {
            let value = try #require(weights.value(for: Intents.to(west: share, term: 2), isPending: false))
            #expect(value == DNSWeights(Array(repeating: [Intents.east: east, Intents.west: west], count: 2)))
            #expect(weights.apply(value, term: 2) == nil)
            guard case .underway = weights.look() else {
                Issue.record("the change is not waited for")
                return
            }
            try eventually("the name servers have it") { weights.look() == .found(.init(value)) }
        }
    }

    @Test("a record that is missing, a long TTL, and others that are answered too are told; nothing is made")
    func warnings() throws {
        let zone = try Zone()
        try zone.put("api.example.com", Intents.east, 255, ttl: 300)
        try zone.put("api.example.com", "third", 1)
        let weights = Route53Weights(
            zone.client, records: [zone.record("api.example.com")], regions: [Intents.east, Intents.west])
        let missing =
            "zone \(zone.id) has no weighted record api.example.com CNAME with the set identifier us-west-2: make it"
        #expect(
            weights.look()
                == .found(
                    .init(
                        DNSWeights([[Intents.east: 255]]), problems: [missing],
                        warnings: [
                            "api.example.com CNAME is kept for 300 s by resolvers: set its TTL to 60 s or less",
                            "api.example.com CNAME has another record, third, that is answered too",
                        ])))
        let value = try #require(weights.value(for: Intents.to(west: 100, term: 2), isPending: false))
        #expect(weights.apply(value, term: 2) == missing)
        guard case .found(let after) = weights.look() else {
            Issue.record("not found")
            return
        }
        #expect(after.value == DNSWeights([[Intents.east: 255]]))
    }

    @Test("one health check of two is told: a record without one is always answered")
    func checks() throws {
        let zone = try Zone()
        let made = try zone.client.perform(
            "CreateHealthCheck",
            Array(
                ("<CreateHealthCheckRequest xmlns=\"\(Route53.namespace)\"><CallerReference>1</CallerReference><HealthCheckConfig>"
                    + "<IPAddress>192.0.2.1</IPAddress><Port>443</Port><Type>TCP</Type></HealthCheckConfig></CreateHealthCheckRequest>")
                    .utf8),
            RequestLine(.post, "\(Route53.path)/healthcheck"))
        let check = try #require(made.body.withBytes { XMLElement(document: $0)?.child("HealthCheck")?.text("Id") })
        let checked =
            "<ChangeResourceRecordSetsRequest xmlns=\"\(Route53.namespace)\"><ChangeBatch><Changes><Change><Action>UPSERT</Action>"
            + "<ResourceRecordSet><Name>api.example.com</Name><Type>CNAME</Type><SetIdentifier>\(Intents.east)</SetIdentifier>"
            + "<Weight>255</Weight><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>east.example.com</Value></ResourceRecord>"
            + "</ResourceRecords><HealthCheckId>\(check)</HealthCheckId></ResourceRecordSet></Change></Changes></ChangeBatch>"
            + "</ChangeResourceRecordSetsRequest>"
        let bare = String(zone.id.split(separator: "/").last ?? "")
        _ = try zone.client.perform(
            "ChangeResourceRecordSets", Array(checked.utf8), RequestLine(.post, "\(Route53.path)/hostedzone/\(bare)/rrset/"))
        try zone.put("api.example.com", Intents.west, 0)
        let weights = Route53Weights(
            zone.client, records: [zone.record("api.example.com")], regions: [Intents.east, Intents.west])
        guard case .found(let finding) = weights.look() else {
            Issue.record("not found")
            return
        }
        #expect(
            finding.warnings == [
                "of the records api.example.com CNAME that of us-west-2 alone has no health check: give it one, or none to either"
            ])
        // The check stays where it was.
        let value = try #require(weights.value(for: Intents.to(west: 100, term: 2), isPending: false))
        #expect(weights.apply(value, term: 2) == nil)
        let sets = try zone.client.perform(
            Route53.ListResourceRecordSets(zone: zone.id, name: "api.example.com", type: "CNAME"))
        #expect(sets.first { $0.setIdentifier == Intents.east }?.healthCheckID == check)
    }

    // MARK: Notices

    @Test("a bus and a topic take notices, and are looked for by an exercise")
    func notices() throws {
        let emulator = try Emulator()
        defer { withExtendedLifetime(emulator) {} }
        let session = try Self.session(emulator)
        let event = NoticeEvent(Notice(committed: Intents.to(west: 100, term: 7)), region: Intents.west)
        let bus = EventBridgeNotices(try session.client(.eventBridge), bus: "default")
        #expect(bus.exercise() == [])
        #expect(bus.send(event) == .delivered)
        let noBus = EventBridgeNotices(try session.client(.eventBridge), bus: "nowhere")
        #expect(noBus.exercise().first?.contains("event bus nowhere") == true)

        let sns = try session.client(.sns)
        var form = QueryForm()
        form.append("Name", "ops")
        let made = try sns.perform("CreateTopic", form.bytes)
        let topic = try #require(made.body.withBytes { XMLText.element("TopicArn", in: $0) })
        #expect(SNSNotices(sns, topic: topic).exercise() == [])
        #expect(SNSNotices(sns, topic: topic).send(event) == .delivered)
        #expect(SNSNotices(sns, topic: topic + "x").exercise().first?.contains("topic \(topic)x") == true)
        guard case .failed = SNSNotices(sns, topic: topic + "x").send(event) else {
            Issue.record("not failed")
            return
        }
    }
}
