import EngineCore

/// What one worker reads: its claims in the groups of all streams that it is about.
///
/// Every claim is a partition of its own to the engine: it has a new index in ``partitions``, and its blocks count from 0. A
/// claim that is dropped and made anew (an expired iterator, a redelivery, another owner) has another index.
///
/// It is driven, and costs nothing while there is nothing: ``onRecords`` is called once after a poll that found nothing, when
/// there may be something.
final class Consumer {
    enum Poll: Equatable {
        /// The block holds the next records.
        case records
        /// Nothing now; ``onRecords`` will be called.
        case idle
    }

    /// A claim at work.
    struct Held {
        /// Index in ``partitions``.
        let index: Int
        /// Index in ``groups``.
        let group: Int
        let claim: ConsumerGroup.Claim
        /// Records before the next one to read.
        var place: Int
        var sequence = 0
        /// Everything was read, to the partition's end.
        var isDrained = false
        /// Gives nothing before that time.
        var silentUntil: Int64 = 0
    }

    let worker: Int
    let groups: [ConsumerGroup]
    /// One a claim, append-only.
    private(set) var partitions: [Partition] = []
    /// What is held, in the order in which it was claimed.
    private(set) var held: [Held] = []
    let agenda: Agenda
    let weather: Weather
    /// Where the worker is: the weather over it is the consumer's.
    let region: Int
    private(set) var isClosed = false
    /// Every claim by its index, for commits that come late.
    private var claimed: [(group: Int, claim: ConsumerGroup.Claim)] = []
    private let start: (ConsumerGroup.Commit?) -> Position?
    private var random: SeededRandom
    private var tokens: [Int] = []
    /// Idle, and to be told once.
    private var isWaiting = true
    private var hasWoken = false

    /// There is something to poll for.
    var onRecords: () -> Void = {}
    /// The claim of that index is no longer read: drop what is known of it.
    var onDrop: (Int) -> Void = { _ in }
    /// A partition is to be given up within ten seconds, in good order: what was read of the claim of that index is to be made
    /// durable and committed, and then ``release(_:)`` called.
    var onRevoke: (Int) -> Void = { _ in }

    /// `start` decides where a claim begins by the commit that was found, if any. Nil: the commit does not count (its table is gone);
    /// the partition is read from its beginning, and before it the parents, ended or not.
    init(
        worker: Int, groups: [ConsumerGroup], region: Int, agenda: Agenda, weather: Weather, seed: UInt64,
        start: @escaping (ConsumerGroup.Commit?) -> Position?
    ) {
        self.worker = worker
        self.groups = groups
        self.region = region
        self.agenda = agenda
        self.weather = weather
        self.start = start
        random = SeededRandom(seed: seed)
        for (place, group) in groups.enumerated() {
            group.register(worker) { [weak self] partition in self?.revoked(partition, of: place) }
            tokens.append(group.stream.observe { [weak self] partition in self?.grown(partition, of: place) })
        }
    }

    // MARK: Leases

    /// Renews the leases, drops what was lost and claims what is there for it. To be called every three seconds; a worker that
    /// does not loses its partitions.
    func heartbeat() {
        guard !isClosed else { return }
        for group in groups { group.heartbeat(worker) }
        for lost in held where !groups[lost.group].isHeld(lost.claim) { drop(lost.index) }
        for (place, group) in groups.enumerated() {
            for partition in group.claimable(for: worker, where: { start($0) != nil }) {
                guard let claim = group.claim(partition, by: worker) else { continue }
                // Stolen from this worker before it knew, and now its own again.
                for old in held where old.group == place && old.claim.partition == partition { drop(old.index) }
                hold(claim, of: place, at: nil)
            }
        }
    }

    /// Commits for a claim, also for one that is no longer held: whether that counts is the group's to say. False where it was
    /// refused.
    func commit(_ index: Int, _ commit: ConsumerGroup.Commit) -> Bool {
        let done = groups[claimed[index].group].commit(claimed[index].claim, commit)
        if done, commit.ended { held.removeAll { $0.index == index } }
        return done
    }

    /// Reads nothing more of a claim that is about to be given up.
    func silence(_ index: Int) {
        for place in held.indices where held[place].index == index { held[place].silentUntil = .max }
    }

    /// Gives a claim up in good order.
    func release(_ index: Int) {
        guard let released = held.first(where: { $0.index == index }) else { return }
        drop(index)
        groups[released.group].release(released.claim)
    }

    /// Stops: in good order, where every lease is released, or as a process that is killed.
    func close(inGoodOrder: Bool) {
        guard !isClosed else { return }
        isClosed = true
        if inGoodOrder {
            for claim in held { groups[claim.group].release(claim.claim) }
        }
        for group in groups { group.unregister(worker, inGoodOrder: inGoodOrder) }
        held.removeAll()
        for (place, group) in groups.enumerated() { group.stream.forget(tokens[place]) }
    }

