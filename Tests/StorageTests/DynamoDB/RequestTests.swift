import AWS
import ContactCenter
import EngineCore
import Platform
import TestSupport
import Testing

@testable import Lattice
@testable import Storage

/// Byte for byte: the rows are read by other programs, and by other versions of this one.
@Suite("requests about rows", .limited)
struct RequestTests {
    private func text(_ operation: any AWSOperation) -> String { String(decoding: operation.body, as: UTF8.self) }

    private func client() throws -> ServiceClient {
        try AWSSession(Environment(["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"]))
            .client(.dynamoDB, region: "us-east-1")
    }

    /// A register of each rule, and a tombstone.
    private var entity: [UInt8] {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        let stamp = Stamp(time: Timestamp(milliseconds: 1_000))
        func value(_ text: StaticString) -> ByteView { text.view }
        writer.tombstone(&buffer, "gone", stamp: stamp)
        writer.extremum(&buffer, "greatest", rule: .max, measure: 7, stamp: stamp, value: value("7"))
        writer.lastWriterWins(&buffer, "last", stamp: stamp, value: value(#"{"a":[1,null,"x\n"],"b":true}"#))
        writer.extremum(&buffer, "least", rule: .min, measure: -7, stamp: stamp, value: value("\"m\""))
        writer.unionMember(&buffer, "some", capacity: 16, stamp: stamp, value: value("false"))
        writer.finish(&buffer)
        return buffer.array
    }

    private func row(expected: Revision) -> RowBatch {
        let rows = RowBatch()
        key("c\"1").withUnsafeBytes { key in
            entity.withUnsafeBytes {
                rows.append(key: key, entity: $0, expected: expected, revision: Revision(writer: 255, count: 3))
            }
        }
        return rows
    }

    /// What the entity's item says to people, as DynamoDB's typed value.
    static let readable: [(ReadableAttribute, String)] = {
        let stamp = #""stamp":{"S":"1970-01-01T00:00:01.000Z#000##"}"#
        let values =
            #"{"M":{"gone":{"M":{\#(stamp),"tombstone":{"BOOL":true}}},"#
            + #""greatest":{"M":{\#(stamp),"rule":{"S":"max"},"measure":{"N":"7"},"value":{"N":"7"}}},"#
            + #""last":{"M":{\#(stamp),"value":{"M":{"a":{"L":[{"N":"1"},{"NULL":true},{"S":"x\n"}]},"b":{"BOOL":true}}}}},"#
            + #""least":{"M":{\#(stamp),"rule":{"S":"min"},"measure":{"N":"-7"},"value":{"S":"m"}}},"#
            + #""some":{"M":{"rule":{"S":"union"},"capacity":{"N":"16"},"members":{"L":[{"M":{\#(stamp),"value":{"BOOL":false}}}]}}}}}"#
        return [(.state, #","state":{"M":{"at":{"N":"1000"}}}"#), (.stamps, #","values":\#(values)"#), (.none, "")]
    }()

    @Test(
        "a row is put with its registers for programs and what is asked for for people, over the revision that is expected",
        arguments: readable)
    func put(_ attribute: ReadableAttribute, _ told: String) throws {
        let item = RowItem(region: "us-east-1", retention: 86_400_000, readable: attribute)
        var base64 = ByteBuffer()
        ([RegistersFormat.plain.rawValue] + entity).withUnsafeBytes { base64.appendBase64($0) }
        let whole =
            #"{"TableName":"converge-contact","Item":{"pk":{"S":"contact#c\"1"},"sk":{"S":"us-east-1"},"#
            + #""rev":{"S":"00000000000000ff.3"},"registers":{"B":"\#(base64.bytes.text)"}\#(told),"#
            + #""expiresAt":{"N":"86401"}},"#
        let condition =
            #""ConditionExpression":"rev = :rev","ExpressionAttributeValues":{":rev":{"S":"00000000000000ff.2"}},"#
        for row in row(expected: Revision(writer: 255, count: 2)) {
            let put = try #require(item.put(row, table: "converge-contact"))
            #expect(text(put) == whole + condition + #""ReturnConsumedCapacity":"TOTAL"}"#)
            let bare = try #require(item.put(row, table: "converge-contact", isReadable: false))
            #expect(text(bare) == text(put).replacing(told, with: ""))
        }
        for row in row(expected: .none) {
            let put = try #require(item.put(row, table: "converge-contact"))
            #expect(
                text(put) == whole + #""ConditionExpression":"attribute_not_exists(pk)","ReturnConsumedCapacity":"TOTAL"}"#)
        }
    }

    @Test("what others wrote and DynamoDB cannot hold is text in the state, and all around it is typed")
    func unholdable() throws {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        let stamp = Stamp(time: Timestamp(milliseconds: 1_000))
        writer.lastWriterWins(&buffer, "field/deep", stamp: stamp, value: StaticString(#"{"":[1e400]}"#).view)
        writer.lastWriterWins(&buffer, "field/plain", stamp: stamp, value: StaticString(#"[1,"a"]"#).view)
        writer.finish(&buffer)
        let rows = RowBatch()
        ([EntityKind.session.rawValue] + Array("s".utf8)).withUnsafeBytes {
            rows.append(key: $0, entity: buffer.bytes, revision: Revision(writer: 255, count: 3))
        }
        let item = RowItem(region: "us-east-1", retention: nil)
        let puts = rows.compactMap { item.put($0, table: "t").map(text) }
        #expect(
            puts.first?.contains(
                #""state":{"M":{"fields":{"M":{"deep":{"S":"{\"\":[1e400]}"},"plain":{"L":[{"N":"1"},{"S":"a"}]}}},"at":{"N":"1000"}}}"#
            )
                == true, "\(puts)")
    }

    @Test("a large entity is put as several items, the first of which has the condition and says how many there are")
    func transaction() throws {
        let item = RowItem(region: "us-east-1", retention: nil)
        let body = try row(expected: .none).map { text(try item.transaction($0, table: "t")) }.joined()
        #expect(
            body.hasPrefix(
                #"{"TransactItems":[{"Put":{"TableName":"t","Item":{"pk":{"S":"contact#c\"1"},"sk":{"S":"us-east-1"},"#
                    + #""rev":{"S":"00000000000000ff.3"},"registers":{"B":"Ang"#))
        #expect(
            body.hasSuffix(
                #""}},"ConditionExpression":"attribute_not_exists(pk)"}}],"ReturnConsumedCapacity":"TOTAL"}"#))
    }

    @Test("the canary writes one row a worker and reads all of them")
    func canary() {
        let row = ReplicationWatch.Row(
            region: "a", worker: "w", at: 5_000, seen: ["c": .init(at: 2, lag: 3), "b": .init(at: 1, lag: -1)], reads: 3,
            since: 4_000, units: ["flow": 1, "agent": 12], lag: 70)
        #expect(
            text(CanaryRow.put(row, in: "t", keptFor: 86_400_000))
                == #"{"TableName":"t","Item":{"pk":{"S":"converge#canary"},"sk":{"S":"a#w"},"at":{"N":"5000"},"#
                + #""expiresAt":{"N":"86405"},"reads":{"N":"3"},"since":{"N":"4000"},"lag":{"N":"70"},"#
                + #""units":{"M":{"agent":{"N":"12"},"flow":{"N":"1"}}},"seen":{"M":{"b":{"M":{"at":{"N":"1"},"lag":{"N":"-1"}}},"#
                + #""c":{"M":{"at":{"N":"2"},"lag":{"N":"3"}}}}}}}"#)
        #expect(
            text(CanaryRow.query("t", after: Array(#"{"k":1}"#.utf8)))
                == #"{"TableName":"t","KeyConditionExpression":"pk = :pk","#
                + #""ExpressionAttributeValues":{":pk":{"S":"converge#canary"}},"ExclusiveStartKey":{"k":1}}"#)
    }

    @Test("whoever reads the tables reads consistently, and what it needs")
    func reader() throws {
        let reader = DynamoDBReader(try client(), prefix: "converge")
        #expect(
            text(reader.query("t", "agent#1", after: nil))
                == #"{"TableName":"t","ConsistentRead":true,"ProjectionExpression":"pk, sk, rev, registers, parts","#
                + #""KeyConditionExpression":"pk = :pk","ExpressionAttributeValues":{":pk":{"S":"agent#1"}}}"#)
        #expect(
            text(reader.scan("t", segment: 3, after: Array(#"{"k":1}"#.utf8)))
                == #"{"TableName":"t","ConsistentRead":true,"ProjectionExpression":"pk, sk, rev, registers, parts","#
                + #""Segment":3,"TotalSegments":4,"ExclusiveStartKey":{"k":1}}"#)
    }

    @Test("what is tried of a table changes nothing")
    func trials() {
        let key = #"{"pk":{"S":"converge#check"},"sk":{"S":"converge#check"}}"#
        #expect(
            DynamoDBTables.trials("t").map(text) == [
                #"{"TableName":"t","Key":\#(key)}"#,
                #"{"TableName":"t","KeyConditionExpression":"pk = :pk","ExpressionAttributeValues":{":pk":{"S":"converge#check"}}}"#,
                #"{"TableName":"t","Item":\#(key),"ConditionExpression":"attribute_exists(pk) AND attribute_not_exists(pk)"}"#,
                #"{"RequestItems":{"t":{"Keys":[\#(key)]}}}"#,
            ])
    }
}
