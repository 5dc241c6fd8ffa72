import AWS
import TestSupport
import Testing

@testable import Ingest
@testable import Leases
@testable import Platform

/// Byte for byte: workers of several versions, and the Kinesis Client Library, share a table.
@Suite("requests about leases", .limited)
struct LeaseRequestTests {
    private let table: LeaseTable
    private let bound: LeaseTable
    private let client: ServiceClient

    init() throws {
        let session = try AWSSession(
            Environment(["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"]))
        client = try session.client(.dynamoDB, region: "us-east-1")
        table = LeaseTable("leases", client)
        bound = LeaseTable("leases", client, life: "1.7E9", tables: "converge")
    }

    private func text(_ operation: any AWSOperation) -> String { String(decoding: operation.body, as: UTF8.self) }

    private var lease: Lease { Lease(shard: "shardId-0", owner: "a", counter: 5, checkpoint: .latest, epoch: "e1") }

    private let key = #"{"TableName":"leases","Key":{"leaseKey":{"S":"shardId-0"}}"#

    @Test("a lease is made where there is none")
    func create() {
        let lease = Lease(
            shard: "shardId-0", checkpoint: .trimHorizon, begun: 7, parents: ["shardId-1"], startingHashKey: "0",
            endingHashKey: "9")
        #expect(
            text(bound.put(LeaseWrite(action: .create, lease: lease, worker: "a")))
                == #"{"TableName":"leases","Item":{"leaseKey":{"S":"shardId-0"},"leaseCounter":{"N":"0"},"#
                + #""ownerSwitchesSinceCheckpoint":{"N":"0"},"checkpoint":{"S":"TRIM_HORIZON"},"#
                + #""checkpointSubSequenceNumber":{"N":"0"},"parentShardId":{"SS":["shardId-1"]},"startingHashKey":{"S":"0"},"#
                + #""endingHashKey":{"S":"9"},"convergeTables":{"S":"converge"},"convergeBegun":{"N":"7"},"#
                + #""convergeStream":{"S":"1.7E9"}},"ConditionExpression":"attribute_not_exists(leaseKey)","#
                + #""ReturnValuesOnConditionCheckFailure":"ALL_OLD"}"#)
    }

    @Test("a lease is renewed by its owner over its counter")
    func renew() {
        #expect(
            text(table.update(LeaseWrite(action: .renew, lease: lease, worker: "a")))
                == key + #","ReturnValues":"ALL_NEW","UpdateExpression":"SET leaseCounter = leaseCounter + :one","#
                + #""ConditionExpression":"attribute_exists(leaseKey) AND leaseOwner = :owner AND leaseCounter = :counter","#
                + #""ReturnValuesOnConditionCheckFailure":"ALL_OLD","#
                + #""ExpressionAttributeValues":{":owner":{"S":"a"},":counter":{"N":"5"},":one":{"N":"1"}}}"#)
    }

    @Test("a lease is taken from its owner, and its shard read anew where its table is another")
    func take() {
        #expect(
            text(bound.update(LeaseWrite(action: .take(reset: "e2"), lease: lease, worker: "b")))
                == key + #","ReturnValues":"ALL_NEW","UpdateExpression":"SET leaseOwner = :worker, "#
                + #"leaseCounter = leaseCounter + :one, ownerSwitchesSinceCheckpoint = "#
                + #"if_not_exists(ownerSwitchesSinceCheckpoint, :none) + :one, checkpoint = :checkpoint, "#
                + #"checkpointSubSequenceNumber = :sub, convergeStream = :stream, convergeEpoch = :epoch, "#
                + #"convergeTables = :tables REMOVE checkpointOwner, pendingCheckpoint, pendingCheckpointSubSequenceNumber, "#
                + #"pendingCheckpointState, childShardIds","ConditionExpression":"attribute_exists(leaseKey) AND "#
                + #"leaseCounter = :counter AND leaseOwner = :owner AND convergeEpoch = :found","#
                + #""ReturnValuesOnConditionCheckFailure":"ALL_OLD","ExpressionAttributeValues":{":owner":{"S":"a"},"#
                + #"":worker":{"S":"b"},":found":{"S":"e1"},":checkpoint":{"S":"TRIM_HORIZON"},":stream":{"S":"1.7E9"},"#
                + #"":epoch":{"S":"e2"},":tables":{"S":"converge"},":counter":{"N":"5"},":one":{"N":"1"},":none":{"N":"0"},"#
                + #"":sub":{"N":"0"}}}"#)
    }

