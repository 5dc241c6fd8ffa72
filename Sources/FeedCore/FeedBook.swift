/// Who follows the streams of a Region's tables, how far they were read, and which change has which number: a value without I/O.
///
/// Every process that serves the feed has a book. It reads the log of batches, number by number. Where nothing new came for a while, and the
/// process may follow, it claims the next number with an empty batch: whose batch the log takes is the follower. It reads the streams from
/// where the newest batch says, and writes what they tell, until somebody else's batch has the number that it wanted.
///
///     ``steps(now:wall:)`` says what to do: read the log, list shards, read a shard, write a batch.
///     ``logRead(_:sent:now:)``, ``listed(_:_:wall:now:)``, ``took(_:ticket:_:wall:now:)``, ``written(_:ticket:sent:now:)`` take the answers in; each step has one.
///     ``takeTold()`` gives what is durable by now, in order: batches, and that something is missing between them.
///
/// Times: `now` is the process's own clock that never goes back, `wall` milliseconds since 1970; both in milliseconds.
package struct FeedBook: Sendable {
    package struct Options: Sendable {
        /// A random name, another one each start.
        package var author: String
        /// Names of the tables whose streams are followed.
        package var tables: [String]
        /// Whether this process may follow from the beginning (``FeedBook/mayFollow(_:)``); otherwise it reads what others write.
        package var mayFollow = true
        /// How long nothing may come before somebody else follows, and how much longer this process waits, so that not all try at once.
        /// Who wants to follow and is not heard for so long reads the log for a while: somebody else may be there.
        package var silence: Int64 = 10_000
        package var patience: Int64 = 0
        /// A follower writes a batch at least so often: what is read is known to be no older.
        package var alive: Int64 = 1_500
        /// The least time between two batches, and before one whose answer was lost is sent again; that takes twice as long each time.
        package var linger: Int64 = 100
        package var resendMax: Int64 = 3_000
        package var poll: Int64 = 500
        package var listing: Int64 = 30_000
        /// The most that passes between two questions to a shard that has nothing; the first ones come sooner.
        package var idle: Int64 = 1_000
        /// How long a shard may have been left alone; a stream keeps 24 hours.
        package var retention: Int64 = 20 * 3_600_000
        /// How far the service's times and those of processes may lie apart.
        package var skew: Int64 = 600_000
        /// Registers that are read and not written, after which reading pauses.
        package var pendingMax = 20_000

        package init(author: String, tables: [String]) {
            self.author = author
            self.tables = tables
        }

        /// Until a shard is asked again after so many answers in a row without a record: twice ``linger``, and each time half as long again.
        func rest(afterEmpties count: Int) -> Int64 {
            var rest = linger * 2
            for _ in 1..<max(1, min(count, 16)) { rest = min(rest + rest / 2, idle) }
            return rest
        }
    }

    package struct ShardName: Hashable, Sendable {
        package var table: String
        package var shard: String
    }

    package enum Step: Sendable {
        /// Batches after a number, in order, as the table has them now; nil: the newest one.
        case readLog(after: UInt64?)
        /// The stream of a table, and all its shards.
        case list(table: String)
        /// What comes next in a shard. `ticket` goes back with the answer; while it stays the same, the reader goes on where it was.
        case read(ShardName, stream: String, FeedCursor.Place, ticket: Int)
        /// Only where there is no batch of that number. `ticket` goes back with the answer.
        case write(FeedBatch, ticket: Int)
    }

    package enum Told: Sendable {
        case batch(FeedBatch)
        /// Batches before the next one are missing: they were too old. What was read before says nothing any more.
        case missing
    }

    /// What became of a write.
    package enum Outcome: Sendable {
        case done
        /// There is a batch of that number.
        case refused
        /// It may have happened.
        case unknown
    }

    package enum Role: Sendable {
        /// It does not know the log yet.
        case starting
        case reading
        /// It wants to follow, and has not been heard.
        case claiming
        case following
    }

    package let options: Options
    package private(set) var role = Role.starting
    /// The newest batch that is known, without its entries.
    package private(set) var head: FeedBatch?
    /// When the log was last known to end there, of the time before it was asked.
    private var known: Int64 = .min / 2
    /// Since when nothing new has come.
    private var headSince: Int64 = .min / 2
    private var isReadingLog = false
    private var nextPoll: Int64 = .min / 2
    private var told: [Told] = []
    /// The batch that is being written; it is sent again as it is until somebody knows.
    private var writing: FeedBatch?
    private var isSending = false
    private var ticket = 0
    private var sendAgain: Int64 = .min / 2
    private var lastWritten: Int64 = .min / 2
    private var lost = 0
    private var claimedSince: Int64 = .min / 2
    private var mayFollow: Bool
    /// The last word of a process that ends.
    private var isEnding = false
    var reading: FeedReading

    package init(_ options: Options) {
        self.options = options
        mayFollow = options.mayFollow
        reading = FeedReading(options)
    }

    /// Gives what is durable, in order.
    package mutating func takeTold() -> [Told] {
        defer { told = [] }
        return told
    }

    /// Ends: a follower writes a last batch, and others need not wait. ``isOver`` says when that is done.
    package mutating func end() { isEnding = true }

    /// Whether this process can follow, as far as it knows: it has permission to. A follower that cannot any more writes a last batch, and
    /// reads what others write.
    package mutating func mayFollow(_ may: Bool) { mayFollow = may }

    private var isLeaving: Bool { isEnding || !mayFollow }

    /// Shards that are being read; none of a process that does not follow.
    package var shardCount: Int { role == .following ? reading.shardCount : 0 }

    package var isOver: Bool { isEnding && writing == nil && role != .following && role != .claiming }

    // MARK: What to do

    package mutating func steps(now: Int64, wall: Int64) -> [Step] {
        switch role {
        case .starting, .reading:
            if role == .reading, mayClaim(now: now) {
                role = .claiming
                claimedSince = now
                reading.begin(at: head, wall: wall)
                return steps(now: now, wall: wall)
            }
            guard !isReadingLog, now >= nextPoll else { return [] }
            isReadingLog = true
            return [.readLog(after: role == .starting ? nil : head?.number)]
        case .claiming, .following:
            // What it knows of the log is of long ago: it was stopped, and the number that it has may have been taken and be gone.
            let isInVain = role == .claiming && (now - claimedSince >= options.silence || isLeaving && writing == nil)
            guard now - known < options.skew, !isInVain else {
                stepDown(now: now)
                return steps(now: now, wall: wall)
            }
            var steps = streamSteps(now: now, wall: wall)
            // Of two that began an empty log at the same time the one with the lesser numbers gives way.
            if role == .following, !isReadingLog, now >= nextPoll {
                isReadingLog = true
                steps.append(.readLog(after: head?.number))
            }
            return steps
        }
    }

    private func mayClaim(now: Int64) -> Bool {
        guard !isLeaving, known > headSince, now - known < options.silence else { return false }
        guard let head else { return known - headSince >= options.patience }
        return head.isLast || head.author == options.author || known - headSince >= options.silence + options.patience
    }

    private mutating func streamSteps(now: Int64, wall: Int64) -> [Step] {
        var steps: [Step] = []
        if writing == nil, let batch = nextBatch(now: now, wall: wall) {
            writing = batch
            ticket += 1
            lost = 0
            sendAgain = .min / 2
        }
        if let writing, !isSending, now >= sendAgain {
            isSending = true
            steps.append(.write(writing, ticket: ticket))
        }
        // Nobody reads streams before the log has heard of it: they bear few readers.
        return steps + reading.steps(now: now, wall: wall, mayRead: role == .following && !isLeaving)
    }

    private mutating func nextBatch(now: Int64, wall: Int64) -> FeedBatch? {
        var number = head.map { $0.number + 1 } ?? 0
        // The log may have forgotten numbers that it had: what begins anew begins above them. Who leaves leaves that to who comes.
        let isReset = reading.isReset && !isLeaving
        if isReset { number = max(number, UInt64(max(wall, 1))) }
        func batch(_ cursor: FeedCursor, _ readTo: Int64, _ entries: [FeedEntry] = [], isReset: Bool = false) -> FeedBatch {
            FeedBatch(
                number: number, author: options.author, time: wall, readTo: readTo, isReset: isReset, isLast: isLeaving,
                cursor: cursor, entries: entries)
        }
        if isReset { return reading.takeReset().map { batch($0.cursor, $0.readTo, isReset: true) } }
        if role == .claiming { return batch(reading.written, reading.writtenTo) }
        let age = now - lastWritten
        guard age >= options.alive || age >= options.linger && reading.hasNews || isLeaving else { return nil }
        let (cursor, readTo, entries) = reading.takeBatch()
        return batch(cursor, readTo, entries)
    }

    // MARK: What was answered

    /// Batches as the step asked for them; nil: nobody knows. `sent`: when it was asked.
    package mutating func logRead(_ batches: [FeedBatch]?, sent: Int64, now: Int64) {
        isReadingLog = false
        nextPoll = now + (role == .following ? options.listing : options.poll)
        guard let batches, role != .claiming else { return }
        if role == .following {
            if let last = batches.last, let head, last.number > head.number, last.author != options.author {
                stepDown(now: now)
            }
            return
        }
        known = max(known, sent)
        if role == .starting {
            role = .reading
            head = batches.last
            headSince = now
            return
        }
        for batch in batches {
            let before = head?.number ?? 0
            guard batch.number > before else { continue }
            // Of a log that was empty when it was last asked the newest batch is read: others may stand before it.
            if batch.number != before + 1 { told.append(.missing) }
            take(batch, now: now)
        }
        // More may lie behind them.
        if !batches.isEmpty { nextPoll = now }
    }

    private mutating func take(_ batch: FeedBatch, now: Int64) {
        assert(head.map { $0.number < batch.number } ?? true, "a number comes twice")
        told.append(.batch(batch))
        head = batch
        head?.entries = []
        headSince = now
    }

    /// An answer that comes when nobody waits for it any more says nothing: the log does.
    package mutating func written(_ outcome: Outcome, ticket answered: Int, sent: Int64, now: Int64) {
        guard let batch = writing, ticket == answered else { return }
        isSending = false
        switch outcome {
        case .unknown:
            sendAgain = now + min(options.linger << Int64(lost), options.resendMax)
            lost = min(lost + 1, 16)
        case .refused: stepDown(now: now)
        case .done:
            writing = nil
            known = max(known, sent)
            lastWritten = now
            take(batch, now: now)
            reading.isWritten(batch)
            role = .following
            if batch.isLast { stepDown(now: now) }
        }
    }

    /// Somebody else follows, or this process ends. A batch that nobody knows of may be in the log: it is read there.
    private mutating func stepDown(now: Int64) {
        role = .reading
        writing = nil
        isSending = false
        nextPoll = now
        headSince = now
        known = .min / 2
        reading.stop()
    }

    // MARK: Streams

    /// A table's stream and its shards; nil: nobody knows. `wall`: when it was asked.
    package mutating func listed(_ table: String, _ found: (stream: String, shards: [FeedShard])?, wall: Int64, now: Int64) {
        guard role == .claiming || role == .following else { return }
        reading.listed(table, found, wall: wall, now: now)
    }

    /// What was read of a shard. `wall`: when it was asked.
    package mutating func took(_ name: ShardName, ticket: Int, _ answer: FeedAnswer, wall: Int64, now: Int64) {
        guard role == .following else { return }
        reading.took(name, ticket: ticket, answer, wall: wall, now: now)
    }
}
