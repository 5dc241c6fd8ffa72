import ContactCenter
import TestSupport
import Testing

@testable import FeedCore

@Suite("who follows, and up to when everything was read", .limited)
struct FeedBookTests {
    /// A book with its log, whose streams a test answers by hand. The wall's clock is a million ahead.
    private struct Desk {
        static let ahead: Int64 = 1_000_000
        var book: FeedBook
        var batches: [FeedBatch] = []
        var now: Int64 = 0
        var canWrite = true
        var lists: [FeedShard] = [FeedShard(id: "a"), FeedShard(id: "b")]
        /// What shards were asked, and not answered yet.
        var asked: [String: (ticket: Int, wall: Int64)] = [:]

        init(mayFollow: Bool = true) {
            var options = FeedBook.Options(author: "x", tables: ["t"])
            options.mayFollow = mayFollow
            book = FeedBook(options)
        }

        mutating func turn(_ milliseconds: Int64 = 50) {
            now += milliseconds
            for step in book.steps(now: now, wall: now + Desk.ahead) {
                switch step {
                case .readLog(let after):
                    let found = after.map { after in batches.filter { $0.number > after } } ?? Array(batches.suffix(1))
                    book.logRead(found, sent: now, now: now)
                case .list(let table): book.listed(table, ("s", lists), wall: now + Desk.ahead, now: now)
                case .write(let batch, let ticket):
                    if canWrite { batches.append(batch) }
                    book.written(canWrite ? .done : .unknown, ticket: ticket, sent: now, now: now)
                case .read(let name, _, _, let ticket): asked[name.shard] = (ticket, now + Desk.ahead)
                }
            }
        }

        mutating func turn(until isSo: (Desk) -> Bool) throws {
            for _ in 0..<2_000 where !isSo(self) { turn() }
            try demand(isSo(self), "it never came to that: \(book.role), \(batches.count) batches")
        }

        /// Answers a shard that was asked, or is asked soon; when that was.
        @discardableResult
        mutating func answer(_ shard: String, _ records: [Int64] = [], isEnd: Bool = false) throws -> Int64 {
            try turn { $0.asked[shard] != nil }
            let (ticket, wall) = asked.removeValue(forKey: shard) ?? (0, 0)
            let found = records.map { created in
                FeedRecord(
                    sequence: "\(created)", created: created,
                    entries: [FeedEntry(form: .told, key: key(.agent, "z"), row: "r", entity: row(Told("a", created, "1")))])
            }
            book.took(.init(table: "t", shard: shard), ticket: ticket, .records(found, isEnd: isEnd), wall: wall, now: now)
            return wall
        }

        /// What the next batch says.
        mutating func readTo() throws -> Int64 {
            let count = batches.count
            try turn { $0.batches.count > count }
            return batches.last?.readTo ?? -1
        }
    }

    @Test("two answers without a record say that there was nothing at the first one; the least of all shards counts")
    func tip() throws {
        var desk = Desk()
        try desk.turn { $0.book.role == .following }
        let begun = try #require(desk.batches.last?.readTo)
        #expect(desk.batches.last?.isReset == true && begun > Desk.ahead)
        let first = try desk.answer("a")
        try desk.answer("b")
        #expect(try desk.readTo() == begun, "one may be a gap")
        try desk.answer("a")
        #expect(try desk.readTo() == begun, "nothing is known of the other shard")
        let other = try desk.answer("b")
        try desk.answer("b")
        #expect(try desk.readTo() == min(first, other))
        #expect(first < other)
    }

    @Test(
        "records say up to when a shard was read, once they are in a batch; its end says nothing more, and its children begin there"
    )
    func records() throws {
        var desk = Desk()
        desk.lists = [FeedShard(id: "a")]
        try desk.turn { $0.book.role == .following }
        let begun = try #require(desk.batches.last?.readTo)
        try desk.answer("a", [begun + 10, begun + 20])
        let told = try desk.readTo()
        #expect(told == begun + 20 && desk.batches.last?.entries.count == 2)
        desk.lists = [FeedShard(id: "a", isClosed: true), FeedShard(id: "c", parent: "a"), FeedShard(id: "d", parent: "a")]
        try desk.answer("a", isEnd: true)
        #expect(try desk.readTo() == told)
        let one = try desk.answer("c")
        try desk.answer("c")
        #expect(try desk.readTo() == told, "the other child may have something")
        try desk.answer("d", [begun + 30])
        #expect(try desk.readTo() == begun + 30)
        try desk.answer("d")
        try desk.answer("d")
        try desk.answer("c")
        #expect(try desk.readTo() >= one)
    }

    @Test("who takes over says what the one before said, until its own shards say more")
    func taken() throws {
        var first = Desk()
        try first.turn { $0.book.role == .following }
        let begun = try #require(first.batches.last?.readTo)
        var second = Desk()
        (second.batches, second.now) = (first.batches, first.now)
        try second.turn { $0.book.role == .following }
        #expect(second.batches.last?.readTo == begun && second.batches.last?.isReset == false)
        try second.answer("a")
        try second.answer("a")
        #expect(try second.readTo() == begun)
    }

    @Test("who may not follow reads, however long nobody does; who may not any more says a last word and reads")
    func mayNot() throws {
        var desk = Desk(mayFollow: false)
        for _ in 0..<1_000 { desk.turn() }
        #expect(desk.book.role == .reading && desk.batches.isEmpty)
        desk.book.mayFollow(true)
        try desk.turn { $0.book.role == .following }
        desk.book.mayFollow(false)
        try desk.turn { $0.book.role == .reading }
        #expect(desk.batches.last?.isLast == true)
        let count = desk.batches.count
        for _ in 0..<1_000 { desk.turn() }
        #expect(desk.batches.count == count)
        desk.book.mayFollow(true)
        try desk.turn { $0.book.role == .following }
        #expect(desk.batches.last?.isReset == false)
    }

    @Test("who claims and is not heard reads the log for a while, and hears what others write")
    func unheard() throws {
        var desk = Desk()
        desk.canWrite = false
        try desk.turn { $0.book.role == .claiming }
        try desk.turn { $0.book.role == .reading }
        desk.batches.append(FeedBatch(number: 5, author: "other", time: desk.now + Desk.ahead, cursor: FeedCursor()))
        try desk.turn { $0.book.head?.author == "other" }
        #expect(desk.book.role == .reading)
    }

    @Test("a shard that has nothing is asked less and less often, and at once after a record")
    func idle() {
        let options = FeedBook.Options(author: "x", tables: ["t"])
        #expect((1...7).map { options.rest(afterEmpties: $0) } == [200, 300, 450, 675, 1_000, 1_000, 1_000])
        #expect(options.rest(afterEmpties: .max) == 1_000)
    }
}
