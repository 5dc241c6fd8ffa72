import ContactCenter
import EngineCore
import Platform
import Simulation
import Storage
import Synchronization

@testable import EngineSupport

/// A store that holds every write against the promise of delivery, and fails when told to.
///
/// A write is sound when for each line that a checkpoint passes, everything it told is contained in the rows that are then
/// stored, and each of its dead letters was durable before. Rows only ever grow, so lines passed by an earlier checkpoint need
/// no second look.
final class WatchfulStore: Store, @unchecked Sendable {
    private let base: MemoryStore
    private let lines: [[Line]]
    private let letters: LetterBox
    private let failingWrite: Int?
    private let decoder = RecordDecoder()
    private let batch = MutationBatch(sliceCount: 1)

    private struct State {
        var rows: [[UInt8]: [UInt8]] = [:]
        var passed: [Int]
        var writes = 0
        var failed = false
        var violations: [String] = []
    }

    private let state: Mutex<State>

    init(over base: MemoryStore, lines: [[Line]], letters: LetterBox, failingWrite: Int? = nil) throws {
        self.base = base
        self.lines = lines
        self.letters = letters
        self.failingWrite = failingWrite
        var rows: [[UInt8]: [UInt8]] = [:]
        try base.scan { rows[Array($0)] = Array($1) }
        var passed = lines.map { _ in 0 }
        for checkpoint in try base.checkpoints() {
            passed[Int(checkpoint.partition.name) ?? 0] = checkpoint.position.offset
        }
        state = Mutex(State(rows: rows, passed: passed))
    }

    /// What was wrong with the writes so far.
    var violations: [String] { state.withLock { $0.violations } }
    var writes: Int { state.withLock { $0.writes } }
    /// Lines that checkpoints have passed, by partition.
    var passed: [Int] { state.withLock { $0.passed } }

    func write(_ flush: Flush) throws(StoreError) -> RowBatch? {
        let fails = state.withLock { state in
            state.writes += 1
            if state.failed { state.violations.append("write \(state.writes) comes after one that failed") }
            if state.writes == failingWrite {
                state.failed = true
                return true
            }
            check(flush, &state)
            return false
        }
        if fails { throw StoreError(.full, "no room in the test") }
        return try base.write(flush)
    }

    private func check(_ flush: Flush, _ state: inout State) {
        var seen: Set<[UInt8]> = []
        for row in flush.rows.joined() {
            let (key, entity) = (Array(row.key), row.entity)
            if !seen.insert(key).inserted { state.violations.append("a key twice in one flush") }
            if let before = state.rows[key], !before.withUnsafeBytes({ isContained($0, in: Array(entity)) }) {
                state.violations.append("a row loses what it held")
            }
            state.rows[key] = Array(entity)
        }
        for checkpoint in flush.checkpoints { check(checkpoint, &state) }
    }

    private func check(_ checkpoint: Checkpoint, _ state: inout State) {
        guard let partition = Int(checkpoint.partition.name), checkpoint.position.offset <= lines[partition].count else {
            state.violations.append("a checkpoint of nothing that was read: \(checkpoint)")
            return
        }
        let end = checkpoint.position.offset
        if end < state.passed[partition] {
            state.violations.append("the checkpoint of \(partition) goes back")
            return
        }
        if checkpoint.ended, end < lines[partition].count { state.violations.append("\(partition) ended before its end") }
        let durable = letters.durable
        for number in state.passed[partition]..<end {
            batch.decode(lines[partition][number], with: decoder)
            batch.forEachMutation(ofSlice: 0) { mutation in
                if !isContained(mutation.entity.bytes, in: state.rows[Array(mutation.key)]) {
                    state.violations.append("line \(number + 1) of \(partition) was passed, and its rows are not written")
                }
            }
            for rejection in batch.rejections {
                let position = ([number + 1] + rejection.path).map(String.init).joined(separator: "/")
                let letter = LetterBox.Letter(
                    partition: "\(partition)", position: position, reason: rejection.reason.rawValue, bytes: rejection.bytes)
                if !durable.contains(letter) {
                    state.violations.append("line \(position) of \(partition) was passed, and its dead letter is not durable")
                }
            }
        }
        state.passed[partition] = end
    }

    func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError) { try base.read(keys, found) }
    func checkpoints() throws(StoreError) -> [Checkpoint] { try base.checkpoints() }
    func scan(from first: ByteView, _ body: (ByteView, ByteView) throws -> Bool) throws { try base.scan(from: first, body) }
    func metadata(_ name: String) throws(StoreError) -> String? { try base.metadata(name) }
    func setMetadata(_ name: String, _ value: String) throws(StoreError) { try base.setMetadata(name, value) }
}
