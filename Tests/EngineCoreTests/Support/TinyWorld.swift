import ContactCenter
import Simulation
import TestSupport

@testable import EngineCore
@testable import EngineSupport
@testable import Platform

/// A worker's core without threads: each simulated thread's steps begin and end at random moments of a made-up clock.
///
/// A thread polls only when it has to, as ``PipelineCore`` says: otherwise it sleeps, and a wake that is lost is found.
final class TinyWorld {
    private let lines: [[Line]]
    let source: LineSource
    let store: ConditionalStore
    let letters = LetterBox(failingSync: 2)
    let committed: CommittedLines
    private let shards: [Shard]
    private let blocks: [RecordBlock]
    private(set) var core: PipelineCore
    private let decoder = RecordDecoder()
    private let dirtyBytesMax: Int
    private var dice: Dice
    private var now: Int64 = 0

    private enum ThreadState: Equatable {
        case polls, works
        case waits(until: Int64)
        /// It was told that it is done, and does not come back.
        case left
    }

    /// By shard, and behind them the flush thread and the commit thread.
    private var threads: [ThreadState]
    /// Whether threads poll at any time, woken or not.
    private let pollsAlways: Bool
    private var work: [(work: PipelineCore.Work, status: SourceStatus)?]
    private var flushWork: PipelineCore.FlushWork?
    private var commitWork: PipelineCore.CommitWork?
    /// By partition: up to where everything was durable when the confirmation under way, or the last one, was sent.
    private var durable: [Int: Position] = [:]
    /// The source was reported to be asleep, and how often it had records before.
    private var sourceIsAsleep = false
    private var sourceWakes = 0
    private var wakesBefore: [Int]
    /// Lanes that are left, by ticket that is on its way.
    private var slicesLeft: [ObjectIdentifier: Int] = [:]
    private var tickets: Set<ObjectIdentifier> = []
    /// How often a flush left refreshes to a later one.
    private(set) var refreshesWaited = 0
    private var dropped: Set<Int> = []
    /// Of those, what was being committed then.
    private var droppedInCommit: Set<Int> = []
    /// Partitions that the core has forgotten.
    private(set) var forgotten: Set<Int> = []

    init(_ lines: [[Line]], options: PipelineOptions, store: ConditionalStore, dice: Dice, pollsAlways: Bool = false) {
        self.lines = lines
        self.store = store
        self.dice = dice
        source = LineSource(lines, seed: UInt64(lines.count), blockLinesMax: 12)
        committed = CommittedLines(lines, in: store, letters: letters)
        core = PipelineCore(options: options, flushes: true, epoch: "first")
        shards = (0..<options.shards).map {
            Shard(index: $0, storeMayHoldRows: true, writer: options.writer, refreshInterval: options.refreshInterval)
        }
        blocks = shards.map { _ in RecordBlock(capacity: 1 << 12) }
        work = shards.map { _ in nil }
        wakesBefore = shards.map { _ in 0 }
        threads = Array(repeating: .polls, count: options.shards + 2)
        self.pollsAlways = pollsAlways
        dirtyBytesMax = options.planner.dirtyBytesMax
    }

    /// Runs until all threads are done; `each` is called before every step.
    func run(_ each: (TinyWorld, _ step: Int) throws -> Void = { _, _ in }) throws {
        var step = 0
        while threads.contains(where: { $0 != .left }) {
            step += 1
            try demand(step < 100_000, "no end in sight")
            try each(self, step)
            let thread = dice.below(threads.count)
            if threads[thread] == .works { try report(thread) } else if mayPoll(thread) { try poll(thread) }
            if sourceIsAsleep, dice.chance(40) { try recordsAvailable() }
            if dice.chance(200) { try wake(core.requestFlush()) }
            if dice.chance(4) { now += Int64(dice.below(60)) }
            if !threads.contains(.works) { try goOn() }
            try checkSleepers()
            try checkCommitted()
            try checkForgotten()
        }
        try demand(store.violations == [], "\(Set(store.violations))")
        try demand(committed.violations == [], "\(Set(committed.violations))")
        try demand(tickets.count <= 2 * shards.count, "\(tickets.count) tickets for \(shards.count) shards")
    }

    // MARK: - From outside

    func drain() throws { try wake(core.drain()) }

    func drop(_ partition: Int) throws {
        dropped.insert(partition)
        if case .commit = commitWork { droppedInCommit.insert(partition) }
        source.giveUp(partition)
        try wake(core.drop(partition: partition))
    }

    private func checkForgotten() throws {
        for partition in core.takeForgotten() {
            try demand(dropped.contains(partition), "\(partition) is forgotten and was not dropped")
            try demand(forgotten.insert(partition).inserted, "\(partition) is forgotten twice")
        }
    }

    /// The state of everything that was handed over.
    var fold: Fold { Fold(lines.indices.flatMap { lines[$0].prefix(source.handedOver[$0]) }) }

