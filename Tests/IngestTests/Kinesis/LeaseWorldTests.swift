import HTTPClient
import TestSupport
import Testing

@testable import Leases

/// Lease books in a made-up world: what must hold whatever happens, and how long things take.
@Suite("Leases in a made-up world", .limited)
struct LeaseWorldTests {
    @Test("whatever happens, every record is read, no child before its parents, and calm brings balance", arguments: 0..<12)
    func chaos(seed: UInt64) {
        let world = LeaseWorld(seed: seed)
        world.epoch = seed % 2 == 0 ? "e1" : nil
        for _ in 0..<(1 + Int(seed % 5)) { world.addShard() }
        for _ in 0..<(1 + Int(seed % 4)) { world.start() }
        world.faults = .all
        world.run(milliseconds: 180_000)
        world.faults = .none
        // Until all are awake and there again.
        world.run(milliseconds: 61_000)
        if world.workers.isEmpty { world.start() }
        let took = world.run(atMost: 180_000) { world.isAllRead && world.isBalanced }
        #expect(took != nil, "\(world.shards.values.filter { $0.read < $0.records }) \(world.table)")
        world.run(milliseconds: 10_000)
        let moved = world.movedAt
        world.run(milliseconds: 60_000)
        #expect(world.movedAt == moved, "leases move in calm: \(world.story.joined(separator: "\n"))")
        #expect(world.complaints.isEmpty, "\(world.complaints)")
    }

    private func world(_ seed: UInt64 = 1, shards: Int, workers: Int = 0) -> LeaseWorld {
        let world = LeaseWorld(seed: seed)
        for _ in 0..<shards { world.addShard() }
        for _ in 0..<workers { world.start() }
        return world
    }

    private func row(_ shard: String, _ checkpoint: LeaseCheckpoint, epoch: String? = nil, parents: [String] = []) -> Lease {
        Lease(shard: shard, owner: nil, counter: 3, checkpoint: checkpoint, epoch: epoch, parents: parents)
    }

    private func finish(_ world: LeaseWorld, within limit: Int64 = 30_000) {
        let took = world.run(atMost: limit) { world.isAllRead && world.isBalanced }
        #expect(took != nil, "\(world.story.joined(separator: "\n"))")
        #expect(world.complaints.isEmpty, "\(world.complaints)")
    }

    // MARK: How long things take

    @Test(
        "a new application reads within a second; a worker that comes has its share within five, and then nothing moves",
        arguments: 0..<8)
    func balance(seed: UInt64) throws {
        let world = world(seed, shards: 12, workers: 1)
        #expect(try #require(world.run(atMost: 5_000) { world.isBalanced }) <= 1_000)
        for count in 2...4 {
            world.start()
            let took = try #require(world.run(atMost: 15_000) { world.isBalanced }, "\(count) workers")
            #expect(took <= 5_000)
        }
        let moved = world.movedAt
        world.run(milliseconds: 60_000)
        #expect(world.movedAt == moved)
        // Two that come together.
        world.start()
        world.start()
        #expect(world.run(atMost: 15_000) { world.isBalanced } != nil)
        #expect(world.complaints.isEmpty, "\(world.complaints)")
    }

    @Test("what a dead worker had is taken over within eight seconds, what a stopped one had within two", arguments: 0..<8)
    func takeOver(seed: UInt64) throws {
        let world = world(seed, shards: 9, workers: 3)
        _ = try #require(world.run(atMost: 15_000) { world.isBalanced })
        world.run(milliseconds: Int64(seed) * 333)
        world.kill(world.workers[0])
        #expect(try #require(world.run(atMost: 20_000) { world.isBalanced }) <= 8_000)
        world.run(milliseconds: 10_000)
        // It waits for what is under way before it gives a lease up.
        _ = try #require(world.run(atMost: 5_000) { world.workers[0].isIdle })
        world.workers[0].stop()
        world.kill(world.workers[0])
        #expect(try #require(world.run(atMost: 20_000) { world.isBalanced }) <= 2_000)
    }

