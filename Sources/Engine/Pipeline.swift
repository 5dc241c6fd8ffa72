import Bytes
public import ContactCenter
import Lattice

/// How a pipeline runs.
public struct PipelineOptions: Sendable {
    /// Threads, and shards.
    public var workers: Int
    /// What changes the meaning of events.
    public var decoder: DecoderOptions
    /// When dirty state is written.
    public var planner: FlushPlanner
    /// Most bytes of entities kept in memory over a store; above it clean entities are let go after a flush.
    public var residentBytesMax: Int

    public init(
        workers: Int, decoder: DecoderOptions = DecoderOptions(), planner: FlushPlanner = FlushPlanner(),
        residentBytesMax: Int = 4 << 30
    ) {
        self.workers = workers
        self.decoder = decoder
        self.planner = planner
        self.residentBytesMax = residentBytesMax
    }
}

/// Reads a source to its end with a few threads: bytes -> record -> mutation -> shard -> row -> store.
///
/// Each thread decodes blocks and owns one shard. A decoded batch has a lane a shard; a thread applies its own lane and leaves
/// the others to their owners. A block is finished when all its lanes are applied. For a flush all threads come to rest with
/// no batch half applied, each hands over the dirty rows of its shard, and one of them writes rows and positions in one go
/// while the others read on.
///
/// Bounds: two batches and one block a thread, dirty bytes (``FlushPlanner``), resident bytes. Locks are taken a few times a
/// block, never an event.
public final class Pipeline: @unchecked Sendable {
    private let source: any Source
    private let store: (any Store)?
    private let deadLetters: any DeadLetterSink
    private let options: PipelineOptions
    /// The state, a shard a thread. Not to be touched while the pipeline runs.
    public let shards: [Shard]

    // Everything below is guarded by the monitor.
    private let monitor = Monitor()
    private var totals = Totals()
    private var ledger = CheckpointLedger()
    private var planner: FlushPlanner
    private var inboxes: [[Ticket]]
    private var freeTickets: [Ticket]
    /// Tickets taken and not finished.
    private var outstanding = 0
    private var sourceEnded = false
    private var failure: (any Error)?
    /// Whether nothing more must be written after the failure.
    private var abandoned = false
    /// Shards that have yet to hand over their rows for the flush that is being prepared; nil when none is.
    private var flushWaitsFor: Set<Int>?
    private var flushRows: [RowBatch] = []
    private var flushedAll = false
    private var evicting = false
    private var dirtyBytes: [Int]
    private var residentBytes: [Int]

    /// `store` nil keeps the state in memory alone.
    public init(
        source: any Source, store: (any Store)?, storeMayHoldRows: Bool, deadLetters: any DeadLetterSink,
        options: PipelineOptions
    ) {
        self.source = source
        self.store = store
        self.deadLetters = deadLetters
        self.options = options
        planner = options.planner
        shards = (0..<options.workers).map { Shard(index: $0, storeMayHoldRows: storeMayHoldRows) }
        inboxes = Array(repeating: [], count: options.workers)
        dirtyBytes = Array(repeating: 0, count: options.workers)
        residentBytes = Array(repeating: 0, count: options.workers)
        freeTickets = (0..<(options.workers * 2)).map { _ in Ticket(lanes: options.workers) }
    }

    /// What the run has come to so far. From any thread.
    public var progress: Totals { monitor.locked { totals } }

    /// Runs to the end of the source. Throws the first error after everything merged before it was made durable, if that was
    /// possible. Call once.
    public func run() throws {
        var threads: [Worker] = []
        for shard in 1..<max(options.workers, 1) {
            guard let thread = Worker({ [self] in work(shard) }) else {
                monitor.locked { fail(PipelineError.noThread, abandon: true) }
                break
            }
            threads.append(thread)
        }
        work(0)
        for thread in threads { thread.join() }
        if store == nil, !abandoned { makeLettersDurable() }
        if let failure { throw failure }
        for shard in shards { totals.merges += shard.counts }
    }

    /// What a flush does otherwise; a run in memory has none.
    private func makeLettersDurable() {
        do {
            try deadLetters.makeDurable()
        } catch {
            fail(error, abandon: true)
        }
    }

    // MARK: - A worker's life

    private enum Step {
        case apply(Ticket)
        case read(Ticket)
        case handOver
        case write(Flush)
        case done
    }

    private func work(_ index: Int) {
        let decoder = RecordDecoder(options: options.decoder)
        let block = RecordBlock()
        while true {
            switch next(index) {
            case .apply(let ticket): apply(ticket, shard: index)
            case .read(let ticket): read(ticket, into: block, with: decoder, shard: index)
            case .handOver: handOver(shard: index)
            case .write(let flush): write(flush)
            case .done: return
            }
        }
    }

    /// Waits until there is something to do and says what.
    private func next(_ index: Int) -> Step {
        monitor.locked {
            while true {
                if abandoned { return .done }
                if let ticket = inboxes[index].popLast() { return .apply(ticket) }
                if let waitsFor = flushWaitsFor {
                    if outstanding == 0, waitsFor.contains(index) { return .handOver }
                    if outstanding == 0, waitsFor.isEmpty, !planner.isFlushing { return .write(sealFlush()) }
                } else if sourceEnded, outstanding == 0 {
                    if store == nil || flushedAll { return .done }
                    if !planner.isFlushing { prepareFlush() }
                    if flushWaitsFor != nil { continue }
                } else if !sourceEnded {
                    switch flushDecision {
                    case .flush:
                        prepareFlush()
                        continue
                    case .carryOn:
                        if let ticket = freeTickets.popLast() {
                            outstanding += 1
                            return .read(ticket)
                        }
                    case .pause: break
                    }
                }
                monitor.wait()
            }
        }
    }

