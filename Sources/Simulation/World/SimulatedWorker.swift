import ContactCenter
import EngineCore

/// A worker process of the simulated world: the real core, shards and decoder, driven by the agenda, with a source, a table and a
/// dead-letter sink that are not real.
///
/// Each shard has a simulated thread, and flushes and commits have one each, as in ``Engine/Pipeline``. A thread polls the core at first, after its
/// reports, at the deadline that it was told, and when a call's ``Wakes`` name it, and at no other time. Every step takes some time, so
/// that their steps interleave in all ways. A worker that is killed answers to nothing any more; what it sent off goes on.
final class SimulatedWorker {
    /// What a simulated thread is at.
    private enum ThreadState: Equatable {
        /// Its next poll is due.
        case polls
        case works
        case waits(until: Int64)
        /// It was told that there is nothing left to do.
        case left
    }

    /// What a worker shares with the others.
    struct Surroundings {
        let agenda: Agenda
        let weather: Weather
        let table: GlobalTable
        let letters: LetterBox
        /// Nil where nothing is checked.
        let witness: Witness?
        let mutant: Mutant?
        let trace: Trace
    }

    let id: Int
    let region: Int
    let world: Surroundings
    /// What the dirty bytes are held to.
    private let dirtyBytesMax: Int
    let consumer: Consumer
    var core: PipelineCore
    let shards: [Shard]
    let letters: SimulatedLetters
    let epoch: String
    private let blocks: [RecordBlock]
    private let decoder: RecordDecoder
    let recordsMax: Int
    var random: SeededRandom
    private(set) var isDead = false
    /// Stopped until then.
    private var pausedUntil: Int64 = 0
    /// By shard, and behind them the flush thread and the commit thread.
    private var threads: [ThreadState]
    /// By claim: up to where everything but waiting refreshes was durable when the last confirmation was sent.
    var durable: [Int: Position] = [:]
    /// The dictionary to write with, and when the table was last asked for it.
    private(set) var dictionary: Int?
    private var lookedAt: Int64?
    /// Those that it has come across.
    private(set) var known: Set<Int> = []
    /// Whether it writes the old format whatever the table says, as a worker does that was pinned to it.
    private let isPinned: Bool
    private var isPumping = false
    private var alarm: Int64 = .max
    /// Claims that are to be given up once they are committed.
    private var revoked: [Int] = []
    /// What its writes have taken, and the keys that were refused in the last one, as ``Storage/DynamoDBStore`` has them.
    var figures = WriteFigures()
    var overtaken: Set<UInt64> = []
    /// For a mutant: what the worker's own writes are called in the table.
    var countOf: [Revision: Revision] = [:]
    /// By how much the last blocks made the dirty bytes grow: as many as can be under way.
    private var growth: [Int] = []
    /// The worker found that the table is another one, or failed: it is to be started anew.
    var onFailure: () -> Void = {}
    /// The worker has left in good order.
    var onLeave: () -> Void = {}

    init(
        id: Int, region: Int, options: PipelineOptions, epoch: String, dictionary: Int?, recordsMax: Int, consumer: Consumer,
        world: Surroundings, random: SeededRandom
    ) {
        self.id = id
        self.region = region
        dirtyBytesMax = options.planner.dirtyBytesMax
        var options = options
        if world.mutant == .readOn { options.planner.dirtyBytesMax = .max }
        self.epoch = epoch
        self.recordsMax = recordsMax
        self.consumer = consumer
        self.world = world
        // Drawn from what is drawn anyway.
        var draw = SeededRandom(seed: options.writer)
        isPinned = draw.chance(SimulatedWorker.pinnedShare)
        if !isPinned, let dictionary {
            self.dictionary = dictionary
            known = [dictionary]
        }
        self.random = random
        core = PipelineCore(options: options, flushes: true, epoch: epoch)
        let refreshInterval = options.refreshInterval.map { world.mutant == .refreshLate ? 4 * $0 : $0 }
        shards = (0..<options.shards).map {
            Shard(index: $0, storeMayHoldRows: true, writer: options.writer, refreshInterval: refreshInterval)
        }
        blocks = shards.map { _ in RecordBlock(capacity: 1 << 14) }
        threads = Array(repeating: .polls, count: options.shards + 2)
        decoder = RecordDecoder(options: options.decoder)
        letters = SimulatedLetters(box: world.letters) { [weather = world.weather] in
            weather.strikes(.deadLetters, in: region, 0.7)
        }
        consumer.onRecords = { [weak self] in self?.whenRunning { $0.recordsCame() } }
        consumer.onDrop = { [weak self] claim in
            guard let self else { return }
            wake(core.drop(partition: claim))
        }
        consumer.onRevoke = { [weak self] claim in self?.whenRunning { $0.giveUp(claim) } }
        consumer.whenRunning = { [weak self] body in self?.whenRunning { _ in body() } }
    }

    func start() {
        beat()
        pump()
    }