    private func recordsAvailable() throws {
        sourceIsAsleep = false
        sourceWakes += 1
        try wake(core.recordsAvailable(decoders: dice.chance(2) ? 1 : shards.count))
    }

    // MARK: - Threads

    private func wake(_ wakes: Wakes) throws {
        for shard in wakes.shards { try wake(thread: shard) }
        if wakes.flush { try wake(thread: flushThread) }
        if wakes.commit { try wake(thread: commitThread) }
    }

    private var flushThread: Int { shards.count }
    private var commitThread: Int { shards.count + 1 }

    private func wake(thread: Int) throws {
        try demand(threads[thread] != .works && threads[thread] != .left, "a thread is woken that does not wait")
        threads[thread] = .polls
    }

    private func mayPoll(_ thread: Int) -> Bool {
        switch threads[thread] {
        case .polls: true
        case .waits(let until): pollsAlways || until <= now
        case .works, .left: false
        }
    }

    /// Nobody works: time goes on to the next deadline, or records come. Somebody has to have something to do, now or at some later time.
    private func goOn() throws {
        for thread in threads.indices where mayPoll(thread) { try poll(thread) }
        guard !threads.contains(.works), !threads.contains(.polls) else { return }
        let deadlines = threads.compactMap { if case .waits(let until) = $0 { until } else { nil } }
        guard let next = deadlines.min(), next > now else { return }
        if next < .max {
            now = next
        } else {
            try demand(sourceIsAsleep, "everybody waits and nothing will ever happen, in \(core.phase)")
            try recordsAvailable()
        }
    }

    /// No thread sleeps that has something to do: a poll would tell it to wait until its deadline or later. What any shard can do is left
    /// to one that is up.
    private func checkSleepers() throws {
        guard !pollsAlways else { return }
        let isShardUp = shards.indices.contains { threads[$0] == .works || mayPoll($0) }
        var earliest = Int64.max
        for case .waits(let until) in threads.dropLast(2) { earliest = min(earliest, until) }
        for case (let thread, .waits(let until)) in threads.enumerated() where until > now {
            var copy = core
            if thread == flushThread {
                guard case .wait(let time) = copy.pollFlush(now: now, describe: checkpoint).work, time ?? .max >= until else {
                    throw Violation("the flush thread sleeps through something, in \(core.phase)")
                }
                continue
            }
            if thread == commitThread {
                guard case .wait(let time) = copy.pollCommit(now: now).work, time ?? .max >= until else {
                    throw Violation("the commit thread sleeps through something, in \(core.phase)")
                }
                continue
            }
            let next = copy.pollShard(thread, now: now).work
            var isForAny = copy.phase != core.phase
            switch next {
            case .wait(let time?) where !isForAny && time < until:
                try demand(core.phase == .resting && (isShardUp || earliest <= time), "nobody polls when the next flush is due")
            case .wait: break
            case .read: isForAny = true
            case .apply, .gather, .done: try demand(isForAny, "shard \(thread) sleeps through something, in \(core.phase)")
            }
            try demand(!isForAny || isShardUp, "all shards sleep through something, in \(core.phase)")
        }
    }

    private func poll(_ thread: Int) throws {
        switch thread {
        case flushThread: try pollFlush()
        case commitThread: try pollCommit()
        default: try pollShard(thread)
        }
    }

    private func waits(_ thread: Int, until time: Int64?) throws {
        if let time { try demand(time > now, "waits at \(now) for \(time)") }
        threads[thread] = .waits(until: time ?? .max)
    }

    private func pollShard(_ shard: Int) throws {
        let (next, wakes) = core.pollShard(shard, now: now)
        try wake(wakes)
        try demand(!core.isAbandoned || isOver(next), "work after the end")
        var status = SourceStatus.idle
        switch next {
        case .wait(let time): return try waits(shard, until: time)
        case .done:
            threads[shard] = .left
            return
        case .read(let ticket):
            try demand(core.dirtyBytes < dirtyBytesMax, "reads with \(core.dirtyBytes) dirty bytes")
            try demand(slicesLeft.updateValue(.max, forKey: ObjectIdentifier(ticket)) == nil, "a ticket is used twice")
            tickets.insert(ObjectIdentifier(ticket))
            blocks[shard].removeAll()
            status = try source.read(into: blocks[shard])
            wakesBefore[shard] = sourceWakes
        case .gather(let gathering):
            try demand(gathering.refused != nil || slicesLeft.isEmpty, "gathers while a block is half applied")
        case .apply: break
        }
        threads[shard] = .works
        work[shard] = (next, status)
    }

    private func isOver(_ work: PipelineCore.Work) -> Bool { if case .done = work { true } else { false } }

