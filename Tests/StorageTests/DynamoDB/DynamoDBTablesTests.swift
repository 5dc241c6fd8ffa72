import ContactCenter
import Platform
import TestSupport
import Testing

@testable import Storage

@Suite("the required settings of the tables of a state", .waiting(minutes: 5))
struct DynamoDBTablesTests {
    private let global: DynamoDBTables
    private let apart: DynamoDBTables

    init() throws {
        global = try #require(DynamoDBTables(prefix: "p", regions: ["a", "b", "c", "a"], areReplicated: true))
        apart = try #require(DynamoDBTables(prefix: "p", regions: ["a", "b"]))
    }

    /// What is there once a plan from nothing has been carried out.
    private func made(_ tables: DynamoDBTables) throws -> TablesFound {
        var found = TablesFound()
        for call in try tables.plan(.create, found) { found.apply(call) }
        return found
    }

    @Test("a prefix must be a valid beginning of a table name")
    func prefixes() {
        for bad in ["", "a/b", "ä", "a b", "a#", String(repeating: "x", count: 201)] {
            #expect(DynamoDBTables(prefix: bad, regions: ["a"]) == nil, "\(bad)")
        }
        #expect(DynamoDBTables(prefix: "My_state-1.x", regions: ["a"])?.names.count == EntityKind.allCases.count)
        #expect(DynamoDBTables(prefix: "p", regions: []) == nil)
        #expect(global.regions == ["a", "b", "c"])
        #expect(global.names.first == "p-agent")
    }

