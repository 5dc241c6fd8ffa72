import EngineCore
import Leases
import Platform

/// The leases and commits of one application over one stream, kept in the Region that reads.
///
/// As the Kinesis Client Library does it: a lease whose owner has not renewed it for ten seconds is there for anybody; workers
/// take up to their share, and one with less than another asks for a partition of that one; a child waits until its parents are
/// committed as ended; leases of finished partitions are kept. Every claim raises the lease's counter, and a commit has to name it.
/// A group may be *unfenced* (a Kafka admin's commit, an old client): it takes any commit, backwards too.
final class ConsumerGroup {
    static let leaseMilliseconds: Int64 = 10_000
    /// How long an owner has to give a partition up when it is asked to.
    static let revokeMilliseconds: Int64 = 10_000
    static let unfencedShare = 0.25

    struct Commit: Equatable {
        /// Everything before it is durable.
        var position: Position
        var ended: Bool
        /// Of the table that it is durable in.
        var epoch: String
    }

    /// The right to read a partition, as a worker believes it to be.
    struct Claim: Equatable {
        let partition: Int
        let worker: Int
        let counter: Int
        /// Where the claim goes on; nil where nothing was committed.
        let commit: Commit?
    }

    struct Lease {
        var owner: Int?
        var counter = 0
        var renewed: Int64 = 0
        /// The oldest first; the last one counts.
        var commits: [Commit] = []
        /// Whom the partition is to be handed to behind its owner's back.
        var thief: Int?
        /// Counters of claims that were stolen, and until when their workers do not know.
        var ignorant: [(counter: Int, until: Int64)] = []
        /// When the owner was asked to give it up.
        var revoked: Int64?
        /// Who asked for it, and until when nobody else may have it.
        var promised: (worker: Int, until: Int64)?
    }

    struct Worker {
        let id: Int
        var seen: Int64
        var onRevoke: (Int) -> Void
    }

    let stream: StreamLog
    /// Index of the Region that reads; the weather over it is the group's.
    let region: Int
    let isFenced: Bool
    let agenda: Agenda
    let weather: Weather
    var random: SeededRandom
    /// By partition.
    var leases: [Lease] = []
    /// In order of registration.
    var workers: [Worker] = []
    /// Commits that were refused because the lease had gone on to another claim.
    private(set) var refused = 0

    /// Whether the group is fenced is drawn where it is not given.
    init(stream: StreamLog, region: Int, agenda: Agenda, weather: Weather, seed: UInt64, isFenced: Bool? = nil) {
        self.stream = stream
        self.region = region
        self.agenda = agenda
        self.weather = weather
        random = SeededRandom(seed: seed)
        let unfenced = random.chance(Self.unfencedShare)
        self.isFenced = isFenced ?? !unfenced
    }

    /// Every commit that was taken, the oldest first.
    func commits(of partition: Int) -> [Commit] { partition < leases.count ? leases[partition].commits : [] }

    /// Who holds a partition's lease, expired or not.
    func owner(of partition: Int) -> Int? { partition < leases.count ? leases[partition].owner : nil }

    // MARK: What a worker asks

    /// Makes a worker known. `onRevoke` is called with a partition that it has to ``release(_:)`` within ten seconds. A worker that
    /// is started again is another one: an id is used once.
    func register(_ worker: Int, onRevoke: @escaping (Int) -> Void) {
        precondition(!workers.contains { $0.id == worker }, "a worker's id is used twice")
        workers.append(Worker(id: worker, seen: agenda.now, onRevoke: onRevoke))
    }

    /// Forgets a worker: at once if it says so, having released its leases, or when they have run out.
    func unregister(_ worker: Int, inGoodOrder: Bool) {
        guard inGoodOrder else {
            return agenda.after(Self.leaseMilliseconds) { [self] in unregister(worker, inGoodOrder: true) }
        }
        workers.removeAll { $0.id == worker }
    }

