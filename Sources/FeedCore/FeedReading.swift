/// How a follower reads the streams of its tables: parents before their children, from where the log says, and no further ahead of the log
/// than its bound.
struct FeedReading: Sendable {
    typealias ShardName = FeedBook.ShardName

    /// A move of the cursor, and what was read on the way. The log takes moves in the order in which they were made.
    private struct Move {
        var name: ShardName
        /// Nil: it needs no place any more.
        var shard: FeedCursor.Shard?
        /// What was durable in the shard before that time was read.
        var readTo: Int64
        var entries: [FeedEntry] = []
    }

    private struct Listing {
        var stream: String
        var shards: [String: FeedShard]
        /// When it was asked for, in milliseconds since 1970.
        var wall: Int64
    }

    private struct Reader {
        var ticket: Int
        var isAsking = false
        var askAgain: Int64 = .min / 2
        var failures = 0
        /// Answers without a record, one after the other, and when the last one of them was asked for.
        var empties = 0
        var emptyAsked: Int64 = 0
    }

    private let options: FeedBook.Options
    /// Up to the last batch that was made.
    private(set) var written = FeedCursor()
    /// With all moves.
    private var cursor = FeedCursor()
    /// Up to when shards were read, up to the last batch that was made, and with all moves; ``readToBefore`` where there is nothing.
    private var writtenReadTo: [ShardName: Int64] = [:]
    private var readTo: [ShardName: Int64] = [:]
    private var readToBefore: Int64 = 0
    private var moves: [Move] = []
    private var firstMove = 0
    private var pending = 0
    private var lists: [String: Listing] = [:]
    private var listing: Set<String> = []
    private var listAgain: [String: Int64] = [:]
    private var readers: [ShardName: Reader] = [:]
    private var tickets = 0
    /// Whether the feed is to begin anew; lists that were asked for since then say where.
    private(set) var isReset = false

    init(_ options: FeedBook.Options) { self.options = options }

    var shardCount: Int { cursor.tables.values.reduce(0) { $0 + $1.shards.values.count { $0.place != .ended } } }

    /// Whether clients wait for what was read.
    var hasNews: Bool { pending > 0 }

    /// Begins where the newest batch of the log says, or anew.
    mutating func begin(at head: FeedBatch?, wall: Int64) {
        stop()
        guard let head, Set(head.cursor.tables.keys) == Set(options.tables) else { return reset() }
        cursor = head.cursor
        written = head.cursor
        readToBefore = head.readTo
        let isOld = head.cursor.tables.values.contains { table in
            table.shards.values.contains { $0.place != .ended && wall - $0.seen > options.retention }
        }
        if isOld { reset() }
    }

    /// What is asked for is forgotten: answers that come belong to nobody.
    mutating func stop() {
        moves = []
        firstMove = 0
        pending = 0
        lists = [:]
        listing = []
        listAgain = [:]
        readers = [:]
        writtenReadTo = [:]
        readTo = [:]
        readToBefore = 0
        isReset = false
    }

    private mutating func reset() {
        stop()
        isReset = true
    }

    // MARK: What to do

    mutating func steps(now: Int64, wall: Int64, mayRead: Bool) -> [FeedBook.Step] {
        var steps: [FeedBook.Step] = []
        for table in options.tables where !listing.contains(table) && now >= listAgain[table] ?? .min / 2 {
            guard mayRead || isReset else { break }
            listing.insert(table)
            steps.append(.list(table: table))
        }
        guard mayRead, !isReset else { return steps }
        for (table, found) in cursor.tables.sorted(by: { $0.key < $1.key }) {
            // Before a stream was listed nobody knows whether it is still the same.
            guard lists[table] != nil else { continue }
            for (shard, at) in found.shards.sorted(by: { $0.key < $1.key }) where at.place != .ended {
                guard pending < options.pendingMax else { return steps }
                let name = ShardName(table: table, shard: shard)
                var reader = readers[name] ?? newReader()
                defer { readers[name] = reader }
                guard !reader.isAsking, now >= reader.askAgain else { continue }
                if wall - at.seen > options.retention {
                    reset()
                    return []
                }
                reader.isAsking = true
                steps.append(.read(name, stream: found.stream, at.place, ticket: reader.ticket))
            }
        }
        return steps
    }

    private mutating func newReader() -> Reader {
        tickets += 1
        return Reader(ticket: tickets)
    }

    // MARK: Shards

