import Platform
import TestSupport
import Testing

@testable import AWS
@testable import JSON

@Suite("operations of DynamoDB", .limited)
struct DynamoDBWireTests {
    private static func key(_ json: inout JSONWriter) {
        json.attribute("pk", "agent#1")
        json.attribute("sk", "us-east-1")
    }

    private static let keyText = #"{"pk":{"S":"agent#1"},"sk":{"S":"us-east-1"}}"#

    private struct Cases {
        var all: [WireCase] = []

        mutating func add(_ operation: any AWSOperation, _ body: String) {
            all.append(WireCase(operation, "DynamoDB_20120810.\(type(of: operation).name)", body))
        }
    }

    static let itemCases: [WireCase] = {
        var cases = Cases()
        cases.add(DynamoDB.PutItem("t", item: key), #"{"TableName":"t","Item":\#(keyText)}"#)
        cases.add(
            DynamoDB.PutItem("t", condition: "a = :b", returnsItem: true, returnsUnits: true, item: key) {
                $0.attribute(":b", "c")
            },
            #"{"TableName":"t","Item":\#(keyText),"ConditionExpression":"a = :b","#
                + #""ReturnValuesOnConditionCheckFailure":"ALL_OLD","ExpressionAttributeValues":{":b":{"S":"c"}},"#
                + #""ReturnConsumedCapacity":"TOTAL"}"#)
        cases.add(
            DynamoDB.TransactWriteItems(returnsUnits: true) { json in
                DynamoDB.TransactWriteItems.put("t", condition: "a = :b", to: &json, item: key) { $0.attribute(":b", 1) }
                DynamoDB.TransactWriteItems.put("u", to: &json, item: key)
            },
            #"{"TransactItems":[{"Put":{"TableName":"t","Item":\#(keyText),"ConditionExpression":"a = :b","#
                + #""ExpressionAttributeValues":{":b":{"N":"1"}}}},{"Put":{"TableName":"u","Item":\#(keyText)}}],"#
                + #""ReturnConsumedCapacity":"TOTAL"}"#)
        cases.add(
            DynamoDB.UpdateItem("t", update: "SET a = :b", condition: "c", returnsItem: true, key: key) {
                $0.attribute(":b", ["d"])
            } row: {
                $0.text("pk")
            },
            #"{"TableName":"t","Key":\#(keyText),"ReturnValues":"ALL_NEW","UpdateExpression":"SET a = :b","#
                + #""ConditionExpression":"c","ReturnValuesOnConditionCheckFailure":"ALL_OLD","#
                + #""ExpressionAttributeValues":{":b":{"SS":["d"]}}}"#)
        cases.add(
            DynamoDB.UpdateItem("t", update: "SET a = :b", condition: "c", key: key) { $0.attribute(":b", "d") },
            #"{"TableName":"t","Key":\#(keyText),"UpdateExpression":"SET a = :b","ConditionExpression":"c","#
                + #""ExpressionAttributeValues":{":b":{"S":"d"}}}"#)
        cases.add(
            DynamoDB.UpdateItem("t", condition: "c", key: key),
            #"{"TableName":"t","Key":\#(keyText),"ConditionExpression":"c"}"#)
        cases.add(
            DynamoDB.DeleteItem("t", condition: "c = :d", returnsItem: true, key: key) { $0.attribute(":d", 2) },
            #"{"TableName":"t","Key":\#(keyText),"ConditionExpression":"c = :d","#
                + #""ReturnValuesOnConditionCheckFailure":"ALL_OLD","ExpressionAttributeValues":{":d":{"N":"2"}}}"#)
        cases.add(
            DynamoDB.GetItem("t", projection: "pk, sk", key: key) { $0.text("pk") },
            #"{"TableName":"t","Key":\#(keyText),"ConsistentRead":true,"ProjectionExpression":"pk, sk"}"#)
        cases.add(
            DynamoDB.GetItem("t", isConsistent: false, key: key) { $0.text("pk") }, #"{"TableName":"t","Key":\#(keyText)}"#)
        cases.add(
            DynamoDB.BatchGetItem([("t", 0..<2), ("u", 2..<3)], projection: "pk", returnsUnits: true) { number, json in
                json.attribute("pk", "agent#\(number)")
            },
            #"{"RequestItems":{"t":{"Keys":[{"pk":{"S":"agent#0"}},{"pk":{"S":"agent#1"}}],"ConsistentRead":true,"#
                + #""ProjectionExpression":"pk"},"u":{"Keys":[{"pk":{"S":"agent#2"}}],"ConsistentRead":true,"#
                + #""ProjectionExpression":"pk"}},"ReturnConsumedCapacity":"TOTAL"}"#)
        cases.add(
            DynamoDB.BatchGetItem([("t", 0..<1)], isConsistent: false) { key(&$1) },
            #"{"RequestItems":{"t":{"Keys":[\#(keyText)]}}}"#)
        cases.add(
            DynamoDB.Query("t", condition: "pk = :pk") { $0.attribute(":pk", "agent#1") },
            #"{"TableName":"t","KeyConditionExpression":"pk = :pk","ExpressionAttributeValues":{":pk":{"S":"agent#1"}}}"#)
        cases.add(
            DynamoDB.Query("t", condition: "pk = :pk", isConsistent: true, projection: "sk", after: Array(keyText.utf8)) {
                $0.attribute(":pk", "agent#1")
            },
            #"{"TableName":"t","ConsistentRead":true,"ProjectionExpression":"sk","KeyConditionExpression":"pk = :pk","#
                + #""ExpressionAttributeValues":{":pk":{"S":"agent#1"}},"ExclusiveStartKey":\#(keyText)}"#)
        cases.add(
            DynamoDB.Query("t", condition: "pk = :pk", isConsistent: true, isDescending: true, limit: 32) {
                $0.attribute(":pk", "agent#1")
            },
            #"{"TableName":"t","ConsistentRead":true,"ScanIndexForward":false,"Limit":32,"KeyConditionExpression":"pk = :pk","#
                + #""ExpressionAttributeValues":{":pk":{"S":"agent#1"}}}"#)
        cases.add(DynamoDB.Scan("t", limit: 1), #"{"TableName":"t","Limit":1}"#)
        cases.add(
            DynamoDB.Scan("t", isConsistent: true, projection: "sk", segment: 0, of: 4, after: Array(keyText.utf8)),
            #"{"TableName":"t","ConsistentRead":true,"ProjectionExpression":"sk","Segment":0,"TotalSegments":4,"#
                + #""ExclusiveStartKey":\#(keyText)}"#)
        return cases.all
    }()

    static let tableCases: [WireCase] = {
        var cases = Cases()
        cases.add(DynamoDB.ListTables(), "{}")
        cases.add(DynamoDB.ListTables(after: "t"), #"{"ExclusiveStartTableName":"t"}"#)
        cases.add(DynamoDB.DescribeTable("t"), #"{"TableName":"t"}"#)
        cases.add(DynamoDB.DescribeContinuousBackups("t"), #"{"TableName":"t"}"#)
        cases.add(DynamoDB.DescribeTimeToLive("t"), #"{"TableName":"t"}"#)
        cases.add(DynamoDB.DeleteTable("t"), #"{"TableName":"t"}"#)
        cases.add(
            DynamoDB.CreateTable(
                "t",
                [
                    .onDemand, .keys(partition: "k", sort: nil, indexed: ["o"]),
                    .index(name: "i", partition: "o", sort: "k"),
                ]),
            #"{"TableName":"t","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"k","#
                + #""AttributeType":"S"},{"AttributeName":"o","AttributeType":"S"}],"KeySchema":[{"AttributeName":"k","#
                + #""KeyType":"HASH"}],"GlobalSecondaryIndexes":[{"IndexName":"i","KeySchema":[{"AttributeName":"o","#
                + #""KeyType":"HASH"},{"AttributeName":"k","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]}"#)
        cases.add(
            DynamoDB.CreateTable(
                "t", [.keys(partition: "pk", sort: "sk"), .stream(view: "V"), .keyInKMS, .deletionProtection(true)]),
            #"{"TableName":"t","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","#
                + #""AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","#
                + #""KeyType":"RANGE"}],"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"V"},"#
                + #""SSESpecification":{"Enabled":true,"SSEType":"KMS"},"DeletionProtectionEnabled":true}"#)
        cases.add(
            DynamoDB.UpdateTable("t", .addReplica(region: "r")),
            #"{"TableName":"t","ReplicaUpdates":[{"Create":{"RegionName":"r"}}]}"#)
        cases.add(
            DynamoDB.UpdateTable("t", .removeReplica(region: "r")),
            #"{"TableName":"t","ReplicaUpdates":[{"Delete":{"RegionName":"r"}}]}"#)
        cases.add(
            DynamoDB.UpdateTable("t", .deletionProtection(false)), #"{"TableName":"t","DeletionProtectionEnabled":false}"#)
        cases.add(
            DynamoDB.UpdateContinuousBackups("t"),
            #"{"TableName":"t","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true}}"#)
        cases.add(
            DynamoDB.UpdateTimeToLive("t", attribute: "a"),
            #"{"TableName":"t","TimeToLiveSpecification":{"AttributeName":"a","Enabled":true}}"#)
        return cases.all
    }()

    /// Multi-Region strong consistency: what botocore's model makes of the same.
    @Test("of a table with strong consistency are those of botocore's model, and so is what a description says of it")
    func strong() throws {
        let described =
            #"{"Table":{"TableName":"t","TableStatus":"UPDATING","MultiRegionConsistency":"STRONG","GlobalTableVersion":"2019.11.21","#
            + #""Replicas":[{"RegionName":"us-east-1","ReplicaStatus":"CREATING"}],"#
            + #""GlobalTableWitnesses":[{"RegionName":"us-west-2","WitnessStatus":"CREATING"}]}}"#
        let found = try DynamoDB.DescribeTable("t").output(of: described)
        #expect(found.consistency == "STRONG" && found.replicas == [.init(region: "us-east-1", status: "CREATING")])
        #expect(found.witnesses == [.init(region: "us-west-2", status: "CREATING")])
        let create = #""MultiRegionConsistency":"STRONG","ReplicaUpdates":[{"Create":{"RegionName":"us-east-1"}}"#
        let cases = [
            ModelCase(
                DynamoDB.UpdateTable("tab", .strongReplicas(regions: ["us-east-1"], witness: "us-west-2")),
                #"{"TableName":"tab",\#(create)],"GlobalTableWitnessUpdates":[{"Create":{"RegionName":"us-west-2"}}]}"#),
            ModelCase(
                DynamoDB.UpdateTable("tab", .strongReplicas(regions: ["us-east-1", "us-west-2"], witness: nil)),
                #"{"TableName":"tab",\#(create),{"Create":{"RegionName":"us-west-2"}}]}"#),
            ModelCase(DynamoDB.DescribeTable("tab"), #"{"TableName":"tab"}"#, described),
            ModelCase(
                DynamoDB.PutItem("tab", item: Self.key), #"{"TableName":"tab","Item":\#(Self.keyText)}"#,
                codes: ["ReplicatedWriteConflictException", "ConditionalCheckFailedException"]),
            ModelCase(
                DynamoDB.Query("tab", condition: "pk = :pk", isConsistent: true, isDescending: true, limit: 32) {
                    $0.attribute(":pk", "agent#1")
                },
                #"{"TableName":"tab","ConsistentRead":true,"ScanIndexForward":false,"Limit":32,"KeyConditionExpression":"pk = :pk","#
                    + #""ExpressionAttributeValues":{":pk":{"S":"agent#1"}}}"#),
        ]
        let flaws = try ModelCase.flaws(of: cases)
        #expect(flaws == [[String]](repeating: [], count: cases.count))
    }

    @Test("have their target and their body, byte for byte", arguments: itemCases + tableCases)
    func requests(_ wire: WireCase) throws { try wire.check() }

    @Test("read items and units from their responses")
    func items() throws {
        let units = #"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":2.5}}"#
        #expect(try DynamoDB.PutItem("t", item: Self.key).output(of: units) == 2.5)
        #expect(try DynamoDB.PutItem("t", item: Self.key).output(of: "{}") == 0)
        #expect(try DynamoDB.TransactWriteItems { _ in }.output(of: #"{"ConsumedCapacity":[\#(units),\#(units)]}"#) == 5)

        let get = DynamoDB.GetItem("t", key: Self.key) { $0.text("a") }
        #expect(try get.output(of: #"{"Item":{"a":{"S":"b"}}}"#) == "b")
        #expect(try get.output(of: "{}") == nil)
        #expect(try get.output(of: #"{"Item":{"a":{"N":"1"}}}"#) == nil)
        #expect(throws: UnreadableOutput.self) { try get.output(of: "{") }

        let update = DynamoDB.UpdateItem("t", update: "u", condition: "c", key: Self.key) { _ in
        } row: {
            $0.text("a")
        }
        #expect(try update.output(of: #"{"Attributes":{"a":{"S":"b"}}}"#) == "b")
        for body in ["{}", #"{"Attributes":{}}"#, "["] {
            #expect(throws: UnreadableOutput.self) { try update.output(of: body) }
        }

        let page = try DynamoDB.Scan("t").output(
            of: #"{"Items":[{"a":{"S":"b"}},{"c":{"S":"d"}},{"a":{"S":"e"}}],"LastEvaluatedKey":{"a":{"S":"e"}}}"#)
        #expect(page.rows { $0.text("a") } == ["b", "e"])
        #expect(page.last == Array(#"{"a":{"S":"e"}}"#.utf8))
        let query = DynamoDB.Query("t", condition: "c") { _ in }
        #expect(try query.output(of: #"{"Items":[]}"#).last == nil)
        for body in ["{}", #"{"Items":{}}"#, ""] { #expect(throws: UnreadableOutput.self) { try query.output(of: body) } }
    }

    @Test("of a batch name what was found, by table, and what was left out")
    func batch() throws {
        let batch = DynamoDB.BatchGetItem([("t", 0..<1)]) { Self.key(&$1) }
        let answer = try batch.output(
            of: #"{"Responses":{"t":[{"a":{"S":"1"}},{"a":{"S":"2"}}],"u":[{"a":{"S":"3"}}]},"#
                + #""UnprocessedKeys":{"t":{"Keys":[{"a":{"S":"4"}}]}},"ConsumedCapacity":[{"CapacityUnits":1.5},{"CapacityUnits":2}]}"#
        )
        var left: [String?] = []
        var found: [String] = []
        let units = try answer.read {
            left.append($0.text("a"))
        } item: {
            found.append("\($0.text) \($1.text("a") ?? "")")
        }
        #expect(units == 3.5 && left == ["4"] && found == ["t 1", "t 2", "u 3"])
        let nothing = try batch.output(of: "[")
        #expect(throws: UnreadableOutput.self) {
            try nothing.read { _ in
            } item: { _, _ in
            }
        }
    }

    @Test("read tables from their responses")
    func tables() throws {
        let table = try DynamoDB.DescribeTable("t").output(
            of: #"{"Table":{"TableId":"i","TableArn":"a","TableStatus":"ACTIVE","AttributeDefinitions":[{"AttributeName":"pk","#
                + #""AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk"}],"#
                + #""BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},"StreamSpecification":{"StreamEnabled":true,"#
                + #""StreamViewType":"V"},"SSEDescription":{"SSEType":"KMS","Status":"ENABLED"},"#
                + #""DeletionProtectionEnabled":true,"Replicas":[{"RegionName":"r","ReplicaStatus":"CREATING"},{"RegionName":"q"}],"#
                + #""GlobalTableVersion":"2019.11.21","GlobalSecondaryIndexes":[{"IndexName":"x"}]}}"#)
        #expect(table.id == "i" && table.arn == "a" && table.status == "ACTIVE" && table.billingMode == "PAY_PER_REQUEST")
        #expect(table.keys == [.init(name: "pk", type: "S", role: "HASH"), .init(name: "sk", type: nil, role: nil)])
        #expect(table.stream == "V" && table.hasKMSKey && table.isProtected && table.globalTableVersion == "2019.11.21")
        #expect(table.replicas == [.init(region: "r", status: "CREATING"), .init(region: "q", status: nil)])
        #expect(table.indexes == ["x"])
        let bare = try DynamoDB.DescribeTable("t").output(
            of:
                #"{"Table":{"StreamSpecification":{"StreamEnabled":false,"StreamViewType":"V"},"SSEDescription":{"SSEType":"KMS","#
                + #""Status":"DISABLED"}}}"#)
        #expect(bare.id == nil && bare.status == "" && bare.keys.isEmpty && bare.stream == nil && !bare.hasKMSKey)
        #expect(throws: UnreadableOutput.self) { try DynamoDB.DescribeTable("t").output(of: "{}") }

        let list = try DynamoDB.ListTables().output(of: #"{"TableNames":["a","b"],"LastEvaluatedTableName":"b"}"#)
        #expect(list.names == ["a", "b"] && list.last == "b")
        let backups =
            #"{"ContinuousBackupsDescription":{"PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"ENABLED"}}}"#
        #expect(try DynamoDB.DescribeContinuousBackups("t").output(of: backups))
        #expect(try !DynamoDB.DescribeContinuousBackups("t").output(of: "{}"))
        let expiry = try DynamoDB.DescribeTimeToLive("t").output(
            of: #"{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"a"}}"#)
        #expect(expiry.status == "ENABLED" && expiry.attribute == "a")
    }
}
