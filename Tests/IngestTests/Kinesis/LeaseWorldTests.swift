import Engine
import Testing

@testable import Ingest

/// Lease books in a made-up world: what must hold whatever happens, and how long things take.
@Suite("Leases in a made-up world")
struct LeaseWorldTests {
    @Test("whatever happens, every record is read, no child before its parents, and calm brings balance", arguments: 0..<60)
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
}
