import EngineCore
import Testing

@testable import Ingest
@testable import Leases

/// Shards that are split and merged, a lease table with slow and lost writes, and workers that die, freeze and begin anew: a
/// made-up world around real lease books. Time is in milliseconds, nothing waits.
final class LeaseWorld {
    struct Shard {
        var id: String
        var parents: [String]
        var records: Int
        var isClosed = false
        /// The service lists it no more.
        var isTrimmed = false
        /// All records before it were read by somebody.
        var read = 0

        var isDone: Bool { isClosed && read == records }
    }

    struct Faults {
        /// Chances a request.
        var lost = 0.0
        var answerLost = 0.0
        var slow = 0.0
        /// Chances a second, of the world.
        var death = 0.0
        var freeze = 0.0
        var reshard = 0.0
        var deletion = 0.0

        static let none = Faults()
        static let all = Faults(
            lost: 0.03, answerLost: 0.03, slow: 0.03, death: 0.06, freeze: 0.04, reshard: 0.15, deletion: 0.01)
    }

    var now: Int64 = 0
    var random: SeededNumbers
    var shards: [String: Shard] = [:]
    var table: [String: Lease] = [:]
    var workers: [LeaseWorker] = []
    var faults = Faults.none
    var epoch: String?
    var initial = ShardStart.trimHorizon
    /// When a lease last came to a worker.
    var movedAt: Int64 = 0
    /// What must not be and was.
    var complaints: [String] = []
    /// The latest of what workers were told.
    var story: [String] = []
    private var pending: [(at: Int64, order: Int, body: () -> Void)] = []
    private var orders = 0
    private var shardCount = 0
    private var workerCount = 0

    init(seed: UInt64) { random = SeededNumbers(seed) }

    func after(_ delay: Int64, _ body: @escaping () -> Void) {
        orders += 1
        let entry = (at: now + delay, order: orders, body: body)
        let place = pending.firstIndex { ($0.at, $0.order) > (entry.at, entry.order) } ?? pending.count
        pending.insert(entry, at: place)
    }

    func run(milliseconds: Int64) {
        let end = now + milliseconds
        while now < end {
            now += 50
            while let next = pending.first, next.at <= now {
                pending.removeFirst()
                next.body()
            }
            for worker in workers { worker.tick() }
            if now % 1_000 == 0 { weather() }
        }
    }

    /// Runs until it is so, for so long at most; how long it took.
    func run(atMost limit: Int64, until isSo: () -> Bool) -> Int64? {
        let began = now
        while now - began < limit {
            if isSo() { return now - began }
            run(milliseconds: 50)
        }
        return isSo() ? now - began : nil
    }

    // MARK: Shards

    @discardableResult
    func addShard(parents: [String] = [], records: Int = 100) -> String {
        let digits = "\(shardCount)"
        let id = "shardId-" + String(repeating: "0", count: 12 - digits.count) + digits
        shardCount += 1
        shards[id] = Shard(id: id, parents: parents, records: records)
        return id
    }

    var open: [String] { shards.values.filter { !$0.isClosed }.map(\.id).sorted() }

    @discardableResult
    func split(_ id: String) -> [String] {
        shards[id]?.isClosed = true
        return [addShard(parents: [id]), addShard(parents: [id])]
    }

    @discardableResult
    func merge(_ a: String, _ b: String) -> String {
        shards[a]?.isClosed = true
        shards[b]?.isClosed = true
        return addShard(parents: [a, b])
    }

    var listed: [KinesisShard] {
        shards.values.filter { !$0.isTrimmed }.map {
            KinesisShard(id: $0.id, parents: $0.parents, startingHashKey: "0", endingHashKey: "9", isClosed: $0.isClosed)
        }
    }

    // MARK: Workers

    @discardableResult
    func start() -> LeaseWorker {
        workerCount += 1
        let worker = LeaseWorker("w\(workerCount)", self)
        workers.append(worker)
        return worker
    }

    func kill(_ worker: LeaseWorker) {
        worker.isDead = true
        workers.removeAll { $0 === worker }
    }

    /// Every shard is finished or held, and the workers hold as many, give or take one.
    var isBalanced: Bool {
        let counts = workers.map(\.book.heldCount)
        let readable = shards.values.filter { !$0.isDone && !$0.isTrimmed }.count
        return counts.reduce(0, +) == readable && (counts.max() ?? 0) - (counts.min() ?? 0) <= 1
    }

    var isAllRead: Bool { shards.values.allSatisfy { $0.read == $0.records } }

    private func weather() {
        if random.chance(faults.reshard), open.count < 12 { reshard() }
        if random.chance(faults.deletion), let key = table.keys.sorted().randomElement(using: &random) { table[key] = nil }
        if random.chance(faults.freeze), let worker = workers.randomElement(using: &random) {
            worker.frozenUntil = now + Int64.random(in: 1_000...60_000, using: &random)
        }
        guard random.chance(faults.death), let worker = workers.randomElement(using: &random) else { return }
        if random.chance(0.3) { worker.stop() }
        kill(worker)
        after(Int64.random(in: 0...10_000, using: &random)) { [self] in start() }
    }

    private func reshard() {
        guard let one = open.randomElement(using: &random) else { return }
        if random.chance(0.5), let other = open.filter({ $0 != one }).randomElement(using: &random) {
            merge(one, other)
        } else {
            split(one)
        }
    }

    // MARK: The table

    private func delay() -> Int64 {
        random.chance(faults.slow) ? Int64.random(in: 500...4_000, using: &random) : Int64.random(in: 1...40, using: &random)
    }

