import EngineCore
import Leases

/// A consumer whose claims are the leases of a real ``LeaseBook``, with a ``SimulatedLeaseTable`` for each stream: what
/// ``Ingest/KinesisSource`` does with threads, done with the agenda.
final class LeaseConsumer: Consumer {
    /// A position on its way to the lease.
    private struct Pending {
        var index: Int
        var commit: ConsumerGroup.Commit
        var round: Round
    }

    /// Commits that the worker waits for together.
    private final class Round {
        private var left: Int
        private var isFailed = false
        private let done: (Bool) -> Void

        init(_ count: Int, _ done: @escaping (Bool) -> Void) {
            left = count
            self.done = done
        }

        func settled(isFailed: Bool = false) {
            left -= 1
            self.isFailed = self.isFailed || isFailed
            if left == 0 { done(!self.isFailed) }
        }
    }

    private static let theftChance = 0.02
    private static let deletionChance = 0.02

    let name: String
    private let tables: [SimulatedLeaseTable]
    private(set) var book: LeaseBook
    private let mutant: Mutant?
    private let pace: Int
    private var random: SeededRandom
    /// The claim of a lease that is held.
    private var claimOf: [LeaseBook.Key: Int] = [:]
    private var keyOf: [Int: LeaseBook.Key] = [:]
    private var pending: [LeaseBook.Key: Pending] = [:]
    /// Lists that were asked for and not answered: the real source asks for one after the other.
    private var listsUnderWay = 0

    var onViolation: (String) -> Void = { _ in }
    /// What became of leases, in words.
    var onChange: (@autoclosure () -> String) -> Void = { _ in }

    /// `epoch`: of the state tables; nil: every row counts. `pace`: by how much everything is slower than in the real source; a worker
    /// looks at its leases every `pace` seconds.
    init(
        worker: Int, tables: [SimulatedLeaseTable], epoch: String?, pace: Int, region: Int, agenda: Agenda, weather: Weather,
        seed: UInt64, mutant: Mutant? = nil
    ) {
        name = "w\(worker)"
        self.tables = tables
        self.pace = pace
        self.mutant = mutant
        random = SeededRandom(seed: seed ^ 0x1EA5E)
        let slow = Int64(pace)
        book = LeaseBook(
            LeaseBook.Options(
                worker: name, epoch: epoch, renewMilliseconds: 2_000 * slow, expiryMilliseconds: 6_000 * slow,
                leftoverMilliseconds: 3_000 * slow, listMilliseconds: 30_000 * slow))
        for _ in tables { _ = book.addStream() }
        super.init(streams: tables.map(\.stream), region: region, agenda: agenda, weather: weather, seed: seed)
        observe()
    }

    override var beatMilliseconds: Int { 1_000 * pace }

    /// Renews, takes and steals, and looks at the leases and the shards again.
    override func heartbeat() {
        guard !isClosed else { return }
        meddle()
        decide()
        for index in tables.indices { scan(index) }
        guard listsUnderWay == 0 else { return }
        for index in book.takeListsDue(now: agenda.now) { list(index) }
    }

    /// What others do to the lease tables.
    private func meddle() {
        if weather.strikes(.theft, in: region, Self.theftChance) {
            let table = tables[random.below(tables.count)]
            if let shard = table.reassign(to: name) { onChange("is handed the lease of \(table.stream.name)/\(shard)") }
        }
        if weather.strikes(.deletedLease, in: region, Self.deletionChance) {
            let table = tables[random.below(tables.count)]
            if let shard = table.deleteRow() {
                onChange("looks on while the lease of \(table.stream.name)/\(shard) is deleted")
            }
        }
    }

    // MARK: What is known

    private func scan(_ index: Int) {
        let sent = agenda.now
        tables[index].scan { [weak self] rows in
            self?.whenRunning { [weak self] in
                guard let self, !isClosed, let rows else { return }
                scanned(index, rows, sent: sent)
            }
        }
    }

    private func scanned(_ index: Int, _ found: [Lease], sent: Int64) {
        var (rows, sent) = (found, sent)
        switch mutant {
        case .oldScan: sent = agenda.now
        case .takeLiveLease: sent += 600_000
        case .keepDeletedLease:
            let missing = Set(book.streams[index].held.keys).subtracting(found.map(\.shard))
            rows += missing.sorted().compactMap { book.streams[index].rows[$0]?.lease }
        default: break
        }
        absorb(book.scanned(index, rows, sent: sent, now: agenda.now))
        decide()
    }

    private func list(_ index: Int) {
        let sent = agenda.now
        listsUnderWay += 1
        tables[index].list { [weak self] found in
            self?.whenRunning { [weak self] in
                guard let self, !isClosed else { return }
                listsUnderWay -= 1
                guard var shards = found else { return book.wantList(index) }
                if mutant == .childrenFirst { for place in shards.indices { shards[place].parents = [] } }
                book.listed(index, shards, sent: sent, now: agenda.now)
                decide()
            }
        }
    }

    // MARK: Writes

    private func decide() {
        for step in book.steps(now: agenda.now, &random) { send(step) }
        pump()
    }

    private func send(_ step: LeaseBook.Step, ordinal: Int = 0) {
        let sent = agenda.now
        tables[step.key.stream].write(step.write, by: name, ordinal: ordinal) { [weak self] outcome in
            self?.whenRunning { [weak self] in
                guard let self, !isClosed else { return }
                let outcome = heard(outcome, of: step.key)
                let changes = book.answered(step, outcome, sent: sent, now: agenda.now)
                absorb(changes)
                let settled = settle(step, outcome, changes)
                decide()
                if let settled { settled.round.settled(isFailed: isFailed(outcome)) }
            }
        }
    }