    private func hold(_ claim: ConsumerGroup.Claim, of group: Int, at place: Int?) {
        let stream = groups[group].stream
        let index = partitions.count
        partitions.append(Partition(source: "kinesis", stream: stream.name, name: stream.shards[claim.partition].name))
        claimed.append((group, claim))
        let begin = place ?? (start(claim.commit) ?? .beginning).ordinal
        held.append(Held(index: index, group: group, claim: claim, place: begin))
        wake()
    }

    private func drop(_ index: Int) {
        held.removeAll { $0.index == index }
        onDrop(index)
    }

    /// Drops a claim and makes it anew, at a place or at the commit.
    private func renew(_ old: Held, at place: Int?) {
        drop(old.index)
        // The lease may be another's, though this worker has not heard of it yet.
        guard groups[old.group].owner(of: old.claim.partition) == worker,
            let claim = groups[old.group].claim(old.claim.partition, by: worker)
        else { return }
        hold(claim, of: old.group, at: place)
    }

    private func revoked(_ partition: Int, of group: Int) {
        for claim in held where claim.group == group && claim.claim.partition == partition { onRevoke(claim.index) }
    }

    // MARK: Records

    /// Fills `block` with the next records of some claim: at most `maxRecords`, and no more bytes than fit, but one at least. A
    /// seed chooses the claim. To be called until it is idle, at once or when there is room again.
    func poll(into block: RecordBlock, maxRecords: Int) -> Poll {
        isWaiting = false
        // A claim that is made anew on the way is news for the next round.
        hasWoken = false
        // Bounded: a claim that is dropped and made anew is tried again in the next round only.
        let turns = held.map(\.index)
        let first = random.below(turns.count)
        for turn in turns.indices {
            let index = turns[(first + turn) % turns.count]
            guard let place = held.firstIndex(where: { $0.index == index }) else { continue }
            if read(place, into: block, maxRecords: maxRecords) { return .records }
        }
        isWaiting = true
        return .idle
    }

    /// Reads from the claim at a place of ``held``; false where it gives nothing.
    private func read(_ place: Int, into block: RecordBlock, maxRecords: Int) -> Bool {
        let claim = held[place]
        let stream = groups[claim.group].stream
        guard !claim.isDrained, claim.silentUntil <= agenda.now,
            case .records(let found, let isLast) = stream.look(
                claim.claim.partition, from: claim.place, most: max(maxRecords, 1))
        else { return false }
        if weather.strikes(.emptyPoll, in: region, 0.2) {
            wake(after: 200)
            return false
        }
        if weather.strikes(.stall, in: region, 0.02) {
            let silence = Int64(random.between(1_000, 60_000))
            held[place].silentUntil = agenda.now + silence
            wake(after: silence)
            return false
        }
        if weather.strikes(.expiredIterator, in: region, 0.01) {
            renew(claim, at: nil)
            return false
        }
        if weather.strikes(.redelivery, in: region, 0.01) {
            renew(claim, at: random.below(claim.place + 1))
            return false
        }
        fill(block, place, found: random.chance(0.5) ? found : random.between(min(1, found), found), isLast: isLast, of: found)
        return true
    }

    private func fill(_ block: RecordBlock, _ place: Int, found: Int, isLast: Bool, of all: Int) {
        let claim = held[place]
        let stream = groups[claim.group].stream
        block.removeAll()
        var taken = 0
        while taken < found {
            let record = stream.record(claim.claim.partition, claim.place + taken)
            guard taken == 0 || block.text.count + record.bytes.count <= block.text.capacity else { break }
            let offset = block.text.count
            record.bytes.withUnsafeBytes { block.text.append($0) }
            taken += 1
            block.records.append(
                RecordBlock.Record(
                    offset: offset, length: record.bytes.count, ordinal: claim.place + taken,
                    arrival: .init(milliseconds: record.arrival)))
        }
        held[place].place += taken
        held[place].sequence += 1
        held[place].isDrained = isLast && taken == all
        block.partition = claim.index
        block.sequence = claim.sequence
        block.end = Position(offset: held[place].place, ordinal: held[place].place)
        block.isLast = held[place].isDrained
    }

    // MARK: Waking

    private func grown(_ partition: Int, of group: Int) {
        guard isWaiting, !hasWoken else { return }
        let now = agenda.now
        let isMine = held.contains {
            $0.group == group && $0.claim.partition == partition && !$0.isDrained && $0.silentUntil <= now
        }
        if isMine { wake() }
    }

    private func wake(after delay: Int64 = 0) {
        guard delay == 0 else {
            agenda.after(delay) { [weak self] in self?.wake() }
            return
        }
        guard !hasWoken, !isClosed else { return }
        hasWoken = true
        agenda.after(0) { [weak self] in
            guard let self, isWaiting, !isClosed else { return }
            isWaiting = false
            onRecords()
        }
    }
}