    @Test("the end of a shard is committed with its children")
    func commit() {
        let action = LeaseWrite.Action.commit(.shardEnd, epoch: "e2", children: ["shardId-7", "shardId-8"])
        #expect(
            text(table.update(LeaseWrite(action: action, lease: lease, worker: "a")))
                == key + #","ReturnValues":"ALL_NEW","UpdateExpression":"SET leaseCounter = leaseCounter + :one, "#
                + #"checkpoint = :checkpoint, checkpointSubSequenceNumber = :sub, convergeEpoch = :epoch, "#
                + #"ownerSwitchesSinceCheckpoint = :none, childShardIds = :children REMOVE pendingCheckpoint, "#
                + #"pendingCheckpointSubSequenceNumber, pendingCheckpointState, convergeTables, leaseOwner","#
                + #""ConditionExpression":"attribute_exists(leaseKey) AND leaseOwner = :owner AND leaseCounter = :counter","#
                + #""ReturnValuesOnConditionCheckFailure":"ALL_OLD","ExpressionAttributeValues":{":owner":{"S":"a"},"#
                + #"":checkpoint":{"S":"SHARD_END"},":epoch":{"S":"e2"},":counter":{"N":"5"},":one":{"N":"1"},":sub":{"N":"0"},"#
                + #"":none":{"N":"0"},":children":{"SS":["shardId-7","shardId-8"]}}}"#)
    }

    @Test("a lease is given up, and one that nobody has is deleted")
    func end() {
        #expect(
            text(table.update(LeaseWrite(action: .evict, lease: lease, worker: "a")))
                == key + #","ReturnValues":"ALL_NEW","UpdateExpression":"SET leaseCounter = leaseCounter + :one "#
                + #"REMOVE leaseOwner, checkpointOwner","ConditionExpression":"attribute_exists(leaseKey) AND "#
                + #"leaseOwner = :owner","ReturnValuesOnConditionCheckFailure":"ALL_OLD","#
                + #""ExpressionAttributeValues":{":owner":{"S":"a"},":one":{"N":"1"}}}"#)
        #expect(
            text(table.delete(LeaseWrite(action: .delete, lease: lease, worker: "a")))
                == key + #","ConditionExpression":"attribute_exists(leaseKey) AND leaseCounter = :counter AND "#
                + #"attribute_not_exists(leaseOwner)","ReturnValuesOnConditionCheckFailure":"ALL_OLD","#
                + #""ExpressionAttributeValues":{":counter":{"N":"5"}}}"#)
    }

    @Test("the table is made with the library's key and index")
    func creation() {
        #expect(
            text(table.creation)
                == #"{"TableName":"leases","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"leaseKey","#
                + #""AttributeType":"S"},{"AttributeName":"leaseOwner","AttributeType":"S"}],"KeySchema":[{"#
                + #""AttributeName":"leaseKey","KeyType":"HASH"}],"GlobalSecondaryIndexes":[{"IndexName":"#
                + #""LeaseOwnerToLeaseKeyIndex","KeySchema":[{"AttributeName":"leaseOwner","KeyType":"HASH"},{"#
                + #""AttributeName":"leaseKey","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]}"#)
    }

    @Test("KCL's leases get the epoch beside their checkpoint, where they are still there")
    func epochs() {
        let leases = KCLLeaseTable("leases", client)
        #expect(text(leases.get("shardId-0")) == key + #","ConsistentRead":true,"ProjectionExpression":"convergeEpoch"}"#)
        #expect(
            text(leases.update("shardId-0", "e"))
                == key
                + #","UpdateExpression":"SET convergeEpoch = :epoch","ConditionExpression":"attribute_exists(leaseKey)","#
                + #""ExpressionAttributeValues":{":epoch":{"S":"e"}}}"#)
    }

    @Test("what is tried changes nothing")
    func trials() {
        let never = #","ConditionExpression":"attribute_exists(leaseKey) AND attribute_not_exists(leaseKey)"}"#
        let check = #"{"TableName":"leases","Key":{"leaseKey":{"S":"converge-check"}}"#
        #expect(LeaseTable.trials("leases").map(text) == [#"{"TableName":"leases","Limit":1}"#, check + never, check + never])
    }
}
