public import EngineCore
public import Platform
import Synchronization

/// Rows in a dictionary: durable as long as the process, for tests and the simulation.
///
/// Safe from any thread. Memory is what the rows take and some 100 bytes each. Reads see one moment's state: what is written
/// meanwhile they do not see.
public final class MemoryStore: Store {
    private struct State {
        var rows: [[UInt8]: [UInt8]] = [:]
        var checkpoints: [String: Checkpoint] = [:]
        var metadata: [String: String] = [:]
        var sweptAt: Int64 = 0

        mutating func sweep(_ expiry: Expiry) {
            let now = expiry.time()
            guard now - sweptAt >= expiry.sweepInterval else { return }
            sweptAt = now
            let before = rows.count
            rows = rows.filter { !expiry.hasPassed($0, $1) }
            expiry.watch?.remove(before - rows.count)
        }
    }

    private let state = Mutex(State())
    private let expiry: Expiry?

    /// `expiry`: which rows are there for nobody any more; they are looked for now and then, as rows are written.
    public init(expiry: Expiry? = nil) { self.expiry = expiry }

    public func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError) {
        let rows = state.withLock { $0.rows }
        for (index, row) in keys.enumerated() {
            guard let entity = rows[Array(row.key)], expiry?.hasPassed(Array(row.key), entity) != true else { continue }
            entity.withUnsafeBytes { found(index, $0, .none) }
        }
    }

    @discardableResult
    public func write(_ flush: Flush) throws(StoreError) -> RowBatch? {
        state.withLock { state in
            for batch in flush.rows {
                for row in batch { state.rows[Array(row.key)] = Array(row.entity) }
            }
            for checkpoint in flush.checkpoints { state.checkpoints[checkpoint.partition.key] = checkpoint }
            if let expiry { state.sweep(expiry) }
        }
        expiry?.tell(ofWritten: flush.rows)
        return nil
    }

    public func checkpoints() throws(StoreError) -> [Checkpoint] {
        state.withLock { Array($0.checkpoints.values) }.sorted {
            $0.partition.key.utf8.lexicographicallyPrecedes($1.partition.key.utf8)
        }
    }

    /// Cost: looks at all keys for the first 1,024 rows, and again each time that 16 times as many are taken.
    public func scan(from first: ByteView, _ body: (_ key: ByteView, _ entity: ByteView) throws -> Bool) throws {
        let rows = state.withLock { $0.rows }
        var first = Array(first)
        var count = 1024
        while true {
            let keys = MemoryStore.least(count, of: rows.keys, from: first)
            for key in keys {
                guard let entity = rows[key], expiry?.hasPassed(key, entity) != true else { continue }
                guard try key.withUnsafeBytes({ key in try entity.withUnsafeBytes { try body(key, $0) } }) else { return }
            }
            guard keys.count == count, let last = keys.last else { return }
            first = last + [0]
            count *= 16
        }
    }

    /// The `count` least keys that are no less than `first`, in ascending order. Memory: twice as many keys.
    private static func least(_ count: Int, of keys: some Sequence<[UInt8]>, from first: [UInt8]) -> [[UInt8]] {
        var least: [[UInt8]] = []
        var bound: [UInt8]?
        func cut() {
            least.sort { $0.lexicographicallyPrecedes($1) }
            least.removeLast(max(0, least.count - count))
            if least.count == count { bound = least.last }
        }
        for key in keys where !key.lexicographicallyPrecedes(first) {
            if let bound, bound.lexicographicallyPrecedes(key) { continue }
            least.append(key)
            if least.count == 2 * count { cut() }
        }
        cut()
        return least
    }

    public func metadata(_ name: String) throws(StoreError) -> String? { state.withLock { $0.metadata[name] } }

    public func setMetadata(_ name: String, _ value: String) throws(StoreError) {
        state.withLock { $0.metadata[name] = value }
    }
}
