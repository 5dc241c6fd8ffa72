import AWS
import Foundation
import TestSupport
import Testing

@testable import Ingest

@Suite("Operations of Kinesis", .limited)
struct KinesisAPITests {
    @Test("shards are listed page by page, with their lineage")
    func listShards() throws {
        let double = try KinesisDouble()
        let api = try KinesisAPI(double.session, region: "us-east-1")
        try double.call("CreateStream", ["StreamName": "s", "ShardCount": 2])
        try double.call("SplitShard", ["StreamName": "s", "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "7"])
        try double.call(
            "MergeShards",
            ["StreamName": "s", "ShardToMerge": "shardId-000000000003", "AdjacentShardToMerge": "shardId-000000000001"])
        let byName = try api.listShards(KinesisStream(name: "s", region: "us-east-1"))
        try double.control("settings", ["page": 1])
        let arn = try api.streamARN("s")
        #expect(arn == "arn:aws:kinesis:us-east-1:123456789012:stream/s")
        let shards = try api.listShards(try #require(KinesisStream(arn: arn)))
        #expect(shards == byName && shards.map(\.id) == (0..<5).map { "shardId-00000000000\($0)" })
        #expect(shards.map(\.isClosed) == [true, true, false, true, false])
        #expect(
            shards[2].parents == ["shardId-000000000000"] && shards[2].endingHashKey == "6" && shards[3].startingHashKey == "7")
        #expect(Set(shards[4].parents).count == 2)
        #expect(try double.calls()["ListShards"] == 6)
    }

    @Test("a consumer is registered once and waited for until it is active")
    func consumer() throws {
        let double = try KinesisDouble()
        let api = try KinesisAPI(double.session, region: "us-east-1")
        try double.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
        try double.control("settings", ["consumerDelay": 0.5])
        let arn = try api.streamARN("s")
        let first = try api.registerConsumer(streamARN: arn, name: "c")
        #expect(first.hasPrefix(arn + "/consumer/c:"))
        #expect(try api.registerConsumer(streamARN: arn, name: "c") == first)
        try double.control("settings", ["consumerDelay": 3600])
        #expect(throws: AWSError.self) { try api.registerConsumer(streamARN: arn, name: "c", withinMilliseconds: 1) }
        #expect(throws: AWSError.self) { try api.registerConsumer(streamARN: arn, name: "c") { true } }
    }

    @Test("an error says what is missing, a damaged answer that it is one")
    func errors() throws {
        let double = try KinesisDouble()
        let api = try KinesisAPI(double.session, region: "us-east-1")
        let missing = #expect(throws: AWSError.self) { try api.streamARN("nowhere") }
        #expect(missing?.code == "ResourceNotFoundException")
        try double.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
        for body in ["{}", "[", #"{"Shards":[{}]}"#, #"{"Shards":{}}"#] {
            try double.fault("malformed", "ListShards", ["body": body])
            let error = #expect(throws: AWSError.self) { try api.listShards(KinesisStream(name: "s", region: "us-east-1")) }
            #expect(error?.troubleCode == "malformed")
        }
    }

    @Test(
        "an ARN names a stream, or nothing",
        arguments: [
            ("arn:aws:kinesis:eu-west-1:1:stream/a-b.c", "a-b.c"), ("arn:aws-cn:kinesis:cn-north-1:1:stream/x", "x"),
            ("arn:aws:kinesis::1:stream/x", nil), ("arn:aws:kinesis:eu-west-1:1:stream/", nil), ("events", nil),
            ("arn:aws:firehose:eu-west-1:1:stream/x", nil), ("arn:aws:kinesis:eu-west-1:1:stream/x/consumer/c:1", nil),
        ] as [(String, String?)])
    func arn(text: String, name: String?) {
        #expect(KinesisStream(arn: text)?.name == name)
    }
}
