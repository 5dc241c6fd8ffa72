import EngineCore

/// A consumer whose claims are those of a ``ConsumerGroup`` for each stream.
final class GroupConsumer: Consumer {
    private let worker: Int
    private let groups: [ConsumerGroup]
    /// Every claim by its index, for commits that come late.
    private var claimed: [(group: Int, claim: ConsumerGroup.Claim)] = []
    private let start: (ConsumerGroup.Commit?) -> Position?

    /// A commit was taken or refused.
    var onCommit: (_ index: Int, _ commit: ConsumerGroup.Commit, _ isTaken: Bool) -> Void = { _, _, _ in }

    /// `start` decides where a claim begins by the commit that was found, if any. Nil: the commit does not count (its table is gone);
    /// the partition is read from its beginning, and before it the parents, ended or not.
    init(
        worker: Int, groups: [ConsumerGroup], region: Int, agenda: Agenda, weather: Weather, seed: UInt64,
        start: @escaping (ConsumerGroup.Commit?) -> Position?
    ) {
        self.worker = worker
        self.groups = groups
        self.start = start
        super.init(streams: groups.map(\.stream), region: region, agenda: agenda, weather: weather, seed: seed)
        for (place, group) in groups.enumerated() {
            group.register(worker) { [weak self] partition in self?.revoked(partition, of: place) }
        }
        observe()
    }

    /// Renews the leases, drops what was lost and claims what is there for it. To be called every three seconds; a worker that
    /// does not loses its partitions.
    override func heartbeat() {
        guard !isClosed else { return }
        for group in groups { group.heartbeat(worker) }
        for lost in held where !groups[lost.stream].isHeld(claimed[lost.index].claim) { drop(lost.index) }
        for (place, group) in groups.enumerated() {
            for partition in group.claimable(for: worker, where: { start($0) != nil }) {
                guard let claim = group.claim(partition, by: worker) else { continue }
                // Stolen from this worker before it knew, and now its own again.
                for old in held where old.stream == place && old.partition == partition { drop(old.index) }
                hold(claim, of: place, at: nil)
            }
        }
    }

    override func commit(_ commits: [(index: Int, commit: ConsumerGroup.Commit)], _ done: @escaping (Bool) -> Void) {
        for (index, commit) in commits { onCommit(index, commit, self.commit(index, commit)) }
        done(true)
    }

    /// False where the commit was refused.
    func commit(_ index: Int, _ commit: ConsumerGroup.Commit) -> Bool {
        let done = groups[claimed[index].group].commit(claimed[index].claim, commit)
        if done, commit.ended { end(index) }
        return done
    }

    override func release(_ index: Int) {
        guard let released = held.first(where: { $0.index == index }) else { return }
        drop(index)
        groups[released.stream].release(claimed[index].claim)
    }

    override func leave(inGoodOrder: Bool) {
        if inGoodOrder {
            for claim in held { groups[claim.stream].release(claimed[claim.index].claim) }
        }
        for group in groups { group.unregister(worker, inGoodOrder: inGoodOrder) }
    }

    override func renew(_ old: Held, at place: Int?) {
        drop(old.index)
        // The lease may be another's, though this worker has not heard of it yet.
        guard groups[old.stream].owner(of: old.partition) == worker,
            let claim = groups[old.stream].claim(old.partition, by: worker)
        else { return }
        hold(claim, of: old.stream, at: place)
    }

    private func hold(_ claim: ConsumerGroup.Claim, of group: Int, at place: Int?) {
        claimed.append((group, claim))
        hold(claim.partition, of: group, at: place ?? (start(claim.commit) ?? .beginning).ordinal)
    }

    private func revoked(_ partition: Int, of group: Int) {
        for claim in held where claim.stream == group && claim.partition == partition { onRevoke(claim.index) }
    }
}
