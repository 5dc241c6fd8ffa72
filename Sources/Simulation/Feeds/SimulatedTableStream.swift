import FeedCore
import Lattice
import Platform

/// A table's rows and its stream, as DynamoDB has them: a record a version in order of the item, shards that split and end, and nothing older
/// than 24 hours.
final class SimulatedTableStream {
    struct Record {
        var sequence: Int
        var created: Int64
        var key: [UInt8]
        var row: String
        var old: [UInt8]?
        var new: [UInt8]?
    }

    struct Shard {
        var parent: String?
        var hashes: Range<Int>
        var records: [Record] = []
        var isClosed = false
        var closed: Int64 = 0
        /// The sequence number of the newest record that was trimmed.
        var trimmed = -1
    }

    struct RowName: Hashable {
        var key: [UInt8]
        var row: String
    }

    static let retention: Int64 = 24 * 3_600_000

    private let agenda: Agenda
    private var random: SeededRandom
    private(set) var label = 0
    private(set) var shards: [String: Shard] = [:]
    private var sequences = 0
    private var shardsMade = 0
    private(set) var rows: [RowName: [UInt8]] = [:]

    init(agenda: Agenda, seed: UInt64) {
        self.agenda = agenda
        random = SeededRandom(seed: seed)
        turnOn()
    }

    /// Turned off and on again: another stream, which knows nothing of what was.
    func turnOn() {
        label += 1
        shards = [:]
        for half in 0..<2 { make(parent: nil, hashes: half << 15..<(half + 1) << 15) }
    }

    private func make(parent: String?, hashes: Range<Int>) {
        shardsMade += 1
        shards["shard-\(String(1_000_000 + shardsMade).dropFirst())"] = Shard(parent: parent, hashes: hashes)
    }

    /// A shard ends; one or two go on for it.
    func roll(intoTwo: Bool) {
        let open = shards.filter { !$0.value.isClosed }.sorted { $0.key < $1.key }
        let (id, shard) = open[random.below(open.count)]
        shards[id]?.isClosed = true
        shards[id]?.closed = agenda.now
        let hashes = shard.hashes
        let middle = intoTwo && open.count < 8 ? hashes.lowerBound + hashes.count / 2 : hashes.upperBound
        make(parent: id, hashes: hashes.lowerBound..<middle)
        if middle < hashes.upperBound { make(parent: id, hashes: middle..<hashes.upperBound) }
    }

    /// Where the versions of an item go: always to one lineage.
    private func shard(of key: [UInt8]) -> String? {
        let hash = Int(key.reduce(UInt64(7)) { mixed($0 ^ UInt64($1)) } >> 48)
        return shards.first { !$0.value.isClosed && $0.value.hashes.contains(hash) }?.key
    }

    func write(_ key: [UInt8], row: String, _ new: [UInt8]?) {
        let name = RowName(key: key, row: row)
        let old = rows[name]
        guard old != new else { return }
        rows[name] = new
        sequences += 1
        guard let shard = shard(of: key) else { return }
        shards[shard]?.records.append(
            Record(sequence: sequences, created: agenda.now / 1000 * 1000, key: key, row: row, old: old, new: new))
    }

    /// Forgets what is older than 24 hours.
    func trim() {
        let before = agenda.now - SimulatedTableStream.retention
        for (id, shard) in shards {
            let gone = shard.records.prefix { $0.created < before }
            if let last = gone.last {
                shards[id]?.records.removeFirst(gone.count)
                shards[id]?.trimmed = last.sequence
            }
            if shard.isClosed, shard.closed < before { shards[id] = nil }
        }
    }

    /// Nil: nothing of that place is there any more.
    func read(_ id: String, _ place: FeedCursor.Place, limit: Int, passesOver: Bool) -> (records: [Record], isEnd: Bool)? {
        trim()
        guard let shard = shards[id] else { return passesOver ? ([], true) : nil }
        var from = -1
        if case .after(let sequence) = place {
            from = Int(sequence) ?? -1
            if from < shard.trimmed, !passesOver { return nil }
        }
        let left = shard.records.drop { $0.sequence <= from }
        let found = Array(left.prefix(limit))
        return (found, shard.isClosed && found.count == left.count)
    }

    /// The join of all rows of each entity.
    var entities: [[UInt8]: [UInt8]] {
        rows.reduce(into: [:]) { joined, row in
            joined[row.key.key] = joined[row.key.key].map { SimulatedTableStream.joined($0, row.value) } ?? row.value
        }
    }

    func entity(_ key: [UInt8]) -> [UInt8]? {
        rows.reduce(nil as [UInt8]?) { joined, row in
            guard row.key.key == key else { return joined }
            return joined.map { SimulatedTableStream.joined($0, row.value) } ?? row.value
        }
    }

    static func joined(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var out = ByteBuffer()
        let isChanged = a.withUnsafeBytes { a in
            b.withUnsafeBytes { Join.join(EntityView(a), EntityView($0), into: &out).changed }
        }
        return isChanged ? out.array : a
    }
}
