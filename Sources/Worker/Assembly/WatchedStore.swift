import EngineCore
import Platform

/// A store, and somebody who is given the rows of each write once they are durable, and may be told when one begins.
final class WatchedStore: Store {
    private let store: any Store
    private let begins: @Sendable () -> UInt64
    private let wrote: @Sendable ([RowBatch]) -> Void
    private let ended: @Sendable (UInt64) -> Void

    /// `begins` is told before a write, and `ended` after it, whatever came of it and after `wrote`, with what `begins` called it.
    init(
        _ store: any Store, begins: @escaping @Sendable () -> UInt64 = { 0 },
        ended: @escaping @Sendable (UInt64) -> Void = { _ in },
        _ wrote: @escaping @Sendable ([RowBatch]) -> Void
    ) {
        self.store = store
        self.begins = begins
        self.wrote = wrote
        self.ended = ended
    }

    func write(_ flush: Flush) throws(StoreError) -> RowBatch? {
        let number = begins()
        defer { ended(number) }
        let refused = try store.write(flush)
        wrote(flush.rows)
        return refused
    }

    func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError) { try store.read(keys, found) }
    func checkpoints() throws(StoreError) -> [Checkpoint] { try store.checkpoints() }
    func epoch() throws(StoreError) -> String? { try store.epoch() }
    func scan(from first: ByteView, _ body: (_ key: ByteView, _ entity: ByteView) throws -> Bool) throws {
        try store.scan(from: first, body)
    }
    func metadata(_ name: String) throws(StoreError) -> String? { try store.metadata(name) }
    func setMetadata(_ name: String, _ value: String) throws(StoreError) { try store.setMetadata(name, value) }
}
