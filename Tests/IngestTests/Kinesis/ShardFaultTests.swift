import EngineCore
import Foundation
import Simulation
import TestSupport
import Testing

@testable import Ingest

@Suite("reading a Kinesis shard with faults", .waiting(minutes: 5))
struct ShardFaultTests {
    struct Fault: CustomTestStringConvertible, Sendable {
        var reader: ReaderKind
        var kind: String
        var operation: String
        /// What the reader tells.
        var trouble: String
        var code = ""
        var status = 400
        var body: String?
        /// How often it is told: of a connection in use libcurl repeats a request by itself, and of several bad events that
        /// follow each other the first is enough.
        var tellings = 3

        var testDescription: String { "\(reader) \(operation) \(kind) \(code)" }

        var more: [String: Any] {
            var more: [String: Any] = ["count": 3, "seconds": 0.5]
            if !code.isEmpty { more["code"] = code }
            if let body { more["body"] = body }
            more["status"] = status
            return more
        }

        static let all: [Fault] = [
            Fault(
                reader: .polling, kind: "throttle", operation: "GetRecords", trouble: "ProvisionedThroughputExceededException"),
            Fault(reader: .polling, kind: "expired", operation: "GetRecords", trouble: "ExpiredIteratorException"),
            Fault(
                reader: .polling, kind: "error", operation: "GetRecords", trouble: "InternalFailure", code: "InternalFailure",
                status: 500),
            Fault(
                reader: .polling, kind: "error", operation: "GetRecords", trouble: "KMSDisabledException",
                code: "KMSDisabledException"),
            Fault(
                reader: .polling, kind: "error", operation: "GetRecords", trouble: "ResourceNotFoundException",
                code: "ResourceNotFoundException"),
            Fault(reader: .polling, kind: "cut", operation: "GetRecords", trouble: "cutShort"),
            Fault(reader: .polling, kind: "malformed", operation: "GetRecords", trouble: "malformed"),
            Fault(reader: .polling, kind: "malformed", operation: "GetRecords", trouble: "malformed", body: "{}"),
            Fault(
                reader: .polling, kind: "malformed", operation: "GetRecords", trouble: "malformed",
                body: #"{"Records":[],"MillisBehindLatest":0}"#),
            Fault(
                reader: .polling, kind: "malformed", operation: "GetRecords", trouble: "malformed",
                body: #"{"Records":[{"SequenceNumber":"1"}],"NextShardIterator":"AAAA"}"#),
            Fault(reader: .polling, kind: "hang", operation: "GetRecords", trouble: "connectionLost", tellings: 1),
            Fault(
                reader: .polling, kind: "throttle", operation: "GetShardIterator",
                trouble: "ProvisionedThroughputExceededException"),
            Fault(reader: .polling, kind: "malformed", operation: "GetShardIterator", trouble: "malformed"),
            Fault(reader: .polling, kind: "cut", operation: "GetShardIterator", trouble: "cutShort"),
            Fault(reader: .fanOut, kind: "crc", operation: "SubscribeToShard", trouble: "malformed", tellings: 1),
            Fault(reader: .fanOut, kind: "reset", operation: "SubscribeToShard", trouble: "cutShort"),
            Fault(
                reader: .fanOut, kind: "exception", operation: "SubscribeToShard", trouble: "InternalFailureException",
                code: "InternalFailureException"),
            Fault(
                reader: .fanOut, kind: "exception", operation: "SubscribeToShard", trouble: "ResourceNotFoundException",
                code: "ResourceNotFoundException"),
            Fault(
                reader: .fanOut, kind: "error", operation: "SubscribeToShard", trouble: "ResourceInUseException",
                code: "ResourceInUseException"),
            Fault(
                reader: .fanOut, kind: "error", operation: "SubscribeToShard", trouble: "LimitExceededException",
                code: "LimitExceededException"),
            Fault(reader: .fanOut, kind: "hang", operation: "SubscribeToShard", trouble: "connectionLost", tellings: 1),
        ]
    }

    @Test("a fault is reported, and no record is lost or read twice", arguments: Fault.all)
    func fault(fault: Fault) throws {
        let fixture = try ShardFetcherFixture(fault.reader)
        try fixture.double.control("settings", ["eventRecords": 100])
        try fixture.put(0..<1000)
        try fixture.double.fault(fault.kind, fault.operation, fault.more)
        let reader = fixture.reader(pace: ShardPoller.Pace(recordsMax: 300))
        defer { reader.close() }
        let read = fixture.read(reader) { $0.numbers.count >= 1000 }
        // Again, behind records that were read; but for an end of the shard, which of a closed one is no lie that could be
        // noticed.
        let isStream = fault.operation == "GetRecords" || ["crc", "reset", "exception"].contains(fault.kind)
        if isStream, fault.body?.hasPrefix(#"{"Records":[],"#) != true {
            try fixture.double.fault(fault.kind, fault.operation, fault.more)
        }
        try fixture.put(1000..<1100)
        try fixture.split()
        let rest = fixture.read(reader)
        #expect(read.numbers + rest.numbers == Array(0..<1100) && !read.isTimedOut && !rest.isTimedOut)
        #expect(rest.children?.count == 2)
        #expect(fixture.troubles.count { $0 == fault.trouble } >= fault.tellings, "\(fixture.troubles)")
    }

    @Test("the children of a closed shard are found in the list of shards if its end does not name them")
    func endWithoutChildren() throws {
        let fixture = try ShardFetcherFixture(.polling)
        try fixture.put(0..<10)
        try fixture.split()
        let reader = fixture.reader(pace: ShardPoller.Pace(recordsMax: 10))
        defer { reader.close() }
        let body = #"{"Records":[{"SequenceNumber":"1","Data":"Nw=="}],"NextShardIterator":null}"#
        try fixture.double.fault("malformed", "GetRecords", ["body": body])
        let read = fixture.read(reader)
        #expect(read.numbers == [7] && read.children == ["shardId-000000000001", "shardId-000000000002"])
    }

    @Test("a subscription that ends repeatedly is renewed without losing a record")
    func renewal() throws {
        let fixture = try ShardFetcherFixture(.fanOut)
        try fixture.double.control("settings", ["subscriptionLife": 0.2, "heartbeat": 0.05])
        let reader = fixture.reader()
        defer { reader.close() }
        var numbers: [Int] = []
        for round in 0..<10 {
            try fixture.put(round * 10..<round * 10 + 10)
            numbers += fixture.read(reader) { numbers.count + $0.numbers.count >= round * 10 + 10 }.numbers
            let before = try fixture.double.calls()["SubscribeToShard"] ?? 0
            // The next round's records come while there is no subscription, or another one.
            while try fixture.double.calls()["SubscribeToShard"] ?? 0 == before { _ = reader.fill(RecordBlock()) }
        }
        try fixture.split()
        #expect(fixture.read(reader).children?.count == 2)
        #expect(numbers == Array(0..<100) && fixture.troubles == [])
    }

    @Test("reading waits while another subscription of the consumer has the shard, then continues")
    func inUse() throws {
        let fixture = try ShardFetcherFixture(.fanOut)
        try fixture.double.control("settings", ["takeover": 2.0])
        try fixture.put(0..<10)
        let first = fixture.reader()
        #expect(fixture.read(first) { $0.numbers.count == 10 }.numbers == Array(0..<10))
        let second = fixture.reader()
        defer { second.close() }
        #expect(fixture.read(second) { $0.numbers.count == 10 }.numbers == Array(0..<10))
        #expect(fixture.troubles.contains("ResourceInUseException"))
        first.close()
    }

    @Test("a shard is read at most five times per second")
    func limits() throws {
        let fixture = try ShardFetcherFixture(.polling)
        try fixture.double.control("settings", ["limits": true])
        let reader = fixture.reader()
        defer { reader.close() }
        let block = RecordBlock()
        while try fixture.double.calls()["GetRecords", default: 0] < 15 {
            block.removeAll()
            _ = reader.fill(block)
        }
        let refused = try fixture.double.log().count { $0.code == "ProvisionedThroughputExceededException" }
        // A call may be held up on its way and come close to the next.
        #expect(refused <= 3)
    }

    @Test("nothing is reported after a reader is closed", arguments: ReaderKind.allCases)
    func closed(kind: ReaderKind) throws {
        let fixture = try ShardFetcherFixture(kind)
        try fixture.put(0..<10)
        let reader = fixture.reader()
        _ = fixture.read(reader) { !$0.numbers.isEmpty }
        reader.close()
        let before = try fixture.double.calls()[kind.operation]
        guard case .nothing = reader.fill(RecordBlock()) else {
            Issue.record("something comes of a closed reader")
            return
        }
        try fixture.put(10..<20)
        for _ in 0..<200 { _ = try fixture.double.calls() }
        #expect(try fixture.double.calls()[kind.operation] == before)
    }
}
