import EngineCore
import Platform
import Synchronization
import TestSupport

/// A table in memory that workers share: a row is written only over the revision that the writer expects. It fails when told to,
/// in all the ways a table over a network does, and holds every request against what workers owe such a table.
final class ConditionalStore: Store {
    struct Row: Equatable {
        var entity: [UInt8]
        var revision: Revision
    }

    /// Of how many requests one fails; nil: none.
    struct Failures {
        /// Reads, some of them half way.
        var reads: Int?
        /// Writes of which nothing is heard, whatever became of the rows.
        var writes: Int?
        /// Rows that are not written though nothing stands against it.
        var rows: Int?
        var epochs: Int?
    }

    private struct State {
        var dice: Dice
        var rows: [[UInt8]: Row] = [:]
        /// By key: what each revision ever stood for.
        var written: [[UInt8]: [Revision: [UInt8]]] = [:]
        var epoch: String
        var epochReads = 0
        var writes = 0
        var failures: Failures
        var violations: [String] = []
    }

    private let state: Mutex<State>
    /// After so many reads of the epoch it is another one; nil: never.
    private let replacedAfter: Int?
    /// Whether the table will never take a row of the key, and whether the one that it has cannot be read.
    private let isPoison: @Sendable ([UInt8]) -> Bool
    private let isDamaged: @Sendable ([UInt8]) -> Bool

    init(
        seed: UInt64 = 1, failures: Failures = Failures(), epoch: String = "first", replacedAfter: Int? = nil,
        isPoison: @escaping @Sendable ([UInt8]) -> Bool = { _ in false },
        isDamaged: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) {
        self.isPoison = isPoison
        self.isDamaged = isDamaged
        state = Mutex(State(dice: Dice(seed: seed), epoch: epoch, failures: failures))
        self.replacedAfter = replacedAfter
    }

    var rows: [[UInt8]: Row] { state.withLock { $0.rows } }
    var entities: [[UInt8]: [UInt8]] { rows.mapValues(\.entity) }
    var violations: [String] { state.withLock { $0.violations } }
    /// Rows written so far.
    var writes: Int { state.withLock { $0.writes } }

    func stopFailing() { state.withLock { $0.failures = Failures() } }
    func replace(epoch: String) { state.withLock { $0.epoch = epoch } }
    func delete(_ key: [UInt8]) { _ = state.withLock { $0.rows.removeValue(forKey: key) } }

    func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError) {
        let (rows, stop) = state.withLock { state in
            if Set(keys.map { Array($0.key) }).count < keys.count { state.violations.append("a key is read twice at once") }
            return (state.rows, state.dice.strikes(state.failures.reads) ? state.dice.below(keys.count) : nil)
        }
        for (number, row) in keys.enumerated() {
            if number == stop { throw StoreError(.unavailable, "throttled") }
            if isDamaged(Array(row.key)) {
                var error = StoreError(.corrupt, "damaged")
                error.row = number
                throw error
            }
            guard let row = rows[Array(row.key)] else { continue }
            row.entity.withUnsafeBytes { found(number, $0, row.revision) }
        }
    }

    func write(_ flush: Flush) throws(StoreError) -> RowBatch? {
        let refused = RowBatch()
        let isHeard = state.withLock { state in
            let isHeard = !state.dice.strikes(state.failures.writes)
            for row in flush.rows.joined() {
                if isDamaged(Array(row.key)) { state.violations.append("a row is written over one that nobody has read") }
                if isHeard, isPoison(Array(row.key)) {
                    refused.append(row, refusal: "poison")
                    continue
                }
                let isRefused = state.dice.strikes(isHeard ? state.failures.rows : 2)
                if isRefused || isPoison(Array(row.key)) || !Self.put(row, &state) { refused.append(row) }
            }
            return isHeard
        }
        guard isHeard else { throw StoreError(.unavailable, "timed out") }
        return refused.isEmpty ? nil : refused
    }

    private static func put(_ row: RowBatch.Row, _ state: inout State) -> Bool {
        let (key, entity) = (Array(row.key), Array(row.entity))
        let before = state.rows[key]
        if let other = state.written[key]?[row.revision], other != entity {
            state.violations.append("two writes of a row share a revision")
        }
        if row.revision.count <= row.expected.count { state.violations.append("a revision does not go up") }
        guard before?.revision ?? .none == row.expected else { return false }
        if let before {
            if before.entity == entity { state.violations.append("an entity is written over its equal") }
            if joined(entity, before.entity) != entity { state.violations.append("a row goes back") }
        }
        state.rows[key] = Row(entity: entity, revision: row.revision)
        state.written[key, default: [:]][row.revision] = entity
        state.writes += 1
        return true
    }

    func epoch() throws(StoreError) -> String? {
        let epoch: String? = state.withLock { state in
            if state.dice.strikes(state.failures.epochs) { return nil }
            state.epochReads += 1
            if let replacedAfter, state.epochReads > replacedAfter { state.epoch = "second" }
            return state.epoch
        }
        guard let epoch else { throw StoreError(.unavailable, "throttled") }
        return epoch
    }

    func checkpoints() throws(StoreError) -> [Checkpoint] { [] }
    func scan(from first: ByteView, _ body: (ByteView, ByteView) throws -> Bool) throws {
        let first = Array(first)
        for (key, entity) in entities.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) })
        where !key.lexicographicallyPrecedes(first) {
            guard try key.withUnsafeBytes({ key in try entity.withUnsafeBytes { try body(key, $0) } }) else { return }
        }
    }
    func metadata(_ name: String) throws(StoreError) -> String? { nil }
    func setMetadata(_ name: String, _ value: String) throws(StoreError) {}
}

extension Dice {
    /// True once in `outOf` times; never where that is nil.
    mutating func strikes(_ outOf: Int?) -> Bool { outOf.map { chance($0) } ?? false }
}
