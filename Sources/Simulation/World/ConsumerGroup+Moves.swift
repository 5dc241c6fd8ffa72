/// How partitions move from worker to worker.
extension ConsumerGroup {
    /// Chances a heartbeat, while the fault is about.
    private static let theftChance = 0.05
    private static let rebalanceChance = 0.1

    /// Renews a worker's leases, every three seconds or so. It is also when a worker with too little asks for more, and when
    /// partitions are stolen or moved without need.
    func heartbeat(_ worker: Int) {
        guard let place = workers.firstIndex(where: { $0.id == worker }) else { return }
        grow()
        workers[place].seen = agenda.now
        for partition in leases.indices {
            if leases[partition].owner == worker { leases[partition].renewed = agenda.now }
            // What it was handed and did not take.
            if leases[partition].thief == worker { leases[partition].thief = nil }
        }
        balance(worker)
        if weather.strikes(.theft, in: region, Self.theftChance), let prey = anyHeld(where: { $0 != worker }) {
            leases[prey].thief = worker
        }
        if weather.strikes(.rebalance, in: region, Self.rebalanceChance), let partition = anyHeld(where: { _ in true }) {
            revoke(partition, for: worker)
        }
    }

    /// Asks the worker with the most for one, where it has two more than this one and this one is not promised one already.
    private func balance(_ worker: Int) {
        let now = agenda.now
        if leases.contains(where: { $0.promised.map { $0.worker == worker && $0.until > now } ?? false }) { return }
        var held: [(worker: Int, partitions: [Int])] = []
        for other in workers where isAlive(other) {
            held.append((other.id, leases.indices.filter { leases[$0].owner == other.id }))
        }
        guard let own = held.first(where: { $0.worker == worker }),
            let most = held.max(by: { $0.partitions.count < $1.partitions.count }),
            most.partitions.count >= own.partitions.count + 2,
            !most.partitions.contains(where: { leases[$0].revoked != nil })
        else { return }
        revoke(most.partitions[random.below(most.partitions.count)], for: worker)
    }

    /// Some partition of a live owner of that sort.
    private func anyHeld(where isWanted: (Int) -> Bool) -> Int? {
        let alive = workers.filter(isAlive).map(\.id)
        let held = leases.indices.filter { partition in
            leases[partition].owner.map { alive.contains($0) && isWanted($0) } ?? false
        }
        return held.isEmpty ? nil : held[random.below(held.count)]
    }

    /// Asks a partition's owner to give it up for a worker, and takes it away where it has not done so in time.
    func revoke(_ partition: Int, for wanting: Int) {
        guard let owner = leases[partition].owner, leases[partition].revoked == nil,
            let worker = workers.first(where: { $0.id == owner })
        else { return }
        let now = agenda.now
        leases[partition].revoked = now
        if wanting != owner { leases[partition].promised = (wanting, now + 2 * Self.revokeMilliseconds) }
        agenda.after(Self.revokeMilliseconds) { [self] in
            if leases[partition].owner == owner, leases[partition].revoked == now { letGo(partition) }
        }
        // Told by the agenda, so that the owner is never called in the middle of another's call.
        agenda.after(0) { [self] in
            if leases[partition].owner == owner, leases[partition].revoked == now { worker.onRevoke(partition) }
        }
    }
}
