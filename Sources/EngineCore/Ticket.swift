public import ContactCenter
import Observability
public import Platform

/// A decoded block on its way through the shards. Reused; two a shard.
///
/// Whoever decodes fills it; from then on shards only read the batch and write `changed` of their own slice, and the rest is
/// the core's (``PipelineCore``).
public final class Ticket: @unchecked Sendable {
    public let batch: MutationBatch
    /// Index of the block's partition in ``Source/partition(_:)``.
    public private(set) var partition = 0
    package private(set) var sequence = 0
    package private(set) var end = Position.beginning
    package private(set) var goesBack = false
    package private(set) var isLast = false
    package private(set) var records = 0
    package private(set) var bytes = 0
    /// When the records arrived; empty where lags are not measured. So are the next ones.
    package private(set) var arrivals = ArrivalRuns(runsMax: 64)
    /// When the oldest of them arrived, where nobody says so when they were decoded, in milliseconds since 1970; nil where lags are not measured.
    package private(set) var oldest: Int64?
    /// How long ago events had happened when they were decoded, in milliseconds.
    private var eventLags = Histogram()
    /// Slices that are not applied yet.
    package var slicesLeft = 0
    /// The number of the read that it was last taken for (``DroppedPartitions``).
    package var read = 0

    private let slices: Int
    /// By slice, then event: whether the event changed something in that shard.
    private var changed: UnsafeMutableBufferPointer<UInt8>
    private var stride = 0

    package init(slices: Int) {
        self.slices = slices
        batch = MutationBatch(sliceCount: slices)
        changed = .allocate(capacity: slices * 1024)
    }

    deinit { changed.deallocate() }

    /// Decodes a block into the batch. `now`: of the wall clock, nil where lags are not measured.
    public func decode(_ block: RecordBlock, with decoder: RecordDecoder, now: Timestamp? = nil) {
        batch.removeAll()
        partition = block.partition
        sequence = block.sequence
        end = block.end
        goesBack = block.goesBack
        isLast = block.isLast
        records = block.records.count
        slicesLeft = 0
        bytes = 0
        for (index, record) in block.records.enumerated() {
            bytes += record.length
            decoder.decode(block.bytes(of: record), arrival: record.arrival, index: index, into: batch)
        }
        stride = batch.eventCount
        if changed.count < slices * stride {
            changed.deallocate()
            changed = .allocate(capacity: slices * stride * 2)
        }
        changed.update(repeating: 0)
        measure(block, now)
    }

    private func measure(_ block: RecordBlock, _ now: Timestamp?) {
        arrivals.removeAll()
        eventLags.removeAll()
        oldest = nil
        guard let now else { return }
        var oldest = now.milliseconds
        for record in block.records {
            guard let arrival = record.arrival else { continue }
            arrivals.add(arrival.milliseconds)
            oldest = min(oldest, arrival.milliseconds)
        }
        if !block.records.isEmpty { self.oldest = oldest }
        for time in batch.times { eventLags.add(now.milliseconds - time.milliseconds) }
    }

    /// Sends what could not be merged to the dead letters. Before the ticket is reported as decoded.
    public func bury(rejectionsOf block: RecordBlock, of partition: Partition, in deadLetters: any DeadLetterSink) throws {
        for rejection in batch.rejections {
            let ordinal = block.records[rejection.record].ordinal
            let position = ([ordinal] + rejection.path).map(String.init).joined(separator: "/")
            try rejection.bytes.withUnsafeBytes { bytes in
                try deadLetters.append(
                    DeadLetter(
                        reason: rejection.reason.rawValue, detail: rejection.detail, partition: partition, position: position,
                        arrival: rejection.arrival, bytes: bytes))
            }
        }
    }

    /// Joins a shard's slice into it.
    public func apply(to shard: Shard) {
        let slice = UnsafeMutableBufferPointer(rebasing: changed[(shard.index * stride)..<((shard.index + 1) * stride)])
        shard.apply(batch, changed: slice)
    }

    /// Adds what the block came to, once all slices are applied.
    package func add(to totals: inout Totals) {
        totals.records += records
        totals.bytes += bytes
        for type in totals.events.indices { totals.events[type] += batch.events[type] }
        totals.unknown += batch.unknown
        totals.withoutAlias += batch.withoutAlias
        for kind in batch.unknownObjects.kinds { totals.addUnknown(kind) }
        totals.eventLags.add(eventLags)
        for rejection in batch.rejections { totals.deadLetters[rejection.reason.rawValue, default: 0] += 1 }
        for event in 0..<stride {
            var any: UInt8 = 0
            for slice in 0..<slices { any |= changed[slice * stride + event] }
            if any == 0 { totals.unchanged += 1 }
        }
    }
}
