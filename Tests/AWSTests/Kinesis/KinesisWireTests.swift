import Platform
import TestSupport
import Testing

@testable import AWS
@testable import JSON

@Suite("operations of Kinesis", .limited)
struct KinesisWireTests {
    private static let named = KinesisStream(name: "events", region: "eu-west-1")
    private static let arn = "arn:aws:kinesis:eu-west-1:1:stream/events"
    private static let stream = KinesisStream(name: "events", region: "eu-west-1", arn: arn)

    private static func wire(_ operation: any AWSOperation, _ body: String) -> WireCase {
        WireCase(operation, "Kinesis_20131202.\(type(of: operation).name)", body)
    }

    private static func iterator(_ place: ShardPlace, _ text: String) -> WireCase {
        wire(
            Kinesis.GetShardIterator(named, shard: "shard-1", from: place),
            #"{"StreamName":"events","ShardId":"shard-1","ShardIteratorType":\#(text)}"#)
    }

    private static func subscription(_ place: ShardPlace, _ text: String) -> WireCase {
        wire(
            Kinesis.SubscribeToShard(consumer: "c", shard: "shard-1", from: place),
            #"{"ConsumerARN":"c","ShardId":"shard-1","StartingPosition":{"Type":\#(text)}}"#)
    }

    private static let data: StaticString = #"{"a":1}"#

    static let cases: [WireCase] = [
        wire(Kinesis.DescribeStreamSummary(named), #"{"StreamName":"events"}"#),
        wire(Kinesis.DescribeStreamSummary(stream), #"{"StreamARN":"\#(arn)"}"#),
        wire(Kinesis.ListShards(named), #"{"StreamName":"events"}"#),
        wire(Kinesis.ListShards(stream), #"{"StreamARN":"\#(arn)"}"#),
        wire(Kinesis.ListShards(token: "t"), #"{"NextToken":"t"}"#),
        wire(
            Kinesis.GetShardIterator(stream, shard: "shard-1", from: .latest),
            #"{"StreamARN":"\#(arn)","ShardId":"shard-1","ShardIteratorType":"LATEST"}"#),
        iterator(.trimHorizon, #""TRIM_HORIZON""#),
        iterator(.at("7"), #""AT_SEQUENCE_NUMBER","StartingSequenceNumber":"7""#),
        iterator(.after("7"), #""AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":"7""#),
        iterator(.time(1_700_000_000_045), #""AT_TIMESTAMP","Timestamp":1700000000.045"#),
        iterator(.time(1_700_000_000_000), #""AT_TIMESTAMP","Timestamp":1700000000.000"#),
        subscription(.trimHorizon, #""TRIM_HORIZON""#), subscription(.latest, #""LATEST""#),
        subscription(.at("7"), #""AT_SEQUENCE_NUMBER","SequenceNumber":"7""#),
        subscription(.after("7"), #""AFTER_SEQUENCE_NUMBER","SequenceNumber":"7""#),
        subscription(.time(45), #""AT_TIMESTAMP","Timestamp":0.045"#),
        wire(
            Kinesis.GetRecords(named, iterator: "i", limit: 10_000), #"{"ShardIterator":"i","Limit":10000}"#),
        wire(
            Kinesis.GetRecords(stream, iterator: "i", limit: 1), #"{"ShardIterator":"i","Limit":1,"StreamARN":"\#(arn)"}"#),
        wire(
            Kinesis.PutRecord(named, key: "session#a", Self.data.view),
            #"{"StreamName":"events","Data":"eyJhIjoxfQ==","PartitionKey":"session#a"}"#),
        wire(
            Kinesis.RegisterStreamConsumer(streamARN: arn, name: "c"), #"{"StreamARN":"\#(arn)","ConsumerName":"c"}"#),
        wire(
            Kinesis.DescribeStreamConsumer(streamARN: arn, name: "c"), #"{"StreamARN":"\#(arn)","ConsumerName":"c"}"#),
    ]

    @Test("have their target and their body, byte for byte", arguments: cases)
    func requests(_ wire: WireCase) throws { try wire.check() }

    @Test("read their responses; one that lacks what it has to say is an error")
    func responses() throws {
        let describe = Kinesis.DescribeStreamSummary(Self.named)
        #expect(
            try describe.output(
                of: #"{"StreamDescriptionSummary":{"StreamARN":"a","StreamCreationTimestamp":1.7E9}}"#)
                == .init(arn: "a", created: "1.7E9"))
        #expect(try describe.output(of: #"{"StreamDescriptionSummary":{"StreamARN":"a"}}"#).created == "")
        #expect(
            try Kinesis.GetShardIterator(Self.named, shard: "s", from: .latest).output(of: #"{"ShardIterator":"i"}"#) == "i")
        #expect(
            try Kinesis.PutRecord(Self.named, key: "k", Self.data.view).output(of: #"{"ShardId":"s","SequenceNumber":"7"}"#)
                == "7")
        let consumer = Kinesis.DescribeStreamConsumer(streamARN: "a", name: "c")
        #expect(
            try consumer.output(of: #"{"ConsumerDescription":{"ConsumerARN":"c","ConsumerStatus":"ACTIVE"}}"#)
                == .init(arn: "c", status: "ACTIVE"))
        let list = try Kinesis.ListShards(Self.named).output(
            of: #"{"Shards":[{"ShardId":"a","SequenceNumberRange":{"EndingSequenceNumber":"9"},"HashKeyRange":{"#
                + #""StartingHashKey":"0","EndingHashKey":"7"}},{"ShardId":"b","ParentShardId":"a","#
                + #""AdjacentParentShardId":"z","SequenceNumberRange":{}}],"NextToken":"t"}"#)
        #expect(list.nextToken == "t" && list.shards.map(\.id) == ["a", "b"] && list.shards.map(\.isClosed) == [true, false])
        #expect(list.shards[0].startingHashKey == "0" && list.shards[0].endingHashKey == "7")
        #expect(list.shards[1].parents == ["a", "z"] && list.shards[1].endingHashKey == "")
        for body in ["{}", "[", #"{"StreamDescriptionSummary":{}}"#, #"{"ConsumerDescription":{}}"#, #"{"Shards":[{}]}"#] {
            #expect(throws: UnreadableOutput.self) { try describe.output(of: body) }
            #expect(throws: UnreadableOutput.self) { try consumer.output(of: body) }
            #expect(throws: UnreadableOutput.self) { try Kinesis.ListShards(Self.named).output(of: body) }
        }
    }

    @Test(
        "of a subscription are records, failures, or nothing",
        arguments: [
            ([":message-type": "event", ":event-type": "SubscribeToShardEvent"], "records {}"),
            ([":message-type": "event", ":event-type": "initial-response"], "other"),
            ([":message-type": "exception", ":exception-type": "ResourceInUseException"], "failed ResourceInUseException {}"),
            ([":message-type": "error", ":error-code": "500", ":error-message": "no"], "failed 500 no"),
            ([:], "failed exception {}"),
        ] as [([String: String], String)])
    func events(headers: [String: String], wanted: String) {
        Array("{}".utf8).withUnsafeBytes { payload in
            let message = EventStreamMessage(
                headers: headers.map { (name: $0.key, value: .string($0.value)) }, payload: payload)
            let shown =
                switch Kinesis.SubscribeToShard.Event(message) {
                case .records(let text): "records \(text.text)"
                case .failed(let code, let message): "failed \(code) \(message)"
                case .other: "other"
                }
            #expect(shown == wanted)
        }
    }

    @Test(
        "fail in a few ways",
        arguments: [
            ("ResourceNotFoundException", .missing), ("ResourceInUseException", .inUse),
            ("ExpiredIteratorException", .iteratorExpired), ("ProvisionedThroughputExceededException", .throughputExceeded),
            ("AccessDeniedException", .denied), ("KMSAccessDeniedException", .denied), ("LimitExceededException", .other),
            ("", .other),
        ] as [(String, Kinesis.Failure)])
    func failures(code: String, failure: Kinesis.Failure) {
        #expect(AWSError(Kinesis.GetRecords.self, code).kinesis == failure)
    }

    @Test(
        "name a stream by its ARN; anything else is none",
        arguments: [
            ("arn:aws:kinesis:eu-west-1:1:stream/a-b.c", "a-b.c"), ("arn:aws-cn:kinesis:cn-north-1:1:stream/x", "x"),
            ("arn:aws:kinesis::1:stream/x", nil), ("arn:aws:kinesis:eu-west-1:1:stream/", nil), ("events", nil),
            ("arn:aws:firehose:eu-west-1:1:stream/x", nil), ("arn:aws:kinesis:eu-west-1:1:stream/x/consumer/c:1", nil),
        ] as [(String, String?)])
    func arn(text: String, name: String?) {
        #expect(KinesisStream(arn: text)?.name == name)
    }
}
