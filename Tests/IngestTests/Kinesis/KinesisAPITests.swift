import AWS
import Foundation
import TestSupport
import Testing

@testable import Ingest

@Suite("Kinesis operations on streams, shards and consumers", .limited)
struct KinesisAPITests {
    @Test("shards are listed page by page with their parents")
    func listShards() throws {
        let double = try KinesisDouble()
        let api = try KinesisAPI(double.session, region: "us-east-1")
        try double.call("CreateStream", ["StreamName": "s", "ShardCount": 2])
        try double.call("SplitShard", ["StreamName": "s", "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "7"])
        try double.call(
            "MergeShards",
            ["StreamName": "s", "ShardToMerge": "shardId-000000000003", "AdjacentShardToMerge": "shardId-000000000001"])
        let stream = KinesisStream(name: "s", region: "us-east-1")
        let byName = try api.listShards(stream)
        try double.control("settings", ["page": 1])
        let arn = try #require(try api.summary(of: stream)?.arn)
        #expect(arn == "arn:aws:kinesis:us-east-1:123456789012:stream/s")
        let shards = try api.listShards(try #require(KinesisStream(arn: arn)))
        #expect(shards == byName && shards.map(\.id) == (0..<5).map { "shardId-00000000000\($0)" })
        #expect(shards.map(\.isClosed) == [true, true, false, true, false])
        #expect(
            shards[2].parents == ["shardId-000000000000"] && shards[2].endingHashKey == "6" && shards[3].startingHashKey == "7")
        #expect(Set(shards[4].parents).count == 2)
        #expect(try double.calls()["ListShards"] == 6)
    }

    @Test("a fan-out consumer is registered once, and the call waits until it is active")
    func consumer() throws {
        let double = try KinesisDouble()
        let api = try KinesisAPI(double.session, region: "us-east-1")
        try double.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
        try double.control("settings", ["consumerDelay": 0.5])
        let arn = try #require(try api.summary(of: KinesisStream(name: "s", region: "us-east-1"))?.arn)
        let first = try api.registerConsumer(streamARN: arn, name: "c")
        #expect(first.hasPrefix(arn + "/consumer/c:"))
        #expect(try api.registerConsumer(streamARN: arn, name: "c") == first)
        try double.control("settings", ["consumerDelay": 3600])
        #expect(throws: AWSError.self) { try api.registerConsumer(streamARN: arn, name: "c", withinMilliseconds: 1) }
        #expect(throws: AWSError.self) { try api.registerConsumer(streamARN: arn, name: "c") { true } }
    }

    @Test("an error names the missing stream, and a damaged response is reported as such")
    func errors() throws {
        let double = try KinesisDouble()
        let api = try KinesisAPI(double.session, region: "us-east-1")
        let nowhere = KinesisStream(name: "nowhere", region: "us-east-1")
        #expect(try api.summary(of: nowhere) == nil)
        let missing = #expect(throws: AWSError.self) { try api.listShards(nowhere) }
        #expect(missing?.kinesis == .missing)
        try double.call("CreateStream", ["StreamName": "s", "ShardCount": 1])
        for body in ["{}", "[", #"{"Shards":[{}]}"#, #"{"Shards":{}}"#] {
            try double.fault("malformed", "ListShards", ["body": body])
            let error = #expect(throws: AWSError.self) { try api.listShards(KinesisStream(name: "s", region: "us-east-1")) }
            #expect(error?.troubleCode == "malformed")
        }
    }
}