    private var flushDecision: FlushPlanner.Decision {
        store == nil ? .carryOn : planner.decide(dirtyBytes: dirtyBytes.reduce(0, +), readBytes: totals.bytes)
    }

    // MARK: - Reading and merging

    private func read(_ ticket: Ticket, into block: RecordBlock, with decoder: RecordDecoder, shard: Int) {
        block.removeAll()
        do {
            switch try source.read(into: block) {
            case .records: break
            case .idle:
                release(ticket)
                return
            case .ended:
                monitor.locked { sourceEnded = true }
                release(ticket)
                return
            }
        } catch {
            // What was read before is sound: it is flushed, and then the error is told.
            monitor.locked {
                fail(error, abandon: false)
                sourceEnded = true
            }
            release(ticket)
            return
        }

        ticket.prepare(for: block)
        var bytes = 0
        for (index, record) in block.records.enumerated() {
            bytes += record.length
            decoder.decode(
                block.text.bytes.slice(record.offset, record.length), arrival: record.arrival, index: index, into: ticket.batch)
        }
        do {
            try bury(ticket.batch.rejections, of: block)
        } catch {
            monitor.locked { fail(error, abandon: true) }
            return
        }
        ticket.decoded(bytes: bytes)
        dispatch(ticket, from: shard)
    }

    /// Sends what could not be merged to the dead letters.
    private func bury(_ rejections: [Rejection], of block: RecordBlock) throws {
        guard !rejections.isEmpty else { return }
        let partition = source.partitions[block.partition]
        for rejection in rejections {
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

    /// Applies this thread's lane and leaves the others to their owners.
    private func dispatch(_ ticket: Ticket, from shard: Int) {
        let others = shards.indices.filter { $0 != shard && !ticket.batch.isEmpty(lane: $0) }
        ticket.lanesLeft = others.count + 1
        if !others.isEmpty {
            monitor.locked {
                for other in others { inboxes[other].append(ticket) }
                monitor.broadcast()
            }
        }
        apply(ticket, shard: shard)
    }

    private func apply(_ ticket: Ticket, shard: Int) {
        shards[shard].apply(ticket.batch, changed: ticket.changed(lane: shard))
        monitor.locked {
            dirtyBytes[shard] = shards[shard].dirtyBytes
            residentBytes[shard] = shards[shard].residentBytes
            ticket.lanesLeft -= 1
            guard ticket.lanesLeft == 0 else { return }
            ledger.finished(
                partition: ticket.partition, sequence: ticket.sequence, end: ticket.end, isLast: ticket.isLast)
            ticket.add(to: &totals)
            finish(ticket)
        }
    }

    /// Gives an unused ticket back.
    private func release(_ ticket: Ticket) { monitor.locked { finish(ticket) } }

    private func finish(_ ticket: Ticket) {
        outstanding -= 1
        freeTickets.append(ticket)
        monitor.broadcast()
    }

    // MARK: - Flushing

    private func prepareFlush() {
        flushWaitsFor = Set(shards.indices)
        flushRows = []
        evicting = residentBytes.reduce(0, +) > options.residentBytesMax
        monitor.broadcast()
    }

    private func handOver(shard: Int) {
        guard let store else { return }
        let rows = RowBatch(capacity: shards[shard].dirtyBytes + (1 << 16))
        do {
            try shards[shard].takeDirty(into: rows, readingColdFrom: store)
        } catch {
            monitor.locked { fail(error, abandon: true) }
            return
        }
        monitor.locked {
            dirtyBytes[shard] = 0
            flushRows.append(rows)
            flushWaitsFor?.remove(shard)
            if evicting { shards[shard].evict() }
            residentBytes[shard] = shards[shard].residentBytes
            monitor.broadcast()
        }
    }

    /// Closes the epoch: rows and the positions they stand for.
    private func sealFlush() -> Flush {
        let partitions = source.partitions
        let flush = Flush(
            rows: flushRows,
            checkpoints: ledger.seal().map {
                Checkpoint(
                    partition: partitions[$0.partition], position: $0.position, ended: $0.ended,
                    identity: source.identity(partition: $0.partition))
            })
        flushWaitsFor = nil
        flushRows = []
        flushedAll = sourceEnded
        planner.flushStarted(readBytes: totals.bytes)
        monitor.broadcast()
        return flush
    }

    private func write(_ flush: Flush) {
        do {
            // Dead letters first: no position is committed past a letter that is not durable.
            try deadLetters.makeDurable()
            try store?.write(flush)
        } catch {
            monitor.locked { fail(error, abandon: true) }
            return
        }
        monitor.locked {
            planner.flushEnded()
            totals.flushes += 1
            totals.flushedBytes += flush.rows.reduce(0) { $0 + $1.byteCount }
            monitor.broadcast()
        }
    }

    private func fail(_ error: any Error, abandon: Bool) {
        if failure == nil { failure = error }
        if abandon { abandoned = true }
        monitor.broadcast()
    }
}

/// Why a pipeline could not run, beside what its source, store and sink throw.
public enum PipelineError: Error, CustomStringConvertible {
    case noThread

    public var description: String {
        switch self {
        case .noThread: "the system gave no further thread; try fewer --workers, or raise the limit on processes (ulimit -u)"
        }
    }
}
