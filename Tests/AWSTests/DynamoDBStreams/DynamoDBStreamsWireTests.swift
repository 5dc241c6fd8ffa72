import Platform
import TestSupport
import Testing

@testable import AWS
@testable import JSON

@Suite("operations of DynamoDB Streams", .waiting(minutes: 5))
struct DynamoDBStreamsWireTests {
    private static let arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/2026-01-01T00:00:00.000"
    private static let shard = "shardId-00000001414576573621-f55eea83"
    private static let sequence = "300000000000000499659"

    private static let described =
        #"{"StreamDescription":{"StreamArn":"\#(arn)","StreamStatus":"ENABLED","Shards":[{"ShardId":"\#(shard)","#
        + #""SequenceNumberRange":{"StartingSequenceNumber":"\#(sequence)","EndingSequenceNumber":"\#(sequence)"}},"#
        + #"{"ShardId":"\#(shard)-2","ParentShardId":"\#(shard)","SequenceNumberRange":{"StartingSequenceNumber":"\#(sequence)"}}],"#
        + #""LastEvaluatedShardId":"\#(shard)-2"}}"#
    private static let records =
        #"{"Records":[{"eventID":"1","eventName":"MODIFY","dynamodb":{"ApproximateCreationDateTime":1.7000000005E9,"#
        + #""Keys":{"pk":{"S":"agent#1"}},"OldImage":{"pk":{"S":"agent#1"},"n":{"N":"1"}},"NewImage":{"pk":{"S":"agent#1"},"#
        + #""b":{"B":"AQI="}},"SequenceNumber":"\#(sequence)","SizeBytes":9,"StreamViewType":"NEW_AND_OLD_IMAGES"}},"#
        + #"{"eventName":"REMOVE","dynamodb":{"ApproximateCreationDateTime":1700000001,"Keys":{"pk":{"S":"agent#1"}},"#
        + #""OldImage":{"pk":{"S":"agent#1"}},"SequenceNumber":"\#(sequence)1"}}],"NextShardIterator":"i"}"#

    @Test("requests, responses and errors are those of botocore's model, member by member")
    func model() throws {
        let cases = [
            ModelCase(
                DynamoDBStreams.DescribeStream(Self.arn), #"{"StreamArn":"\#(Self.arn)"}"#, Self.described,
                codes: ["ResourceNotFoundException"]),
            ModelCase(
                DynamoDBStreams.DescribeStream(Self.arn, after: Self.shard),
                #"{"StreamArn":"\#(Self.arn)","ExclusiveStartShardId":"\#(Self.shard)"}"#),
            ModelCase(
                DynamoDBStreams.GetShardIterator(Self.arn, shard: Self.shard, from: .trimHorizon),
                #"{"StreamArn":"\#(Self.arn)","ShardId":"\#(Self.shard)","ShardIteratorType":"TRIM_HORIZON"}"#,
                #"{"ShardIterator":"i"}"#, codes: ["TrimmedDataAccessException", "ResourceNotFoundException"]),
            ModelCase(
                DynamoDBStreams.GetShardIterator(Self.arn, shard: Self.shard, from: .after(Self.sequence)),
                #"{"StreamArn":"\#(Self.arn)","ShardId":"\#(Self.shard)","ShardIteratorType":"AFTER_SEQUENCE_NUMBER","#
                    + #""SequenceNumber":"\#(Self.sequence)"}"#),
            ModelCase(
                DynamoDBStreams.GetRecords(iterator: "i"), #"{"ShardIterator":"i"}"#, Self.records,
                codes: [
                    "TrimmedDataAccessException", "ExpiredIteratorException", "LimitExceededException",
                    "ResourceNotFoundException",
                ]),
        ]
        #expect(try ModelCase.flaws(of: cases) == [[], [], [], [], []])
        #expect(AWSService.dynamoDBStreams.configurationName == "dynamodb_streams")
    }

    @Test("read shards, their parents and whether they are closed, and the place of the next page")
    func shards() throws {
        let found = try DynamoDBStreams.DescribeStream(Self.arn).output(of: Self.described)
        #expect(
            found.shards == [
                .init(id: Self.shard, parent: nil, isClosed: true),
                .init(id: "\(Self.shard)-2", parent: Self.shard, isClosed: false),
            ])
        #expect(found.last == "\(Self.shard)-2")
        let none = try DynamoDBStreams.DescribeStream(Self.arn).output(of: #"{"StreamDescription":{"Shards":[]}}"#)
        #expect(none.shards.isEmpty && none.last == nil)
        let iterator = DynamoDBStreams.GetShardIterator(Self.arn, shard: Self.shard, from: .trimHorizon)
        #expect(try iterator.output(of: #"{"ShardIterator":"i"}"#) == "i")
        for body in ["{}", "[", #"{"StreamDescription":{"Shards":[{}]}}"#, #"{"ShardIterator":7}"#] {
            #expect(throws: UnreadableOutput.self) { try DynamoDBStreams.DescribeStream(Self.arn).output(of: body) }
            #expect(throws: UnreadableOutput.self) { try iterator.output(of: body) }
        }
    }

    @Test("read records, both images and their time, in order; one that lacks what it has to say is an error")
    func records() throws {
        let page = try DynamoDBStreams.GetRecords(iterator: "i").output(of: Self.records)
        var shown: [String] = []
        page.forEach { record in
            shown.append(
                "\(record.sequenceNumber) \(record.created) \(record.old?.integer("n") ?? 0) \(record.new?.has("b") ?? false)")
            return true
        }
        #expect(shown == ["\(Self.sequence) 1700000000500 1 true", "\(Self.sequence)1 1700000001000 0 false"])
        #expect(page.nextIterator == "i")
        var count = 0
        page.forEach { _ in
            count += 1
            return false
        }
        #expect(count == 1)
        for end in [#"{"Records":[]}"#, #"{"Records":[],"NextShardIterator":null}"#] {
            #expect(try DynamoDBStreams.GetRecords(iterator: "i").output(of: end).nextIterator == nil)
        }
        for body in [
            "{}", #"{"Records":{}}"#, #"{"Records":[{}]}"#, #"{"Records":[{"dynamodb":{"SequenceNumber":"1"}}]}"#,
            #"{"Records":[{"dynamodb":{"ApproximateCreationDateTime":1}}]}"#, #"{"Records":[],"NextShardIterator":7}"#,
        ] {
            #expect(throws: UnreadableOutput.self) { try DynamoDBStreams.GetRecords(iterator: "i").output(of: body) }
        }
    }

    @Test(
        "fail in a few ways",
        arguments: [
            ("ResourceNotFoundException", .missing), ("TrimmedDataAccessException", .trimmed),
            ("ExpiredIteratorException", .iteratorExpired), ("LimitExceededException", .throttled),
            ("ThrottlingException", .throttled), ("AccessDeniedException", .other), ("InternalServerError", .other),
            ("", .other),
        ] as [(String, DynamoDBStreams.Failure)])
    func failures(code: String, failure: DynamoDBStreams.Failure) {
        #expect(AWSError(DynamoDBStreams.GetRecords.self, code).dynamoDBStreams == failure)
    }

    @Test("an error names the stream")
    func subject() {
        let body = DynamoDBStreams.DescribeStream(Self.arn).body
        #expect(RequestSubject.text(body) == "stream \(Self.arn)")
    }
}
