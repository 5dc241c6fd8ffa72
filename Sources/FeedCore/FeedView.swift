import ContactCenter
import Lattice
import Platform

/// Entities in memory, joined over all rows, within a bound of bytes: what lists are answered from.
///
/// Where it comes from: a scan of the tables and the entries of the feed, in any order and more than once; all of it is joined. An entity
/// whose rows are all gone leaves. At the bound contacts that have ended leave first, then contacts, flows, customers and sessions that are
/// going on, and agents, usernames and queues last; of each those that changed longest ago. ``isWhole(_:)`` says so from then on.
///
/// Cost: a change joins and, where the entity is new, moves half of its kind's keys by a place; a page looks at the entities that it passes.
package struct FeedView: Sendable {
    private struct Resident {
        var entity: [UInt8]
        var rows: Set<String>
        /// Which change touched it last, and how soon it leaves.
        var touched: UInt64
        var rank: Int
        /// The scan that found it, or that it was told in.
        var scan: Int
        var size: Int
    }

    /// Bytes an entity takes beside its registers, about.
    private static let overhead = 256

    package let bytesMax: Int
    package private(set) var bytes = 0
    private var residents: [[UInt8]: Resident] = [:]
    /// Keys of each kind in ascending order.
    private var order: [UInt8: [[UInt8]]] = [:]
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
        for (key, resident) in residents where resident.scan != scan { drop(key, resident) }
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
        guard var resident = residents[key] else {
            var resident = Resident(entity: entity, rows: [row], touched: touches, rank: 0, scan: scan, size: 0)
            place(key)
            settle(key, &resident)
            return makeRoom()
        }
        var joined = ByteBuffer()
        let isChanged = resident.entity.withUnsafeBytes { known in
            entity.withUnsafeBytes { Join.join(EntityView(known), EntityView($0), into: &joined).changed }
        }
        if isChanged { resident.entity = joined.array }
        resident.rows.insert(row)
        resident.scan = scan
        resident.touched = touches
        settle(key, &resident)
        makeRoom()
    }

    private mutating func settle(_ key: [UInt8], _ resident: inout Resident) {
        bytes -= resident.size
        resident.size = resident.entity.count + 2 * key.count + FeedView.overhead
        bytes += resident.size
        resident.rank = FeedView.rank(key, resident.entity)
        queues[resident.rank].append((key, resident.touched))
        residents[key] = resident
        tidy(resident.rank)
    }

    private mutating func remove(_ key: [UInt8], _ row: String) {
        guard var resident = residents[key] else { return }
        resident.rows.remove(row)
        residents[key] = resident
        if resident.rows.isEmpty { drop(key, resident) }
    }

    // MARK: Who leaves

    /// 0 leaves first.
    private static func rank(_ key: [UInt8], _ entity: [UInt8]) -> Int {
        switch key.first.flatMap(EntityKind.init(rawValue:)) {
        case .contact: entity.withUnsafeBytes { hasEnded(EntityView($0)) } ? 0 : 1
        case .volume: 0
        case .alias, .customer, .flow, .session: 1
        default: 2
        }
    }

    private static func hasEnded(_ contact: EntityView) -> Bool {
        for register in contact {
            let path = register.path
            if path.equals("milestone/COMPLETED") || path.equals("milestone/DISCONNECTED") || path.equals("record") {
                return true
            }
        }
        return false
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
        let kind = key.first ?? 0
        let at = slot(of: key)
        if let keys = order[kind], at < keys.count, keys[at] == key { order[kind]?.remove(at: at) }
    }

    private mutating func place(_ key: [UInt8]) {
        let at = slot(of: key)
        order[key.first ?? 0, default: []].insert(key, at: at)
    }

    /// Where a key stands in the order of its kind, or would.
    private func slot(of key: [UInt8]) -> Int {
        (order[key.first ?? 0] ?? []).partitioningIndex { !$0.lexicographicallyPrecedes(key) }
    }

    // MARK: What it answers

    /// The joined entity; nil where it is not here.
    package func entity(_ key: [UInt8]) -> [UInt8]? { residents[key]?.entity }

    /// The same with a version: two that are equal are of equal bytes. Versions of one view ascend.
    package func resident(_ key: [UInt8]) -> (entity: [UInt8], version: UInt64)? {
        residents[key].map { ($0.entity, $0.touched) }
    }

    /// Calls `body` with entities of a kind, in ascending order of the bytes of their ids, behind `id`, until it says false.
    package func page(_ kind: EntityKind, after id: [UInt8]?, _ body: (EntityKey, EntityView) -> Bool) {
        let keys = order[kind.rawValue] ?? []
        let from = id.map { id in keys.partitioningIndex { id.lexicographicallyPrecedes($0.dropFirst()) } } ?? 0
        for key in keys[from...] {
            guard let entity = residents[key]?.entity else { continue }
            let goesOn = key.withUnsafeBytes { key in entity.withUnsafeBytes { body(EntityKey(key), EntityView($0)) } }
            guard goesOn else { return }
        }
    }

    // MARK: What must hold

    /// What holds between calls: order and bytes are those of the residents, and the bound is kept.
    package var isConsistent: Bool {
        bytes == residents.values.reduce(0) { $0 + $1.size } && bytes <= bytesMax
            && order.values.reduce(0) { $0 + $1.count } == residents.count
            && order.values.allSatisfy { keys in
                zip(keys, keys.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }
                    && keys.allSatisfy { residents[$0] != nil }
            }
    }
}
