import TestSupport
import Testing

@testable import Leases

@Suite("the lease book", .limited)
struct LeaseBookTests {
    private let shard = "shardId-000000000000"
    private var key: LeaseBook.Key { LeaseBook.Key(stream: 0, shard: shard) }

    /// A book that knows of one shard.
    private func book() -> LeaseBook {
        var book = LeaseBook(LeaseBook.Options(worker: "me"))
        _ = book.addStream()
        book.listed(0, [KinesisShard(id: shard)], sent: 0, now: 0)
        return book
    }

    private func lease(_ owner: String?, _ counter: Int64, _ checkpoint: LeaseCheckpoint = .trimHorizon) -> Lease {
        Lease(shard: shard, owner: owner, counter: counter, checkpoint: checkpoint)
    }

    private func steps(_ book: inout LeaseBook, now: Int64) -> [LeaseBook.Step] {
        var random = Dice(seed: 1)
        return book.steps(now: now, &random)
    }

    private func begin(_ action: LeaseWrite.Action, _ book: inout LeaseBook) throws -> LeaseBook.Step {
        let step = book.begin(action, key)
        return try #require(step)
    }

    /// A book that holds the shard's lease, taken with counter 1 at 1,000.
    private func holding() throws -> LeaseBook {
        var book = book()
        _ = book.scanned(0, [lease(nil, 0)], sent: 990, now: 995)
        let taken = try #require(steps(&book, now: 1_000).first)
        _ = book.answered(taken, .done(lease("me", 1)), sent: 1_000, now: 1_010)
        return book
    }

    @Test(
        "a lease expires if its counter has not changed for six seconds, up to when the scan was sent",
        arguments: [5_999, 6_000])
    func expiry(age: Int64) {
        var book = book()
        _ = book.scanned(0, [lease("other", 7)], sent: 900, now: 1_000)
        #expect(steps(&book, now: 1_000).isEmpty)
        _ = book.scanned(0, [lease("other", 7)], sent: 1_000 + age, now: 1_500 + age)
        let actions = steps(&book, now: 1_500 + age).map(\.write.action)
        #expect(actions == (age < 6_000 ? [] : [.take(reset: nil)]))
    }

    @Test("a lease whose counter changes stays with its owner")
    func alive() {
        var book = book()
        for round in 0..<20 {
            let now = Int64(round) * 5_000
            _ = book.scanned(0, [lease("other", Int64(round))], sent: now, now: now)
            #expect(steps(&book, now: now).isEmpty)
        }
    }

    @Test("a shard counts as read once its lease was seen to be renewed, or this worker owns it")
    func settledForSure() {
        var book = book()
        _ = book.takeListsDue(now: 0)
        book.listed(0, [KinesisShard(id: shard)], sent: 0, now: 0)
        for time in [0, 3_000] {
            _ = book.scanned(0, [lease("other", 7)], sent: Int64(time), now: Int64(time))
            #expect(book.isSettled && !book.isSettledForSure)
        }
        _ = book.scanned(0, [lease("other", 8)], sent: 4_000, now: 4_000)
        #expect(book.isSettledForSure)
        _ = book.scanned(0, [lease("other", 8)], sent: 5_000, now: 5_000)
        #expect(book.isSettledForSure)
        _ = book.scanned(0, [lease("other", 8)], sent: 10_000, now: 10_000)
        #expect(!book.isSettled && !book.isSettledForSure)
    }

