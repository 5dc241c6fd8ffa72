import EngineCore
import JSON
import Platform

/// The thread that speaks with the daemon.
extension KCLSource {
    func serve() {
        var failure: KCLError?
        do throws(KCLError) {
            try channel.output.status("initialize")
            tell(.assigned(partition, start: shard.start))
            while let message = try channel.next() {
                guard try answer(message) else { break }
                try channel.output.status(message.action)
            }
        } catch {
            // A pipe that is cut is the daemon's end, whichever side notices first.
            if case .pipe = error {} else { failure = error }
        }
        let (context, isGone) = monitor.locked {
            state.failure = failure
            state.hasEnded = true
            let isGone = failure == nil && !state.isReleased && !state.isStopping
            // What waits comes again, for whoever reads on; the sooner this process ends the sooner it can.
            if isGone { state.blocks.drop() }
            return (state.context, isGone)
        }
        if isGone { tell(.daemonGone(partition)) }
        context?.wake()
    }

    /// Does what the daemon wants. False where it cannot be done any more, and is not to be answered.
    private func answer(_ message: KCLMessage) throws(KCLError) -> Bool {
        switch message {
        case .processRecords(let records, let millisecondsBehind):
            monitor.locked {
                guard let millisecondsBehind else { return }
                state.figures.lastBatch.answered(behind: millisecondsBehind, at: monotonicMilliseconds())
            }
            try take(records)
            try hold()
        case .leaseLost: lose()
        case .shardEnded: return try end()
        case .shutdownRequested: try release()
        case .initialize, .checkpoint: throw .malformed(reason: "unexpected message \(message.action)")
        case .other(let action): tell(.unknownAction(action))
        }
        return true
    }

    // MARK: Records

    private func take(_ records: JSONValue.Elements) throws(KCLError) {
        var (block, end, isLost) = monitor.locked { (state.blocks.empty(), state.position, state.isLost) }
        guard !isLost else { return }
        let countBefore = recordCount
        for value in records {
            let record = try KCLRecord(value)
            if block.isFull(before: record.data?.rawString.count ?? 0) { block = hand(in: block, end: end) }
            recordCount += 1
            try block.append(record, ordinal: recordCount)
            end = max(end, record.position)
        }
        if recordCount > countBefore { block = hand(in: block, end: end) }
        monitor.locked { state.blocks.keep(block) }
    }

    /// Hands a block to the pipeline and returns an empty one.
    private func hand(in block: RecordBlock, end: Position, isLast: Bool = false) -> RecordBlock {
        let (next, context) = monitor.locked {
            state.position = end
            state.blocks.hand(in: block, end: end, isLast: isLast)
            return (state.blocks.empty(), state.context)
        }
        context?.wake()
        return next
    }

    /// Waits while too much is read ahead; the daemon fetches only so much beyond a batch that is not answered.
    private func hold() throws(KCLError) {
        while true {
            try checkpoint()
            let mayGoOn = monitor.locked {
                guard !state.isStopping, !state.isLost, state.blocks.waitingBytes >= KCLSource.readAheadBytesMax else {
                    return true
                }
                let soon = monotonicMilliseconds() + 1_000
                monitor.wait(until: min(state.checkpoints.dueAt ?? soon, soon))
                return false
            }
            if mayGoOn || channel.input.isClosed { return }
        }
    }

    // MARK: Giving up

    private func lose() {
        let (context, isNews) = monitor.locked {
            // A daemon that has the shard back, settled, ends so too.
            let isNews = !state.isLost && !(state.isReleased && state.checkpoints.pending == nil)
            state.blocks.drop()
            (state.isLost, state.isReleased) = (true, true)
            return (state.context, isNews)
        }
        context?.drop(partition: 0)
        if isNews { tell(.lost(partition)) }
    }

    private func release() throws(KCLError) {
        let deadline = monotonicMilliseconds() + settleMilliseconds
        let isDurable = settle(until: deadline)
        try checkpoint(until: deadline)
        let isTold = monitor.locked {
            // From now on the daemon may close the pipe.
            state.isReleased = true
            return state.checkpoints.pending == nil && !state.isLost
        }
        tell(.released(partition, isSettled: isDurable && isTold))
    }

