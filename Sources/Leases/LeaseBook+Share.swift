/// Who reads what: every worker its share of all readable leases, whichever stream they are of.
extension LeaseBook {
    /// Whether nobody reads a shard: it has no owner, its owner fell silent, or it is this worker's without its knowing.
    package func isFree(_ row: Row, in stream: Stream) -> Bool {
        guard let owner = row.lease.owner, owner != options.worker else { return stream.held[row.lease.shard] == nil }
        return isExpired(row, in: stream)
    }

    /// Whether the counter has not changed for so long: between the moment it was first seen and the moment the last scan was
    /// sent.
    private func isExpired(_ row: Row, in stream: Stream) -> Bool {
        (stream.scanned ?? .min / 2) - row.since >= options.expiryMilliseconds
    }

    /// What to take and to steal.
    package func shareSteps(now: Int64, _ random: inout some RandomNumberGenerator) -> [Step] {
        // One round at a time: the next one knows what came of it.
        guard !streams.contains(where: { stream in stream.busy.contains { stream.held[$0] == nil } }) else { return [] }
        var free: [(stream: Int, row: Row)] = []
        var others: [String: [(stream: Int, lease: Lease)]] = [:]
        var readable = 0
        for (index, stream) in streams.enumerated() where stream.scanned != nil && stream.listed != nil {
            for row in stream.rows.values.sorted(by: { $0.lease.shard < $1.lease.shard })
            where isReadable(row.lease, in: stream) || stream.held[row.lease.shard] != nil {
                readable += 1
                if isFree(row, in: stream) {
                    free.append((index, row))
                } else if let owner = row.lease.owner, owner != options.worker {
                    others[owner, default: []].append((index, row.lease))
                }
            }
        }
        let workers = others.count + 1
        let room = max((readable + workers - 1) / workers - heldCount, 0)
        free.shuffle(using: &random)
        var taken = free.prefix(room).map { take($0.stream, $0.row.lease) }
        taken += free.dropFirst(room).filter { isLeftOver($0.row, in: streams[$0.stream]) }.map {
            take($0.stream, $0.row.lease)
        }
        if taken.count < room, free.count <= taken.count { taken += thefts(room: room - taken.count, of: others, &random) }
        return taken
    }

    private func isLeftOver(_ row: Row, in stream: Stream) -> Bool {
        let silence = row.lease.owner == nil ? 0 : options.expiryMilliseconds
        return (stream.scanned ?? .min / 2) - row.since >= silence + options.leftoverMilliseconds
    }

    private func take(_ index: Int, _ lease: Lease) -> Step {
        step(index, .take(reset: holds(lease) ? nil : options.epoch), lease)
    }

    /// Leases of those with the most, as long as they have two more than this worker would have; half of what is missing at a
    /// time, so that workers that come together do not empty one between them.
    private func thefts(
        room: Int, of others: [String: [(stream: Int, lease: Lease)]], _ random: inout some RandomNumberGenerator
    ) -> [Step] {
        var others = others
        var own = heldCount
        var steps: [Step] = []
        for _ in 0..<(room + 1) / 2 {
            let most = others.values.map(\.count).max() ?? 0
            let victims = others.keys.filter { others[$0]?.count == most }.sorted()
            guard most >= own + 2, let victim = victims.randomElement(using: &random), var prey = others[victim] else { break }
            let (stream, lease) = prey.remove(at: Int.random(in: 0..<prey.count, using: &random))
            others[victim] = prey
            own += 1
            steps.append(step(stream, .steal(reset: holds(lease) ? nil : options.epoch), lease))
        }
        return steps
    }
}
