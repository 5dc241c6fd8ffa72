import EngineCore

/// The simulated thread of a worker's flushes.
extension SimulatedWorker {
    func pollFlush() {
        let (work, wakes) = core.pollFlush(now: world.agenda.now) { sealed in
            Checkpoint(partition: consumer.partitions[sealed.partition], position: sealed.position, ended: sealed.ended)
        }
        wake(wakes)
        switch work {
        case .secure: perform(flushThread, within: 20) { $0.secure() }
        case .write(let flush):
            works(flushThread)
            write(flush)
        case .wait(let until): waits(flushThread, until: until)
        case .done: leaves(flushThread)
        }
    }

    private func flusherDone() { done(flushThread) }

    private func secure() {
        do {
            try letters.makeDurable()
            wake(core.secured())
        } catch {
            world.trace(.worker(id), "cannot make its dead letters durable")
            guard world.mutant != .undurableLetter else {
                letters.forget()
                return wake(core.secured())
            }
            wake(core.flushFailed(error, now: world.agenda.now))
        }
    }

    private func write(_ flush: Flush) {
        if world.mutant == .commitBeforeWrite { commitEarly(flush.checkpoints) }
        let rows = flush.rows.flatMap { $0.map { row in mutated(row) } }
        world.trace(.worker(id), "writes \(rows.count) rows")
        world.table.write(in: region, rows) { [weak self] answer in
            self?.whenRunning { worker in
                worker.wrote(flush, answer)
                worker.flusherDone()
            }
        }
    }

    private func wrote(_ flush: Flush, _ answer: WriteAnswer) {
        let now = world.agenda.now
        guard case .rows(let answers) = answer else {
            world.trace(.worker(id), "hears nothing of its write")
            if world.mutant == .trustLostAnswer { return wake(core.wrote(refused: nil, now: now)) }
            return wake(core.flushFailed(WorldFailure.table, now: now))
        }
        let refused = RowBatch(capacity: 1 << 12)
        for (row, answer) in zip(flush.rows.joined(), answers) where answer != .written {
            if answer == .conflict, world.mutant == .ignoreConflict { continue }
            if answer == .tooLarge, world.mutant == .dropRefused { continue }
            let isForGood = answer == .tooLarge && world.mutant != .retryRefused
            refused.append(row, refusal: isForGood ? "larger than the table takes" : nil)
        }
        if !refused.isEmpty {
            world.trace(.worker(id), "has \(refused.count) rows refused, \(refused.refusals.count) of them for good")
        }
        do { try refused.bury(in: letters) } catch { return wake(core.fail(error, abandon: true)) }
        wake(core.wrote(refused: refused.isEmpty ? nil : refused, now: now))
    }

    private func commitEarly(_ checkpoints: [Checkpoint]) {
        for checkpoint in checkpoints {
            guard let claim = consumer.partitions.lastIndex(of: checkpoint.partition) else { continue }
            commitNow([.init(partition: claim, position: checkpoint.position, ended: checkpoint.ended)], epoch) { _ in }
        }
    }
}
