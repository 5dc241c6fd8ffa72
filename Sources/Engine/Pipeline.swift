import ContactCenter
import EngineCore
public import Platform

/// A worker with threads: bytes -> record -> mutation -> shard -> row -> store -> commit.
///
/// A thread a shard decodes blocks and joins what belongs to its shard; one more makes the flushes and one the commits, while the others read on.
/// What each does next is the core's to say (``PipelineCore``), under a lock that is taken a few times a block, never an event.
public final class Pipeline: @unchecked Sendable {
    private let source: any Source
    let store: (any Store)?
    private let deadLetters: any DeadLetterSink
    private let options: PipelineOptions
    private let clock: (@Sendable () -> Timestamp)?
    /// The state, a shard a thread. Not to be touched while the pipeline runs.
    public let shards: [Shard]

    let monitor = Monitor()
    /// Guarded by the monitor; so is what follows.
    var core: PipelineCore
    /// How often the source reported that there may be records.
    var sourceWakes = 0
    var isOver = false
    /// How many threads wait in ``settle(_:withinMilliseconds:)``.
    var settling = 0
    /// What the threads sleep on: by shard, the flush thread's and the commit thread's. Waking one takes longer than many a block, so the core
    /// says which.
    private let bells: [Condition]
    private let flushBell = Condition()
    private let commitBell = Condition()

    /// `store` nil keeps the state in memory alone. `epoch`: the store's, as the source was opened by. `clock`: tells the time of day,
    /// for lags, once a block and once a flush; nil: they are not measured.
    public init(
        source: any Source, store: (any Store)?, storeMayHoldRows: Bool, epoch: String? = nil,
        deadLetters: any DeadLetterSink, options: PipelineOptions, clock: (@Sendable () -> Timestamp)? = nil
    ) {
        self.source = source
        self.store = store
        self.deadLetters = deadLetters
        self.options = options
        self.clock = clock
        shards = (0..<options.shards).map {
            Shard(
                index: $0, storeMayHoldRows: storeMayHoldRows, writer: options.writer, refreshInterval: options.refreshInterval)
        }
        core = PipelineCore(options: options, flushes: store != nil, epoch: epoch)
        bells = (0..<options.shards).map { _ in Condition() }
    }

    /// What the run has come to so far. From any thread.
    public var progress: Totals { monitor.locked { core.totals } }

    /// Runs to the end of the source, or until it is told to drain. Throws the first error after everything merged before it
    /// was made durable, if that was possible. Call once.
    public func run() throws {
        defer {
            report { _ in
                isOver = true
                return Wakes()
            }
            source.stop()
        }
        try source.start(self)
        var threads: [SystemThread?] = shards.dropFirst().map { shard in SystemThread { [self] in work(shard) } }
        if store != nil {
            threads.append(SystemThread { [self] in flush() })
            threads.append(SystemThread { [self] in commit() })
        }
        if threads.contains(where: { $0 == nil }) { report { $0.fail(PipelineError.noThread, abandon: true) } }
        work(shards[0])
        for thread in threads { thread?.join() }
        // What a flush does otherwise; a run in memory has none.
        if store == nil, !core.isAbandoned { try deadLetters.makeDurable() }
        if let failure = core.failure { throw failure }
    }

    /// Reads nothing more, makes everything durable and lets ``run()`` return. From any thread.
    public func drain() { report { $0.drain() } }

    /// Bytes that are merged and not in a flush yet. From any thread.
    public var dirtyBytes: Int { monitor.locked { core.dirtyBytes } }

    /// What the shards keep in memory, as of their last block or flush. From any thread.
    public var resident: (bytes: Int, entities: Int) { monitor.locked { (core.residentBytes, core.residentEntities) } }

    /// What was read and is not durable, and why. From any thread.
    public var status: PipelineStatus { monitor.locked { core.status(now: monotonicMilliseconds()) } }

    // MARK: - Threads

    /// Tells the core what came of a step, and wakes whoever has something to do by that.
    func report(_ body: (inout PipelineCore) -> Wakes) {
        monitor.locked {
            wake(body(&core))
            for partition in core.takeForgotten() { source.forget(partition: partition) }
            if settling > 0 { monitor.broadcast() }
        }
    }

    /// Under the monitor. All of these threads are asleep: a thread polls and falls asleep under one lock.
    func wake(_ wakes: Wakes) {
        for shard in wakes.shards { bells[shard].signal() }
        if wakes.flush { flushBell.signal() }
        if wakes.commit { commitBell.signal() }
    }

    private func work(_ shard: Shard) {
        let decoder = RecordDecoder(options: options.decoder)
        let block = RecordBlock()
        while true {
            switch next(shard) {
            case .apply(let ticket):
                ticket.apply(to: shard)
                report { $0.applied(ticket, shard: shard) }
            case .read(let ticket): read(ticket, into: block, with: decoder)
            case .gather(let gathering): gather(shard, gathering)
            case .wait: break
            case .done: return
            }
        }
    }

    /// Waits until there is something to do and says what.
    private func next(_ shard: Shard) -> PipelineCore.Work {
        monitor.locked {
            while true {
                let (work, wakes) = core.pollShard(shard.index, now: monotonicMilliseconds())
                wake(wakes)
                guard case .wait(let deadline) = work else { return work }
                monitor.wait(for: bells[shard.index], until: deadline)
            }
        }
    }