    /// Nothing of the process is left, save what it has sent off.
    func kill() {
        isDead = true
        consumer.close(inGoodOrder: false)
    }

    /// Reads nothing more, makes everything durable, and leaves in good order.
    func drain() {
        whenRunning { worker in
            worker.wake(worker.core.drain())
            worker.pump()
        }
    }

    /// All threads have left after a drain.
    private func leave() {
        isDead = true
        consumer.close(inGoodOrder: true)
        onLeave()
    }

    func pause(until time: Int64) { pausedUntil = max(pausedUntil, time) }

    /// Whether everything that it read is durable and committed.
    var isClean: Bool { isDead || (core.isClean && pausedUntil <= world.agenda.now) }

    // MARK: - Time

    /// Runs `body` now, or when the worker goes on after a pause; never once it is dead.
    func whenRunning(_ body: @escaping (SimulatedWorker) -> Void) {
        guard !isDead else { return }
        guard pausedUntil > world.agenda.now else { return body(self) }
        world.agenda.at(pausedUntil) { [weak self] in self?.whenRunning(body) }
    }

    func after(_ delay: Int, _ body: @escaping (SimulatedWorker) -> Void) {
        world.agenda.after(Int64(delay)) { [weak self] in self?.whenRunning(body) }
    }

    private func beat() {
        consumer.heartbeat()
        pump()
        after(consumer.beatMilliseconds) { $0.beat() }
    }

    private func recordsCame() {
        wake(core.recordsAvailable(decoders: shards.count))
        pump()
    }

    // MARK: - Threads

    /// Those that a call of the core names poll in the next ``pump()``.
    func wake(_ wakes: Wakes) {
        for shard in wakes.shards { wake(thread: shard) }
        if wakes.flush { wake(thread: flushThread) }
        if wakes.commit { wake(thread: commitThread) }
    }

    private func wake(thread: Int) {
        switch threads[thread] {
        case .waits, .polls: threads[thread] = .polls
        case .works, .left: world.witness?.violated("worker \(id) wakes a thread that does not wait")
        }
    }

    /// A thread has reported what came of its work, and polls again.
    func done(_ thread: Int) {
        threads[thread] = .polls
        pump()
    }

    var flushThread: Int { shards.count }
    var commitThread: Int { shards.count + 1 }

    /// Lets every thread poll whose poll is due: shards first, then those of flushes and commits, and again whom that has woken.
    func pump() {
        guard !isPumping, !isDead else { return }
        isPumping = true
        let now = world.agenda.now
        for thread in threads.indices {
            if case .waits(let until) = threads[thread], until <= now { threads[thread] = .polls }
        }
        while threads.contains(.polls) {
            for shard in shards.indices where threads[shard] == .polls { poll(shard) }
            if threads[flushThread] == .polls { pollFlush() }
            if threads[commitThread] == .polls { pollCommit() }
        }
        if threads.allSatisfy({ $0 == .left }) { leave() }
        isPumping = false
        _ = core.takeForgotten()
        checkBounds()
        if core.isAbandoned { return fail() }
        setAlarm()
    }

    /// For the earliest deadline that a thread was told.
    private func setAlarm() {
        let now = world.agenda.now
        var wait = Int64.max
        for case .waits(let until) in threads { wait = min(wait, until) }
        if wait <= now { world.witness?.violated("worker \(id) waits for a time that has passed: it would spin") }
        guard wait < alarm || alarm <= now else { return }
        alarm = wait
        guard wait < .max else { return }
        world.agenda.at(wait) { [weak self] in
            self?.whenRunning { worker in
                worker.alarm = .max
                worker.pump()
            }
        }
    }

    private func fail() {
        kill()
        onFailure()
    }

    /// Notes what a thread was told to wait for.
    func waits(_ thread: Int, until: Int64?) { threads[thread] = .waits(until: until ?? .max) }

    func leaves(_ thread: Int) { threads[thread] = .left }

    func works(_ thread: Int) { threads[thread] = .works }

    /// Works for a random time of at most so many milliseconds, and reports at its end.
    func perform(_ thread: Int, within most: Int, _ body: @escaping (SimulatedWorker) -> Void) {
        works(thread)
        after(random.below(most + 1)) { worker in
            body(worker)
            worker.done(thread)
        }
    }

    // MARK: - Shards

    private func poll(_ shard: Int) {
        let (work, wakes) = core.pollShard(shard, now: world.agenda.now)
        wake(wakes)
        switch work {
        case .apply(let ticket): perform(shard, within: 3) { $0.apply(ticket, shard) }
        case .read(let ticket): perform(shard, within: 15) { $0.read(ticket, shard) }
        case .gather(let gathering):
            works(shard)
            gather(shard, gathering)
        case .wait(let until): waits(shard, until: until)
        case .done: leaves(shard)
        }
    }

