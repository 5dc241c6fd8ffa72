import ContactCenter
import FeedCore
import Lattice
import Platform

/// A process that serves the feed: the book, the view and the window, with requests that take their time, get lost, or are held up with it.
final class SimulatedFeedProcess {
    /// What a client of it knows: entities as it read them, and its position.
    struct Client {
        var position: FeedPosition?
        var known: [[UInt8]: [UInt8]] = [:]
    }

    let id: Int
    unowned let world: FeedWorld
    private(set) var book: FeedBook
    private(set) var view = FeedView(bytesMax: 64 << 20)
    private(set) var window = FeedWindow(bytesMax: 16 << 10)
    private(set) var isDead = false
    private var pausedUntil: Int64 = .min
    private let clockOffset: Int64
    private var scans = 0
    private(set) var isScanned = false
    private var hasBegun = false
    private var last: UInt64?
    private var isMissing = false
    /// Of shards that had nothing to say: answers until they say something again.
    private var gaps: [FeedBook.ShardName: Int] = [:]

    init(_ id: Int, _ world: FeedWorld) {
        self.id = id
        self.world = world
        let offsetMax = Int(FeedWorld.clockOffsetMax)
        clockOffset = Int64(world.random.between(-offsetMax, offsetMax))
        var options = FeedBook.Options(author: "process-\(id)", tables: world.tables)
        options.patience = Int64(world.random.between(0, 3_000))
        options.alive = 2_000
        options.poll = 1_000
        options.pendingMax = 200
        book = FeedBook(options)
        let isLate = world.mutant == .scanFirst
        if isLate { scan() }
        world.agenda.after(isLate ? 3_000 : 0) { [weak self] in self?.tick() }
    }

    private var wall: Int64 { world.agenda.now + clockOffset }

    func kill() { isDead = true }
    func pause(for milliseconds: Int64) { pausedUntil = max(pausedUntil, world.agenda.now + milliseconds) }
    func end() { book.end() }

    private func tick() {
        act()
        guard !isDead else { return }
        world.agenda.at(max(pausedUntil, world.agenda.now + Int64(world.random.between(50, 150)))) { [weak self] in self?.tick()
        }
    }

    /// Runs when the process runs; one that is paused does then whatever came meanwhile.
    private func run(_ body: @escaping () -> Void) {
        guard !isDead else { return }
        let now = world.agenda.now
        guard now < pausedUntil else { return body() }
        world.agenda.at(pausedUntil) { [weak self] in self?.run(body) }
    }

    private func act() {
        run { [unowned self] in
            if book.isOver { isDead = true }
            let now = world.agenda.now
            let unseen = world.mutant == .ageUnseen
            for step in book.steps(now: now, wall: unseen ? world.start : wall) { take(step) }
            deliver()
        }
    }

    // MARK: Requests

    /// Asks somebody: `ask` happens there, once, twice or not at all; `answer` comes with what it said, or nil.
    private func request<Answer>(
        isRead: Bool = false, _ ask: @escaping () -> Answer, _ answer: @escaping (Answer?, _ sent: Int64) -> Void
    ) {
        let sent = world.agenda.now
        let fate = world.fate(ofRead: isRead)
        func hear(_ said: Answer?) {
            run { [unowned self] in
                answer(said, sent)
                deliver()
            }
        }
        if fate.isLost {
            // It may happen long after nobody waits for it any more.
            if fate.isSent { world.agenda.after(fate.there) { _ = ask() } }
            return world.agenda.after(fate.back) { [weak self] in self.map { _ in hear(nil) } }
        }
        world.agenda.after(fate.there) { [weak self] in
            let said = ask()
            if fate.isRepeated { self?.world.agenda.after(fate.back * 3) { _ = ask() } }
            self?.world.agenda.after(fate.back) { [weak self] in self.map { _ in hear(said) } }
        }
    }

    private func take(_ step: FeedBook.Step) {
        let world = world
        let wall = wall
        switch step {
        case .readLog(let number):
            request({ world.log.read(after: number, limit: 40) }) { [unowned self] batches, sent in
                book.logRead(batches, sent: sent, now: world.agenda.now)
                if batches != nil { begin() }
            }
        case .list(let table):
            request({ world.list(table) }) { [unowned self] found, _ in
                book.listed(table, found ?? nil, wall: wall, now: world.agenda.now)
            }
        case .read(let name, let stream, let place, let ticket):
            let limit = world.isSlow ? 1 : world.random.between(1, 40)
            request(isRead: true, { world.read(name, stream, place, limit) }) { [unowned self] found, sent in
                book.took(name, ticket: ticket, answer(name, found), wall: wall, now: world.agenda.now)
            }
        case .write(let batch, let ticket):
            var batch = batch
            if world.mutant == .readToNow { batch.readTo = batch.time }
            request({ [batch] in world.write(batch) }) { [unowned self] isWritten, sent in
                var outcome = isWritten.map { $0 ? FeedBook.Outcome.done : .refused } ?? .unknown
                if outcome == .unknown, world.mutant == .trustLostBatch { outcome = .done }
                book.written(outcome, ticket: ticket, sent: sent, now: world.agenda.now)
            }
        }
    }