    @Test(
        "a new table is completed before its replicas are created, one per call, and then each Region is completed"
    )
    func order() throws {
        let calls = try global.plan(.create, TablesFound()).filter { $0.table == "p-agent" }
        let wanted: [(TableCall.Action, String)] = [
            (.create, "a"), (.turnTimeToLiveOn, "a"), (.turnPointInTimeRecoveryOn, "a"), (.addReplica("b"), "a"),
            (.turnPointInTimeRecoveryOn, "b"), (.protect(true), "b"), (.addReplica("c"), "a"),
            (.turnPointInTimeRecoveryOn, "c"),
            (.protect(true), "c"),
        ]
        #expect(calls == wanted.map { TableCall($0.0, "p-agent", in: $0.1) })
        let feed = try global.plan(.create, TablesFound()).filter { $0.table == "p-feed" }
        #expect(
            feed
                == ["a", "b", "c"].flatMap { region in
                    [TableCall.Action.createFeed, .turnTimeToLiveOn].map { TableCall($0, "p-feed", in: region) }
                }, "the feed's log is one of its own in each Region")
        #expect(try global.plan(.create, TablesFound()).count == 9 * EntityKind.allCases.count + feed.count)
        #expect(try global.differences(made(global)).isEmpty)
    }

    @Test("separate tables are equal in every Region and are not replicas")
    func ownTables() throws {
        let calls = try apart.plan(.create, TablesFound()).filter { $0.table == "p-flow" }
        #expect(calls.map(\.region) == ["a", "a", "a", "b", "b", "b"])
        #expect(
            calls.map(\.operation)
                == Array(repeating: ["CreateTable", "UpdateTimeToLive", "UpdateContinuousBackups"], count: 2).joined().map {
                    $0
                })
        #expect(try apart.differences(made(apart)).isEmpty)
        #expect(try !apart.differences(made(global)).isEmpty)
        #expect(try !global.differences(made(apart)).isEmpty)
    }

    @Test("create continues after an interruption at any call and ends with the same tables")
    func resumes() throws {
        let plan = try global.plan(.create, TablesFound())
        let whole = try made(global)
        for done in 0...plan.count {
            var found = TablesFound()
            for call in plan.prefix(done) { found.apply(call) }
            for call in try global.plan(.create, found) { found.apply(call) }
            #expect(found == whole)
        }
    }

    static let mendable: [(String, @Sendable (inout TableFound) -> Void)] = [
        ("capacity", { $0.isOnDemand = false }), ("stream", { $0.stream = nil }), ("encryption", { $0.hasKMSKey = false }),
        ("TTL", { $0.timeToLive = .init() }), ("point-in-time recovery", { $0.hasPointInTimeRecovery = false }),
        ("deletion protection", { $0.isProtected = false }),
    ]

    @Test("a setting that differs is reported, and corrected by one call", arguments: 0..<mendable.count)
    func mends(case number: Int) throws {
        let (setting, change) = DynamoDBTablesTests.mendable[number]
        var found = try made(global)
        var table = try #require(found["a", "p-contact"])
        change(&table)
        found["a", "p-contact"] = table
        let differences = global.differences(found)
        #expect(differences.map(\.setting) == [setting])
        #expect(differences.first?.table == "p-contact" && differences.first?.region == "a")
        let calls = try global.plan(.create, found)
        #expect(calls.count == 1)
        found.apply(calls[0])
        #expect(try found == made(global))
    }

    static let stuck: [(String, @Sendable (inout TableFound) -> Void)] = [
        ("keys", { $0.keys = "id S HASH" }), ("stream", { $0.stream = "KEYS_ONLY" }),
        ("TTL", { $0.timeToLive = .init(status: "ENABLED", attribute: "ttl") }),
        ("TTL", { $0.timeToLive = .init(status: "DISABLING", attribute: "expiresAt") }),
        ("replicas", { $0.replicas["x"] = "ACTIVE" }), ("replica", { $0.replicas["b"] = "REGION_DISABLED" }),
        ("global table version", { $0.globalTableVersion = "2017.11.29" }), ("status", { $0.status = "ARCHIVED" }),
    ]

    @Test(
        "a difference that no call can correct is reported with advice, and create makes no call for that table",
        arguments: 0..<stuck.count)
    func refuses(case number: Int) throws {
        let (setting, change) = DynamoDBTablesTests.stuck[number]
        var found = try made(global)
        var table = try #require(found["a", "p-contact"])
        change(&table)
        found["a", "p-contact"] = table
        let difference = try #require(global.differences(found).first)
        #expect(difference.setting == setting && difference.call == nil && difference.advice?.isEmpty == false)
        let error = #expect(throws: TablesError.self) { try global.plan(.create, found) }
        #expect(error?.description.contains("p-contact") == true)
    }

    @Test("a table in the place of a replica is not changed")
    func standsInTheWay() throws {
        var found = try made(global)
        found["a", "p-agent"]?.replicas["b"] = nil
        let difference = try #require(global.differences(found).first)
        #expect(difference.setting == "replica" && difference.region == "b" && difference.call == nil)
    }

    @Test("an earlier release's tables get the feed's log, and nothing else changes")
    func withoutFeed() throws {
        var found = try made(global)
        for region in global.regions { found[region, global.feed] = nil }
        #expect(global.differences(found).map(\.setting) == ["table", "table", "table"])
        for call in try global.plan(.create, found) {
            #expect(call.table == "p-feed")
            found.apply(call)
        }
        #expect(try found == made(global))
    }

    static let feeds: [(String?, isMended: Bool, @Sendable (inout TableFound) -> Void)] = [
        (nil, true, { $0.stream = "KEYS_ONLY" }), (nil, true, { $0.hasPointInTimeRecovery = true }),
        ("capacity", true, { $0.isOnDemand = false }), ("encryption", true, { $0.hasKMSKey = false }),
        ("TTL", true, { $0.timeToLive = .init() }), ("deletion protection", true, { $0.isProtected = false }),
        ("keys", false, { $0.keys = "id S HASH" }), ("replicas", false, { $0.replicas["b"] = "ACTIVE" }),
    ]

    @Test("the feed's log needs no stream, no backup and no replica, and the rest", arguments: 0..<feeds.count)
    func feed(case number: Int) throws {
        let (setting, isMended, change) = DynamoDBTablesTests.feeds[number]
        for tables in [global, apart] {
            var found = try made(tables)
            var table = try #require(found["a", "p-feed"])
            change(&table)
            found["a", "p-feed"] = table
            let differences = tables.differences(found)
            #expect(differences.map(\.setting) == [setting].compactMap { $0 })
            guard let difference = differences.first else { continue }
            #expect(difference.table == "p-feed" && difference.region == "a")
            #expect((difference.call != nil) == isMended && (difference.advice?.isEmpty == false) == !isMended)
        }
    }

    static let underWay: [@Sendable (inout TablesFound) -> Void] = [
        { $0["a", "p-agent"]?.status = "CREATING" }, { $0["a", "p-agent"]?.replicas["b"] = "CREATING" },
        {
            $0["a", "p-agent"]?.replicas["b"] = nil
            $0["b", "p-agent"]?.status = "CREATING"
        },
        {
            $0["a", "p-agent"]?.replicas["b"] = nil
            $0["a", "p-agent"]?.status = "UPDATING"
        },
        { $0["b", "p-agent"] = nil },
    ]

    @Test("a table that DynamoDB is still creating is reported as such", arguments: 0..<underWay.count)
    func stillMade(case number: Int) throws {
        var found = try made(global)
        DynamoDBTablesTests.underWay[number](&found)
        let difference = try #require(global.differences(found).first)
        #expect(difference.advice == "still being created: check again in a minute" && difference.call == nil)
    }

    @Test("no advice tells people to remove or delete anything", arguments: 0..<stuck.count)
    func neverDelete(case number: Int) throws {
        var found = try made(global)
        var table = try #require(found["a", "p-contact"])
        DynamoDBTablesTests.stuck[number].1(&table)
        found["a", "p-contact"] = table
        found["a", "p-agent"]?.replicas["b"] = nil
        for difference in global.differences(found) + apart.differences(found) {
            for word in ["delete", "remove"] { #expect(difference.advice?.contains(word) != true) }
        }
    }

    @Test("drop removes protection, then replicas, then the table; a table with other replicas stays")
    func drops() throws {
        var found = try made(global)
        let calls = try global.plan(.drop, found).filter { $0.table == "p-queue" }
        #expect(
            calls.map(\.action) == [
                .protect(false), .protect(false), .protect(false), .removeReplica("b"), .removeReplica("c"), .delete,
            ])
        #expect(calls.map(\.region) == ["a", "b", "c", "a", "a", "a"])
        for call in try global.plan(.drop, found) { found.apply(call) }
        #expect(global.regions.allSatisfy { found.inRegion($0).isEmpty })
        #expect(try global.plan(.drop, found).isEmpty)
        let separate = try made(apart)
        #expect(try apart.plan(.drop, separate).count == 4 * (EntityKind.allCases.count + 1))
        let error = #expect(throws: TablesError.self) { try apart.plan(.drop, made(global)) }
        #expect(error?.description.contains("replica in c") == true)
    }

    @Test("the calls have the form of DynamoDB's API")
    func calls() {
        func text(_ action: TableCall.Action) -> String {
            String(decoding: TableCall(action, "t", in: "a").input, as: UTF8.self)
        }
        #expect(text(.delete) == #"{"TableName":"t"}"#)
        #expect(text(.addReplica("b")) == #"{"TableName":"t","ReplicaUpdates":[{"Create":{"RegionName":"b"}}]}"#)
        #expect(text(.removeReplica("b")) == #"{"TableName":"t","ReplicaUpdates":[{"Delete":{"RegionName":"b"}}]}"#)
        #expect(
            text(.turnTimeToLiveOn)
                == #"{"TableName":"t","TimeToLiveSpecification":{"AttributeName":"expiresAt","Enabled":true}}"#)
        #expect(
            text(.turnPointInTimeRecoveryOn)
                == #"{"TableName":"t","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true}}"#)
        #expect(!text(.createFeed).contains("StreamSpecification") && text(.createFeed).contains("PAY_PER_REQUEST"))
        #expect(
            text(.create)
                == #"{"TableName":"t","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},"#
                + #"{"AttributeName":"sk","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},"#
                + #"{"AttributeName":"sk","KeyType":"RANGE"}],"BillingMode":"PAY_PER_REQUEST","#
                + #""StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"},"#
                + #""SSESpecification":{"Enabled":true,"SSEType":"KMS"},"DeletionProtectionEnabled":true}"#)
    }
}