    private func apply(_ ticket: Ticket, _ shard: Int) {
        let before = shards[shard].dirtyBytes
        ticket.apply(to: shards[shard])
        growth.append(max(shards[shard].dirtyBytes - before, 0))
        if growth.count > shards.count * 2 * shards.count { growth.removeFirst() }
        wake(core.applied(ticket, shard: shards[shard]))
    }

    private func read(_ ticket: Ticket, _ shard: Int) {
        let block = blocks[shard]
        guard consumer.poll(into: block, maxRecords: recordsMax) == .records else {
            return wake(core.asleep(ticket))
        }
        // Another thread may have found nothing a moment ago.
        wake(core.recordsAvailable(decoders: shards.count))
        mutate(block)
        ticket.decode(block, with: decoder)
        let partition = consumer.partitions[block.partition]
        world.trace(.worker(id), "reads \(partition.stream)/\(partition.name) to \(block.end.ordinal)")
        do {
            try ticket.bury(rejectionsOf: block, of: consumer.partitions[block.partition], in: letters)
            wake(core.decoded(ticket))
        } catch {
            wake(core.fail(error, abandon: true))
        }
    }

    private func gather(_ shard: Int, _ gathering: PipelineCore.Gathering) {
        shards[shard].gather(refused: gathering.refused, began: gathering.began, all: gathering.all)
        let bytesMax = gathering.evictingTo
        guard let keys = shards[shard].coldKeys else { return after(0) { $0.takeRows(shard, bytesMax) } }
        world.table.read(in: region, keys.map { Array($0.key) }) { [weak self] answer in
            self?.whenRunning { worker in
                switch answer {
                case .failed:
                    worker.wake(worker.core.flushFailed(WorldFailure.table, now: worker.world.agenda.now))
                    worker.done(shard)
                case .rows(let rows):
                    guard worker.canRead(rows) else {
                        worker.world.trace(.worker(worker.id), "lacks the dictionary of a row")
                        worker.wake(worker.core.flushFailed(WorldFailure.dictionary, now: worker.world.agenda.now))
                        return worker.done(shard)
                    }
                    for (number, row) in rows.enumerated() {
                        guard let row, worker.world.mutant != .blindFirstWrite else { continue }
                        row.entity.withUnsafeBytes { worker.shards[shard].load(number, $0, row.revision) }
                    }
                    worker.takeRows(shard, bytesMax)
                }
            }
        }
    }

    private func takeRows(_ shard: Int, _ bytesMax: Int?) {
        let rows = RowBatch(capacity: 1 << 12)
        shards[shard].takeRows(into: rows)
        if let bytesMax { shards[shard].evict(to: bytesMax) }
        wake(core.gathered(shards[shard], rows: rows))
        done(shard)
    }

    // MARK: - Dictionaries

    /// A row whose dictionary is neither known nor in the table cannot be read, and nothing is written over it.
    private func canRead(_ rows: [TableRow?]) -> Bool {
        let named = Set(rows.compactMap { $0?.dictionary }).subtracting(known)
        known.formUnion(named.intersection(world.table.replicas[region].dictionaries))
        return named.isSubset(of: known)
    }

    /// Asks, once in a while, with which dictionary rows are written now; false: nobody says.
    func lookForDictionary(_ then: @escaping (SimulatedWorker, Bool) -> Void) {
        let now = world.agenda.now
        guard !isPinned, lookedAt.map({ now - $0 >= SimulatedWorker.lookMilliseconds }) ?? true else { return then(self, true) }
        world.table.named(in: region) { [weak self] answer in
            self?.whenRunning { worker in
                guard case .dictionary(let found) = answer else { return then(worker, false) }
                worker.lookedAt = worker.world.agenda.now
                worker.dictionary = found
                if let found { worker.known.insert(found) }
                then(worker, true)
            }
        }
    }

    private static let pinnedShare = 0.2
    /// As ``Storage/TableFormat`` does.
    private static let lookMilliseconds: Int64 = 5_000

    // MARK: - Partitions

    /// In good order: nothing more is read of it, what was is made durable and committed, and then it is released.
    private func giveUp(_ claim: Int) {
        consumer.silence(claim)
        revoked.append(claim)
        wake(core.requestFlush())
        pump()
    }

    func releaseCommitted() {
        let claims = revoked
        revoked = claims.filter { claim in
            guard let held = consumer.held.first(where: { $0.index == claim }) else { return false }
            guard core.isCommitted(partition: claim, blocks: held.sequence) else { return true }
            consumer.release(claim)
            return false
        }
    }

    /// Dirty bytes stay within the bound, save for what the blocks under way brought.
    private func checkBounds() {
        let bound = dirtyBytesMax + growth.reduce(0, +)
        if core.dirtyBytes > bound {
            world.witness?.violated("worker \(id) has \(core.dirtyBytes) dirty bytes; the bound is \(bound)")
        }
    }
}

enum WorldFailure: Error {
    case table
    /// A row's dictionary is not there.
    case dictionary
}