    mutating func listed(_ table: String, _ found: (stream: String, shards: [FeedShard])?, wall: Int64, now: Int64) {
        guard listing.remove(table) != nil else { return }
        listAgain[table] = now + (found == nil ? 1_000 : options.listing)
        guard let found else { return }
        lists[table] = Listing(
            stream: found.stream, shards: Dictionary(found.shards.map { ($0.id, $0) }, uniquingKeysWith: { $1 }),
            wall: wall)
        guard !isReset else { return }
        guard cursor.tables[table]?.stream == found.stream else { return reset() }
        settle(table, wall: wall)
    }

    /// Begins shards whose parents are read, and forgets those that ended before them.
    private mutating func settle(_ table: String, wall: Int64) {
        guard let list = lists[table], let at = cursor.tables[table] else { return }
        for shard in list.shards.values.sorted(by: { $0.id < $1.id }) where at.shards[shard.id] == nil {
            guard !hasDescendant(of: shard.id, in: list, at) else { continue }
            if let parent = shard.parent, !isPassed(parent, in: list, at) { continue }
            // What its parent had not told it may tell.
            let before = shard.parent.flatMap { readTo[ShardName(table: table, shard: $0)] }
            move(ShardName(table: table, shard: shard.id), to: .init(.start, seen: wall), readTo: before ?? readToBefore)
        }
        guard let at = cursor.tables[table] else { return }
        for (id, shard) in at.shards.sorted(by: { $0.key < $1.key }) where shard.place == .ended {
            let children = list.shards.values.filter { $0.parent == id }
            let isGone = list.shards[id] == nil
            if isGone || !children.isEmpty && children.allSatisfy({ isKnown($0.id, in: list, at) }) {
                move(ShardName(table: table, shard: id), to: nil, readTo: 0)
            }
        }
    }

    private func isKnown(_ id: String, in list: Listing, _ at: FeedCursor.Table) -> Bool {
        at.shards[id] != nil || hasDescendant(of: id, in: list, at)
    }

    /// Whether a shard was read to its end, or is none of those that this feed has to read.
    private func isPassed(_ id: String, in list: Listing, _ at: FeedCursor.Table) -> Bool {
        if let shard = at.shards[id] { return shard.place == .ended }
        return list.shards[id] == nil || hasDescendant(of: id, in: list, at)
    }

    private func hasDescendant(of id: String, in list: Listing, _ at: FeedCursor.Table) -> Bool {
        var next = [id]
        var seen: Set<String> = [id]
        while let parent = next.popLast() {
            for child in list.shards.values where child.parent == parent && seen.insert(child.id).inserted {
                if at.shards[child.id] != nil { return true }
                next.append(child.id)
            }
        }
        return false
    }

    // MARK: Records

    mutating func took(_ name: ShardName, ticket: Int, _ answer: FeedAnswer, wall: Int64, now: Int64) {
        guard var reader = readers[name], reader.ticket == ticket, reader.isAsking,
            let at = cursor.tables[name.table]?.shards[name.shard]
        else { return }
        reader.isAsking = false
        readers[name] = reader
        switch answer {
        case .gone: reset()
        case .failed:
            reader.failures = min(reader.failures + 1, 6)
            reader.askAgain = now + 250 << Int64(reader.failures)
            // Whoever reads begins anew from its place.
            reader.ticket = newReader().ticket
            readers[name] = reader
        case .records(let records, let isEnd):
            reader.failures = 0
            // Twice in a row nothing: there was nothing when it was asked for the first time. Once may be a gap, as the service has them.
            let isAtTip = records.isEmpty && !isEnd && reader.empties > 0
            var known = max(readTo[name] ?? readToBefore, isAtTip ? reader.emptyAsked : 0)
            reader.empties = records.isEmpty ? reader.empties + 1 : 0
            reader.emptyAsked = wall
            reader.askAgain = records.isEmpty ? now + options.rest(afterEmpties: reader.empties) : now
            readers[name] = isEnd ? nil : reader
            var covered = at.covered
            for record in records {
                let isCovered = record.created < covered - options.skew
                if !isCovered { covered = 0 }
                known = max(known, record.created)
                move(
                    name, to: .init(.after(record.sequence), seen: wall, covered: covered), readTo: known,
                    isCovered ? [] : record.entries)
            }
            if isEnd {
                // What its children have may be older than this answer: it says nothing of them.
                move(name, to: .init(.ended, seen: wall), readTo: known)
                settle(name.table, wall: wall)
                listAgain[name.table] = now
            } else if records.isEmpty, wall - at.seen > options.skew {
                move(name, to: .init(at.place, seen: wall, covered: at.covered), readTo: known)
            } else if isAtTip {
                reaches(name, at, readTo: known)
            }
        }
    }

