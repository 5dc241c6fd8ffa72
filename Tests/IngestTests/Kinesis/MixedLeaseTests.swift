import TestSupport
import Testing

@testable import Leases

/// A lease table that workers of the Kinesis Client Library share, in a made-up world.
@Suite("Leases shared with the Kinesis Client Library", .limited)
struct MixedLeaseTests {
    private func world(_ seed: UInt64, shards: Int, workers: Int) -> LeaseWorld {
        let world = LeaseWorld(seed: seed)
        for _ in 0..<shards { world.addShard() }
        for _ in 0..<workers { world.start() }
        return world
    }

    /// How many leases each worker has, of whatever kind.
    private func counts(_ world: LeaseWorld) -> [Int] { world.workers.map(\.book.heldCount) + world.library.map(\.held.count) }

    private func isShared(_ world: LeaseWorld) -> Bool {
        let counts = counts(world)
        return counts.reduce(0, +) == world.open.count && (counts.max() ?? 0) - (counts.min() ?? 0) <= 1
    }

    /// Everything is held, and no native worker has two more than one of the library. What these have of each other is their leader's.
    private func isGiven(_ world: LeaseWorld) -> Bool {
        let native = world.workers.map(\.book.heldCount)
        return counts(world).reduce(0, +) == world.open.count
            && world.library.allSatisfy { $0.held.count + 1 >= native.max() ?? 0 }
    }

    private func expectCalm(_ world: LeaseWorld, _ milliseconds: Int64 = 120_000) {
        world.run(milliseconds: 15_000)
        let moved = world.movedAt
        world.run(milliseconds: milliseconds)
        #expect(world.movedAt == moved, "leases move in calm: \(world.story.joined(separator: "\n"))")
        #expect(world.complaints.isEmpty, "\(world.complaints)")
    }

    @Test("a worker of the library that comes where all is taken is given its share, and then nothing moves", arguments: 0..<8)
    func given(seed: UInt64) throws {
        let world = world(seed, shards: 12, workers: 1 + Int(seed % 3))
        _ = try #require(world.run(atMost: 15_000) { world.isBalanced })
        for _ in 0...1 {
            world.startLibrary()
            let took = try #require(world.run(atMost: 60_000) { isGiven(world) }, "\(counts(world)) \(world.story)")
            #expect(took <= 40_000)
        }
        expectCalm(world)
    }

    @Test("a native worker that comes takes its share of what the library has, and then nothing moves", arguments: 0..<8)
    func taken(seed: UInt64) throws {
        let world = world(seed, shards: 12, workers: 0)
        for shard in world.open { world.table[shard] = Lease(shard: shard, owner: nil, checkpoint: .trimHorizon) }
        for _ in 0..<(1 + seed % 3) { world.startLibrary() }
        _ = try #require(world.run(atMost: 60_000) { world.library.allSatisfy { !$0.held.isEmpty } })
        for _ in 0...1 {
            world.start()
            _ = try #require(world.run(atMost: 60_000) { isShared(world) }, "\(counts(world)) \(world.story)")
        }
        expectCalm(world)
    }

    @Test(
        "what a dead worker of the library had is taken over within ten seconds, and it is given nothing more",
        arguments: 0..<8)
    func dead(seed: UInt64) throws {
        let world = world(seed, shards: 9, workers: 2)
        _ = try #require(world.run(atMost: 15_000) { world.isBalanced })
        world.startLibrary()
        _ = try #require(world.run(atMost: 60_000) { isShared(world) })
        world.run(milliseconds: 15_000 + Int64(seed) * 3_333)
        world.library = []
        #expect(try #require(world.run(atMost: 30_000) { isShared(world) }) <= 10_000)
        expectCalm(world)
    }

    @Test("a worker of the library that was given leases before a native one came has time to begin them", arguments: 0..<8)
    func beginning(seed: UInt64) throws {
        let world = world(seed, shards: 4, workers: 0)
        world.startLibrary()
        for shard in world.open {
            world.table[shard] = Lease(shard: shard, owner: world.library[0].id, counter: 1, checkpoint: .trimHorizon)
        }
        world.start()
        _ = try #require(world.run(atMost: 20_000) { isShared(world) }, "\(counts(world))")
        expectCalm(world)
        #expect(isShared(world))
    }

    @Test("a worker of the library that died idle just after it reported is given one lease, which is soon another's")
    func idle() throws {
        let world = world(1, shards: 8, workers: 2)
        _ = try #require(world.run(atMost: 15_000) { world.isBalanced })
        world.startLibrary()
        world.library = []
        var given = 0
        for _ in 0..<1_200 {
            world.run(milliseconds: 50)
            given = max(given, world.table.values.count { $0.owner?.hasPrefix("library") ?? false })
        }
        #expect(given == 1 && world.isBalanced)
        expectCalm(world)
    }

    @Test("a report that was there at the first look and stays the same is a dead worker's")
    func stale() throws {
        let world = world(1, shards: 4, workers: 0)
        world.reports["long-gone"] = 7
        world.start()
        _ = try #require(world.run(atMost: 15_000) { world.isBalanced })
        expectCalm(world)
    }

    @Test("a worker that reports and begins nothing is given something ever more rarely")
    func deaf() throws {
        let world = world(1, shards: 4, workers: 2)
        _ = try #require(world.run(atMost: 15_000) { world.isBalanced })
        world.startLibrary().isDeaf = true
        // Nobody reads what it has.
        var unread: Int64 = 0
        for _ in 0..<9_000 {
            world.run(milliseconds: 200)
            if world.table.values.contains(where: { $0.owner == world.library[0].id }) { unread += 200 }
        }
        // In half an hour: at once, and after a minute, two, four, eight, sixteen.
        #expect(unread >= 15_000 && unread <= 6 * 17_000, "\(unread)")
    }
}
