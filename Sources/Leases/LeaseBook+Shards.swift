/// Which shards get a lease, and which lease may be read: parents before their children, and none forgotten.
///
/// A parent is *passed* when its lease says so (its end is committed, for this table), or when there is nothing of it left to
/// read: neither a lease nor a shard in the service, or a lease that somebody removed after a descendant had begun.
extension LeaseBook {
    /// How old a list of shards may be for making and removing leases, in milliseconds: what an old one has may be finished and removed
    /// since, and a shard that has just come would seem to be gone.
    ///
    /// For making them it counts from the answer: however long the service takes, as it does for streams of many shards or when it is
    /// slow, the list that was asked for is of use. For removing them it counts from the question: what tidies up can wait.
    private static let freshMilliseconds: Int64 = 1_500

    /// Leases to make and to remove.
    package mutating func shardSteps(_ index: Int, now: Int64) -> [Step] {
        guard let listed = streams[index].listed, let answered = streams[index].listedUntil else { return [] }
        let wanted = creatable(index)
        let handed = streams[index].rows.values.filter { row in
            row.lease.checkpointOwner == options.worker && row.lease.owner != options.worker && !isBusy(index, row.lease.shard)
        }
        var steps = handed.map(\.lease).sorted { $0.shard < $1.shard }.map { step(index, .handOver, $0) }
        if now - answered <= LeaseBook.freshMilliseconds {
            steps += wanted.map { step(index, .create, $0) }
        } else if !wanted.isEmpty {
            streams[index].wantsList = true
        }
        guard now - listed <= LeaseBook.freshMilliseconds else { return steps }
        return steps + spent(index).map { step(index, .delete, $0) }
    }

    /// Leases that are missing.
    package func creatable(_ index: Int) -> [Lease] {
        let stream = streams[index]
        let isFirst = isFirstSync(stream)
        return stream.shards.values.sorted { $0.id < $1.id }.compactMap { shard in
            guard stream.rows[shard.id] == nil, !stream.busy.contains(shard.id) else { return nil }
            if isFirst, !hasAncestorLease(of: shard.id, in: stream) {
                return shard.isClosed ? nil : newLease(of: shard, at: .latest)
            }
            guard !hasBegunDescendant(of: shard.id, in: stream),
                shard.parents.allSatisfy({ isPassed($0, in: stream) })
            else { return nil }
            if options.initial == .time { return newLease(of: shard, at: .time) }
            return newLease(of: shard, at: .trimHorizon)
        }
    }

    private func newLease(of shard: KinesisShard, at checkpoint: LeaseCheckpoint) -> Lease {
        Lease(
            shard: shard.id, owner: nil, checkpoint: checkpoint, epoch: options.epoch, parents: shard.parents,
            startingHashKey: shard.startingHashKey, endingHashKey: shard.endingHashKey)
    }

    /// Whether an application that begins at the end of its streams is just beginning: no lease is anywhere but there. Several
    /// workers may be making the leases.
    private func isFirstSync(_ stream: Stream) -> Bool {
        options.initial == .latest && stream.rows.values.allSatisfy { $0.lease.checkpoint == .latest && holds($0.lease) }
    }

    /// Leases of shards that are finished and gone, whose children have leases of their own.
    private func spent(_ index: Int) -> [Lease] {
        let stream = streams[index]
        guard !stream.shards.isEmpty else { return [] }
        return stream.rows.values.map(\.lease).filter { lease in
            guard isFinished(lease), lease.owner == nil, stream.shards[lease.shard] == nil, !stream.busy.contains(lease.shard)
            else { return false }
            let children = Set(lease.children).union(children(of: lease.shard, in: stream))
            return children.allSatisfy { child in
                stream.rows[child].map { holds($0.lease) } ?? (stream.shards[child] == nil)
            }
        }.sorted { $0.shard < $1.shard }
    }

    private func isBusy(_ index: Int, _ shard: String) -> Bool { streams[index].busy.contains(shard) }

    // MARK: Lineage

    /// Whether a lease may be read: its parents are passed.
    package func isReadable(_ lease: Lease, in stream: Stream) -> Bool {
        let parents = stream.shards[lease.shard]?.parents ?? lease.parents
        return !isFinished(lease) && parents.allSatisfy { isPassed($0, in: stream) }
    }

    package func isPassed(_ shard: String, in stream: Stream) -> Bool {
        if let row = stream.rows[shard] { return isFinished(row.lease) }
        return stream.shards[shard] == nil || hasBegunDescendant(of: shard, in: stream)
    }

    /// Shards that come after one: as the service lists them, and as leases name their parents.
    private func children(of shard: String, in stream: Stream) -> Set<String> {
        var children = Set(stream.shards.values.filter { $0.parents.contains(shard) }.map(\.id))
        for row in stream.rows.values where row.lease.parents.contains(shard) { children.insert(row.lease.shard) }
        return children
    }

    /// Whether some shard after this one has a lease that counts and is past its beginning.
    private func hasBegunDescendant(of shard: String, in stream: Stream) -> Bool {
        var next = Array(children(of: shard, in: stream))
        var seen = Set(next)
        while let child = next.popLast() {
            if let row = stream.rows[child], holds(row.lease), row.lease.checkpoint.hasBegun { return true }
            for grandchild in children(of: child, in: stream) where seen.insert(grandchild).inserted { next.append(grandchild) }
        }
        return false
    }

    private func hasAncestorLease(of shard: String, in stream: Stream) -> Bool {
        var next = stream.shards[shard]?.parents ?? []
        var seen = Set(next)
        while let parent = next.popLast() {
            if stream.rows[parent] != nil { return true }
            for grandparent in stream.shards[parent]?.parents ?? [] where seen.insert(grandparent).inserted {
                next.append(grandparent)
            }
        }
        return false
    }
}
