import Testing

@testable import Leases

/// A worker of the Kinesis Client Library 3.1.3 in a made-up world, with its default times: what it does with leases, from
/// `LeaseAssignmentManager`, `DynamoDBLeaseDiscoverer` and `DynamoDBLeaseRenewer`.
final class LibraryWorker {
    let id: String
    unowned let world: LeaseWorld
    /// Assigns leases that nobody has; one of an application does.
    let isLeader: Bool
    /// It reports, and begins nothing that it is given.
    var isDeaf = false
    private(set) var held: [String: Lease] = [:]
    private let phase: Int64
    /// When the leader first saw each counter.
    private var seen: [String: (counter: Int64, at: Int64)] = [:]

    init(_ id: String, _ world: LeaseWorld, isLeader: Bool) {
        self.id = id
        self.world = world
        self.isLeader = isLeader
        phase = Int64.random(in: 0..<200, using: &world.random) * 50
        world.reports[id] = world.now / 1_000
    }

    func tick() {
        let time = world.now + phase
        if time % 30_000 == 0 { world.reports[id] = world.now / 1_000 }
        guard !isDeaf else { return }
        if isLeader, time % 10_000 == 0 { assign() }
        if time % 3_300 == 0 { renew() }
        if time % 10_000 == 0 { discover() }
    }

    private func assign() {
        for row in world.table.values.sorted(by: { $0.shard < $1.shard }) where row.checkpoint != .shardEnd {
            if seen[row.shard]?.counter != row.counter { seen[row.shard] = (row.counter, world.now) }
            let isExpired = world.now - (seen[row.shard]?.at ?? world.now) > 10_000
            guard row.owner == nil || isExpired else { continue }
            let counts = world.library.map { worker in (world.table.values.count { $0.owner == worker.id }, worker.id) }
            guard let (_, emptiest) = counts.min(by: <) else { return }
            world.apply(LeaseWrite(action: .take(reset: nil), lease: row, worker: emptiest))
        }
    }

    private func renew() {
        for (shard, lease) in held {
            let write = LeaseWrite(action: .renew, lease: lease, worker: id)
            held[shard] = world.apply(write)
        }
    }

    private func discover() {
        for row in world.table.values where row.owner == id && held[row.shard] == nil {
            held[row.shard] = row
            world.movedAt = world.now
        }
    }
}
