import AWS
import EngineCore
import Foundation
import Synchronization
import Testing

@testable import Ingest

/// A stream of the double, and a reader of its first shard.
final class ShardFetcherFixture: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case polling, fanOut

        /// The operation whose faults the reader meets.
        var operation: String { self == .polling ? "GetRecords" : "SubscribeToShard" }
    }

    static let stream = "events"
    static let shard = "shardId-000000000000"

    let kind: Kind
    let double: KinesisDouble
    let api: KinesisAPI
    private let consumer: String
    private let probe = ReaderProbe()

    init(_ kind: Kind, shards: Int = 1) throws {
        self.kind = kind
        double = try KinesisDouble()
        api = try KinesisAPI(double.session, region: "us-east-1")
        try double.call("CreateStream", ["StreamName": ShardFetcherFixture.stream, "ShardCount": shards])
        // Fast enough for tests that break subscriptions again and again.
        try double.control("settings", ["takeover": 0.0, "heartbeat": 0.1])
        let stream = KinesisStream(name: ShardFetcherFixture.stream, region: "us-east-1")
        let arn = try api.summary(of: stream)?.arn ?? ""
        consumer = kind == .fanOut ? try api.registerConsumer(streamARN: arn, name: "tests") : ""
    }

    /// Codes of the troubles so far.
    var troubles: [String] { probe.troubles }

    func reader(_ start: ShardStart = .trimHorizon, pace: ShardPoller.Pace = .init()) -> any ShardFetcher {
        let stream = KinesisStream(name: ShardFetcherFixture.stream, region: "us-east-1")
        let reading = probe.reading(api, stream, ShardFetcherFixture.shard, start)
        return kind == .polling ? ShardPoller(reading, pace: pace) : ShardSubscription(reading, consumer: consumer)
    }

    /// Puts records `"first"`, `"first + 1"`, .. into the first shard, as long as `size` says.
    func put(_ numbers: Range<Int>, size: Int = 0) throws {
        let records = numbers.map { number in
            ["data": Data(text(number, size).utf8).base64EncodedString(), "hash": "0"]
        }
        try double.control("put", ["stream": ShardFetcherFixture.stream, "records": records])
    }

    private func text(_ number: Int, _ size: Int) -> String {
        "\(number)" + String(repeating: " ", count: max(0, size - 8))
    }

    func split(_ shard: String = ShardFetcherFixture.shard) throws {
        try double.call(
            "SplitShard", ["StreamName": ShardFetcherFixture.stream, "ShardToSplit": shard, "NewStartingHashKey": "1000"])
    }

    func read(_ reader: any ShardFetcher, until enough: (ReaderProbe.Read) -> Bool = { _ in false }) -> ReaderProbe.Read {
        probe.read(reader, until: enough)
    }
}

/// Reads a shard as a pipeline would, and keeps what it is told.
final class ReaderProbe: Sendable {
    private let news = DispatchSemaphore(value: 0)
    private let told = Mutex<[String]>([])

    var troubles: [String] { told.withLock { $0 } }

    func reading(_ api: KinesisAPI, _ stream: KinesisStream, _ shard: String, _ start: ShardStart) -> ShardFetching {
        ShardFetching(
            api: api, stream: stream, shard: shard, start: start, news: { [news] in news.signal() },
            tell: { event in
                if case .trouble(let code, _) = event { self.told.withLock { $0.append(code) } }
            })
    }

    struct Read {
        var numbers: [Int] = []
        var positions: [Position] = []
        /// How the shard ended: the names of its children; nil where it did not.
        var children: [String]?
        var isGone = false
        /// Nothing came, or nothing but troubles.
        var isTimedOut = false
    }

    /// Reads until `enough` says so, or the shard is over.
    func read(_ reader: any ShardFetcher, until enough: (Read) -> Bool = { _ in false }) -> Read {
        var read = Read()
        let block = RecordBlock()
        while !enough(read) {
            block.removeAll()
            switch reader.fill(block) {
            case .block: take(block, &read)
            case .nothing:
                if troubles.count > 12 || news.wait(timeout: .now() + 60) == .timedOut {
                    read.isTimedOut = true
                    return read
                }
            case .ended(let children):
                take(block, &read)
                read.children = children.map(\.id)
                return read
            case .gone:
                read.isGone = true
                return read
            }
        }
        return read
    }

    private func take(_ block: RecordBlock, _ read: inout Read) {
        read.positions.append(block.end)
        for record in block.records {
            let text = String(decoding: block.bytes(of: record), as: UTF8.self).filter { $0 != " " }
            read.numbers.append(Int(text) ?? -1)
        }
    }
}
