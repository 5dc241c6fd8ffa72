/// Workers of the Kinesis Client Library that share the lease table. They take leases that nobody has, and none that another
/// worker keeps alive: one that comes to a table where all are taken would wait for ever. So it is given its share.
///
///     they report:     `lut` of their row in TABLE-WorkerMetricStats moves -> alive
///     the fullest one: has two more than the emptiest peer -> gives it one; once that is begun, more, one write at a time
///     not taken up:    the lease expires -> it is free for all, and the peer is given nothing for a minute, then two, then four
///
/// What they report is compared with what they reported before, never with a clock of one's own.
extension LeaseBook {
    /// Leases that are seen to have expired within so long of each other count as one silence.
    private static let sameSilenceMilliseconds: Int64 = 10_000

    /// The reports of a lease table's peers, in whatever unit.
    package mutating func met(_ index: Int, _ reports: [String: Int64], now: Int64) {
        let known = streams[index].peers
        var peers: [String: Peer] = [:]
        for (worker, report) in reports where worker != options.worker {
            var peer = known?[worker] ?? Peer(reported: report, since: known == nil ? nil : now)
            if peer.reported != report {
                peer.reported = report
                peer.since = now
            }
            peers[worker] = peer
        }
        streams[index].peers = peers
        hasNews = true
    }

    /// Notes which peers let leases expire.
    package mutating func judgePeers(now: Int64) {
        for index in streams.indices {
            let stream = streams[index]
            let silent = stream.rows.values.filter { isFree($0, in: stream) }.compactMap(\.lease.owner)
            for owner in Set(silent) {
                guard var peer = stream.peers?[owner] else { continue }
                if peer.silent.map({ now - $0 > LeaseBook.sameSilenceMilliseconds }) ?? true { peer.silences += 1 }
                peer.silent = now
                streams[index].peers?[owner] = peer
            }
        }
    }

    /// Those that are there to be given something.
    package func peers(now: Int64) -> Set<String> {
        var alive: Set<String> = []
        for index in streams.indices { alive.formUnion(peers(index, now: now)) }
        return alive
    }

    private func peers(_ index: Int, now: Int64) -> [String] {
        (streams[index].peers ?? [:]).filter { isThere($0.value, now: now) }.map(\.key).sorted()
    }

    private func isThere(_ peer: Peer, now: Int64) -> Bool {
        guard let since = peer.since, now - since < options.peerMilliseconds else { return false }
        guard let silent = peer.silent else { return true }
        let wait = options.silenceMilliseconds << min(peer.silences - 1, 16)
        return now - silent >= min(wait, options.silenceMillisecondsMax)
    }

    /// A lease for the emptiest peer, where no native worker has more than this one and nothing is free. One that has begun none yet
    /// is given one: it may be dead, and its last report not old enough to tell.
    package func gift(now: Int64) -> Step? {
        let isQuiet = streams.allSatisfy { stream in stream.busy.allSatisfy { stream.held[$0] != nil } }
        guard giving == nil, isQuiet else { return nil }
        var counts: [String: Int] = [:]
        var begun: Set<String> = []
        for stream in streams {
            for row in stream.rows.values where !isFinished(row.lease) && stream.held[row.lease.shard] == nil {
                // What is free is shared out first.
                guard let owner = row.lease.owner, !isFree(row, in: stream) else { return nil }
                counts[owner, default: 0] += 1
                if !row.isNew { begun.insert(owner) }
            }
        }
        let own = heldCount
        let isFullest = counts.allSatisfy { owner, count in
            streams.contains { $0.peers?[owner] != nil } || (count, options.worker) < (own, owner)
        }
        guard isFullest else { return nil }
        for index in streams.indices {
            let stream = streams[index]
            let waiting = peers(index, now: now).filter { counts[$0] == nil || begun.contains($0) }
            let emptiest = waiting.min { (counts[$0] ?? 0, $0) < (counts[$1] ?? 0, $1) }
            guard let peer = emptiest, own >= (counts[peer] ?? 0) + 2 else { continue }
            let shard = stream.held.keys.sorted().first { !stream.busy.contains($0) }
            if let shard, let row = stream.rows[shard] { return step(index, .give(to: peer), row.lease) }
        }
        return nil
    }
}
