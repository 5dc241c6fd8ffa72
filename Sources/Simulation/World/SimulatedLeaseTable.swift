import EngineCore
import Leases

/// The lease table of one application for one stream, kept in the Region that reads: a row per Kinesis shard, written under
/// conditions.
///
/// ``LeaseWrite/applied(to:)`` says what becomes of a row, as ``Ingest/LeaseTable`` has DynamoDB do it. A request happens at one
/// moment between call and answer. The answer may be late or lost, a write may be sent twice, and a row or all of them may vanish.
final class SimulatedLeaseTable {
    /// After how many milliseconds a caller gives up.
    static let timeout: Int64 = 5_000

    let stream: StreamLog
    /// Index of the Region that reads; the weather over it is the table's.
    let region: Int
    private let agenda: Agenda
    private let weather: Weather
    private let mutant: Mutant?
    private var random: SeededRandom
    /// By the shard's name.
    private(set) var rows: [String: Lease] = [:]
    /// By partition, the oldest first.
    private var commits: [[ConsumerGroup.Commit]] = []
    /// How often a lease came to another owner.
    private(set) var moves = 0

    /// A commit was taken.
    var onCommit: (_ worker: String, _ partition: Int, _ commit: ConsumerGroup.Commit) -> Void = { _, _, _ in }
    /// Something is wrong.
    var onViolation: (String) -> Void = { _ in }

    init(stream: StreamLog, region: Int, agenda: Agenda, weather: Weather, seed: UInt64, mutant: Mutant? = nil) {
        self.stream = stream
        self.region = region
        self.agenda = agenda
        self.weather = weather
        self.mutant = mutant
        random = SeededRandom(seed: seed)
    }

    /// Every commit that was taken, the oldest first. Rows that vanish take none of them away.
    func commits(of partition: Int) -> [ConsumerGroup.Commit] { partition < commits.count ? commits[partition] : [] }

    /// Whether the partition's end was ever committed for the state tables of this epoch; nil: of any.
    func hasEnded(_ partition: Int, epoch: String?) -> Bool {
        commits(of: partition).contains { $0.ended && (epoch == nil || $0.epoch == epoch) }
    }

    // MARK: Requests

    /// Every row; nil where that is not heard.
    func scan(_ done: @escaping ([Lease]?) -> Void) {
        var found: [Lease]?
        send {
            found = self.rows.values.sorted { $0.shard < $1.shard }
        } answer: {
            done($0 ? found : nil)
        }
    }

    /// The stream's shards, as the service lists them; nil where that is not heard. Asked of the stream, with the manners of the table.
    func list(_ done: @escaping ([KinesisShard]?) -> Void) {
        var found: [KinesisShard]?
        send { [stream] in
            guard stream.isReachable else { return }
            found = stream.shards.map { shard in
                KinesisShard(
                    id: shard.name, parents: shard.parents.map { stream.shards[$0].name }, startingHashKey: "0",
                    endingHashKey: "1", isClosed: shard.isClosed)
            }
        } answer: {
            done($0 ? found : nil)
        }
    }

    /// Makes a write. `worker`: who sends it. `ordinal`: of a commit, how many records are before it.
    func write(_ write: LeaseWrite, by worker: String, ordinal: Int = 0, _ done: @escaping (LeaseOutcome) -> Void) {
        var outcome = LeaseOutcome.failed
        // A client that hears nothing sends a write again: the copy comes first or last, and whichever is heard is the answer.
        if weather.strikes(.repeatedWrite, in: region, 0.3) {
            let isHeard = random.chance(0.5)
            agenda.after(Int64(random.between(1, 3_000))) { [self] in
                let copy = apply(write, by: worker, ordinal)
                if isHeard { outcome = copy }
            }
        }
        send { [self] in
            outcome = apply(write, by: worker, ordinal)
        } answer: {
            done($0 ? outcome : .failed)
        }
    }

