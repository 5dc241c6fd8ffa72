import ContactCenter
import EngineCore

/// Batches into a shard, and rows out of it. Each operation is an event of an agent of its own: agent, username and contacts.
func shardCases(_ files: EventFiles) -> [MicroCase] {
    let event = files.event("agent-state-change")
    let told = (0..<agents).map { event.ofAgent($0).at(second: 30) }
    let before = batch(of: told)
    let after = batch(of: told.map { $0.at(second: 31) })
    let world = ShardWorld()
    return [
        MicroCase("shard.insert", operations: agents, prepare: { world.begin([]) }) { world.apply(before) },
        MicroCase("shard.resident-newer", operations: agents, prepare: { world.begin([before]) }) { world.apply(after) },
        MicroCase("shard.resident-older", operations: agents, prepare: { world.begin([after]) }) { world.apply(before) },
        MicroCase("shard.resident-again", operations: agents, prepare: { world.begin([after]) }) { world.apply(after) },
        MicroCase("flush.gather", operations: agents, prepare: { world.begin([before]) }) { world.shard.gather() },
        MicroCase("flush.take-rows", operations: agents, prepare: { world.begin([before], gathered: true) }) {
            world.shard.takeRows(into: world.rows)
        },
    ]
}

private let agents = 256

private final class ShardWorld {
    private(set) var shard = Shard(index: 0)
    let rows = RowBatch(capacity: 4 << 20)
    private let changed = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: agents)

    deinit { changed.deallocate() }

    /// A new shard that was told these.
    func begin(_ batches: [MutationBatch], gathered: Bool = false) {
        shard = Shard(index: 0)
        rows.removeAll()
        for batch in batches { apply(batch) }
        if gathered { shard.gather() }
    }

    func apply(_ batch: MutationBatch) { shard.apply(batch, changed: changed) }
}
