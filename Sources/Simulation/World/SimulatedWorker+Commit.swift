import EngineCore

/// The simulated thread of a worker's commits.
extension SimulatedWorker {
    func pollCommit() {
        let (work, wakes) = core.pollCommit(now: world.agenda.now)
        wake(wakes)
        switch work {
        case .confirm:
            works(commitThread)
            durable = core.status(now: world.agenda.now).settled
            confirm()
        case .commit(let positions, let epoch):
            works(commitThread)
            after(random.below(21)) { $0.commit($0.mutated(positions), epoch ?? "") }
        case .wait(let until): waits(commitThread, until: until)
        case .done: leaves(commitThread)
        }
    }

    private func committerDone() { done(commitThread) }

    private func confirm() {
        if world.mutant == .ignoreEpoch { return after(0) { $0.confirmed($0.epoch) } }
        world.table.epoch(in: region) { [weak self] found in
            self?.whenRunning { worker in
                guard let found else { return worker.confirmed(nil) }
                // Which dictionary to write with is looked at with it.
                worker.lookForDictionary { $0.confirmed($1 ? found : nil) }
            }
        }
    }

    /// Nil: nobody says.
    private func confirmed(_ found: String?) {
        guard let found else {
            wake(core.commitFailed(WorldFailure.table, now: world.agenda.now))
            return committerDone()
        }
        guard found != epoch, world.mutant != .keepDictionary else { return take(found) }
        world.trace(.worker(id), "finds another table")
        leave(known.sorted()[...]) { $0.take(found) }
    }

    private func take(_ found: String?) {
        wake(core.confirmed(epoch: found, now: world.agenda.now))
        committerDone()
    }

    /// What it has written there since the table was replaced, others are to be able to read: it does not end before it has heard that they can. What
    /// fails is tried again like a commit.
    private func leave(_ dictionaries: ArraySlice<Int>, _ then: @escaping (SimulatedWorker) -> Void) {
        guard let dictionary = dictionaries.first else { return then(self) }
        world.table.put(dictionary: dictionary, in: region) { [weak self] isDone in
            self?.whenRunning { worker in
                guard isDone else {
                    worker.world.trace(.worker(worker.id), "could not leave dictionary \(dictionary)")
                    return worker.confirmed(nil)
                }
                worker.leave(dictionaries.dropFirst(), then)
            }
        }
    }

    /// Whether a commit counts is the group's to say; for the worker it is done.
    private func commit(_ positions: [CheckpointLedger.Sealed], _ epoch: String) {
        checkConfirmed(positions)
        if world.weather.strikes(.throttle, in: region, 0.2) {
            wake(core.commitFailed(WorldFailure.table, now: world.agenda.now))
            return committerDone()
        }
        commitNow(positions, epoch) { [weak self] isDone in
            guard let self else { return }
            if isDone {
                wake(core.committed(now: world.agenda.now))
                releaseCommitted()
            } else {
                wake(core.commitFailed(WorldFailure.table, now: world.agenda.now))
            }
            committerDone()
        }
    }

    /// A commit covers only flushes that were over before its confirmation was sent.
    private func checkConfirmed(_ positions: [CheckpointLedger.Sealed]) {
        for sealed in positions where consumer.held.contains(where: { $0.index == sealed.partition }) {
            guard let durable = durable[sealed.partition], durable >= sealed.position else {
                world.witness?.violated(
                    "worker \(id) commits \(consumer.partitions[sealed.partition].name) further than it had flushed when it asked for the epoch"
                )
                return
            }
        }
    }

    func commitNow(_ positions: [CheckpointLedger.Sealed], _ epoch: String, _ done: @escaping (Bool) -> Void) {
        let commits = positions.map(mutated).map { sealed in
            (sealed.partition, ConsumerGroup.Commit(position: sealed.position, ended: sealed.ended, epoch: epoch))
        }
        consumer.commit(commits, done)
    }
}