    private func flush() {
        guard let store else { return }
        while true {
            switch nextFlush() {
            case .secure: secure()
            case .write(let flush): write(flush, to: store)
            case .wait: break
            case .done: return
            }
        }
    }

    private func commit() {
        guard let store else { return }
        while true {
            switch nextCommit() {
            case .confirm:
                attempt({ try store.epoch() }, then: { $0.confirmed(epoch: $1, now: monotonicMilliseconds()) })
            case .commit(let positions, let epoch):
                attempt(
                    { try source.commit(positions, epoch: epoch) },
                    then: { core, _ in core.committed(now: monotonicMilliseconds(), time: clock?()) })
            case .wait: break
            case .done: return
            }
        }
    }

    /// Dead letters first: no position is committed past a letter that is not durable. A sink that has failed stays so, so it is not tried
    /// again where the store is.
    private func secure() {
        do {
            try deadLetters.makeDurable()
            report { $0.secured() }
        } catch {
            report { $0.fail(error, abandon: true) }
        }
    }

    private func write(_ flush: Flush, to store: any Store) {
        let refused: RowBatch?
        do { refused = try store.write(flush) } catch {
            return report { $0.flushFailed(error, now: monotonicMilliseconds()) }
        }
        guard bury(refused) != nil else { return }
        report { $0.wrote(refused: refused, now: monotonicMilliseconds()) }
    }

    /// Rows that the store will never take go to the dead letters: how many. Nil, and the end of the run, where those fail.
    private func bury(_ refused: RowBatch?) -> Int? {
        guard let refused, !refused.refusals.isEmpty else { return 0 }
        do { try refused.bury(in: deadLetters) } catch {
            report { $0.fail(error, abandon: true) }
            return nil
        }
        return refused.refusals.count
    }

    private func nextFlush() -> PipelineCore.FlushWork {
        monitor.locked {
            while true {
                let (work, wakes) = core.pollFlush(now: monotonicMilliseconds(), time: clock?()) { sealed in
                    Checkpoint(
                        partition: source.partition(sealed.partition), position: sealed.position, ended: sealed.ended,
                        identity: source.identity(partition: sealed.partition))
                }
                wake(wakes)
                // A flush may be over by that.
                if settling > 0 { monitor.broadcast() }
                guard case .wait(let deadline) = work else { return work }
                monitor.wait(for: flushBell, until: deadline)
            }
        }
    }

    private func nextCommit() -> PipelineCore.CommitWork {
        monitor.locked {
            while true {
                let (work, wakes) = core.pollCommit(now: monotonicMilliseconds())
                wake(wakes)
                guard case .wait(let deadline) = work else { return work }
                monitor.wait(for: commitBell, until: deadline)
            }
        }
    }

    // MARK: - Steps

    private func read(_ ticket: Ticket, into block: RecordBlock, with decoder: RecordDecoder) {
        // What was lent is given back at once, and before the source is stopped.
        defer { block.removeAll() }
        let wakesBefore = monitor.locked { sourceWakes }
        do {
            switch try source.read(into: block) {
            case .records: break
            case .idle: return report { $0.idle(ticket) }
            case .asleep:
                // Unless it has reported records since it was asked.
                return report { sourceWakes == wakesBefore ? $0.asleep(ticket) : $0.idle(ticket) }
            case .ended: return report { $0.ended(ticket) }
            }
        } catch {
            return report { $0.sourceFailed(error, ticket) }
        }
        ticket.decode(block, with: decoder, now: clock?())
        if ticket.batch.unknown > 0 { monitor.locked { core.sampleUnknown(ticket) } }
        do {
            if !ticket.batch.rejections.isEmpty {
                monitor.locked { core.buries(ticket, now: monotonicMilliseconds()) }
                try ticket.bury(rejectionsOf: block, of: source.partition(block.partition), in: deadLetters)
            }
            report { $0.decoded(ticket) }
        } catch {
            report { $0.fail(error, abandon: true) }
        }
    }

    private func gather(_ shard: Shard, _ gathering: PipelineCore.Gathering) {
        guard let store else { return }
        // Room for some growth: cold rows are joined with what the store has.
        let rows = RowBatch(
            rows: gathering.refused?.count ?? shard.dirtyCount,
            byteCount: (gathering.refused?.byteCount ?? shard.dirtyBytes) + (1 << 16))
        let unreadable: RowBatch?
        do {
            unreadable = try shard.takeRows(
                into: rows, refused: gathering.refused, began: gathering.began, all: gathering.all, from: store)
        } catch {
            return report { $0.flushFailed(error, now: monotonicMilliseconds()) }
        }
        if let bytesMax = gathering.evictingTo { shard.evict(to: bytesMax) }
        guard let buried = bury(unreadable) else { return }
        report { $0.gathered(shard, rows: rows, buried: buried) }
    }

    /// A step of a commit: on an error it is tried again or ends the run.
    private func attempt<Result>(_ step: () throws -> Result, then: (inout PipelineCore, Result) -> Wakes) {
        do {
            let result = try step()
            report { then(&$0, result) }
        } catch {
            report { $0.commitFailed(error, now: monotonicMilliseconds()) }
        }
    }
}
