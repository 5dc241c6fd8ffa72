import EngineCore
import Leases

/// How shards come and go; on a thread of its own, since a start position may have to be looked up.
extension KinesisSource {
    func serveLanes() {
        while !isClosing {
            let changes = state.withLock { state in
                defer { state.changes = [] }
                state.isChanging = !state.changes.isEmpty
                return state.changes
            }
            for change in changes where !isClosing { follow(change) }
            tellOfNewLeases(changes)
            if state.withLock({ state in
                state.isChanging = false
                return state.changes.isEmpty
            }) {
                if !changes.isEmpty { context?.wake() }
                laneBell.wait(milliseconds: 500)
            }
        }
    }

    private func follow(_ change: LeaseBook.Change) {
        switch change {
        case .assigned(let key, let lease, let owner, let void): open(key, lease, from: owner, void: void)
        case .lost(let key, let owner, let isDeleted): drop(key, to: owner, isDeleted: isDeleted)
        case .finished(let key, let children): end(key, children)
        case .created, .again: break
        }
    }

    private func tellOfNewLeases(_ changes: [LeaseBook.Change]) {
        var made: [Int: Int] = [:]
        for case .created(let key) in changes { made[key.stream, default: 0] += 1 }
        for (index, count) in made.sorted(by: { $0.key < $1.key }) {
            let (name, shards) = state.withLock { ($0.streams[index].stream.name, $0.book.streams[index].shards.count) }
            tell(.synced(stream: name, shards: shards, leasesMade: count))
        }
    }

    // MARK: Taken

    private func open(_ key: LeaseBook.Key, _ lease: Lease, from owner: String?, void: LeaseCheckpoint?) {
        let leased = state.withLock { $0.streams[key.stream] }
        let partition = Partition(source: "kinesis", stream: leased.stream.arn ?? leased.stream.name, name: key.shard)
        let identity = leased.identity(of: key.shard)
        if let void { tell(.otherTable(partition, found: void.text)) }
        let begin: ShardStart
        do {
            begin = try givenStart(partition, identity, position(of: lease)) ?? leaseStart(lease)
        } catch {
            return fail(KinesisError.noStart(shard: key.shard, reason: "\(error)"))
        }
        let index = state.withLock { $0.partitions.assign(partition, identity: identity) }
        let lane = KinesisLane(
            index: index, key: key, partition: partition, start: begin,
            fetcher: shardFetcher(leased, shard: key.shard, start: begin, index: index))
        let isHeld = state.withLock { state in
            // It may have been lost meanwhile, and then what says so comes next.
            state.lanes[index] = lane
            state.status[index] = KinesisLane.Status()
            state.queue.handleAssigned(index)
            let isHeld = state.book.isHeld(key)
            if isHeld { state.laneOf[key] = index } else { _ = state.queue.handleRevoked(index) }
            return isHeld
        }
        tell(.assigned(partition, start: KinesisSource.name(begin), from: owner))
        if isHeld { hasNews(index) }
    }

    private func shardFetcher(_ leased: LeasedStream, shard: String, start: ShardStart, index: Int) -> any ShardFetcher {
        let reading = ShardFetching(
            api: leased.api, stream: leased.stream, shard: shard, start: start,
            news: { [weak self] in self?.hasNews(index) }, tell: { [weak self] in self?.tell($0) })
        if let consumer = leased.consumer { return ShardSubscription(reading, consumer: consumer) }
        return ShardPoller(reading, pace: ShardPoller.Pace(phase: ShardPoller.Pace.phase(of: index)))
    }

    private func position(of lease: Lease) -> Position? {
        guard case .at(let sequence, let sub) = lease.checkpoint else { return nil }
        return Position(sequenceNumber: sequence, subSequenceNumber: sub)
    }

    /// Where the lease says. What it says and cannot be is the beginning: nothing is passed over.
    private func leaseStart(_ lease: Lease) -> ShardStart {
        switch lease.checkpoint {
        case .latest: lease.begun.map { .time($0) } ?? .latest
        case .time: if case .time = settings.initial { settings.initial } else { .trimHorizon }
        case .at: position(of: lease).map { .at($0) } ?? .trimHorizon
        case .trimHorizon, .shardEnd: .trimHorizon
        }
    }

    private static func name(_ start: ShardStart) -> String {
        switch start {
        case .trimHorizon: "beginning"
        case .latest: "end"
        case .time(let time): "time \(time)"
        case .at(let position): position.sequenceNumber
        }
    }

    // MARK: Given up

    private func drop(_ key: LeaseBook.Key, to owner: String?, isDeleted: Bool) {
        for lane in silence(key) {
            lane.fetcher.close()
            context?.drop(partition: lane.index)
            forget(lane)
            tell(.lost(lane.partition, to: owner, isDeleted: isDeleted))
        }
    }

    /// Lets nobody read a lease's lanes any more, and waits for those who do: they only copy. Changes are followed in their
    /// order, so what is open is of the holding that was lost.
    private func silence(_ key: LeaseBook.Key) -> [KinesisLane] {
        let lanes = state.withLock { state in
            state.laneOf[key] = nil
            return state.lanes.values.filter { $0.key == key }
        }
        for lane in lanes {
            while !state.withLock({ $0.queue.handleRevoked(lane.index) }) { laneBell.wait(milliseconds: 500) }
        }
        return lanes.sorted { $0.index < $1.index }
    }

    private func end(_ key: LeaseBook.Key, _ children: [String]) {
        let found = state.withLock { state in
            state.laneOf.removeValue(forKey: key).flatMap { index in
                state.lanes[index].map { ($0, state.status[index]?.isGone ?? false) }
            }
        }
        guard let (lane, isGone) = found else { return }
        lane.fetcher.close()
        // Its end is committed: nothing is left to do for it.
        context?.drop(partition: lane.index)
        forget(lane)
        if isGone { tell(.gone(lane.partition)) }
        tell(.ended(lane.partition, children: children))
    }

    private func forget(_ lane: KinesisLane) {
        state.withLock { state in
            state.lanes[lane.index] = nil
            state.status[lane.index] = nil
            state.queue.handleClosed(lane.index)
            state.uncommitted[lane.index] = nil
        }
    }
}