    func write(_ write: LeaseWrite, _ done: @escaping (LeaseOutcome) -> Void) {
        let isLost = random.chance(faults.lost)
        let isUnheard = random.chance(faults.answerLost)
        after(delay()) { [self] in
            var outcome = LeaseOutcome.failed
            if !isLost {
                switch write.applied(to: table[write.lease.shard]) {
                case .written(let row): outcome = .done(row)
                case .deleted: outcome = .done(nil)
                case nil: outcome = .refused(table[write.lease.shard])
                }
                if case .done(let row) = outcome { table[write.lease.shard] = row }
            }
            if isUnheard { outcome = .failed }
            after(delay()) { done(outcome) }
        }
    }

    func read<Value>(_ look: @escaping (LeaseWorld) -> Value, _ done: @escaping (Value?) -> Void) {
        let isLost = random.chance(faults.lost)
        after(delay()) { [self] in
            let value = isLost ? nil : look(self)
            after(delay()) { done(value) }
        }
    }
}

/// A worker of the made-up world: a real book, and lanes that count records.
final class LeaseWorker {
    struct Lane {
        var position: Int
        var committed: Int?
    }

    let id: String
    unowned let world: LeaseWorld
    var book: LeaseBook
    var lanes: [String: Lane] = [:]
    var isDead = false
    var frozenUntil: Int64 = 0
    private var scanAt: Int64 = 0

    init(_ id: String, _ world: LeaseWorld) {
        self.id = id
        self.world = world
        var options = LeaseBook.Options(worker: id)
        options.epoch = world.epoch
        options.initial = world.initial.checkpoint
        book = LeaseBook(options)
        _ = book.addStream()
    }

    private var isAway: Bool { isDead || world.now < frozenUntil }

    /// Whether no write is under way.
    var isIdle: Bool { book.streams[0].busy.isEmpty }

    /// Gives everything up in good order.
    func stop() {
        for shard in lanes.keys.sorted() {
            guard let step = book.begin(.evict, LeaseBook.Key(stream: 0, shard: shard)) else { continue }
            world.write(step.write) { _ in }
        }
        lanes = [:]
    }

    func tick() {
        guard !isAway else { return }
        look()
        for step in book.steps(now: world.now, &world.random) { send(step) }
        for shard in lanes.keys.sorted() { read(shard) }
    }

    private func look() {
        let sent = world.now
        if sent >= scanAt {
            scanAt = sent + 1_000
            world.read({ Array($0.table.values) }) { [self] rows in
                whenAwake { [self] in
                    if let rows { take(book.scanned(0, rows, sent: sent, now: world.now)) }
                }
            }
        }
        for index in book.takeListsDue(now: sent) {
            world.read({ $0.listed }) { [self] shards in
                whenAwake { [self] in
                    if let shards { book.listed(index, shards, sent: sent) } else { book.wantList(index) }
                }
            }
        }
    }

    private func send(_ step: LeaseBook.Step) {
        let sent = world.now
        world.write(step.write) { [self] outcome in
            whenAwake { [self] in take(book.answered(step, outcome, sent: sent, now: world.now)) }
        }
    }

    /// An answer waits for a worker that is frozen.
    private func whenAwake(_ body: @escaping () -> Void) {
        if isDead { return }
        if world.now >= frozenUntil { return body() }
        world.after(frozenUntil - world.now) { [self] in whenAwake(body) }
    }

    private func take(_ changes: [LeaseBook.Change]) {
        for change in changes {
            world.story = world.story.suffix(30) + ["\(world.now) \(id): \(change)"]
            switch change {
            case .assigned(let key, let lease, _, _): begin(key.shard, lease)
            case .lost(let key, _, _), .finished(let key, _): lanes[key.shard] = nil
            case .created, .again: break
            }
        }
    }

    private func begin(_ id: String, _ lease: Lease) {
        world.movedAt = world.now
        guard let shard = world.shards[id] else { return }
        if case .shardEnd = lease.checkpoint { world.complaints.append("\(id) is read although it ended") }
        let position: Int =
            switch lease.checkpoint {
            case .at(let sequence, _): Int(sequence) ?? 0
            case .latest: shard.records
            default: 0
            }
        if position > shard.read, lease.checkpoint != .latest { world.complaints.append("\(id) begins past what was read") }
        if lease.checkpoint == .latest { world.shards[id]?.read = max(position, shard.read) }
        for parent in shard.parents where world.shards[parent].map({ !$0.isDone && !$0.isTrimmed }) ?? false {
            world.complaints.append("\(id) is read before \(parent) is finished")
        }
        lanes[id] = Lane(position: position)
    }

    /// A few records, and now and then a commit.
    private func read(_ id: String) {
        guard var lane = lanes[id], let shard = world.shards[id] else { return }
        lane.position = min(lane.position + 10, shard.records)
        if !shard.isTrimmed { world.shards[id]?.read = max(shard.read, lane.position) }
        lanes[id] = lane
        let isEnd = shard.isTrimmed || shard.isClosed && lane.position == shard.records
        guard isEnd || lane.committed != lane.position, world.random.chance(0.3) else { return }
        let checkpoint: LeaseCheckpoint = isEnd ? .shardEnd : .at(sequence: "\(lane.position)", sub: 0)
        let children = world.shards.values.filter { $0.parents.contains(id) }.map(\.id).sorted()
        let action = LeaseWrite.Action.commit(checkpoint, epoch: world.epoch, children: isEnd ? children : [])
        guard let step = book.begin(action, LeaseBook.Key(stream: 0, shard: id)) else { return }
        lanes[id]?.committed = lane.position
        send(step)
    }
}

/// The same numbers everywhere (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }
}