    /// A shard was read up to a time, and its place is the same: no move, unless moves wait that are to be told first.
    private mutating func reaches(_ name: ShardName, _ at: FeedCursor.Shard, readTo time: Int64) {
        guard firstMove == moves.count else { return move(name, to: at, readTo: time) }
        readTo[name] = time
        writtenReadTo[name] = time
    }

    private mutating func move(_ name: ShardName, to shard: FeedCursor.Shard?, readTo time: Int64, _ entries: [FeedEntry] = [])
    {
        let before = readTo[name] ?? readToBefore
        readTo[name] = shard == nil ? nil : time
        // A place that nothing was read on the way to takes that of the one before it, unless that is being written.
        if entries.isEmpty, shard != nil, let last = moves.indices.last, last >= firstMove, moves[last].name == name,
            moves[last].entries.isEmpty
        {
            moves[last].shard = shard
            moves[last].readTo = time
        } else if entries.count > 1 {
            // Pieces: only the last one says that the record was read.
            let place = cursor.tables[name.table]?.shards[name.shard]
            for entry in entries.dropLast() { moves.append(Move(name: name, shard: place, readTo: before, entries: [entry])) }
            moves.append(Move(name: name, shard: shard, readTo: time, entries: entries.suffix(1)))
        } else {
            moves.append(Move(name: name, shard: shard, readTo: time, entries: entries))
        }
        pending += entries.reduce(0) { $0 + $1.count }
        cursor.tables[name.table]?.shards[name.shard] = shard
    }

    // MARK: Batches

    /// The next batch: as many moves as it has room for, in order.
    mutating func takeBatch() -> (cursor: FeedCursor, readTo: Int64, entries: [FeedEntry]) {
        var entries: [FeedEntry] = []
        var registers = 0
        var bytes = 0
        while firstMove < moves.count {
            let move = moves[firstMove]
            let count = move.entries.reduce(0) { $0 + $1.count }
            let size = move.entries.reduce(0) { $0 + $1.size }
            if !entries.isEmpty, registers + count > FeedPosition.registersMax || bytes + size > FeedBatch.bytesMax { break }
            written.tables[move.name.table]?.shards[move.name.shard] = move.shard
            writtenReadTo[move.name] = move.shard == nil ? nil : move.readTo
            entries += move.entries
            registers += count
            bytes += size
            pending -= count
            firstMove += 1
        }
        if firstMove == moves.count || firstMove > 4_096 {
            moves.removeFirst(firstMove)
            firstMove = 0
        }
        return (written, writtenTo, entries)
    }

    /// Up to when all shards were read, up to the last batch that was made.
    var writtenTo: Int64 {
        var least: Int64?
        for (table, found) in written.tables {
            // A stream that was turned on a moment ago may list its shards late.
            if found.shards.isEmpty { least = min(least ?? readToBefore, readToBefore) }
            for shard in found.shards.keys {
                let time = writtenReadTo[ShardName(table: table, shard: shard)] ?? readToBefore
                least = min(least ?? time, time)
            }
        }
        return least ?? readToBefore
    }

    /// Where a feed that begins anew begins: with all shards that take records, once all streams were listed since. It covers what was
    /// durable when they were.
    mutating func takeReset() -> (cursor: FeedCursor, readTo: Int64)? {
        guard options.tables.allSatisfy({ lists[$0] != nil }) else { return nil }
        var begun = FeedCursor()
        for table in options.tables {
            guard let list = lists[table] else { return nil }
            var shards: [String: FeedCursor.Shard] = [:]
            let parents = Set(list.shards.values.compactMap(\.parent))
            for shard in list.shards.values {
                if !shard.isClosed {
                    shards[shard.id] = .init(.start, seen: list.wall, covered: list.wall)
                } else if !parents.contains(shard.id) {
                    shards[shard.id] = .init(.ended, seen: list.wall)
                }
            }
            begun.tables[table] = .init(stream: list.stream, shards: shards)
        }
        return (begun, lists.values.reduce(.max) { min($0, $1.wall) })
    }

    /// The log has a batch.
    mutating func isWritten(_ batch: FeedBatch) {
        guard batch.isReset else { return }
        let lists = lists
        stop()
        self.lists = lists
        cursor = batch.cursor
        written = batch.cursor
        readToBefore = batch.readTo
    }
}
