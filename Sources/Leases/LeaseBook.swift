/// What a worker knows of the leases of its streams, and what it does about them: which to make, take, steal, renew and remove.
///
/// Sans-I/O: the clock and chance are handed in, writes are handed out, and somebody says what came of them.
///
///     book.listed(stream, shards, sent: then, now: now) ListShards
///     book.scanned(stream, rows, sent: then, now: now)  a scan of the lease table
///     for step in book.steps(now: now, &random) { .. } writes, then book.answered(step, outcome, sent: then, now: now)
///
/// A lease:
///
///     no row --create--> free --take--> held --commit, renew--> held --commit SHARD_END--> finished --delete--> no row
///                          ^              |                                                     (once its shard is gone)
///                          +-evict, 6 s --+--another takes it--> lost
///
/// The rows are told of by scans, which may be older than what is known of one's own writes: a row that was written since the
/// scan was sent, or is being written, stays as it is known. One write of a lease is under way at a time.
package struct LeaseBook: Sendable {
    package struct Options: Sendable {
        package var worker: String
        /// Of the table that states are written to; nil where the store keeps positions itself, and then every row counts.
        package var epoch: String?
        /// Where an application that is new begins.
        /// ``LeaseCheckpoint/trimHorizon``, ``LeaseCheckpoint/latest`` or ``LeaseCheckpoint/time``.
        package var initial = LeaseCheckpoint.trimHorizon
        package var renewMilliseconds: Int64 = 2_000
        /// After this long without a change of its counter a lease is there for anybody.
        package var expiryMilliseconds: Int64 = 6_000
        /// A free lease that was left over for so long is taken beyond one's share: whoever it was left for does not read that
        /// stream.
        package var leftoverMilliseconds: Int64 = 3_000
        package var listMilliseconds: Int64 = 30_000

        package init(
            worker: String, epoch: String? = nil, initial: LeaseCheckpoint = LeaseCheckpoint.trimHorizon,
            renewMilliseconds: Int64 = 2_000, expiryMilliseconds: Int64 = 6_000, leftoverMilliseconds: Int64 = 3_000,
            listMilliseconds: Int64 = 30_000
        ) {
            self.worker = worker
            self.epoch = epoch
            self.initial = initial
            self.renewMilliseconds = renewMilliseconds
            self.expiryMilliseconds = expiryMilliseconds
            self.leftoverMilliseconds = leftoverMilliseconds
            self.listMilliseconds = listMilliseconds
        }
    }

    package struct Key: Hashable, Comparable, Sendable {
        /// Index of the stream, in the order in which they were added.
        package var stream: Int
        package var shard: String

        package init(
            stream: Int, shard: String
        ) {
            self.stream = stream
            self.shard = shard
        }

        package static func < (a: Key, b: Key) -> Bool { (a.stream, a.shard) < (b.stream, b.shard) }
    }

    package struct Step: Equatable, Sendable {
        package var key: Key
        package var write: LeaseWrite

        package init(
            key: Key, write: LeaseWrite
        ) {
            self.key = key
            self.write = write
        }
    }

    package enum Change: Equatable, Sendable {
        /// `from`: who had it. `void`: what its checkpoint was, where it was of another table.
        case assigned(Key, Lease, from: String?, void: LeaseCheckpoint?)
        /// `to`: who has it, nil where nobody does. `isDeleted`: somebody removed the row.
        case lost(Key, to: String?, isDeleted: Bool = false)
        /// The shard's end is committed.
        case finished(Key, children: [String])
        case created(Key)
        /// The condition of a commit failed over a write of one's own whose answer was lost: it is to be made again.
        case again(Key)
    }

    package struct Row: Sendable {
        package var lease: Lease
        /// When its counter was first seen.
        package var since: Int64
        /// Whether the counter was seen to change: its owner lived when this worker did.
        package var wasRenewed = false
    }

    package struct Holding: Sendable {
        /// When the write was sent that last raised the counter.
        package var renewed: Int64
        /// When the last attempt was sent.
        package var attempted: Int64
    }

    package struct Stream: Sendable {
        package var rows: [String: Row] = [:]
        package var held: [String: Holding] = [:]
        /// Leases with a write under way.
        package var busy: Set<String> = []
        /// When the last write of a lease was answered.
        package var touched: [String: Int64] = [:]
        /// When the last scan was sent that was answered.
        package var scanned: Int64?
        /// As the service last listed them, when it was asked, and when the answer was there.
        package var shards: [String: KinesisShard] = [:]
        package var listed: Int64?
        package var listedUntil: Int64?
        package var wantsList = true
        /// Whether the service is being asked.
        package var isListing = false
    }

    package let options: Options
    package var streams: [Stream] = []
    /// Whether there is anything to decide upon.
    package var hasNews = false

    package init(_ options: Options) { self.options = options }

    /// Adds a stream with a lease table of its own.
    package mutating func addStream() -> Int {
        streams.append(Stream())
        return streams.count - 1
    }

    // MARK: What is known

    /// Whether a checkpoint says something of the table that is written to, and of the stream that is read.
    package func holds(_ lease: Lease) -> Bool {
        options.epoch == nil || lease.epoch == options.epoch && !lease.isOfAnotherStream
    }

    package func isFinished(_ lease: Lease) -> Bool { lease.checkpoint == .shardEnd && holds(lease) }

    package func isHeld(_ key: Key) -> Bool { streams[key.stream].held[key.shard] != nil }

    /// In ascending order.
    package var heldKeys: [Key] {
        streams.indices.flatMap { index in streams[index].held.keys.sorted().map { Key(stream: index, shard: $0) } }
    }

    package var heldCount: Int { streams.reduce(0) { $0 + $1.held.count } }

    /// Everything that could be read has a reader, as far as is known: nothing is to be made, taken or stolen.
    package var isSettled: Bool {
        streams.indices.allSatisfy { index in
            let stream = streams[index]
            guard stream.scanned != nil, stream.listed != nil, !stream.wantsList, !stream.isListing,
                stream.busy.allSatisfy({ stream.held[$0] != nil }), creatable(index).isEmpty
            else { return false }
            return stream.rows.values.allSatisfy { row in
                isFinished(row.lease) || stream.held[row.lease.shard] != nil || !isFree(row, in: stream)
            }
        }
    }

    /// The same, and nobody who has a lease was dead already when this worker came.
    package var isSettledForSure: Bool {
        isSettled
            && streams.allSatisfy { stream in
                stream.rows.values.allSatisfy {
                    isFinished($0.lease) || stream.held[$0.lease.shard] != nil || $0.wasRenewed
                }
            }
    }

    /// The whole of a lease table. `sent`: when the scan was.
    package mutating func scanned(_ index: Int, _ leases: [Lease], sent: Int64, now: Int64) -> [Change] {
        var changes: [Change] = []
        var found: [String: Lease] = [:]
        for lease in leases { found[lease.shard] = lease }
        for shard in Set(found.keys).union(streams[index].rows.keys).sorted() {
            let stream = streams[index]
            guard !stream.busy.contains(shard), stream.touched[shard] ?? .min < sent else { continue }
            changes += see(found[shard], Key(stream: index, shard: shard), now: now)
        }
        streams[index].scanned = max(sent, streams[index].scanned ?? .min)
        streams[index].touched = streams[index].touched.filter { $0.value >= sent }
        hasNews = true
        assert(isConsistent(index))
        return changes
    }

    /// All shards of a stream. `sent`: when the service was asked.
    package mutating func listed(_ index: Int, _ shards: [KinesisShard], sent: Int64, now: Int64) {
        streams[index].shards = Dictionary(shards.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        streams[index].listed = sent
        streams[index].listedUntil = now
        streams[index].isListing = false
        hasNews = true
    }

    /// Streams whose shards are to be looked up now. Those are taken to be asked after; ``wantList(_:)`` where that failed.
    package mutating func takeListsDue(now: Int64) -> [Int] {
        let due = streams.indices.filter { index in
            streams[index].wantsList || now - (streams[index].listed ?? .min / 2) >= options.listMilliseconds
        }
        for index in due {
            streams[index].wantsList = false
            streams[index].isListing = true
        }
        return due
    }

    package mutating func wantList(_ index: Int) {
        streams[index].wantsList = true
        streams[index].isListing = false
    }

    /// Takes a row in as it is, and says whether a lease that is held is so no more.
    private mutating func see(_ lease: Lease?, _ key: Key, now: Int64) -> [Change] {
        let known = streams[key.stream].rows[key.shard]
        let isHeld = streams[key.stream].held[key.shard] != nil
        guard let lease else {
            streams[key.stream].rows[key.shard] = nil
            return isHeld ? lose(key, to: nil, isDeleted: true) : []
        }
        let isSame = known?.lease.counter == lease.counter && known?.lease.owner == lease.owner
        streams[key.stream].rows[key.shard] = Row(
            lease: lease, since: isSame ? known?.since ?? now : now,
            wasRenewed: isSame ? known?.wasRenewed ?? false : known != nil)
        guard isHeld, let known, !isOwn(lease, after: known.lease.counter) else { return [] }
        return lose(key, to: lease.owner)
    }

    /// Whether a lease is this worker's still: as it was, or after one write of its own whose answer was lost.
    private func isOwn(_ lease: Lease, after counter: Int64) -> Bool {
        lease.owner == options.worker && (lease.counter == counter || lease.counter == counter + 1)
    }

    /// What holds between calls: a lease that is held has a row that names this worker as its owner, and its shard has not ended.
    private func isConsistent(_ index: Int) -> Bool {
        let stream = streams[index]
        return stream.held.keys.allSatisfy { shard in
            guard let lease = stream.rows[shard]?.lease else { return false }
            return lease.owner == options.worker && !isFinished(lease)
        }
    }

    private mutating func lose(_ key: Key, to owner: String?, isDeleted: Bool = false) -> [Change] {
        streams[key.stream].held[key.shard] = nil
        return [.lost(key, to: owner, isDeleted: isDeleted)]
    }

    // MARK: Writes

    /// What to do now. Every write is under way from here on until ``answered(_:_:sent:now:)``.
    package mutating func steps(now: Int64, _ random: inout some RandomNumberGenerator) -> [Step] {
        var steps: [Step] = []
        for index in streams.indices { steps += begun(renewals(index, now: now)) }
        guard hasNews else { return steps }
        hasNews = false
        for index in streams.indices where streams[index].scanned != nil { steps += begun(shardSteps(index, now: now)) }
        return steps + begun(shareSteps(now: now, &random))
    }

    private mutating func begun(_ steps: [Step]) -> [Step] {
        for step in steps {
            let isNew = streams[step.key.stream].busy.insert(step.key.shard).inserted
            assert(isNew, "two writes of one lease at a time")
        }
        return steps
    }

    private mutating func renewals(_ index: Int, now: Int64) -> [Step] {
        var steps: [Step] = []
        for shard in streams[index].held.keys.sorted() where !streams[index].busy.contains(shard) {
            guard let holding = streams[index].held[shard], let row = streams[index].rows[shard],
                now - holding.renewed >= options.renewMilliseconds, now - holding.attempted >= 500
            else { continue }
            streams[index].held[shard]?.attempted = now
            steps.append(step(index, .renew, row.lease))
        }
        return steps
    }

    package func step(_ index: Int, _ action: LeaseWrite.Action, _ lease: Lease) -> Step {
        Step(
            key: Key(stream: index, shard: lease.shard),
            write: LeaseWrite(action: action, lease: lease, worker: options.worker))
    }

    /// A write of a lease that is held, as the owner makes it: a commit, or giving it up. Nil where it is not held, or while
    /// another write of it is under way.
    package mutating func begin(_ action: LeaseWrite.Action, _ key: Key) -> Step? {
        let stream = streams[key.stream]
        guard stream.held[key.shard] != nil, !stream.busy.contains(key.shard), let row = stream.rows[key.shard] else {
            return nil
        }
        streams[key.stream].busy.insert(key.shard)
        return step(key.stream, action, row.lease)
    }

    /// Takes in what came of a write.
    package mutating func answered(_ step: Step, _ outcome: LeaseOutcome, sent: Int64, now: Int64) -> [Change] {
        let key = step.key
        streams[key.stream].busy.remove(key.shard)
        streams[key.stream].touched[key.shard] = now
        hasNews = true
        defer { assert(isConsistent(key.stream)) }
        switch outcome {
        case .failed: return []
        case .done(let lease): return done(step, lease, sent: sent, now: now)
        case .refused(let lease): return refused(step, lease, sent: sent, now: now)
        }
    }

    private mutating func done(_ step: Step, _ lease: Lease?, sent: Int64, now: Int64) -> [Change] {
        let key = step.key
        guard let lease else {
            assert(step.write.action == .delete && !isHeld(key), "a lease that is held is removed")
            streams[key.stream].rows[key.shard] = nil
            return []
        }
        streams[key.stream].rows[key.shard] = Row(lease: lease, since: now)
        switch step.write.action {
        case .create: return [.created(key)]
        case .take(let reset), .steal(let reset):
            streams[key.stream].held[key.shard] = Holding(renewed: sent, attempted: sent)
            let before = step.write.lease
            let isVoid = reset != nil && before.checkpoint.hasBegun
            return [.assigned(key, lease, from: before.owner, void: isVoid ? before.checkpoint : nil)]
        case .renew, .commit:
            streams[key.stream].held[key.shard]?.renewed = sent
            guard lease.checkpoint == .shardEnd else { return [] }
            streams[key.stream].held[key.shard] = nil
            streams[key.stream].wantsList = true
            return [.finished(key, children: lease.children)]
        case .evict:
            streams[key.stream].held[key.shard] = nil
            return []
        case .handOver, .delete: return []
        }
    }

    private mutating func refused(_ step: Step, _ lease: Lease?, sent: Int64, now: Int64) -> [Change] {
        let key = step.key
        let before = step.write.lease.counter
        switch step.write.action {
        case .renew, .commit:
            // An attempt whose answer was lost may have happened: then the row is one further and still this worker's.
            guard let lease, isSpent(step.write, on: lease, after: before) else { return see(lease, key, now: now) }
            if step.write.isVisible(in: lease) { return done(step, lease, sent: sent, now: now) }
            streams[key.stream].rows[key.shard] = Row(lease: lease, since: now)
            return [.again(key)]
        case .evict:
            // Nobody has it: an attempt whose answer was lost gave it up.
            if let lease, lease.owner == nil { return done(step, lease, sent: sent, now: now) }
            return see(lease, key, now: now)
        case .create, .take, .steal, .handOver, .delete:
            return see(lease, key, now: now)
        }
    }

    /// Whether the counter that a write expected was spent on a write of this worker.
    private func isSpent(_ write: LeaseWrite, on lease: Lease, after counter: Int64) -> Bool {
        guard lease.counter == counter + 1 else { return false }
        if lease.owner == options.worker { return true }
        // The end of a shard gives the lease up in the same write.
        return lease.owner == nil && lease.checkpoint == .shardEnd && write.isVisible(in: lease)
    }
}

extension LeaseWrite {
    /// Whether a row that was written by this worker shows this very write.
    package func isVisible(in row: Lease) -> Bool {
        guard case .commit(let checkpoint, let epoch, _) = action else { return true }
        return row.checkpoint == checkpoint && row.epoch == epoch
    }
}
