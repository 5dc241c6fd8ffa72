import ContactCenter
import Lattice
import Platform

/// Entities in memory, joined over all rows, within a bound of bytes: what lists are answered from.
///
/// Where it comes from: a scan of the tables and the entries of the feed, in any order and more than once; all of it is joined. An entity
/// whose rows are all gone leaves. At the bound contacts that have ended leave first, then contacts, flows, customers and sessions that are
/// going on, and agents, usernames and queues last; of each those that changed longest ago. ``isWhole(_:)`` says so from then on.
///
/// Agents, contacts that go on, queues and sessions are in lists, by id, with what they are filtered and counted by.
///
/// Cost: a change joins and, of an agent or a contact, reads what lists want to know; of a list at most some hundred entities are moved by a
/// place. Copies share memory to read with: one thread has all of them.
package struct FeedView: Sendable {
    private struct Resident {
        var entity: [UInt8]
        /// Of queues with the registers, which are shown side by side; of all others each is empty.
        var rows: [String: [UInt8]]
        /// Which change touched it last, and how soon it leaves.
        var touched: UInt64
        var rank: Int
        /// The scan that found it, or that it was told in.
        var scan: Int
        var size: Int
    }

    /// Bytes an entity takes beside its registers, about; of agents and contacts with what lists know of them.
    private static func overhead(_ key: [UInt8]) -> Int {
        switch key.first.flatMap(EntityKind.init(rawValue:)) {
        case .agent, .contact: 640
        default: 256
        }
    }

    package let bytesMax: Int
    package private(set) var bytes = 0
    private var residents: [[UInt8]: Resident] = [:]
    private var lists = FeedLists()
    /// Used while the view is changed, which one thread does at a time.
    private nonisolated(unsafe) let reader = ListReader()
    /// By rank: who was touched, the longest ago first. Those that were touched again or left meanwhile are passed over.
    private var queues: [[(key: [UInt8], touched: UInt64)]] = [[], [], []]
    private var heads = [0, 0, 0]
    private var touches: UInt64 = 0
    private var scan = 0
    private var isScanned = false
    /// Kinds of which somebody had to leave that is still going on.
    private var cut: Set<UInt8> = []

    package init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Whether it has all entities of a kind, contacts that have ended aside.
    package func isWhole(_ kind: EntityKind) -> Bool { isScanned && !cut.contains(kind.rawValue) }

    // MARK: What comes in

    /// A scan begins; what it does not find and nobody tells meanwhile is no more.
    package mutating func beginScan() { scan += 1 }

    package mutating func endScan() {
        let missing = residents.filter { $0.value.scan != scan }
        for (key, resident) in missing { drop(key, resident) }
        isScanned = true
    }

    /// A row as a scan finds it.
    package mutating func found(_ key: ByteView, row: String, _ entity: ByteView) { join(Array(key), row, Array(entity)) }

    /// What a batch of the feed says.
    package mutating func take(_ batch: FeedBatch) { for entry in batch.entries { take(entry) } }

    /// One entry of a batch; to be taken in their order.
    package mutating func take(_ entry: FeedEntry) {
        if entry.form == .gone { remove(entry.key, entry.row) } else { join(entry.key, entry.row, entry.entity) }
    }

    private mutating func join(_ key: [UInt8], _ row: String, _ entity: [UInt8]) {
        touches += 1
        entity.withUnsafeBytes { lists.met(EntityView($0)) }
        let told = key.first == EntityKind.queue.rawValue ? entity : []
        guard var resident = residents[key] else {
            var resident = Resident(entity: entity, rows: [row: told], touched: touches, rank: 0, scan: scan, size: 0)
            settle(key, &resident, isChanged: true)
            return makeRoom()
        }
        let joined = FeedView.join(resident.entity, entity)
        if let joined { resident.entity = joined }
        let known = resident.rows[row]
        resident.rows[row] = told.isEmpty ? told : known.map { FeedView.join($0, told) ?? $0 } ?? told
        resident.scan = scan
        resident.touched = touches
        settle(key, &resident, isChanged: joined != nil)
        makeRoom()
    }

    /// Nil where what is told says nothing new.
    private static func join(_ known: [UInt8], _ told: [UInt8]) -> [UInt8]? {
        var joined = ByteBuffer()
        let isChanged = known.withUnsafeBytes { known in
            told.withUnsafeBytes { Join.join(EntityView(known), EntityView($0), into: &joined).changed }
        }
        return isChanged ? joined.array : nil
    }

    private mutating func settle(_ key: [UInt8], _ resident: inout Resident, isChanged: Bool) {
        bytes -= resident.size
        resident.size = FeedView.overhead(key) + resident.entity.count + 2 * key.count
        for row in resident.rows.values { resident.size += row.count }
        bytes += resident.size
        if isChanged {
            let facts = key.withUnsafeBytes { key in
                resident.entity.withUnsafeBytes { reader.facts(EntityKey(key), EntityView($0)) }
            }
            lists.put(key, facts)
            resident.rank = FeedView.rank(key, facts)
        }
        queues[resident.rank].append((key, resident.touched))
        residents[key] = resident
        tidy(resident.rank)
    }

    private mutating func remove(_ key: [UInt8], _ row: String) {
        guard var resident = residents[key] else { return }
        resident.rows[row] = nil
        guard !resident.rows.isEmpty else { return drop(key, resident) }
        // What it said stays as long as another row is there; side by side it is shown no more.
        settle(key, &resident, isChanged: false)
    }

    // MARK: Who leaves

    /// 0 leaves first.
    private static func rank(_ key: [UInt8], _ facts: ListedFacts) -> Int {
        switch key.first.flatMap(EntityKind.init(rawValue:)) {
        case .contact: facts == .ended ? 0 : 1
        case .volume: 0
        case .alias, .customer, .flow, .session: 1
        default: 2
        }
    }

    private mutating func makeRoom() {
        while bytes > bytesMax, let (rank, key) = first() {
            guard let resident = residents[key] else { return }
            if rank > 0, let kind = key.first { cut.insert(kind) }
            drop(key, resident)
        }
    }

    /// Who is to leave next.
    private mutating func first() -> (rank: Int, key: [UInt8])? {
        for rank in 0..<queues.count {
            while heads[rank] < queues[rank].count {
                let next = queues[rank][heads[rank]]
                heads[rank] += 1
                if let resident = residents[next.key], resident.touched == next.touched, resident.rank == rank {
                    return (rank, next.key)
                }
            }
        }
        return nil
    }

    /// Forgets what was passed over, and what was touched again since, when that is most of a queue.
    private mutating func tidy(_ rank: Int) {
        guard queues[rank].count > 2 * residents.count + 1_024 else { return }
        queues[rank] = queues[rank][heads[rank]...].filter { residents[$0.key]?.touched == $0.touched }
        heads[rank] = 0
    }

    private mutating func drop(_ key: [UInt8], _ resident: Resident) {
        bytes -= resident.size
        residents[key] = nil
        lists.drop(key)
    }

    // MARK: What it answers

    /// The joined entity; nil where it is not here.
    package func entity(_ key: [UInt8]) -> [UInt8]? { residents[key]?.entity }

    /// The same with a version: two that are equal are of equal bytes. Versions of one view ascend.
    package func resident(_ key: [UInt8]) -> (entity: [UInt8], version: UInt64)? {
        residents[key].map { ($0.entity, $0.touched) }
    }

    /// An entity of a list.
    package struct Listed: Sendable {
        package var key: [UInt8]
        package var entity: [UInt8]
        package var facts: ListedFacts
        /// Of a queue what each row says.
        package var rows: [[UInt8]]
    }

    /// What was found of a list, and how far it was looked through.
    package struct Slice: Sendable {
        package var found: [Listed] = []
        /// The last key that was looked at; nil: none.
        package var last: [UInt8]?
        package var looked = 0
        /// Whether there is nothing behind it.
        package var isEnd = true
    }

    /// Looks at entities of a list in ascending order of the bytes of their keys, behind a key, or at it and behind it, as long as they begin with
    /// `prefix`: at most `lookMax` of them, until `limit` are found that meet a condition. The list of contacts has those that go on.
    ///
    /// Cost: a comparison an entity, and a look-up for each that is found; nothing is copied.
    package func slice(
        _ kind: EntityKind, from key: [UInt8], isBehind: Bool, prefix: [UInt8], lookMax: Int, limit: Int,
        where condition: ([UInt8], ListedFacts) -> Bool
    ) -> Slice {
        var slice = Slice()
        lists.visit(kind, from: key, isBehind: isBehind) { key, facts in
            guard key.starts(with: prefix) else { return false }
            guard slice.looked < lookMax, slice.found.count < limit else {
                slice.isEnd = false
                return false
            }
            slice.looked += 1
            slice.last = key
            if condition(key, facts), let resident = residents[key] {
                let rows = resident.rows.values.filter { !$0.isEmpty }
                slice.found.append(Listed(key: key, entity: resident.entity, facts: facts, rows: rows))
            }
            return true
        }
        return slice
    }

    package var counts: FeedCounts { lists.counts }

    /// How many entities there are.
    package var count: Int { residents.count }

    /// How many of a kind are in its list.
    package func count(of kind: EntityKind) -> Int { lists.count(of: kind) }

    /// The newest stamp of each Region that was told, in milliseconds since 1970; of 64 Regions at most.
    package var newest: [(region: String, time: Int64)] {
        lists.newest.map { (String(decoding: $0.region, as: UTF8.self), $0.time) }
    }

    // MARK: What must hold

    /// What holds between calls: bytes and lists are those of the residents, and the bound is kept.
    package var isConsistent: Bool {
        let reader = ListReader()
        var listed = 0
        for (key, resident) in residents {
            let facts = key.withUnsafeBytes { key in
                resident.entity.withUnsafeBytes { reader.facts(EntityKey(key), EntityView($0)) }
            }
            if facts == .ended || facts == .unlisted { continue }
            listed += 1
            var found: ListedFacts?
            lists.visit(EntityKind(rawValue: key.first ?? 0) ?? .alias, from: key, isBehind: false) {
                found = $0 == key ? $1 : nil
                return false
            }
            guard found == facts else { return false }
        }
        return bytes == residents.values.reduce(0) { $0 + $1.size } && bytes <= bytesMax && lists.isConsistent
            && EntityKind.allCases.reduce(0) { $0 + lists.count(of: $1) } == listed
    }
}