    @Test("a lease is renewed every two seconds with one write at a time, and a failed renewal is retried")
    func renewal() throws {
        var book = try holding()
        #expect(steps(&book, now: 2_999).isEmpty)
        let renewal = try #require(steps(&book, now: 3_000).first)
        #expect(renewal.write.action == .renew && renewal.write.lease.counter == 1)
        #expect(steps(&book, now: 9_000).isEmpty)
        #expect(book.begin(.evict, key) == nil)
        _ = book.answered(renewal, .failed, sent: 3_000, now: 3_200)
        #expect(steps(&book, now: 3_499).isEmpty)
        let second = try #require(steps(&book, now: 3_500).first)
        #expect(second.write.action == .renew && second.write.lease.counter == 1)
        _ = book.answered(second, .done(lease("me", 2)), sent: 3_500, now: 3_510)
        #expect(steps(&book, now: 5_499).isEmpty && steps(&book, now: 5_500).count == 1)
    }

    @Test(
        "a refused renewal means that the lease is lost, unless this worker's own write, whose response was lost, caused the refusal"
    )
    func refused() throws {
        for (row, isLost) in [
            (lease("me", 2), false), (lease("other", 2), true), (lease("other", 1), true), (lease("me", 3), true),
            (lease(nil, 2), true), (nil, true),
        ] {
            var book = try holding()
            let renewal = try #require(steps(&book, now: 3_000).first)
            let changes = book.answered(renewal, .refused(row), sent: 3_000, now: 3_010)
            #expect(
                changes == (isLost ? [.lost(key, to: row?.owner, isDeleted: row == nil)] : []), "\(String(describing: row))")
            #expect(book.isHeld(key) == !isLost)
        }
    }

    @Test("a commit that is refused because an unanswered renewal already used its counter is retried with the next counter")
    func again() throws {
        var book = try holding()
        let action = LeaseWrite.Action.commit(.at(sequence: "9", sub: 0), epoch: "e", children: [])
        let commit = try begin(action, &book)
        #expect(book.answered(commit, .refused(lease("me", 2)), sent: 3_000, now: 3_010) == [.again(key)])
        let second = try begin(action, &book)
        #expect(second.write.lease.counter == 2)
        // This time it is the commit itself that was not heard of.
        var written = lease("me", 3, .at(sequence: "9", sub: 0))
        written.epoch = "e"
        #expect(book.answered(second, .refused(written), sent: 3_020, now: 3_030).isEmpty)
        #expect(book.isHeld(key))
    }

    @Test("a shard stays ended if the response to the write of its end was lost")
    func endUnheard() throws {
        var book = try holding()
        let action = LeaseWrite.Action.commit(.shardEnd, epoch: nil, children: ["a"])
        let commit = try begin(action, &book)
        var row = lease(nil, 2, .shardEnd)
        row.children = ["a"]
        #expect(book.answered(commit, .refused(row), sent: 3_000, now: 3_010) == [.finished(key, children: ["a"])])
        #expect(!book.isHeld(key))
    }

    @Test("a scan that was sent before the response to a write of a lease is ignored for that lease")
    func oldScan() throws {
        var book = try holding()
        #expect(book.scanned(0, [lease("other", 0)], sent: 1_005, now: 1_020).isEmpty)
        #expect(book.scanned(0, [], sent: 1_010, now: 1_020).isEmpty)
        #expect(book.isHeld(key))
        #expect(book.scanned(0, [lease("other", 2)], sent: 1_011, now: 1_020) == [.lost(key, to: "other")])
    }

    @Test("a lease that the Kinesis Client Library hands over is released to its new owner")
    func handOver() throws {
        var book = try holding()
        var row = lease("kcl", 1)
        row.checkpointOwner = "me"
        #expect(book.scanned(0, [row], sent: 2_000, now: 2_010) == [.lost(key, to: "kcl")])
        #expect(steps(&book, now: 2_020).map(\.write.action) == [.handOver])
    }

    @Test("a lease that waits for a worker that does not read the stream is taken after a time, even beyond the fair share")
    func leftOver() {
        var book = LeaseBook(LeaseBook.Options(worker: "me"))
        _ = book.addStream()
        let shards = (0..<4).map { KinesisShard(id: "shardId-\($0)") }
        book.listed(0, shards, sent: 0, now: 0)
        var rows = shards.map { Lease(shard: $0.id, owner: nil, checkpoint: .latest) }
        rows[0].owner = "other"
        for now in stride(from: Int64(0), through: 6_000, by: 1_000) {
            rows[0].counter += 1
            _ = book.scanned(0, rows, sent: now, now: now)
            for step in steps(&book, now: now + 10) {
                guard case .written(let row)? = step.write.applied(to: rows.first { $0.shard == step.key.shard }) else {
                    continue
                }
                rows = rows.map { $0.shard == row.shard ? row : $0 }
                _ = book.answered(step, .done(row), sent: now + 10, now: now + 20)
            }
            #expect(book.heldCount == (now < 3_000 ? 2 : 3), "\(now)")
        }
    }

    @Test(
        "a lease is stolen from a worker that still has as many leases as the thief afterwards, never from one that would have fewer",
        arguments: [(1, 0), (2, 1), (3, 1), (4, 1), (5, 2), (6, 2)])
    func steals(others: Int, expected: Int) {
        var book = LeaseBook(LeaseBook.Options(worker: "me"))
        _ = book.addStream()
        let shards = (0..<others).map { KinesisShard(id: "shardId-\($0)") }
        book.listed(0, shards, sent: 0, now: 0)
        let rows = shards.map { Lease(shard: $0.id, owner: "other", counter: 1, checkpoint: .trimHorizon) }
        _ = book.scanned(0, rows, sent: 0, now: 0)
        #expect(steps(&book, now: 10).count == expected)
    }

    @Test("leases are balanced over all streams, so that streams with one shard do not all go to one worker")
    func manyStreams() {
        var book = LeaseBook(LeaseBook.Options(worker: "me"))
        for index in 0..<10 {
            _ = book.addStream()
            book.listed(index, [KinesisShard(id: shard)], sent: 0, now: 0)
            _ = book.scanned(index, [lease("other", 1)], sent: 0, now: 0)
        }
        let thefts = steps(&book, now: 10).filter { $0.write.action == .steal(reset: nil) }
        #expect(thefts.count == 3)
    }

    @Test("a lease is created only from a recent list of shards, because a shard in an old list may be finished and removed")
    func freshList() {
        var book = book()
        _ = book.takeListsDue(now: 0)
        _ = book.scanned(0, [], sent: 10_000, now: 10_010)
        #expect(steps(&book, now: 10_020).isEmpty)
        #expect(book.takeListsDue(now: 10_030) == [0])
        book.listed(0, [KinesisShard(id: shard)], sent: 10_030, now: 10_030)
        #expect(steps(&book, now: 10_040).map(\.write.action) == [.create])
    }

    @Test("leases are created from a list of shards that was asked for, however long the response took")
    func slowList() {
        var book = book()
        var made: [LeaseWrite.Action] = []
        for round in 1...3 where made.isEmpty {
            let now = Int64(round) * 10_000
            _ = book.scanned(0, [], sent: now, now: now + 10)
            made += steps(&book, now: now + 20).map(\.write.action)
            guard !book.takeListsDue(now: now + 30).isEmpty else { continue }
            book.listed(0, [KinesisShard(id: shard)], sent: now + 30, now: now + 5_030)
            made += steps(&book, now: now + 5_040).map(\.write.action)
        }
        #expect(made == [.create])
    }

    @Test("a lease without an owner counts as released, not lost, if the response to its release was lost")
    func givenUp() throws {
        for (row, isLost) in [
            (lease(nil, 2), false), (lease(nil, 3), false), (lease("other", 3), true), (nil, true),
        ] {
            var book = try holding()
            let step = try begin(.evict, &book)
            let changes = book.answered(step, .refused(row), sent: 3_000, now: 3_010)
            #expect(
                changes == (isLost ? [.lost(key, to: row?.owner, isDeleted: row == nil)] : []), "\(String(describing: row))")
            #expect(!book.isHeld(key))
        }
    }
}