    /// `each` runs where the request reaches the table, `answer` once, with whether the caller heard the answer in time.
    private func send(_ each: @escaping () -> Void, answer: @escaping (Bool) -> Void) {
        let isThrottled = weather.strikes(.throttle, in: region, 0.3)
        var latency = random.between(2, 20)
        if weather.strikes(.slowTable, in: region, 0.5) { latency = random.between(1_000, 20_000) }
        var delay = latency
        if weather.strikes(.lateAnswer, in: region, 0.3) { delay += random.between(1, random.chance(0.5) ? 4_000 : 60_000) }
        let isLost = weather.strikes(.lostAnswer, in: region, 0.3)
        if !isThrottled { agenda.after(Int64(random.between(1, latency)), each) }
        let isHeard = !isLost && Int64(delay) <= Self.timeout
        agenda.after(isHeard ? Int64(delay) : Self.timeout) { answer(isHeard && !isThrottled) }
    }

    private func apply(_ write: LeaseWrite, by worker: String, _ ordinal: Int) -> LeaseOutcome {
        let shard = write.lease.shard
        let found = rows[shard]
        switch effective(write, on: found).applied(to: found) {
        case nil: return .refused(found)
        case .deleted:
            rows[shard] = nil
            return .done(nil)
        case .written(let row):
            if let owner = row.owner, owner != found?.owner { moves += 1 }
            rows[shard] = row
            if case .commit(let checkpoint, let epoch, _) = write.action {
                if found?.owner != worker || found?.counter != write.lease.counter {
                    onViolation("\(worker) commits \(stream.name)/\(shard), whose lease it does not own")
                }
                let position = Position(offset: ordinal, ordinal: ordinal)
                note(
                    ConsumerGroup.Commit(position: position, ended: checkpoint == .shardEnd, epoch: epoch ?? ""), of: shard,
                    worker)
            }
            return .done(told(row, of: write, by: worker))
        }
    }

    /// For a mutant: whoever writes without a condition takes the row for its own.
    private func told(_ row: Lease, of write: LeaseWrite, by worker: String) -> Lease {
        guard mutant == .blindLease, row.owner != nil else { return row }
        switch write.action {
        case .renew, .commit:
            var row = row
            row.owner = worker
            return row
        default: return row
        }
    }

    private func note(_ commit: ConsumerGroup.Commit, of shard: String, _ worker: String) {
        guard let partition = stream.partition(named: shard) else { return }
        while commits.count <= partition { commits.append([]) }
        commits[partition].append(commit)
        onCommit(worker, partition, commit)
    }

    /// For a mutant: the write with a condition that holds whatever the row is.
    private func effective(_ write: LeaseWrite, on found: Lease?) -> LeaseWrite {
        guard mutant == .blindLease, let found, let owner = found.owner else { return write }
        switch write.action {
        case .renew, .commit: return LeaseWrite(action: write.action, lease: found, worker: owner)
        default: return write
        }
    }

    // MARK: What others do to it

    /// Makes a worker the owner of a lease that another one has, as the leader of the Kinesis Client Library does; the old owner is
    /// to hand over, or is not. The shard, nil where there is none of that sort.
    func reassign(to worker: String) -> String? {
        let prey = rows.values.filter { $0.owner != nil && $0.owner != worker }.map(\.shard).sorted()
        guard !prey.isEmpty, var row = rows[prey[random.below(prey.count)]] else { return nil }
        row.checkpointOwner = random.chance(0.5) ? row.owner : nil
        row.owner = worker
        row.counter += 1
        row.switches += 1
        rows[row.shard] = row
        moves += 1
        return row.shard
    }

    /// Deletes a row; its shard, nil where there is none.
    func deleteRow() -> String? {
        let shards = rows.keys.sorted()
        guard !shards.isEmpty else { return nil }
        let shard = shards[random.below(shards.count)]
        rows[shard] = nil
        return shard
    }

    /// Writes a row as it is.
    func put(_ row: Lease) { rows[row.shard] = row }

    /// The table is deleted and made anew.
    func empty() { rows = [:] }
}