    @Test("a worker that was away for minutes and goes on believing loses its leases, and spoils nothing")
    func away() throws {
        let world = world(shards: 4, workers: 2)
        _ = try #require(world.run(atMost: 15_000) { world.isBalanced })
        let sleeper = world.workers[0]
        sleeper.frozenUntil = world.now + 180_000
        world.run(milliseconds: 20_000)
        for id in world.open { world.shards[id]?.records = 1_000 }
        world.run(milliseconds: 150_000)
        #expect(world.workers[1].book.heldCount == 4 && world.isAllRead)
        finish(world, within: 60_000)
        // Nothing went back.
        for row in world.table.values { #expect(row.checkpoint == .at(sequence: "1000", sub: 0), "\(row)") }
    }

    // MARK: What the Kinesis Client Library is known to fail at

    @Test("a row that is stuck with a worker that is no more is taken")
    func stuck() {
        let world = world(shards: 1)
        var row = row("shardId-000000000000", .at(sequence: "0", sub: 0))
        row.owner = "long-gone"
        world.table[row.shard] = row
        world.start()
        finish(world, within: 10_000)
    }

    @Test("reshardings while no worker runs, several in a row, are read parents first")
    func resharded() {
        let world = world(shards: 2)
        var children = world.split("shardId-000000000000")
        for _ in 0..<4 { children = world.split(world.merge(children[0], children[1])) }
        world.start()
        world.start()
        finish(world)
    }

    @Test("a shard that is gone from the service is finished, and its row goes once its children have theirs")
    func trimmed() {
        let world = world(shards: 1)
        world.table["shardId-000000000000"] = row("shardId-000000000000", .at(sequence: "0", sub: 0))
        world.split("shardId-000000000000")
        world.shards["shardId-000000000000"]?.isTrimmed = true
        world.shards["shardId-000000000000"]?.read = 100
        world.start()
        finish(world)
        world.run(milliseconds: 70_000)
        #expect(world.table["shardId-000000000000"] == nil && world.table.count == 2)
    }

    @Test("children whose parent was never leased, or whose parent's row was removed, wait until it is read")
    func orphans() {
        for isDeleted in [true, false] {
            let world = world(shards: 1)
            if isDeleted {
                world.start()
                world.run(milliseconds: 3_000)
            }
            let children = world.split("shardId-000000000000")
            for child in children { world.table[child] = row(child, .trimHorizon) }
            world.table["shardId-000000000000"] = nil
            if !isDeleted { world.start() }
            finish(world)
        }
    }

    @Test("a child that the Kinesis Client Library leased before the parent ended waits for the parent")
    func early() {
        let world = world(shards: 1)
        let children = world.split("shardId-000000000000")
        world.table["shardId-000000000000"] = row("shardId-000000000000", .at(sequence: "0", sub: 0))
        for child in children { world.table[child] = row(child, .trimHorizon, parents: ["shardId-000000000000"]) }
        world.start()
        finish(world)
    }

    @Test("a merged shard waits for both its parents, one finished long ago and its row removed")
    func merged() {
        let world = world(shards: 2)
        world.shards["shardId-000000000000"]?.read = 100
        world.shards["shardId-000000000000"]?.isTrimmed = true
        world.merge("shardId-000000000000", "shardId-000000000001")
        world.table["shardId-000000000001"] = row("shardId-000000000001", .at(sequence: "0", sub: 0))
        world.start()
        finish(world)
    }

    @Test("of two children one was forgotten when its parent's row went: it gets its lease, and the parent is not read again")
    func forgotten() {
        let world = world(shards: 1)
        let children = world.split("shardId-000000000000")
        world.shards["shardId-000000000000"]?.read = 100
        world.shards[children[0]]?.read = 50
        world.table[children[0]] = row(children[0], .at(sequence: "50", sub: 0))
        world.start()
        finish(world)
        #expect(world.table["shardId-000000000000"] == nil)
    }

    @Test("a row that is removed while its shard is read comes back, and the shard is read anew")
    func removed() {
        let world = world(shards: 2, workers: 1)
        world.run(milliseconds: 3_000)
        world.table["shardId-000000000001"] = nil
        world.run(milliseconds: 3_000)
        finish(world)
        #expect(world.table.count == 2)
        #expect(world.story.contains { $0.contains("lost") })
    }

    // MARK: Where an application begins

    @Test("at the end of its streams an application begins with the open shards, however many workers make the leases")
    func latest() {
        let world = world(shards: 3)
        world.initial = .latest
        let children = world.split("shardId-000000000000")
        world.shards["shardId-000000000000"]?.read = 100
        world.faults.lost = 0.3
        world.start()
        world.start()
        world.run(milliseconds: 10_000)
        world.faults = .none
        world.run(milliseconds: 20_000)
        #expect(world.table.keys.sorted() == (["shardId-000000000001", "shardId-000000000002"] + children).sorted())
        // Whatever is split from here on is read whole.
        world.split("shardId-000000000001")
        finish(world)
    }

    @Test("checkpoints of another table count for nothing: every shard is read anew, parents first", arguments: [nil, "old"])
    func void(found: String?) {
        let world = world(shards: 1)
        world.epoch = "new"
        let children = world.split("shardId-000000000000")
        world.table["shardId-000000000000"] = row("shardId-000000000000", .shardEnd, epoch: found)
        for child in children { world.table[child] = row(child, .at(sequence: "100", sub: 0), epoch: found) }
        world.start()
        finish(world)
        #expect(world.table.values.allSatisfy { $0.epoch == "new" })
        #expect(world.story.count { $0.contains("void: Optional") } == 3, "\(world.story)")
    }
}
