import AWS
import EngineCore
import Foundation
import TestSupport
import Testing

@testable import Ingest
@testable import Leases

@Suite("records in Kinesis responses", .limited)
struct KinesisRecordsTests {
    private struct Read {
        var data: [Data] = []
        var arrivals: [Int64?] = []
        var ordinals: [Int] = []
        var ends: [Position] = []
        var error: String?
    }

    /// Everything that a reader hands over of a text, block by block.
    private func read(_ text: String, _ records: KinesisRecords = KinesisRecords()) -> Read {
        var read = Read()
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { bytes in
            let block = RecordBlock()
            do throws(UnreadableOutput) {
                _ = try records.begin(bytes)
                while true {
                    block.removeAll()
                    guard try records.fill(block) else { return }
                    #expect(block.records.count <= KinesisRecords.blockRecordsMax)
                    #expect(block.records.count == 1 || block.text.count <= KinesisRecords.blockBytesMax)
                    read.ends.append(block.end)
                    for record in block.records {
                        read.data.append(Data(block.bytes(of: record)))
                        read.arrivals.append(record.arrival?.milliseconds)
                        read.ordinals.append(record.ordinal)
                    }
                }
            } catch {
                read.error = "\(error)"
            }
        }
        return read
    }

    private func record(_ number: Int, _ data: Data, arrival: String = "1.7E9") -> String {
        #"{"SequenceNumber":"\#(number)","ApproximateArrivalTimestamp":\#(arrival),"#
            + #""Data":"\#(data.base64EncodedString())","PartitionKey":"k\"é"}"#
    }

    private func answer(_ records: [String]) -> String {
        #"{"MillisBehindLatest":5,"Records":["# + records.joined(separator: ",") + #"],"NextShardIterator":"AA"}"#
    }

    @Test("records are unchanged, in order, in blocks within their limits, and numbered from 1 across responses")
    func blocks() {
        let records = KinesisRecords()
        for count in [0, 1, 1024, 1025, 5000] {
            let before = records.count
            let data = (0..<count).map { number in Data((0..<(number % 700)).map { UInt8(truncatingIfNeeded: $0 * number) }) }
            let read = read(answer(data.enumerated().map { record(before + $0 + 1, $1) }), records)
            #expect(read.error == nil && read.data == data)
            #expect(read.ordinals == Array(before + 1..<before + count + 1))
            #expect(read.ends.last == (count == 0 ? nil : Position(sequenceNumber: "\(before + count)")))
        }
    }

    @Test("each record of a megabyte is one block")
    func large() {
        let data = (0..<10).map { Data(repeating: UInt8($0), count: 1 << 20) }
        let read = read(answer(data.enumerated().map { record($0 + 1, $1) }))
        #expect(read.error == nil && read.data == data && read.ends.count == 10)
    }

    @Test(
        "records have the arrival time of the service in milliseconds",
        arguments: [
            ("1700000000.123", 1_700_000_000_123), ("1.700000000123E9", 1_700_000_000_123), ("1.7e9", 1_700_000_000_000),
            ("1700000000", 1_700_000_000_000), ("1700000000.1229999", 1_700_000_000_123), ("1.7E+9", 1_700_000_000_000),
            ("1700000000123E-3", 1_700_000_000_123), ("1795254227.8351238", 1_795_254_227_835), ("0", 0), ("0.0004", 0),
            ("0.0005", 1), ("1e-9", 0), ("-1", nil), ("1e99", nil), ("1e999", nil), ("9999999999999999999999", nil),
            ("\"1\"", nil),
        ] as [(String, Int64?)])
    func arrival(text: String, milliseconds: Int64?) {
        let read = read(answer([record(1, Data("x".utf8), arrival: text)]))
        #expect(read.error == nil && read.arrivals == [milliseconds])
    }

