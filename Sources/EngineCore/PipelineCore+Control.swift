/// What is reported from outside, and whom a call wakes.
extension PipelineCore {
    // MARK: - Reports from outside

    /// There may be records, after ``asleep(_:)``. `decoders`: how many of the shards that wait are woken for it now. If there are
    /// more records, the next report wakes the others.
    public mutating func recordsAvailable(decoders: Int = 1) -> Wakes {
        sourceIsAsleep = false
        return takeWakes(decoders: decoders)
    }

    /// Writes what is dirty now, whatever the planner says, and commits it: before partitions are given up.
    public mutating func requestFlush() -> Wakes {
        flushRequested = true
        requestCommit()
        return takeWakes()
    }

    /// Reads nothing more, makes everything durable, and is done.
    public mutating func drain() -> Wakes {
        sourceEnded = true
        wakeAtEnd()
        return takeWakes()
    }

    /// Another worker has the partition: nothing of it is read any more, and nothing committed but what is being committed already. Its merged
    /// mutations stay; they are true whoever read them.
    public mutating func drop(partition: Int) -> Wakes {
        ledger.drop(partition: partition)
        held.drop(partition: partition)
        cycle.drop(partition: partition)
        commits.drop(partition: partition)
        backlog.drop(partition: partition)
        return takeWakes()
    }

    /// Partitions that were dropped and that nothing refers to any more, each once: the source forgets them too. To be asked after reports.
    public mutating func takeForgotten() -> [Int] {
        let forgotten = ledger.takeForgotten()
        for partition in forgotten { sampling.forget(partition: partition) }
        return forgotten
    }

    /// The run is over. `abandon`: nothing more is read or written.
    public mutating func fail(_ error: any Error, abandon: Bool) -> Wakes {
        end(with: error, abandon: abandon)
        return takeWakes()
    }

    mutating func end(with error: any Error, abandon: Bool) {
        if failure == nil { failure = error }
        guard abandon else { return }
        isAbandoned = true
        waiting.wakeShards()
        waiting.wakeFlush()
        waiting.wakeCommit()
    }

    // MARK: - Wakes

    /// The shards that still have to hand over may do so.
    mutating func wakeWanted() {
        for shard in waiting.shards where cycle.wanted(of: shard) != nil { waiting.wake(shard) }
    }

    /// The source has ended and is merged: the flush thread begins the last flush or leaves, and so do the others after it.
    mutating func wakeAtEnd() {
        guard outstanding == 0, cycle.phase == .resting else { return }
        waiting.wakeFlush()
        guard isAtEnd else { return }
        waiting.wakeShards()
        waiting.wakeCommit()
    }

    /// So many shards may read or begin a flush: the lowest that wait, save those that wait to hand over, which comes first.
    private mutating func wakeIdle(atMost count: Int) {
        var left = count
        for shard in waiting.shards where left > 0 && cycle.wanted(of: shard) == nil {
            waiting.wake(shard)
            left -= 1
        }
    }

    /// Ends every call: whom it wakes. Those that something of their own concerns are noted by now. What is left is for any shard that
    /// waits: to read (so many of them), to begin a flush, or to poll again when the next one is due (one of them).
    mutating func takeWakes(decoders: Int = .max) -> Wakes {
        if !waiting.shards.isEmpty, mayRead, !isAbandoned {
            if callsForFlush(now: nil) {
                wakeIdle(atMost: 1)
            } else if canRead {
                wakeIdle(atMost: decoders)
            } else if let due, due < waiting.earliest {
                wakeIdle(atMost: 1)
            }
        }
        return waiting.take()
    }
}