    /// A thread has done its work: it reports, and polls again.
    private func report(_ thread: Int) throws {
        threads[thread] = .polls
        if thread == flushThread { return try reportFlush() }
        if thread == commitThread { return try reportCommit() }
        guard let (step, status) = work[thread] else { return }
        work[thread] = nil
        let shard = shards[thread]
        switch step {
        case .read(let ticket): try reportRead(ticket, thread, status)
        case .apply(let ticket):
            ticket.apply(to: shard)
            let left = (slicesLeft[ObjectIdentifier(ticket)] ?? 0) - 1
            slicesLeft[ObjectIdentifier(ticket)] = left == 0 ? nil : left
            try wake(core.applied(ticket, shard: shard))
        case .gather(let gathering):
            let rows = RowBatch(capacity: 1 << 10)
            do {
                try shard.takeRows(
                    into: rows, refused: gathering.refused, began: gathering.began, all: gathering.all, from: store)
                if shard.refreshCount > 0 { refreshesWaited += 1 }
                if let bytesMax = gathering.evictingTo { shard.evict(to: bytesMax) }
                try wake(core.gathered(shard, rows: rows))
            } catch let error as StoreError {
                try wake(core.flushFailed(error, now: now))
            }
        case .wait, .done: break
        }
    }

    private func reportRead(_ ticket: Ticket, _ shard: Int, _ status: SourceStatus) throws {
        slicesLeft[ObjectIdentifier(ticket)] = nil
        switch status {
        case .idle, .asleep:
            // A source may fall asleep, unless it has reported records since it was asked.
            guard dice.chance(2), wakesBefore[shard] == sourceWakes else { return try wake(core.idle(ticket)) }
            sourceIsAsleep = true
            try wake(core.asleep(ticket))
        case .ended: try wake(core.ended(ticket))
        case .records:
            try demand(!forgotten.contains(blocks[shard].partition), "a block comes of a partition that is forgotten")
            ticket.decode(blocks[shard], with: decoder)
            try ticket.bury(rejectionsOf: blocks[shard], of: source.partitions[ticket.partition], in: letters)
            let lanes = shards.indices.filter { !ticket.batch.isEmpty(slice: $0) }.count
            if lanes > 0 { slicesLeft[ObjectIdentifier(ticket)] = lanes }
            try wake(core.decoded(ticket))
        }
    }

    // MARK: - Flushes and commits

    private func checkpoint(_ sealed: CheckpointLedger.Sealed) -> Checkpoint {
        Checkpoint(partition: source.partitions[sealed.partition], position: sealed.position, ended: sealed.ended)
    }

    private func pollFlush() throws {
        let (next, wakes) = core.pollFlush(now: now, describe: checkpoint)
        try wake(wakes)
        switch next {
        case .wait(let time): try waits(shards.count, until: time)
        case .done: threads[shards.count] = .left
        default:
            try demand(!core.isAbandoned, "a flush after the end")
            threads[shards.count] = .works
            flushWork = next
        }
    }

    private func reportFlush() throws {
        guard let step = flushWork else { return }
        flushWork = nil
        do {
            switch step {
            case .secure:
                try letters.makeDurable()
                try wake(core.secured())
            case .write(let flush): try wake(core.wrote(refused: try store.write(flush), now: now))
            case .wait, .done: break
            }
        } catch let error as Violation {
            throw error
        } catch {
            try wake(core.flushFailed(error, now: now))
        }
    }

    private func pollCommit() throws {
        let (next, wakes) = core.pollCommit(now: now)
        try wake(wakes)
        switch next {
        case .wait(let time): return try waits(commitThread, until: time)
        case .done:
            threads[commitThread] = .left
            return
        case .confirm: durable = core.status(now: now).settled
        case .commit(let positions, let epoch):
            try demand(epoch == "first", "a commit carries another epoch than was read")
            for sealed in positions where !dropped.contains(sealed.partition) {
                let covered = durable[sealed.partition]
                try demand(
                    covered.map { $0 >= sealed.position } ?? false,
                    "a commit covers what was not durable when its confirmation was sent")
            }
        }
        try demand(!core.isAbandoned, "a commit after the end")
        threads[commitThread] = .works
        commitWork = next
    }

    private func reportCommit() throws {
        guard let step = commitWork else { return }
        commitWork = nil
        do {
            switch step {
            case .confirm: try wake(core.confirmed(epoch: try store.epoch(), now: now))
            case .commit(let positions, _):
                if dice.chance(4) { throw SourceFailure() }
                for sealed in positions where dropped.contains(sealed.partition) {
                    try demand(droppedInCommit.contains(sealed.partition), "a partition is committed that was dropped before")
                }
                committed.commit(positions)
                try wake(core.committed(now: now))
            case .wait, .done: break
            }
        } catch let error as Violation {
            throw error
        } catch {
            try wake(core.commitFailed(error, now: now))
        }
    }

    private func checkCommitted() throws {
        let (passed, handedOver) = (committed.passed, source.handedOver)
        for partition in lines.indices where !dropped.contains(partition) && core.isCommitted(partition: partition) {
            let isBeingRead = work.enumerated().contains { number, step in
                if case .read = step?.work { blocks[number].partition == partition } else { false }
            }
            try demand(
                isBeingRead || passed[partition] == handedOver[partition],
                "\(partition) is called committed at \(passed[partition]) of \(handedOver[partition])")
        }
    }
}
