import EngineCore
@testable import FeedCore
import Foundation
import Lattice
import Servers
import TestSupport
import Testing

@testable import AWS
@testable import Platform
@testable import Storage

/// Against a stub whose shards split, end and are trimmed.
@Suite("streams of state tables", .waiting(minutes: 5))
struct TableStreamsTests {
    private static let arn = "arn:aws:dynamodb:us-east-1:1:table/t-contact/stream/2026"
    private static let name = FeedBook.ShardName(table: "t-contact", shard: "s1")

    private let double: StreamsDouble
    private let session: AWSSession
    private let streams: TableStreams

    init() throws {
        double = try StreamsDouble()
        let environment = [
            "AWS_ENDPOINT_URL_DYNAMODB": double.tables, "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": double.streams,
            "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
        session = try AWSSession(Environment(environment))
        streams = try TableStreams(session, prefix: "t")
    }

    // MARK: What there is

    private func item(_ value: String, time: Int = 1, _ change: (inout Item) -> Void = { _ in }) -> Item {
        var item = Item(entity([("record", value)], time: time))
        change(&item)
        return item
    }

    private func record(_ sequence: Int, old: Item? = nil, new: Item? = nil) -> String {
        let images = [old.map { #","OldImage":\#($0.json)"# }, new.map { #","NewImage":\#($0.json)"# }].compactMap { $0 }
            .joined()
        return #"{"dynamodb":{"SequenceNumber":"\#(sequence)","ApproximateCreationDateTime":\#(1_000 + sequence)\#(images)}}"#
    }

    /// Records of one row, each with another value than the one before.
    private func versions(_ numbers: ClosedRange<Int>) -> [String] {
        numbers.map { record($0, old: $0 > 1 ? item("\($0 - 1)", time: $0 - 1) : nil, new: item("\($0)", time: $0)) }
    }

    private func set(_ shards: StreamsDouble.Shard...) throws { try double.set("t-contact", stream: Self.arn, shards) }

    // MARK: What is read

    /// `1 told c-1 us-east-1 record=1`, an entry's registers in order; `end`, `gone`, `failed`.
    private func shown(_ answer: FeedAnswer) -> [String] {
        switch answer {
        case .gone: return ["gone"]
        case .failed: return ["failed"]
        case .records(let records, let isEnd):
            var shown: [String] = []
            for record in records {
                #expect(record.created == (1_000 + (Int64(record.sequence) ?? 0)) * 1_000)
                if record.entries.isEmpty { shown.append("\(record.sequence) nothing") }
                for entry in record.entries {
                    let registers = entry.entity.withUnsafeBytes { bytes in
                        #expect(EntityView.isValid(bytes))
                        return EntityView(bytes).map { " \($0.path.text)=\($0.value.text)" }.joined()
                    }
                    let id = String(decoding: entry.key.dropFirst(), as: UTF8.self)
                    shown.append("\(record.sequence) \(entry.form) \(id) \(entry.row)\(registers)")
                }
            }
            return shown + (isEnd ? ["end"] : [])
        }
    }

    private func read(
        _ place: FeedCursor.Place = .start, ticket: Int = 1, shard: String = "s1", by streams: TableStreams? = nil
    ) -> [String] {
        shown(
            (streams ?? self.streams).read(
                .init(table: "t-contact", shard: shard), stream: Self.arn, place, ticket: ticket))
    }

    private func told(_ numbers: ClosedRange<Int>) -> [String] { numbers.map { "\($0) told c-1 us-east-1 record=\($0)" } }

    private func message(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return ""
    }

    // MARK: Shards

    @Test("all shards of a stream are listed, over pages, with their parents and whether they are closed")
    func list() throws {
        try set(
            .init("a", isClosed: true), .init("b", parent: "a", isClosed: true), .init("c", parent: "a"),
            .init("d", parent: "b"),
            .init("e", parent: "gone"))
        let found = try streams.list("t-contact")
        #expect(found.stream == Self.arn)
        #expect(
            found.shards == [
                FeedShard(id: "a", isClosed: true), FeedShard(id: "b", parent: "a", isClosed: true),
                FeedShard(id: "c", parent: "a"), FeedShard(id: "d", parent: "b"), FeedShard(id: "e", parent: "gone"),
            ])
        #expect(try double.calls()["DescribeStream"] == 3)
    }

    @Test("a table that is missing, has no stream or one that shows too little says so, and what to do")
    func unlisted() throws {
        let mend = "converge tables create --prefix t"
        #expect(message { _ = try streams.list("t-contact") }.contains(mend))
        try double.set("t-contact", stream: nil)
        let none = message { _ = try streams.list("t-contact") }
        #expect(none.contains("t-contact in us-east-1 has no stream") && none.contains(mend), "\(none)")
        try double.set("t-contact", stream: Self.arn, view: "KEYS_ONLY")
        let keys = message { _ = try streams.list("t-contact") }
        #expect(keys.contains("shows KEYS_ONLY; the feed needs NEW_AND_OLD_IMAGES") && keys.contains(mend), "\(keys)")
        try set(.init("a"))
        try double.refuse("DescribeStream", code: "AccessDeniedException", times: 1)
        let denied = message { _ = try streams.list("t-contact") }
        #expect(denied.contains("dynamodb:DescribeStream") && denied.contains(Self.arn), "\(denied)")
    }

    // MARK: Reading

    @Test("while the ticket is the same reading goes on with one iterator; another ticket begins at its place")
    func goesOn() throws {
        try set(.init("s1", versions(1...5)))
        #expect(read() == told(1...3))
        #expect(read(.after("3")) == told(4...5))
        #expect(read(.after("5")) == [])
        try set(.init("s1", versions(1...6)))
        #expect(read(.after("5")) == told(6...6))
        #expect(try double.calls()["GetShardIterator"] == 1)
        #expect(read(.after("2"), ticket: 2) == told(3...5))
        #expect(try double.calls()["GetShardIterator"] == 1)
        #expect(read(.ended, ticket: 3) == ["end"])
    }

    @Test("a shard that was split ends behind its last record, and its children are read from their beginning")
    func split() throws {
        try set(.init("s1", isClosed: true, versions(1...4)), .init("s2", parent: "s1", versions(5...5)))
        #expect(read() == told(1...3))
        #expect(read(.after("3")) == told(4...4) + ["end"])
        #expect(read(shard: "s2") == told(5...5))
        try set(.init("s3", isClosed: true))
        #expect(read(shard: "s3") == ["end"], "it never had a record")
    }

    @Test("an iterator that has expired is made anew where it stood")
    func expired() throws {
        try set(.init("s1", versions(1...7)))
        #expect(read() == told(1...3))
        try double.expireIterators()
        #expect(read(.after("3")) == told(4...6), "where it stood, whatever the place says")
        try double.expireIterators()
        #expect(read(.after("3")) == told(7...7))
        #expect(streams.troubles.isEmpty)
    }

    @Test("what was trimmed behind a place is gone, and so is a shard that is no more")
    func trimmed() throws {
        try set(.init("s1", trimmed: 3, versions(1...5)))
        #expect(read(.after("1")) == ["gone"])
        #expect(read(.start, ticket: 2) == told(4...5))
        #expect(read(.after("3"), ticket: 3) == ["gone"], "nobody can say any more what came behind it")
        try set(.init("s1", versions(1...9)))
        #expect(read(ticket: 4) == told(1...3))
        try set(.init("s1", trimmed: 5, versions(1...9)))
        #expect(read(.after("3"), ticket: 4) == ["gone"], "it was trimmed under an iterator")
        #expect(read(shard: "s2") == ["gone"])
        try double.set("t-contact", stream: "another")
        #expect(read(ticket: 5) == ["gone"])
    }

    @Test("a shard that does not answer has failed, with the reason until it is read again")
    func failed() throws {
        try set(.init("s1", versions(1...1)))
        try double.refuse("GetRecords", code: "LimitExceededException", times: 2)
        #expect(read() == ["failed"])
        #expect(streams.troubles[Self.name]?.contains("LimitExceededException") == true)
        #expect(read(ticket: 2) == told(1...1) && streams.troubles.isEmpty)
        try double.refuse("GetShardIterator", code: "AccessDeniedException", times: 1)
        #expect(read(ticket: 3) == ["failed"])
        #expect(streams.troubles[Self.name]?.contains("allow dynamodb:GetShardIterator") == true)
    }

    // MARK: Rows

    @Test("a new row, a change, parts of a large one and the end of a row are told; rows that are no entity pass")
    func rows() throws {
        let second = item("2", time: 2) { $0.sk = "eu-west-1#3" }
        let own = item("0") { $0.pk = "converge#canary" }
        try set(
            .init(
                "s1",
                [
                    record(1, new: item("1")), record(2, new: own), record(3, old: item("1"), new: item("1")),
                    record(4, old: own), record(5, new: second), record(6, old: second),
                ]))
        #expect(read() == ["1 told c-1 us-east-1 record=1", "2 nothing", "3 nothing"])
        #expect(read() == ["4 nothing", "5 told c-1 eu-west-1#3 record=2", "6 gone c-1 eu-west-1#3 record=2"])
    }

    @Test("a known value under a newer stamp is quiet where all rows are known to have said it")
    func quiet() throws {
        try set(.init("s1", [record(1, old: item("1", time: 1), new: item("1", time: 2))]))
        #expect(read() == ["1 told c-1 us-east-1 record=1"])
        for (value, form) in [("1", "quiet"), ("2", "told")] {
            let knowing = try TableStreams(session, prefix: "t") { key in
                #expect(key == [2] + Array("c-1".utf8))
                return entity([("record", value)])
            }
            #expect(read(by: knowing) == ["1 \(form) c-1 us-east-1 record=1"])
        }
    }

    @Test("a row that cannot be read yet holds its shard up; what came before it goes out")
    func unreadable() throws {
        let strange = try #require(RowDictionary(entity(1, size: 4_000)))
        let unknown = Item(entity([("record", "3")], time: 3), with: strange)
        let newer = item("3") { $0.registers[0] = 9 }
        for (number, held, why) in [(1, unknown, "its dictionary"), (2, newer, "row format 9")] {
            try set(.init("s1", versions(1...2) + [record(3, new: held)] + versions(4...4)))
            #expect(read(ticket: number) == told(1...2))
            #expect(read(.after("2"), ticket: number) == ["failed"])
            #expect(read(.after("2"), ticket: number + 10) == ["failed"])
            let said = streams.troubles[Self.name] ?? ""
            #expect(said.contains(why) && said.contains("pk contact#c-1") && said.contains("t-contact"), "\(said)")
        }
        #expect(streams.damage.count == 0)
        // An old image counts as much: nobody knows what the new one changed.
        try set(.init("s1", [record(1, old: newer, new: item("1"))]))
        #expect(read(ticket: 30) == ["failed"])
    }

    @Test("a damaged row is passed and kept in mind; what replaces it is told whole, and its end is heard")
    func damaged() throws {
        let damaged = item("2") { $0.registers.removeLast(3) }
        let foreign = item("2") { $0.pk = "something else" }
        try set(
            .init(
                "s1",
                [
                    record(1, old: item("1"), new: damaged), record(2, old: damaged, new: item("1")), record(3, old: damaged),
                    record(4, new: foreign), record(5, old: foreign),
                ]))
        #expect(read() == ["1 nothing", "2 told c-1 us-east-1 record=1", "3 gone c-1 us-east-1"])
        #expect(streams.damage.count == 1 && streams.damage.latest?.contains("pk contact#c-1") == true)
        #expect(read() == ["4 nothing", "5 nothing"])
        #expect(streams.damage.count == 2 && streams.damage.latest?.contains("pk something else") == true)
        #expect(streams.troubles.isEmpty)
    }

    @Test("a stream that shows no images cannot be read")
    func noImages() throws {
        try set(.init("s1", [record(1)]))
        #expect(read() == ["failed"])
        #expect(streams.troubles[Self.name]?.contains("NEW_AND_OLD_IMAGES") == true)
    }
}