    /// Whether all of the shard is durable and checkpointed; the daemon waits for as long as that takes.
    private func end() throws(KCLError) -> Bool {
        let (block, position, isLost) = monitor.locked {
            state.figures.hasEnded = true
            return (state.blocks.empty(), state.position, state.isLost)
        }
        guard !isLost else { return true }
        let spare = hand(in: block, end: position, isLast: true)
        monitor.locked { state.blocks.keep(spare) }
        while !settle(until: monotonicMilliseconds() + 1_000) {
            guard mayGoOn else { return false }
        }
        guard try checkpointEnd() else { return monitor.locked { state.isLost } }
        monitor.locked { state.isReleased = true }
        tell(.ended(partition))
        return true
    }

    /// Makes durable what was handed in. False where the time was too short.
    private func settle(until deadline: Int64) -> Bool {
        let (context, blocks) = monitor.locked { (state.context, state.blocks.sequence) }
        return context?.settle([(partition: 0, blocks: blocks)], withinMilliseconds: max(0, deadline - monotonicMilliseconds()))
            ?? false
    }

    /// Whether there is somebody on both sides.
    var mayGoOn: Bool { !monitor.locked { state.isStopping } && !channel.input.isClosed }
}

extension KCLSource {
    // MARK: Checkpoints

    /// Tells the daemon what is durable, if that is due.
    private func checkpoint() throws(KCLError) {
        guard let position = monitor.locked({ state.isLost ? nil : state.checkpoints.due(now: monotonicMilliseconds()) }) else {
            return
        }
        try checkpoint(position, isLast: false)
    }

    /// Tells the daemon what is durable until it has taken it, or the time is up.
    private func checkpoint(until deadline: Int64) throws(KCLError) {
        while mayGoOn {
            let (position, dueAt, isLost) = monitor.locked {
                (state.checkpoints.due(now: monotonicMilliseconds(), isLast: true), state.checkpoints.dueAt, state.isLost)
            }
            guard !isLost, let dueAt, dueAt < deadline || position != nil else { return }
            if let position { try checkpoint(position, isLast: true) } else { pause(until: dueAt) }
        }
    }

    /// Tells the daemon that the shard is done with, until it has taken it. False where the lease or one of both sides is gone.
    private func checkpointEnd() throws(KCLError) -> Bool {
        while mayGoOn {
            switch try checkpoint(nil, isLast: true) {
            case .done: return true
            case .lost: return false
            // It has to be taken: until then the children of the shard are not read.
            case .postponed, .refused: pause(until: monotonicMilliseconds() + 500)
            }
        }
        return false
    }

    @discardableResult
    private func checkpoint(_ position: Position?, isLast: Bool) throws(KCLError) -> KCLCheckpoints.Outcome {
        var error = recordEpoch()
        if error == nil {
            try channel.output.checkpoint(position)
            error = try answerToCheckpoint()
        }
        let outcome = monitor.locked {
            if error == nil { state.figures.checkpoints += 1 } else { state.figures.checkpointFailures += 1 }
            return state.checkpoints.answered(error, to: position, now: monotonicMilliseconds(), isLast: isLast)
        }
        if let error { tell(.checkpointFailed(partition, error: error)) }
        if outcome == .lost { lose() }
        return outcome
    }

    /// The exception's name; nil where the checkpoint was taken. Until then the daemon says nothing else.
    private func answerToCheckpoint() throws(KCLError) -> String? {
        guard let message = try channel.next() else { throw .pipe(action: "read", reason: "the daemon closed it") }
        guard case .checkpoint(let error) = message else {
            throw .malformed(reason: "\(message.action) as the response to a checkpoint")
        }
        return error
    }

    /// Writes the table's epoch beside the checkpoints, before the first one: a row with an epoch and no checkpoint of it says nothing
    /// wrong, one with a checkpoint of another epoch does. What went wrong, or nil.
    private func recordEpoch() -> String? {
        guard !hasRecordedEpoch, let epochs, let epoch = monitor.locked({ state.epoch }) else { return nil }
        do throws(KCLError) {
            try epochs.record(epoch, of: shard.id)
            hasRecordedEpoch = true
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func pause(until deadline: Int64) {
        monitor.locked {
            if !state.isStopping { monitor.wait(until: min(deadline, monotonicMilliseconds() + 1_000)) }
        }
    }
}
