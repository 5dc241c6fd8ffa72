import ContactCenter
import EngineCore
import Lattice

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
        checkRefreshes(flush)
        world.table.write(in: region, by: id, rows) { [weak self] answer in
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
        for (row, answer) in zip(flush.rows.joined(), answers) {
            if case .written(let units) = answer {
                figures.wrote(row, units: Double(units), isRetry: overtaken.contains(row.key.hash64))
                continue
            }
            if world.mutant == .countRefused { figures.wrote(row, units: 1, isRetry: false) }
            if answer == .conflict, world.mutant == .ignoreConflict { continue }
            if answer == .tooLarge, world.mutant == .dropRefused { continue }
            let isForGood = answer == .tooLarge && world.mutant != .retryRefused
            refused.append(row, refusal: isForGood ? "larger than the table takes" : nil)
        }
        if !refused.isEmpty {
            world.trace(.worker(id), "has \(refused.count) rows refused, \(refused.refusals.count) of them for good")
        }
        overtaken = Set(refused.map(\.key.hash64))
        checkUnits()
        if world.mutant == .hammer, answers.contains(.refused) { return after(0) { $0.write(flush) } }
        do { try refused.bury(in: letters) } catch { return wake(core.fail(error, abandon: true)) }
        wake(core.wrote(refused: refused.isEmpty ? nil : refused, now: now))
    }

    /// The worker's figures say what the table has counted.
    private func checkUnits() {
        guard let witness = world.witness else { return }
        let account = world.table.accounts[id] ?? GlobalTable.Account()
        for kind in EntityKind.allCases {
            var told = 0.0
            for cause in WriteFigures.Cause.allCases { told += figures.units(kind, cause) }
            if told != Double(account.units(kind)) {
                witness.violated(
                    "worker \(id) says that rows of kind \(kind.name) took \(Int(told)) write units; the table counted \(account.units(kind))"
                )
            }
        }
    }

    /// A row that is written for refreshes alone tells nothing else that its row in the table does not. Not known where rows became dead letters.
    private func checkRefreshes(_ flush: Flush) {
        guard let witness = world.witness, world.table.itemBytesMax[region] == ItemSize.bytesMax else { return }
        for row in flush.rows.joined() where row.isRefresh {
            guard let present = world.table.row(Array(row.key), writer: region, in: region), present.revision == row.expected
            else {
                continue
            }
            witness.checkRefresh(of: row.key, present.entity, EntityView(row.entity))
        }
    }

    private func commitEarly(_ checkpoints: [Checkpoint]) {
        for checkpoint in checkpoints {
            guard let claim = consumer.partitions.lastIndex(of: checkpoint.partition) else { continue }
            commitNow([.init(partition: claim, position: checkpoint.position, ended: checkpoint.ended)], epoch) { _ in }
        }
    }
}
