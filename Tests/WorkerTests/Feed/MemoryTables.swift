import ContactCenter
import EngineCore
import FeedCore
import Lattice
import Platform
import Synchronization

/// Tables of a Region in memory, with their streams and the log of the feed: what followers of tests work on. Safe from any thread.
final class MemoryTables: Sendable {
    struct RowName: Hashable {
        var key: [UInt8]
        var row: String
    }

    struct Unavailable: Error {}

    private struct Record {
        var number: Int
        var created: Int64
        var name: RowName
        var old: [UInt8]?
        var new: [UInt8]?
    }

    private struct Shard {
        var parent: String?
        /// Entities go by the last byte of their key.
        var bytes: ClosedRange<UInt8>
        var records: [Record] = []
        var isClosed = false
        var trimmed = -1
    }

    private struct State {
        var rows: [RowName: [UInt8]] = [:]
        /// When each version was written, by its number.
        var written: [(name: RowName, version: Int64, time: Int64)] = []
        var versions: Int64 = 0
        var label = 0
        var shards: [String: Shard] = [:]
        var made = 0
        var batches: [UInt64: FeedBatch] = [:]
        var isOff = false
    }

    static let table = "agent"
    static let ids = (0..<6).map { "agent-\($0)" }
    private let state = Mutex(State())

    init() { turnOn() }

    // MARK: Rows

    /// Writes a new version of a row of an agent; `version` is a register that only grows.
    func write(_ id: String, region: String = "us-east-1") {
        state.withLock { state in
            state.versions += 1
            let name = RowName(key: [EntityKind.agent.rawValue] + Array(id.utf8), row: region)
            let told = MemoryTables.entity(version: state.versions)
            put(name, state.rows[name].map { MemoryTables.joined($0, told) } ?? told, &state)
            state.written.append((name, state.versions, Timestamp.now.milliseconds))
        }
    }

    func delete(_ id: String, region: String = "us-east-1") {
        state.withLock { put(RowName(key: [EntityKind.agent.rawValue] + Array(id.utf8), row: region), nil, &$0) }
    }

    private func put(_ name: RowName, _ new: [UInt8]?, _ state: inout State) {
        let old = state.rows[name]
        state.rows[name] = new
        state.made += 1
        guard !state.isOff else { return }
        let byte = name.key.last ?? 0
        guard let shard = state.shards.first(where: { !$0.value.isClosed && $0.value.bytes.contains(byte) })?.key else {
            return
        }
        let record = Record(number: state.made, created: Timestamp.now.milliseconds, name: name, old: old, new: new)
        state.shards[shard]?.records.append(record)
    }

    private static func entity(version: Int64) -> [UInt8] {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        Array("\(version)".utf8).withUnsafeBytes {
            writer.lastWriterWins(&buffer, "field/version", stamp: Stamp(time: Timestamp(milliseconds: version)), value: $0)
        }
        writer.finish(&buffer)
        return buffer.array
    }

    static func joined(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var out = ByteBuffer()
        let isChanged = a.withUnsafeBytes { a in
            b.withUnsafeBytes { Join.join(EntityView(a), EntityView($0), into: &out).changed }
        }
        return isChanged ? out.array : a
    }

    static func version(of entity: [UInt8]?) -> Int64 {
        entity?.withUnsafeBytes { EntityView($0).register("field/version")?.time.milliseconds } ?? 0
    }

    /// Versions by id, as the tables have them.
    var truth: [String: Int64] {
        state.withLock { state in
            state.rows.reduce(into: [:]) { truth, row in
                let id = String(decoding: row.key.key.dropFirst(), as: UTF8.self)
                truth[id] = max(truth[id] ?? 0, MemoryTables.version(of: row.value))
            }
        }
    }

    func version(of id: String) -> Int64? { truth[id] }

    /// The newest version of each that was written before a time, where no row was deleted.
    func versions(before time: Int64) -> [String: Int64] {
        state.withLock { state in
            state.written.reduce(into: [:]) { found, written in
                guard written.time < time else { return }
                let id = String(decoding: written.name.key.dropFirst(), as: UTF8.self)
                found[id] = max(found[id] ?? 0, written.version)
            }
        }
    }