    /// For a mutant: an answer that says that there is no row of a lease that is held says what is known of it.
    private func heard(_ outcome: LeaseOutcome, of key: LeaseBook.Key) -> LeaseOutcome {
        guard mutant == .keepDeletedLease, case .refused(nil) = outcome, book.isHeld(key) else { return outcome }
        return .refused(book.streams[key.stream].rows[key.shard]?.lease)
    }

    private func isFailed(_ outcome: LeaseOutcome) -> Bool { if case .failed = outcome { true } else { false } }

    private func absorb(_ changes: [LeaseBook.Change]) {
        for change in changes {
            switch change {
            case .assigned(let key, let lease, let owner, _): begin(key, lease, from: owner)
            case .lost(let key, let owner, _):
                onChange("loses \(text(key)) to \(owner ?? "nobody")")
                if let index = claimOf.removeValue(forKey: key) { drop(index) }
            case .finished(let key, _):
                if let index = claimOf.removeValue(forKey: key) { end(index) }
            case .created, .again: break
            }
        }
    }

    private func begin(_ key: LeaseBook.Key, _ lease: Lease, from owner: String?) {
        guard let partition = streams[key.stream].partition(named: key.shard) else { return }
        onChange("takes \(text(key)) from \(owner ?? "nobody") at \(lease.checkpoint.text)")
        for parent in streams[key.stream].shards[partition].parents
        where !tables[key.stream].hasEnded(parent, epoch: book.options.epoch) {
            onViolation("\(name) begins \(text(key)) before \(streams[key.stream].shards[parent].name) is committed to its end")
        }
        if let index = claimOf[key] { drop(index) }
        var place = 0
        if case .at(let sequence, _) = lease.checkpoint { place = Int(sequence) ?? 0 }
        let index = hold(partition, of: key.stream, at: place)
        claimOf[key] = index
        keyOf[index] = key
    }

    private func text(_ key: LeaseBook.Key) -> String { "\(streams[key.stream].name)/\(key.shard)" }

    // MARK: Commits

    /// A lease that is another's by now is lost, and no failure; what cannot be reached is one, and the worker tries again.
    override func commit(_ commits: [(index: Int, commit: ConsumerGroup.Commit)], _ done: @escaping (Bool) -> Void) {
        var current: [(key: LeaseBook.Key, index: Int, commit: ConsumerGroup.Commit)] = []
        for (index, commit) in commits {
            guard let key = keyOf[index] else { continue }
            if claimOf[key] == index { current.append((key, index, commit)) } else { commitLost(key, commit) }
        }
        guard !current.isEmpty else { return done(true) }
        let round = Round(current.count, done)
        for (key, index, commit) in current {
            let before = pending.updateValue(Pending(index: index, commit: commit, round: round), forKey: key)
            before?.round.settled()
        }
        pump()
    }

    /// Sends every commit whose lease is free for it. Those of leases that are lost are done with.
    private func pump() {
        var dropped: [Pending] = []
        for (key, commit) in pending.sorted(by: { $0.key < $1.key }) {
            guard book.isHeld(key), claimOf[key] == commit.index else {
                pending[key] = nil
                dropped.append(commit)
                commitLost(key, commit.commit)
                continue
            }
            if let step = book.begin(action(commit.commit, key), key) { send(step, ordinal: commit.commit.position.ordinal) }
        }
        for commit in dropped { commit.round.settled() }
    }

    private func action(_ commit: ConsumerGroup.Commit, _ key: LeaseBook.Key) -> LeaseWrite.Action {
        let ordinal = commit.position.ordinal
        guard commit.ended else {
            return .commit(
                ordinal == 0 ? .trimHorizon : .at(sequence: "\(ordinal)", sub: 0), epoch: commit.epoch, children: [])
        }
        let stream = streams[key.stream]
        let children = stream.partition(named: key.shard).map { stream.shards[$0].children } ?? []
        return .commit(.shardEnd, epoch: commit.epoch, children: children.map { stream.shards[$0].name }.sorted())
    }

    /// What an answered write means for the commit that it was: the one that is over.
    private func settle(_ step: LeaseBook.Step, _ outcome: LeaseOutcome, _ changes: [LeaseBook.Change]) -> Pending? {
        guard case .commit = step.write.action, let commit = pending[step.key] else { return nil }
        // Over a write whose answer was lost: to be made again.
        if changes.contains(.again(step.key)) { return nil }
        // A later position came while the one before was under way: it goes next.
        guard action(commit.commit, step.key) == step.write.action || isFailed(outcome) || !book.isHeld(step.key) else {
            return nil
        }
        pending[step.key] = nil
        return commit
    }

    /// For a mutant: a commit of a lease that was lost, in its owner's name.
    private func commitLost(_ key: LeaseBook.Key, _ commit: ConsumerGroup.Commit) {
        guard mutant == .commitLostLease, let row = book.streams[key.stream].rows[key.shard] else { return }
        let write = LeaseWrite(action: action(commit, key), lease: row.lease, worker: row.lease.owner ?? name)
        tables[key.stream].write(write, by: name, ordinal: commit.position.ordinal) { _ in }
    }

    // MARK: The end

    /// What asks for an iterator anew does so where it is: the claim stays.
    override func renew(_ old: Held, at place: Int?) { wake(after: 200) }

    /// Gives the leases up, so that others take them at once. Those with a write under way run out.
    override func leave(inGoodOrder: Bool) {
        guard inGoodOrder else { return }
        for key in claimOf.keys.sorted() {
            guard let step = book.begin(.evict, key) else { continue }
            tables[key.stream].write(step.write, by: name) { _ in }
        }
    }
}