    /// What a worker may claim, at most its share, in the order in which it should try.
    ///
    /// `holds` says of a commit whether it still counts for the worker: one whose table is gone does not, and then the partition
    /// is read again and its children wait, ended or not.
    func claimable(for worker: Int, where holds: (Commit) -> Bool) -> [Int] {
        grow()
        let now = agenda.now
        let readable = readable(where: holds)
        let stolen = readable.filter { leases[$0].thief == worker && leases[$0].owner != worker }
        var free = readable.filter { partition in
            let lease = leases[partition]
            if let promised = lease.promised, promised.worker != worker, promised.until > now { return false }
            return lease.thief != worker && (lease.owner == nil || lease.renewed + Self.leaseMilliseconds <= now)
        }
        for place in free.indices.reversed() { free.swapAt(place, random.below(place + 1)) }
        let held = readable.count { leases[$0].owner == worker && leases[$0].renewed + Self.leaseMilliseconds > now }
        let alive = max(workers.count { isAlive($0) }, 1)
        return stolen + free.prefix(max((readable.count + alive - 1) / alive - held, 0))
    }

    /// Takes a partition that is ``claimable(for:where:)``, or anew one that the worker owns. Nil where it is another's.
    func claim(_ partition: Int, by worker: Int) -> Claim? {
        grow()
        let now = agenda.now
        var lease = leases[partition]
        let isOwn = lease.owner == worker
        let isFree = lease.owner == nil || lease.renewed + Self.leaseMilliseconds <= now
        let isTheft = lease.thief == worker && !isOwn
        guard isOwn || isTheft || isFree else { return nil }
        if isTheft, !isFree {
            lease.ignorant.append((lease.counter, now + Int64(random.between(1_000, 120_000))))
        }
        lease.ignorant.removeAll { $0.until <= now }
        if !isOwn {
            lease.revoked = nil
            lease.promised = nil
        }
        lease.thief = nil
        lease.owner = worker
        lease.counter += 1
        lease.renewed = now
        leases[partition] = lease
        return Claim(partition: partition, worker: worker, counter: lease.counter, commit: commitFound(lease))
    }

    private func commitFound(_ lease: Lease) -> Commit? {
        guard weather.strikes(.staleCommit, in: region, 0.5), !lease.commits.isEmpty else { return lease.commits.last }
        let place = random.below(lease.commits.count)
        return place == 0 ? nil : lease.commits[place - 1]
    }

    /// Whether a claim is its worker's, as far as the worker can tell: it does not learn of a theft for a while.
    func isHeld(_ claim: Claim) -> Bool {
        let lease = leases[claim.partition]
        if lease.counter == claim.counter { return lease.owner == claim.worker }
        return lease.ignorant.contains { $0.counter == claim.counter && $0.until > agenda.now }
    }

    /// Sets where a partition's next reader goes on. False, and nothing is written, where the group is fenced and the lease has
    /// gone on to another claim. The lease of an ended partition is kept, without an owner.
    func commit(_ claim: Claim, _ commit: Commit) -> Bool {
        let isCurrent = leases[claim.partition].owner == claim.worker && leases[claim.partition].counter == claim.counter
        guard isCurrent || !isFenced else {
            refused += 1
            return false
        }
        leases[claim.partition].commits.append(commit)
        if commit.ended, isCurrent { letGo(claim.partition) }
        return true
    }

    /// Gives a partition up. Nothing happens where it is another's by now.
    func release(_ claim: Claim) {
        let lease = leases[claim.partition]
        if lease.owner == claim.worker, lease.counter == claim.counter { letGo(claim.partition) }
    }

    // MARK: Parts

    func letGo(_ partition: Int) {
        leases[partition].owner = nil
        leases[partition].revoked = nil
        leases[partition].counter += 1
    }

    func isAlive(_ worker: Worker) -> Bool { worker.seen + Self.leaseMilliseconds > agenda.now }

    /// Partitions that are not finished and whose parents are.
    func readable(where holds: (Commit) -> Bool) -> [Int] {
        let finished = leases.map { lease in lease.commits.last.map { $0.ended && holds($0) } ?? false }
        return leases.indices.filter { !finished[$0] && stream.shards[$0].parents.allSatisfy { finished[$0] } }
    }

    /// A lease for every partition there is by now.
    func grow() {
        while leases.count < stream.shards.count { leases.append(Lease()) }
    }
}