    func scan(_ found: (_ key: ByteView, _ row: String, _ entity: ByteView) throws -> Void) throws {
        // One row after the other, while others are written.
        for name in state.withLock({ Array($0.rows.keys) }) {
            guard let entity = state.withLock({ $0.rows[name] }) else { continue }
            try name.key.withUnsafeBytes { key in try entity.withUnsafeBytes { try found(key, name.row, $0) } }
        }
    }

    // MARK: Streams

    /// The stream is turned on, anew if it was on.
    func turnOn() {
        state.withLock { state in
            state.isOff = false
            state.label += 1
            state.shards = [:]
            for half in 0..<2 {
                state.made += 1
                state.shards["shard-\(state.made)"] = Shard(
                    bytes: half == 0 ? 0...UInt8(ascii: "2") : UInt8(ascii: "3")...255)
            }
        }
    }

    func turnOff() { state.withLock { $0.isOff = true } }

    /// The shard of the table that takes most is closed, and two go on for it; one where it cannot be divided.
    func split() {
        state.withLock { state in
            guard
                let widest = state.shards.filter({ !$0.value.isClosed }).max(by: { $0.value.bytes.count < $1.value.bytes.count }
                )
            else { return }
            state.shards[widest.key]?.isClosed = true
            let bytes = widest.value.bytes
            let middle = bytes.lowerBound + UInt8(bytes.count / 2)
            for part in [bytes.lowerBound...max(bytes.lowerBound, middle - 1), middle...bytes.upperBound] where !part.isEmpty {
                state.made += 1
                state.shards["shard-\(state.made)"] = Shard(parent: widest.key, bytes: part)
            }
        }
    }

    /// More than a day passes: the streams forget all that was written, and the log its batches.
    func forgetAll() {
        state.withLock { state in
            for (id, shard) in state.shards {
                guard !shard.isClosed else {
                    state.shards[id] = nil
                    continue
                }
                state.shards[id]?.trimmed = shard.records.last?.number ?? shard.trimmed
                state.shards[id]?.records = []
            }
        }
    }

    /// Batches of the log are gone, but for the newest ones.
    func forgetBatches(butNewest count: Int) {
        state.withLock { state in
            for number in state.batches.keys.sorted().dropLast(count) { state.batches[number] = nil }
        }
    }

    var newest: FeedBatch? { state.withLock { state in state.batches.keys.max().flatMap { state.batches[$0] } } }

    fileprivate func list() throws -> (stream: String, shards: [FeedShard]) {
        try state.withLock { state in
            guard !state.isOff else { throw Unavailable() }
            return (
                "stream-\(state.label)",
                state.shards.map { FeedShard(id: $0, parent: $1.parent, isClosed: $1.isClosed) }.sorted { $0.id < $1.id }
            )
        }
    }

    fileprivate func read(
        _ name: String, _ place: FeedCursor.Place, limit: Int, _ joined: (_ key: [UInt8]) -> [UInt8]?
    ) -> FeedAnswer {
        let found = state.withLock { state -> (records: [Record], isEnd: Bool)? in
            guard let shard = state.shards[name] else { return nil }
            var from = -1
            if case .after(let sequence) = place {
                from = Int(sequence) ?? -1
                guard from >= shard.trimmed else { return nil }
            }
            let left = shard.records.filter { $0.number > from }
            return (Array(left.prefix(limit)), shard.isClosed && left.count <= limit)
        }
        guard let found else { return .gone }
        return .records(
            found.records.map { record in
                let known = joined(record.name.key)
                func entries(_ joined: EntityView?) -> [FeedEntry] {
                    FeedEntry.entries(
                        key: record.name.key, row: record.name.row, old: record.old, new: record.new, joined: joined)
                }
                return FeedRecord(
                    sequence: "\(record.number)", created: record.created,
                    entries: known?.withUnsafeBytes { entries(EntityView($0)) } ?? entries(nil))
            }, isEnd: found.isEnd)
    }

    // MARK: The log

    fileprivate func batches(after number: UInt64?) -> [FeedBatch] {
        state.withLock { state in
            guard let number else { return state.batches.keys.max().flatMap { state.batches[$0] }.map { [$0] } ?? [] }
            return Array(state.batches.values.filter { $0.number > number }.sorted { $0.number < $1.number }.prefix(20))
        }
    }

