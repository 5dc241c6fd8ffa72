import EngineCore
import Foundation
import HTTPClient
import TestSupport
import Testing

@testable import Ingest

typealias ReaderKind = ShardFetcherFixture.Kind

@Suite("reading a Kinesis shard", .waiting(minutes: 5))
struct ShardFetcherTests {
    @Test(
        "every record is delivered in order, also those added meanwhile, and the children at the end",
        arguments: ReaderKind.allCases)
    func wholeShard(kind: ReaderKind) throws {
        let fixture = try ShardFetcherFixture(kind)
        try fixture.put(0..<3000)
        let reader = fixture.reader()
        defer { reader.close() }
        #expect(reader.millisecondsBehind == nil)
        #expect(fixture.read(reader) { $0.numbers.count == 3000 }.numbers == Array(0..<3000))
        try fixture.put(3000..<3500)
        try fixture.split()
        let rest = fixture.read(reader)
        #expect(rest.numbers == Array(3000..<3500))
        #expect(rest.children == ["shardId-000000000001", "shardId-000000000002"])
        #expect(rest.positions == rest.positions.sorted() && fixture.troubles == [])
        #expect(reader.millisecondsBehind == 0)
    }

    @Test(
        "a merged shard ends with its one child, even if the end comes in a separate response",
        arguments: ReaderKind.allCases)
    func merge(kind: ReaderKind) throws {
        let fixture = try ShardFetcherFixture(kind, shards: 2)
        try fixture.double.control("settings", ["lateEnd": true])
        try fixture.put(0..<10)
        try fixture.double.call(
            "MergeShards",
            [
                "StreamName": ShardFetcherFixture.stream, "ShardToMerge": ShardFetcherFixture.shard,
                "AdjacentShardToMerge": "shardId-000000000001",
            ])
        let reader = fixture.reader()
        defer { reader.close() }
        let read = fixture.read(reader)
        #expect(read.numbers == Array(0..<10) && read.children == ["shardId-000000000002"])
    }

    @Test("reading starts at a given record, inclusive, and continues after the last one read", arguments: ReaderKind.allCases)
    func position(kind: ReaderKind) throws {
        let fixture = try ShardFetcherFixture(kind)
        try fixture.put(0..<2000)
        let first = fixture.reader()
        let some = fixture.read(first) { !$0.numbers.isEmpty }
        first.close()
        let end = try #require(some.positions.last)
        try fixture.split()
        let second = fixture.reader(.at(end))
        defer { second.close() }
        let rest = fixture.read(second)
        #expect(rest.numbers == Array(some.numbers.count - 1..<2000))
    }

    @Test("reading from a time starts at the first record that did not arrive earlier", arguments: ReaderKind.allCases)
    func time(kind: ReaderKind) throws {
        let fixture = try ShardFetcherFixture(kind)
        let records = (0..<100).map { number in
            ["data": Data("\(number)".utf8).base64EncodedString(), "hash": "0", "arrival": 1_700_000_000_000 + number]
                as [String: Any]
        }
        try fixture.double.control("put", ["stream": ShardFetcherFixture.stream, "records": records])
        try fixture.split()
        let reader = fixture.reader(.time(1_700_000_000_042))
        defer { reader.close() }
        #expect(fixture.read(reader).numbers == Array(42..<100))
    }

    @Test(
        "reading from the end misses no later record, even if its first iterator is lost",
        arguments: ReaderKind.allCases)
    func latest(kind: ReaderKind) throws {
        let fixture = try ShardFetcherFixture(kind)
        let old = ["data": Data("99".utf8).base64EncodedString(), "hash": "0", "arrival": 1_700_000_000_000] as [String: Any]
        try fixture.double.control("put", ["stream": ShardFetcherFixture.stream, "records": [old]])
        let reader = fixture.reader(.latest)
        defer { reader.close() }
        let block = RecordBlock()
        let isWaiting = { try fixture.double.calls()[kind.operation, default: 0] > 0 }
        while try !isWaiting() { _ = reader.fill(block) }
        try fixture.double.fault(kind == .polling ? "expired" : "reset", kind.operation)
        try fixture.put(0..<10)
        try fixture.split()
        let read = fixture.read(reader)
        #expect(read.numbers == Array(0..<10) && !read.isTimedOut, "\(fixture.troubles)")
    }

    @Test("no more records are requested while delivered ones wait, and then reading continues", arguments: ReaderKind.allCases)
    func backPressure(kind: ReaderKind) throws {
        let fixture = try ShardFetcherFixture(kind)
        for part in 0..<20 { try fixture.put(part * 100..<(part + 1) * 100, size: 10_000) }
        try fixture.split()
        let reader = fixture.reader(pace: ShardPoller.Pace(interval: .zero, bytesPerSecond: 1 << 30, recordsMax: 100))
        defer { reader.close() }
        let some = fixture.read(reader) { !$0.numbers.isEmpty }
        let before = try fixture.double.calls()[kind.operation] ?? 0
        // Time enough for a reader without a bound to ask for everything: other calls come and go meanwhile.
        for _ in 0..<100 { _ = try fixture.double.calls() }
        let after = try fixture.double.calls()[kind.operation] ?? 0
        #expect(after <= before + 1)
        let rest = fixture.read(reader)
        #expect(some.numbers + rest.numbers == Array(0..<2000))
    }

    @Test("reading a shard whose records have all expired ends at once", arguments: ReaderKind.allCases)
    func gone(kind: ReaderKind) throws {
        let fixture = try ShardFetcherFixture(kind)
        try fixture.put(0..<10)
        try fixture.split()
        let reader = fixture.reader()
        defer { reader.close() }
        try fixture.double.control(
            "trim", ["stream": ShardFetcherFixture.stream, "shard": ShardFetcherFixture.shard, "whole": true])
        #expect(fixture.read(reader).isGone)
        #expect(fixture.troubles == ["ResourceNotFoundException"])
    }

    @Test(
        "reading a missing stream reports this and retries, because its name may be wrong", arguments: ReaderKind.allCases
    )
    func streamGone(kind: ReaderKind) throws {
        let fixture = try ShardFetcherFixture(kind)
        let reader = fixture.reader()
        defer { reader.close() }
        try fixture.double.control("delete", ["stream": ShardFetcherFixture.stream])
        let read = fixture.read(reader) { _ in fixture.troubles.count >= 3 }
        #expect(!read.isGone && read.children == nil)
        #expect(Set(fixture.troubles) == ["ResourceNotFoundException"])
    }

    @Test("if its position has expired, reading starts at the oldest remaining record", arguments: ReaderKind.allCases)
    func trimmed(kind: ReaderKind) throws {
        let fixture = try ShardFetcherFixture(kind)
        try fixture.put(0..<1)
        let first = fixture.reader()
        let end = try #require(fixture.read(first) { !$0.numbers.isEmpty }.positions.last)
        first.close()
        try fixture.double.control("trim", ["stream": ShardFetcherFixture.stream, "shard": ShardFetcherFixture.shard])
        try fixture.put(1..<5)
        try fixture.split()
        let second = fixture.reader(.at(end))
        defer { second.close() }
        #expect(fixture.read(second).numbers == Array(1..<5))
    }
}