    @Test("a block ends after the last user record of an aggregate")
    func aggregates() throws {
        let aggregate = KinesisRecordsTests.aggregate(["a", "b", "c"])
        let plain = Data("plain".utf8)
        let ended = read(answer([record(7, plain), record(8, aggregate)]))
        #expect(ended.ends == [try #require(Position(sequenceNumber: "8", subSequenceNumber: 2))])
        let inside = read(answer([record(7, aggregate), record(8, plain)]))
        #expect(inside.ends == [try #require(Position(sequenceNumber: "8"))])
        var damaged = aggregate
        damaged[6] ^= 1
        #expect(read(answer([record(8, damaged)])).ends == [try #require(Position(sequenceNumber: "8"))])
    }

    /// As the Kinesis Producer Library writes it.
    private static func aggregate(_ records: [String]) -> Data {
        func field(_ number: UInt8, _ bytes: Data) -> Data { Data([number << 3 | 2, UInt8(bytes.count)]) + bytes }
        var message = field(1, Data("key".utf8))
        for record in records { message += field(3, Data([1 << 3, 0]) + field(3, Data(record.utf8))) }
        var digest = Data(count: 16)
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = ["dgst", "-md5", "-binary"]
        process.standardInput = input
        process.standardOutput = output
        do {
            try process.runBound()
            input.fileHandleForWriting.write(message)
            input.fileHandleForWriting.closeFile()
            digest = output.fileHandleForReading.readDataToEndOfFile()
        } catch {
            Issue.record(error)
        }
        return Data([0xF3, 0x89, 0x9A, 0xC2]) + message + digest
    }

    @Test(
        "an unreadable record is an error after the readable records before it",
        arguments: [
            #"{"SequenceNumber":"2","Data":"A"}"#, #"{"SequenceNumber":"2","Data":"AA=A"}"#, #"{"SequenceNumber":"2"}"#,
            #"{"Data":"AAAA"}"#, #"{"SequenceNumber":"x","Data":"AAAA"}"#, #"{"SequenceNumber":2,"Data":"AAAA"}"#,
            #"{"SequenceNumber":"2","Data":null}"#, "null", "7", "[]",
        ])
    func malformedRecord(text: String) {
        let good = Data("good".utf8)
        let read = read(answer([record(1, good), text, record(3, good)]))
        #expect(read.error != nil && read.data == [good])
        #expect(read.ends == [Position(sequenceNumber: "1")])
    }

    @Test(
        "an invalid response is an error",
        arguments: ["", "{", "null", "[]", "{}", #"{"Records":null}"#, #"{"Records":{}}"#, #"{"Records":[]"#, "\u{0}"])
    func malformedAnswer(text: String) {
        #expect(read(text).error != nil)
    }

    @Test("records of a response that is truncated anywhere are never misread")
    func cutAnywhere() {
        let whole = answer((1...5).map { record($0, Data("record \($0)".utf8)) })
        for cut in 0..<whole.utf8.count {
            let part = read(String(decoding: whole.utf8.prefix(cut), as: UTF8.self))
            #expect(part.error != nil && part.data.isEmpty, "\(cut)")
        }
    }

    @Test("Base64 data with escaped slashes is read")
    func escapedSlash() {
        let text = #"{"SequenceNumber":"1","Data":"\/\/\/\/"}"#
        #expect(read(answer([text])).data == [Data([0xFF, 0xFF, 0xFF])])
    }

    @Test("the response at the end of a shard contains its children")
    func children() throws {
        let text = #"""
            {"Records":[],"MillisBehindLatest":0,"NextShardIterator":null,"ChildShards":[{"ShardId":"c","ParentShards":["a","b"],
            "HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"340282366920938463463374607431768211455"}}]}
            """#
        let records = KinesisRecords()
        let answer = try Array(text.utf8).withUnsafeBytes { try records.begin($0) }
        #expect(answer.nextIterator == nil && answer.millisecondsBehind == 0)
        let child = KinesisShard(
            id: "c", parents: ["a", "b"], startingHashKey: "0", endingHashKey: "340282366920938463463374607431768211455")
        #expect(answer.children == [child])
    }
}