    fileprivate func write(_ batch: FeedBatch) -> Bool {
        state.withLock { state in
            guard state.batches[batch.number] == nil else { return false }
            state.batches[batch.number] = batch
            return true
        }
    }
}

/// How one process sees the tables: it may lack permissions, and be cut off at any moment, for ever.
final class MemoryAccess: FeedLog, FeedStreams {
    struct Rights: Sendable {
        var canList = true
        var canReadStreams = true
        var canReadLog = true
        var canWriteLog = true
        var canScan = true
    }

    private struct State {
        var rights = Rights()
        var calls = 0
        /// With which call it is cut off; the call may have taken effect.
        var cutAt: Int?
        var isDone = true
        /// Where each shard was read, and by which ticket.
        var places: [FeedBook.ShardName: (ticket: Int, place: FeedCursor.Place)] = [:]
        var isReading: Set<FeedBook.ShardName> = []
        var overlaps = 0
    }

    let tables: MemoryTables
    private let state = Mutex(State())
    /// What is known of an entity.
    let joined: Mutex<(@Sendable (_ key: [UInt8]) -> [UInt8]?)?> = Mutex(nil)

    init(_ tables: MemoryTables) { self.tables = tables }

    var rights: Rights {
        get { state.withLock { $0.rights } }
        set { state.withLock { $0.rights = newValue } }
    }

    /// From the `count`th call on nothing answers; whether that one still takes effect.
    func cut(afterCalls count: Int, isDone: Bool) {
        state.withLock { ($0.cutAt, $0.isDone) = ($0.calls + count, isDone) }
    }

    var isCut: Bool { state.withLock { state in state.cutAt.map { state.calls >= $0 } ?? false } }
    /// How often two threads read one shard at a time.
    var overlaps: Int { state.withLock { $0.overlaps } }

    private enum Luck { case fine, doneUnheard, gone }

    private func call() -> Luck {
        state.withLock { state in
            state.calls += 1
            guard let cut = state.cutAt, state.calls >= cut else { return .fine }
            return state.calls == cut && state.isDone ? .doneUnheard : .gone
        }
    }

    // MARK: The log

    func batches(after number: UInt64?) throws -> [FeedBatch] {
        guard rights.canReadLog, call() == .fine else { throw MemoryTables.Unavailable() }
        return tables.batches(after: number)
    }

    func write(_ batch: FeedBatch) -> FeedBook.Outcome {
        guard rights.canWriteLog else { return .unknown }
        switch call() {
        case .fine: return tables.write(batch) ? .done : .refused
        case .doneUnheard:
            _ = tables.write(batch)
            return .unknown
        case .gone: return .unknown
        }
    }

    var trouble: String? { rights.canWriteLog ? nil : "writing is not allowed" }

    // MARK: Streams

    var damage: (count: Int, latest: String?) { (0, nil) }

    func list(_ table: String) throws -> (stream: String, shards: [FeedShard]) {
        guard rights.canList, call() == .fine else { throw MemoryTables.Unavailable() }
        return try tables.list()
    }

    func read(_ shard: FeedBook.ShardName, stream: String, _ place: FeedCursor.Place, ticket: Int) -> FeedAnswer {
        state.withLock { state in
            if !state.isReading.insert(shard).inserted { state.overlaps += 1 }
        }
        defer { state.withLock { _ = $0.isReading.remove(shard) } }
        guard rights.canReadStreams, call() == .fine else { return .failed }
        // While the ticket is the same the reader goes on where it was.
        let at = state.withLock { state in state.places[shard].flatMap { $0.ticket == ticket ? $0.place : nil } ?? place }
        let answer = tables.read(shard.shard, at, limit: 3) { key in joined.withLock { $0 }?(key) }
        if case .records(let records, _) = answer {
            state.withLock { $0.places[shard] = (ticket, records.last.map { .after($0.sequence) } ?? at) }
        }
        return answer
    }

    var troubles: [FeedBook.ShardName: String] { [:] }

    func scan(_ found: (_ key: ByteView, _ row: String, _ entity: ByteView) throws -> Void) throws {
        guard rights.canScan, call() == .fine else { throw MemoryTables.Unavailable() }
        try tables.scan(found)
    }
}
