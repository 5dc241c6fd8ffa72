import EngineCore
import Platform

/// A store, and somebody who is given the rows of each write once they are durable.
final class WatchedStore: Store {
    private let store: any Store
    private let wrote: @Sendable ([RowBatch]) -> Void

    init(_ store: any Store, _ wrote: @escaping @Sendable ([RowBatch]) -> Void) {
        self.store = store
        self.wrote = wrote
    }

    func write(_ flush: Flush) throws(StoreError) -> RowBatch? {
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
