import AWS
import Foundation
import Servers
import TestSupport
import Testing

@testable import Ingest

/// Beside the double, because it was written by others: https://pypi.org/project/ministack/.
@Suite("Kinesis of the emulator", .waiting(minutes: 5))
struct KinesisEmulatorTests {
    private func put(_ numbers: Range<Int>, _ session: AWSSession) throws {
        let records = numbers.map { ["Data": Data("\($0)".utf8).base64EncodedString(), "PartitionKey": "k"] }
        let input = try JSONSerialization.data(withJSONObject: ["StreamName": "events", "Records": records])
        _ = try session.client(.kinesis).perform("PutRecords", Array(input))
    }

    @Test("shards of the emulator are listed, polled, subscribed to and read from a position")
    func readers() throws {
        let emulator = try Emulator()
        let session = try emulator.session()
        let api = try KinesisAPI(session, region: "us-east-1")
        _ = try session.client(.kinesis).perform(
            "CreateStream", Array(#"{"StreamName":"events","ShardCount":1}"#.utf8))
        try put(0..<400, session)
        let arn = try #require(try api.summary(of: KinesisStream(name: "events", region: "us-east-1"))?.arn)
        let stream = try #require(KinesisStream(arn: arn))
        let shard = try #require(api.listShards(stream).first).id
        let consumer = try api.registerConsumer(streamARN: arn, name: "tests")
        var count = 400
        for kind in ReaderKind.allCases {
            let probe = ReaderProbe()
            func reader(_ start: ShardStart) -> any ShardFetcher {
                let reading = probe.reading(api, stream, shard, start)
                return kind == .polling ? ShardPoller(reading) : ShardSubscription(reading, consumer: consumer)
            }
            let first = reader(.trimHorizon)
            let some = probe.read(first) { $0.numbers.count >= count }
            #expect(some.numbers == Array(0..<count), "\(kind): \(probe.troubles)")
            first.close()
            let end = try #require(some.positions.last)
            let second = reader(.at(end))
            let next = count..<count + 100
            try put(next, session)
            let rest = probe.read(second) { $0.numbers.count > 100 }
            #expect(rest.numbers == [count - 1] + next, "\(kind): \(probe.troubles)")
            second.close()
            count += 100
        }
    }
}