    private func answer(_ name: FeedBook.ShardName, _ found: FeedWorld.Found?) -> FeedAnswer {
        switch found {
        case nil: return .failed
        case .gone: return .gone
        case .records where isGap(name): return .records([], isEnd: false)
        case .records(let records, let isEnd):
            return .records(
                records.map { record in
                    let joined = world.mutant == .quietByRow ? record.old : view.entity(record.key)
                    func entries(_ joined: EntityView?) -> [FeedEntry] {
                        FeedEntry.entries(
                            key: record.key, row: record.row, old: record.old, new: record.new, joined: joined)
                    }
                    return FeedRecord(
                        sequence: "\(record.sequence)", created: record.created,
                        entries: joined?.withUnsafeBytes { entries(EntityView($0)) } ?? entries(nil))
                }, isEnd: isEnd)
        }
    }

    /// Whether the service has nothing to say, whatever lies ahead: now and then, and not twice in a row.
    private func isGap(_ name: FeedBook.ShardName) -> Bool {
        guard gaps[name, default: 0] == 0 else {
            gaps[name, default: 0] -= 1
            return gaps[name, default: 0] > 0
        }
        guard world.random.chance(0.05) else { return false }
        gaps[name] = world.mutant == .manyGaps ? 12 : 1
        return true
    }

    // MARK: What is durable

    private func begin() {
        guard !hasBegun else { return }
        hasBegun = true
        if let head = book.head { window.begin(behind: head.number) }
        if world.mutant != .scanFirst { scan() }
    }

    private func deliver() {
        for told in book.takeTold() {
            switch told {
            case .missing:
                isMissing = true
                world.trace(.worker(id), "is told that batches are missing")
                if world.mutant != .missingPassedOver { scan() }
            case .batch(let batch):
                check(batch)
                world.trace(
                    .worker(id),
                    "is told batch \(batch.number) of \(batch.author)\(batch.isReset ? ", a reset" : ""): \(batch.entries.count) entries"
                )
                view.take(batch)
                var shown = batch
                if world.mutant == .resetUntold { shown.isReset = false }
                window.append(shown)
                if batch.isReset, world.mutant != .resetUntold { scan() }
            }
        }
    }

    private func check(_ batch: FeedBatch) {
        if let last, batch.number <= last { world.violated("process \(id) was told batch \(batch.number) after \(last)") }
        if let last, batch.number != last + 1, !isMissing, !batch.isReset {
            world.violated("process \(id) was told batch \(batch.number) after \(last), and not that others are missing")
        }
        isMissing = false
        last = batch.number
        world.wasTold(batch)
    }

    /// Reads the table piece by piece, while it changes.
    private func scan() {
        scans += 1
        world.trace(.worker(id), "is \(book.role), begins scan \(scans)")
        let scan = scans
        isScanned = false
        view.beginScan()
        let pieces = 4
        for piece in 0..<pieces {
            world.agenda.after(Int64((piece + 1) * world.random.between(50, 400))) { [weak self] in
                self?.run { self?.scan(piece, of: pieces, scan) }
            }
        }
        world.agenda.after(Int64(pieces * 500)) { [weak self] in
            self?.run {
                guard let self, self.scans == scan else { return }
                self.view.endScan()
                self.isScanned = true
            }
        }
    }

    private func scan(_ piece: Int, of pieces: Int, _ scan: Int) {
        guard scans == scan else { return }
        for stream in world.streams.values {
            for (name, entity) in stream.rows where Int(name.key.last ?? 0) % pieces == piece {
                name.key.withUnsafeBytes { key in entity.withUnsafeBytes { view.found(key, row: name.row, $0) } }
            }
        }
    }

    // MARK: Clients

    /// Tells a client what is behind its position; one that cannot be told reads anew.
    func serve(_ client: inout Client) {
        guard !isDead, world.agenda.now >= pausedUntil, hasBegun, let end = window.end else { return }
        guard let position = client.position, let batches = window.batches(after: position, limit: 100) else {
            client.position = end
            client.known = world.entities
            return
        }
        for batch in batches {
            for change in batch.changes where change.position > position {
                world.wasTold(change)
                let key = [change.kind.rawValue] + Array(change.id.utf8)
                client.known[key] = world.entity(key)
            }
            client.position = FeedPosition(endOf: batch.number)
        }
    }
}
