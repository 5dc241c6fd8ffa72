import ContactCenter
import Simulation

@testable import EngineCore
@testable import Platform

/// A worker's core without threads: each performer's steps begin and end at random moments of a made-up clock.
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

    private var work: [(work: PipelineCore.Work, status: SourceStatus)?]
    private var flushStep: PipelineCore.FlushStep?
    /// A performer that was told it is done does not come back.
    private var isDone: [Bool]
    /// Lanes that are left, by ticket that is on its way.
    private var slicesLeft: [ObjectIdentifier: Int] = [:]
    private var tickets: Set<ObjectIdentifier> = []
    /// How often a flush left refreshes to a later one.
    private(set) var refreshesWaited = 0
    /// By dropped partition: how many flushes were over by then, one more where its position may be in one under way.
    private var dropped: [Int: Int] = [:]
    /// Partitions that the core has forgotten.
    private(set) var forgotten: Set<Int> = []

    init(_ lines: [[Line]], options: PipelineOptions, store: ConditionalStore, dice: Dice) {
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
        isDone = Array(repeating: false, count: options.shards + 1)
        dirtyBytesMax = options.planner.dirtyBytesMax
    }

    /// Runs until all performers are done; `each` is called before every step.
    func run(_ each: (TinyWorld, _ step: Int) throws -> Void = { _, _ in }) throws {
        var step = 0
        while isDone.contains(false) {
            step += 1
            try demand(step < 100_000, "no end in sight")
            try each(self, step)
            let performer = dice.below(isDone.count)
            if isBusy(performer) { try end(performer) } else { _ = try begin(performer) }
            if dice.chance(4) { now += Int64(dice.below(60)) }
            if !isDone.indices.contains(where: isBusy) { try wake() }
            try checkCommitted()
            try checkForgotten()
        }
        try demand(store.violations == [], "\(Set(store.violations))")
        try demand(committed.violations == [], "\(Set(committed.violations))")
        try demand(tickets.count <= 2 * shards.count, "\(tickets.count) tickets for \(shards.count) shards")
    }

    // MARK: - From outside

    func drain() { core.drain() }

    func drop(_ partition: Int) {
        let mayBeUnderWay = ![.resting, .gathering(isFirst: true)].contains(core.phase)
        dropped[partition] = core.totals.flushes + (mayBeUnderWay ? 1 : 0)
        source.giveUp(partition)
        core.drop(partition: partition)
    }

    private func checkForgotten() throws {
        for partition in core.takeForgotten() {
            try demand(dropped[partition] != nil, "\(partition) is forgotten and was not dropped")
            try demand(forgotten.insert(partition).inserted, "\(partition) is forgotten twice")
        }
    }

    /// The state of everything that was handed over.
    var fold: Fold { Fold(lines.indices.flatMap { lines[$0].prefix(source.handedOver[$0]) }) }

    // MARK: - Performers

    private func isBusy(_ performer: Int) -> Bool {
        performer < shards.count ? work[performer] != nil : flushStep != nil
    }

    /// Nobody is at anything: somebody has to have something to do, now or at some later time.
    private func wake() throws {
        var next = Int64.max
        let phase = core.phase
        for performer in isDone.indices where !isDone[performer] { next = min(next, try begin(performer)) }
        // What one has begun may be work for another that was asked before.
        guard next > now, core.phase == phase, isDone.contains(false) else { return }
        try demand(next < .max, "everybody waits and nothing will ever happen, in \(core.phase)")
        now = next
    }

    /// Returns 0 where a step was begun or the performer is done, or else until when it waits.
    private func begin(_ performer: Int) throws -> Int64 {
        guard !isDone[performer], !isBusy(performer) else { return 0 }
        return performer < shards.count ? try beginWork(performer) : try beginFlushStep()
    }

    private func waited(until time: Int64?) throws -> Int64 {
        if let time { try demand(time > now, "waits at \(now) for \(time)") }
        return time ?? .max
    }

    private func beginWork(_ shard: Int) throws -> Int64 {
        let next = core.nextWork(shard: shard, now: now)
        try demand(!core.isAbandoned || isOver(next), "work after the end")
        var status = SourceStatus.idle
        switch next {
        case .wait(let time): return try waited(until: time)
        case .done: isDone[shard] = true
        case .read(let ticket):
            try demand(core.dirtyBytes < dirtyBytesMax, "reads with \(core.dirtyBytes) dirty bytes")
            try demand(slicesLeft.updateValue(.max, forKey: ObjectIdentifier(ticket)) == nil, "a ticket is used twice")
            tickets.insert(ObjectIdentifier(ticket))
            blocks[shard].removeAll()
            status = try source.read(into: blocks[shard])
        case .gather(let gathering):
            try demand(gathering.refused != nil || slicesLeft.isEmpty, "gathers while a block is half applied")
        case .apply: break
        }
        if !isDone[shard] { work[shard] = (next, status) }
        return 0
    }

    private func isOver(_ work: PipelineCore.Work) -> Bool { if case .done = work { true } else { false } }

    private func end(_ performer: Int) throws {
        guard performer < shards.count else { return try endFlushStep() }
        guard let (step, status) = work[performer] else { return }
        work[performer] = nil
        let shard = shards[performer]
        switch step {
        case .read(let ticket): try endRead(ticket, performer, status)
        case .apply(let ticket):
            ticket.apply(to: shard)
            let left = (slicesLeft[ObjectIdentifier(ticket)] ?? 0) - 1
            slicesLeft[ObjectIdentifier(ticket)] = left == 0 ? nil : left
            core.applied(ticket, shard: shard)
        case .gather(let gathering):
            let rows = RowBatch(capacity: 1 << 10)
            do {
                try shard.takeRows(
                    into: rows, refused: gathering.refused, began: gathering.began, all: gathering.all, from: store)
                if shard.hasRefreshes { refreshesWaited += 1 }
                if let bytesMax = gathering.evictingTo { shard.evict(to: bytesMax) }
                core.gathered(shard, rows: rows)
            } catch {
                core.flushFailed(error, now: now)
            }
        case .wait, .done: break
        }
    }

    private func endRead(_ ticket: Ticket, _ shard: Int, _ status: SourceStatus) throws {
        slicesLeft[ObjectIdentifier(ticket)] = nil
        switch status {
        case .idle, .asleep: core.release(ticket)
        case .ended: core.ended(ticket)
        case .records:
            try demand(!forgotten.contains(blocks[shard].partition), "a block comes of a partition that is forgotten")
            ticket.decode(blocks[shard], with: decoder)
            try ticket.bury(rejectionsOf: blocks[shard], of: source.partitions[ticket.partition], in: letters)
            let lanes = shards.indices.filter { !ticket.batch.isEmpty(slice: $0) }.count
            if lanes > 0 { slicesLeft[ObjectIdentifier(ticket)] = lanes }
            core.decoded(ticket)
        }
    }

    // MARK: - Flushes

    private func beginFlushStep() throws -> Int64 {
        let next = core.nextFlush(now: now) { sealed in
            Checkpoint(partition: source.partitions[sealed.partition], position: sealed.position, ended: sealed.ended)
        }
        switch next {
        case .wait(let time): return try waited(until: time)
        case .done: isDone[shards.count] = true
        default:
            try demand(!core.isAbandoned, "a flush after the end")
            flushStep = next
        }
        return 0
    }

    private func endFlushStep() throws {
        guard let step = flushStep else { return }
        flushStep = nil
        do {
            switch step {
            case .secure:
                try letters.makeDurable()
                core.secured()
            case .write(let flush): core.wrote(refused: try store.write(flush), now: now)
            case .confirm: core.confirmed(epoch: try store.epoch(), now: now)
            case .commit(let positions):
                if dice.chance(4) { throw SourceFailure() }
                try commit(positions)
                core.committed(now: now)
            case .wait, .done: break
            }
        } catch let error as Violation {
            throw error
        } catch {
            core.flushFailed(error, now: now)
        }
    }

    private func commit(_ positions: [CheckpointLedger.Sealed]) throws {
        for sealed in positions {
            guard let flushes = dropped[sealed.partition] else { continue }
            try demand(core.totals.flushes < flushes, "a partition is committed that was dropped before the flush")
        }
        committed.commit(positions)
    }

    private func checkCommitted() throws {
        let (passed, handedOver) = (committed.passed, source.handedOver)
        for partition in lines.indices where dropped[partition] == nil && core.isCommitted(partition: partition) {
            let isBeingRead = work.enumerated().contains { number, step in
                if case .read = step?.work { blocks[number].partition == partition } else { false }
            }
            try demand(
                isBeingRead || passed[partition] == handedOver[partition],
                "\(partition) is called committed at \(passed[partition]) of \(handedOver[partition])")
        }
    }
}
