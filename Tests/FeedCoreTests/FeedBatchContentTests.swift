import ContactCenter
import Lattice
import Platform
import TestSupport
import Testing

@testable import FeedCore

@Suite("a batch as bytes", .limited(minutes: 5))
struct FeedBatchContentTests {
    private func written(_ batch: FeedBatch) -> [UInt8] {
        var content = ByteBuffer()
        FeedBatchContent.append(batch, to: &content)
        return content.array
    }

    private func read(_ bytes: [UInt8]) throws -> FeedBatch {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(FeedBatchContent.Malformed) in try FeedBatchContent.decode(bytes) }
        }
        return try result.get()
    }

    @Test("comes back as it was, and the same batch gives the same bytes")
    func roundTrip() {
        forAll(3_000) { dice in
            let batch = FeedBatch.random(&dice)
            let bytes = written(batch)
            try demand(try read(bytes) == batch, "\(batch) came back as another one")
            try demand(try written(read(bytes)) == bytes, "its bytes are others the second time")
        }
    }

    @Test("that is damaged anywhere is a batch or an error, never a crash; what is taken of it can be worked with")
    func damaged() {
        forAll(20_000) { dice in
            var bytes = written(.random(&dice))
            for _ in 0...dice.below(3) {
                switch dice.below(4) {
                case 0: bytes.removeLast(min(bytes.count, 1 + dice.below(40)))
                case 1 where !bytes.isEmpty: bytes[dice.below(bytes.count)] = UInt8(truncatingIfNeeded: dice.next())
                case 2 where !bytes.isEmpty: bytes[dice.below(bytes.count)] ^= 1 << UInt8(dice.below(8))
                default: bytes.insert(contentsOf: dice.bytes(1 + dice.below(4)), at: dice.below(bytes.count + 1))
                }
            }
            guard let batch = try? read(bytes) else { return }
            try demand(try read(written(batch)) == batch, "what was read of damaged bytes cannot be written")
            // What whoever reads does with it.
            _ = batch.changes
            _ = FeedPosition(endOf: batch.number + 1)
            var view = FeedView(bytesMax: 1 << 20)
            view.take(batch)
            var book = FeedBook(.init(author: "a", tables: batch.cursor.tables.keys.sorted()))
            book.logRead([batch], sent: 0, now: 0)
            for now in [0, 20_000, 40_000] as [Int64] {
                book.logRead([], sent: now, now: now)
                _ = book.steps(now: now, wall: 1_700_000_000_000 + now)
            }
        }
    }

    @Test(
        "says why it is none",
        arguments: [
            ([], "it ends early"), ([1, 1, 0, 4], "unknown flags"), ([1, 1, 0, 0, 2, 0xFF, 0xFE], "not UTF-8"),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], "more than 64 bits"),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "beyond all bounds"),
            ([1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], "beyond all bounds"),
            ([1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 3, 0, 0, 0], "a place of no known kind"),
            ([1, 1, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "a shard twice"),
            ([1, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0], "a table twice"),
            ([1, 1, 0, 0, 0, 0, 1, 3, 2, 1, 97, 0, 0], "no known form"),
            ([1, 1, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0], "without a key"),
            ([1, 1, 0, 0, 0, 0, 1, 0, 2, 1, 97, 0, 1, 9], "ends early"), ([1, 1, 0, 0, 0, 0, 0, 0], "bytes after its end"),
            ([1, 1, 0, 0, 0, 0, 0x7F], "ends early"),
        ] as [([UInt8], String)])
    func refused(bytes: [UInt8], why: String) {
        let error = #expect(throws: FeedBatchContent.Malformed.self) { try read(bytes) }
        #expect(error?.why.contains(why) == true, "\(error?.why ?? "nothing")")
    }
}

extension FeedBatch {
    /// Of every kind that there is, some of them with nothing in them.
    static func random(_ dice: inout Dice) -> FeedBatch {
        var cursor = FeedCursor()
        for table in 0..<dice.below(4) {
            var found = FeedCursor.Table(stream: "arn:aws:dynamodb:us-east-1:1:table/t-\(table)/stream/\(dice.below(1 << 30))")
            for _ in 0..<dice.below(6) {
                let place: FeedCursor.Place =
                    switch dice.below(3) {
                    case 0: .start
                    case 1: .after("\(dice.next())\(dice.below(1_000))")
                    default: .ended
                    }
                found.shards["shardId-0000000\(dice.next() >> 30)-\(dice.below(1 << 30))"] = .init(
                    place, seen: Int64(dice.below(1 << 42)), covered: dice.chance(2) ? 0 : Int64(dice.below(1 << 42)))
            }
            cursor.tables["converge-\(table)"] = found
        }
        var entries: [FeedEntry] = []
        for _ in 0..<dice.below(6) {
            let kind = dice.pick(EntityKind.allCases)
            let entity = row(
                Told("a", Int64(dice.below(1 << 40)), dice.chance(4) ? nil : "\"\(dice.next())\""),
                Told("seen/x", Int64(dice.below(1 << 40)), "\(dice.below(9))"))
            entries.append(
                FeedEntry(
                    form: dice.pick([.told, .quiet, .gone]), key: key(kind, "ü-\(dice.below(100))"),
                    row: dice.pick(["us-east-1", "us-west-2#3", ""]),
                    entity: dice.chance(5) ? EntityView.emptyEncoding : entity))
        }
        return FeedBatch(
            number: UInt64(dice.below(1 << 42)), author: dice.chance(5) ? "" : "author-\(dice.next())",
            time: Int64(dice.below(1 << 42)), readTo: dice.chance(3) ? 0 : Int64(dice.below(1 << 42)), isReset: dice.chance(3),
            isLast: dice.chance(3), cursor: cursor, entries: entries)
    }
}
