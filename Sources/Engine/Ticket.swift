import ContactCenter

/// A decoded block on its way through the shards. Reused; two a worker.
///
/// The thread that decodes fills it; from then on shards only read the batch and write `changed` of their own lane, and the
/// rest is guarded by the pipeline's lock.
final class Ticket: @unchecked Sendable {
    let batch: MutationBatch
    private(set) var partition = 0
    private(set) var sequence = 0
    private(set) var end = Position.beginning
    private(set) var isLast = false
    private(set) var records = 0
    private(set) var bytes = 0
    /// Lanes that are not applied yet.
    var lanesLeft = 0

    private let lanes: Int
    /// By lane, then event: whether the event changed something in that shard.
    private var changed: UnsafeMutableBufferPointer<UInt8>
    private var stride = 0

    init(lanes: Int) {
        self.lanes = lanes
        batch = MutationBatch(laneCount: lanes)
        changed = .allocate(capacity: lanes * 1024)
    }

    deinit { changed.deallocate() }

    func prepare(for block: RecordBlock) {
        batch.removeAll()
        partition = block.partition
        sequence = block.sequence
        end = block.end
        isLast = block.isLast
        records = block.records.count
    }

    /// The batch is complete.
    func decoded(bytes: Int) {
        self.bytes = bytes
        stride = batch.eventCount
        if changed.count < lanes * stride {
            changed.deallocate()
            changed = .allocate(capacity: lanes * stride * 2)
        }
        changed.update(repeating: 0)
    }

    func changed(lane: Int) -> UnsafeMutableBufferPointer<UInt8> {
        UnsafeMutableBufferPointer(rebasing: changed[(lane * stride)..<((lane + 1) * stride)])
    }

    /// Adds what the block came to, once all lanes are applied.
    func add(to totals: inout Totals) {
        totals.records += records
        totals.bytes += bytes
        for type in totals.events.indices { totals.events[type] += batch.events[type] }
        totals.unknown += batch.unknown
        for rejection in batch.rejections { totals.deadLetters[rejection.reason.rawValue, default: 0] += 1 }
        for event in 0..<stride {
            var any: UInt8 = 0
            for lane in 0..<lanes { any |= changed[lane * stride + event] }
            if any == 0 { totals.unchanged += 1 }
        }
    }
}
